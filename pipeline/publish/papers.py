"""The papers of a snapshot: how to cite it, and what a reader must know before using it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from importlib import metadata

from pipeline.publish.tables import TABLES

__all__ = ["LICENCE", "cite", "code_version", "make_citation_file", "make_readme"]

LICENCE = "CC-BY-4.0"
"""SPDX identifier of the licence of the data, where whoever publishes a snapshot gives no other one."""

_AUTHOR = "Peninsula contributors"
_TITLE = "Peninsula: events about Korea in the news, with their evidence"


def code_version() -> str:
    """Return the version of the program."""
    return metadata.version("peninsula")


def cite(version: str, at: datetime) -> str:
    """Return how a snapshot is cited."""
    return f"{_AUTHOR} ({at.year}). {_TITLE}. Snapshot {version}, made with Peninsula {code_version()}."


def make_citation_file(version: str, at: datetime, licence: str) -> str:
    """Return a file in the Citation File Format 1.2."""
    return f"""cff-version: 1.2.0
message: "If you use these data, please cite this snapshot, by its version."
type: dataset
title: "{_TITLE}"
authors:
  - name: "{_AUTHOR}"
version: "{version}"
date-released: "{at.date().isoformat()}"
license: "{licence}"
keywords: [Korea, DPRK, sanctions, news, event data]
"""


def make_readme(version: str, at: datetime, about: str, rows: Mapping[str, int], licence: str, citation: str) -> str:
    """Return the data statement of a snapshot."""
    tables = "\n".join(f"| `{name}` | {rows[name]:,} | {table.text} |" for name, table in TABLES.items())
    return f"""# Peninsula, snapshot {version}

Events about Korea as news articles tell them: who did what to whom, when, where, for how much, and according to whom. Made on
{at:%Y-%m-%d at %H:%M} UTC. In this snapshot: {about}.

## What is here

| file | what |
| --- | --- |
| `events.csv` | one flat row per event, to open in a spreadsheet: cells that a spreadsheet would run begin with an apostrophe |
| `peninsula.sqlite` | the tables below with their references, an index of words, and views; `peninsula explore` or Datasette opens it |
| `*.parquet` | the same tables in typed columns, compressed with zstd |
| `changes.jsonl` | what was added, changed, merged, withdrawn or left since the snapshot before it of the same filter |
| `codebook.md` | what every column and code means |
| `metadata.json` | titles, descriptions and questions for Datasette |
| `manifest.json` | rows and SHA-256 of every file, the filter, the versions of program, models and knowledge |
| `CITATION.cff` | how to cite it |

| table | rows | what |
| --- | --- | --- |
{tables}

## What it is, and is not

- The events were read by machine from articles in English and Korean of news agencies, papers, broadcasters, governments and others; `articles` names
  each with its address. What no article of these sources told is not here.
- `modality` says what an article claims: asserted, alleged, planned, possible, called for, denied. Counting all of them as things that
  happened is wrong. `background` marks what is told again from earlier. `status` says whether a person has looked at an event.
- A match to a sanctions list is the machine's, by name and context, until an editor accepts it. It is no statement that a person or body is
  under sanctions: read the evidence, and the list.
- The machine errs: it misses events, and some of what it tells is wrong. `score` is how sure it is of each. How often it is right was
  measured, by type and field: `docs/accuracy.md` of the program.
- One event may still stand here twice, where two articles tell it too differently. `n_sources` counts copies of one text once.
- Persons are named because an article names them. Whoever uses the data answers for that use.

## Rights

The data that Peninsula made (types, codes, roles, dates, amounts, offsets, counts) are under {licence}. Headlines and quoted sentences
belong to their publishers and stand here as evidence; the articles themselves are not part of it. Facts of the sanctions lists come from
their publishers.

## Citation

{citation}
"""
