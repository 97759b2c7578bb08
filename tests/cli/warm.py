"""The command line, loaded and used once when this is imported: for programs that are forked from one that has it, and so begin at once."""

from __future__ import annotations

import gc

import trafilatura
from typer.testing import CliRunner

import pipeline.publish
import pipeline.query
import pipeline.run
import pipeline.web.app
from pipeline.cli.app import app
from pipeline.store.schema import head_revision

__all__ = ["pipeline", "trafilatura"]

# Commands are put together, and the libraries that draw help are loaded, when one is first called. This reads no settings.
CliRunner().invoke(app, ["--help"])
head_revision()
# What is loaded is never garbage: a collection in a forked program would only copy it.
gc.collect()
gc.freeze()
