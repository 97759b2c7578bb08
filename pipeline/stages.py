"""The stages of the flow, declared once as data: the command line, the report and the stored status all read this."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipeline import events, extract, link, tag
from pipeline.extract.duplicates import cluster_stories
from pipeline.fetch.client import Client

__all__ = ["LANGUAGE_STAGES", "MODEL_VERSION", "STAGES", "Stage"]

FETCH_VERSION = "1"
STORIES_VERSION = "3"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: what it reads, what it makes, and the version that is raised whenever its output may change."""

    name: str
    help: str
    needs: str
    makes: str
    version: str
    function: Callable[..., Any]


STAGES: tuple[Stage, ...] = (
    Stage("fetch", "Poll the feeds and fetch the pages they name.", "feeds.yaml", "Page", FETCH_VERSION, Client.get),
    Stage("extract", "Take title, text, date and language out of a page.", "Page", "Article", extract.EXTRACTOR_VERSION, extract.extract),
    Stage("tag", "Find names, officials, amounts, dates and quotations.", "Article", "Tagging", tag.TAG_VERSION, tag.tag),
    Stage("link", "Decide which list entries the named are.", "Tagging, Knowledge", "Linking", link.LINK_VERSION, link.link),
    Stage("events", "Find who did what to whom.", "Tagging, Linking", "Event", events.EVENTS_VERSION, events.extract_events),
    Stage(
        "stories",
        "Join copies of one text, and make one event of what several articles tell.",
        "Article",
        "clusters",
        STORIES_VERSION,
        cluster_stories,
    ),
)

LANGUAGE_STAGES = {stage.name: stage.version for stage in STAGES if stage.name in {"tag", "link", "events"}}

MODEL_VERSION = ".".join(LANGUAGE_STAGES.values())
"""Version of the language pipeline as the output states it: those of tag, link and events, joined by points."""
