"""Processes that are forked from one in which the program is loaded already, and so begin at once.

There is one such process for each that runs tests, whoever asks for it: what it loads is named here, once for all.
"""

from __future__ import annotations

from multiprocessing import get_context

__all__ = ["context"]

context = get_context("forkserver")
context.set_forkserver_preload(["tests.run.warm", "tests.cli.warm"])
