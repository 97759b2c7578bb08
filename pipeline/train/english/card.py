"""The model card: what the English models are, how they were made, how well they do. Written from `figures.json`, never by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["FIGURES", "write_card"]

FIGURES = "figures.json"
_EVENT_FIGURES = ("events", "events_core", "arguments", "tuples", "modality", "dates", "speakers", "event_amounts", "harm")

_HEAD = """# English language models, version {version}

Written by `make model-en` from [figures.json](figures.json); do not edit.

| folder | what | size |
| --- | --- | --- |
| `encoder/` | default: five layers of all-MiniLM-L6-v2 that also see the case and shape of each word, fine-tuned; one pass gives names, tags, lemmas, trees, sentence starts and vectors; eight-bit ONNX, read by onnxruntime | {encoder_mb:.1f} MB |
| `events/` | reader of events: layers like the encoder's that also see names, quotations and where rules fired, with heads for triggers, modality, who does what to whom, and dates | {events_mb:.1f} MB |
| `cnn/` | fallback (`PENINSULA_MODEL=cnn`): spaCy's own components on convolutions over hashed words | {cnn_mb:.1f} MB |

**Labels**: PERSON, AGENCY (bodies of state and of states), ORG, PLACE, VESSEL, WEAPON, MALWARE. Tags and relations are those of Universal
Dependencies, tags of words those of the Penn Treebank.

**Meant for** English news on Korea: sanctions, security, diplomacy, crime with crypto assets, business. Other text it reads worse; social media and speech it
was not made for. It errs; scores below say how often. Names of private persons can be among what it finds: who uses it answers for that.

**Licence**: weights CC BY-SA 4.0, see [LICENSE](LICENSE) and [NOTICE](NOTICE); code Apache-2.0.

## What it was trained on

| source | licence | words | use |
| --- | --- | --- | --- |
| articles annotated by hand by the project's guide, and passages of news annotated by the project (`models/language/annotations/`, without their texts) | annotations CC BY-SA 4.0 | {news:,} | names |
| Groningen Meaning Bank (9,000 sentences and all on Korea), CrossNER politics, WikiGold | public domain; MIT, text CC BY-SA; CC BY 4.0 | {general:,} | names, mapped to our labels; a word whose label they leave open may bear any that fits |
| Universal Dependencies English EWT and GUM | CC BY-SA 4.0; CC BY and CC BY-SA | {trees:,} sentences | tags, lemmas, trees, sentence starts |
| whole articles of news annotated by the project with their events | annotations CC BY-SA 4.0 | | events |
| templates of our own and exchanged names, made anew in each epoch | CC BY-SA 4.0 | | names |

{held_out:,} words of annotated passages were held out: seeds are compared and scores calibrated on them. Nothing of CoNLL-2003, OntoNotes, WikiNEuRal or KMOU is
in the weights. Checksums of all corpora are verified before training.

"""


def write_card(folder: Path) -> None:
    """Write README.md of the models' folder from its figures.json."""
    figures = json.loads((folder / FIGURES).read_text(encoding="utf-8"))
    (folder / "README.md").write_text("".join(_parts(folder, figures)), encoding="utf-8")


def _parts(folder: Path, figures: Mapping[str, Any]) -> Iterable[str]:
    built = figures["encoder"]
    sizes = {f"{name}_mb": _megabytes(folder / name) for name in ("encoder", "cnn", "events")}
    yield _HEAD.format(version=figures["version"], **sizes, **built["words"])
    yield "## Recipe\n\n"
    yield f"`{figures['command']}`, {figures['hardware']}. {figures['note']}\n\n"
    yield _table(
        ("stage", "epochs", "highest rate", "news", "with other names", "templates", "general", "treebanks"),
        (
            (one["name"], one["epochs"], one["rate"], one["news"], one["swapped"], one["templates"], one["general"], one["trees"])
            for one in built["plan"]
        ),
    )
    yield "\nNumbers of a source are how often an epoch reads it; templates are counted. The general stage was run once (seed 0), the news stage for each seed:\n\n"
    yield _table(
        ("seed", "names, F1 on held-out passages", "sentence starts", "tags", "heads"),
        ((int(one["seed"]), *(f"{one[name]:.3f}" for name in ("names", "starts", "tags", "heads"))) for one in built["seeds"]),
    )
    best = max(built["seeds"], key=lambda one: float(one["names"]))
    choice = (
        "the best there, so that its own figure flatters a little" if int(best["seed"]) == built["chosen"] else "whose weights were kept"
    )
    yield (
        f"\nMean {built['names_mean']:.3f}, from lowest to highest {built['names_spread']:.3f}. Shipped is seed {built['chosen']}, {choice}. "
        "These are the network alone, before rounding to eight bits and without rules.\n\n"
    )
    for name, title in (("encoder", "Encoder with rules"), ("cnn", "CNN with rules")):
        if name in figures["measured"]:
            yield from _measured(title, figures["measured"][name])
    if "events" in figures:
        yield from _events(figures["events"], figures.get("measured_events"))
    yield from _limits()


def _events(built: Mapping[str, Any], measured: Mapping[str, Any] | None) -> Iterable[str]:
    yield "## Reader of events\n\n"
    yield (
        f"Learnt from {built['articles']} English articles with {built['events']:,} events annotated by the project's guide (gold, which counts several times, and "
        f"`en_events_train.jsonl`), from the lowest {built['layers']} layers of the finished encoder, {built['epochs']:g} epochs, highest rate {built['rate']:g}, seed {built['seed']}. "
        f"{built['held_out']['articles']} other articles with {built['held_out']['events']} events (`en_events.jsonl`, `en_events_general.jsonl`) set its limits and what its scores are worth.\n\n"
    )
    if measured:
        yield "The English articles of **dev gold**, the whole event stage:\n\n"
        head = [name for name in _EVENT_FIGURES if name in measured]
        yield _table(head, [[f"{value['f1'] if isinstance(value, Mapping) else value:.3f}" for value in (measured[name] for name in head)]])
    yield "\nScores of events against the share that is right, on the articles that set the limits, in six folds, each calibrated on the others (![plot](events/reliability.svg)):\n\n"
    yield _table(
        ("score", "events", "mean score", "share right"),
        ((f"{low:.1f} to {high:.1f}", int(count), f"{mean:.2f}", f"{share:.2f}") for low, high, count, mean, share in built["reliability"]),
    )
    yield "\n"


def _measured(title: str, figures: Mapping[str, Any]) -> Iterable[str]:
    yield f"## {title}\n\n"
    if "names" in figures:
        names = figures["names"]
        yield "Names on **dev gold** (exact span and label, F1), the whole English pipeline:\n\n"
        yield _table(("all", *names["labels"]), [[f"{value:.3f}" for value in (names["mentions"], *names["labels"].values())]])
        yield "\nScores against what they promise, on the same articles (they were calibrated on the held-out passages, not here):\n\n"
        rows = [
            (label, f"{low:.2f} to {high:.2f}", number, f"{mean:.2f}", f"{share:.2f}")
            for label, some in names["reliability"].items()
            for low, high, number, mean, share in some
        ]
        yield _table(("label", "score", "names", "mean score", "share right"), rows)
    if "fresh" in figures:
        fresh = figures["fresh"]
        yield "\nThe same on articles annotated last and only measured on (`en_fresh.jsonl`): other subjects than dev gold, and nothing was tuned on them:\n\n"
        yield _table(("all", *fresh["labels"]), [[f"{value:.3f}" for value in (fresh["mentions"], *fresh["labels"].values())]])
    if "trees" in figures:
        yield "\nGrammar on the text of PUD, 1,000 sentences of news and Wikipedia never trained on (CoNLL 2018 F1; words and sentences are our own; `las_words` leaves punctuation out):\n\n"
        trees = figures["trees"]
        order = ("words", "sentences", "tag", "pos", "lemma", "uas", "las", "las_words")
        yield _table(order, [[f"{trees[name]:.3f}" for name in order]])
    yield "\n"


def _limits() -> Iterable[str]:
    yield "## Limits\n\n"
    yield (
        "- VESSEL, WEAPON and MALWARE are rare in what it learnt from; rules find most of them.\n"
        "- Bodies of other countries' cities and provinces waver between AGENCY and ORG.\n"
        "- Text all in capitals or all small is read worse; so are tables and lists.\n"
        "- The same seed gives the same weights on one kind of machine with one number of threads only.\n"
    )


def _table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6 if folder.exists() else 0.0
