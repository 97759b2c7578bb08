"""The link stage: which names of an article are entries of sanctions lists, with reasons."""

from __future__ import annotations

from pipeline.link.decide import LINK_VERSION, Linker, link
from pipeline.link.evidence import load_evidence

__all__ = ["LINK_VERSION", "Linker", "link", "load_evidence"]
