"""Small corpora in the formats of the real ones, whose names are invented and whose patterns are obvious."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import lzma
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.train.english.encoder import Mix, Sources, Stage
from pipeline.train.english.fit import Pace
from tests.tag.encoder.toy import write_pretrained

WORDS = (
    "the a of in to and said met mr . , city ship company ministry talks on with sailed visited mayor ended opened no firm built left saw tanker"
).split()
FRAMES = (
    "Mr. {PERSON} said the talks in {PLACE} ended.",
    "The mayor of {PLACE} met Mr. {PERSON} and left.",
    "The ship {VESSEL} sailed to {PLACE} on Monday.",
    "The company {ORG} built the ship {VESSEL} in {PLACE}.",
    "Mr. {PERSON} and Mr. {PERSON} visited the company {ORG}.",
    "The talks ended, the mayor said.",
)
TREES = (
    "The/the/DET/DT/2/det ship/ship/NOUN/NN/3/nsubj sailed/sail/VERB/VBD/0/root to/to/ADP/IN/5/case {NAME}/{NAME}/PROPN/NNP/3/obl ././PUNCT/./3/punct",
    "{NAME}/{NAME}/PROPN/NNP/2/nsubj met/meet/VERB/VBD/0/root the/the/DET/DT/4/det mayor/mayor/NOUN/NN/2/obj ././PUNCT/./2/punct",
    "The/the/DET/DT/2/det talks/talk/NOUN/NNS/3/nsubj ended/end/VERB/VBD/0/root ././PUNCT/./3/punct",
)
PLAN = (
    Stage(
        "general", Mix(news=0.0, swapped=0.0, templates=0, general=1.0, trees=1.0, restyled=False), Pace(epochs=4, rate=4e-3, pieces=256)
    ),
    Stage("news", Mix(news=1.0, swapped=0.2, templates=12, general=0.3, trees=0.5, restyled=True), Pace(epochs=4, rate=4e-3, pieces=256)),
)
_KINDS = {"PERSON": ("per", 2), "PLACE": ("geo", 1), "VESSEL": ("art", 1), "ORG": ("org", 1)}
_CROSSNER = {"PERSON": "politician", "PLACE": "location", "ORG": "organisation", "VESSEL": "misc"}
_WIKIGOLD = {"PERSON": "PER", "PLACE": "LOC", "ORG": "ORG", "VESSEL": "MISC"}


class Maker:
    """Makes sentences with names of its own: those of two makers whose names end otherwise are never the same."""

    def __init__(self, seed: int, ends: str) -> None:
        self._rng = random.Random(seed)
        self._ends = ends.split()

    def name(self, words: int = 1) -> str:
        draw = self._rng.choice
        return " ".join(f"{draw('BDFGHKLMNPRSTVZ')}{draw('aeiou')}{draw('bdgklmnrstvz')}{draw(self._ends)}" for _ in range(words))

    def sentence(self) -> tuple[str, list[tuple[int, int, str]]]:
        """Return a sentence and its names as start, end, label."""
        text, names = "", []
        for part in re.split(r"(\{\w+\})", self._rng.choice(FRAMES)):
            if part.startswith("{"):
                label = part.strip("{}")
                name = self.name(_KINDS[label][1])
                names.append((len(text), len(text) + len(name), label))
                part = name
            text += part
        return text, names

    def passage(self, sentences: int) -> tuple[str, list[tuple[int, int, str]]]:
        text, names = "", []
        for _ in range(sentences):
            new, found = self.sentence()
            text += " " * bool(text)
            names += [(start + len(text), end + len(text), label) for start, end, label in found]
            text += new
        return text, names

    def tagged(self, kinds: dict[str, str]) -> list[tuple[str, str]]:
        """Return the tokens of a sentence with BIO tags."""
        text, names = self.sentence()
        rows = []
        for match in re.finditer(r"Mr\.|\w+|[^\w\s]", text):
            tag = "O"
            for start, end, label in names:
                if start <= match.start() < end:
                    tag = f"{'B' if match.start() == start else 'I'}-{kinds[label]}"
            rows.append((match.group(), tag))
        return rows

    def conllu(self, sentences: int) -> str:
        blocks = []
        for number in range(sentences):
            name = self.name()
            rows = [word.split("/") for word in self._rng.choice(TREES).replace("{NAME}", name).replace("././", "\0/\0/").split()]
            rows = [[cell.replace("\0", ".") for cell in row] for row in rows]
            lines = [
                "\t".join((str(place), word, lemma, pos, tag or ".", "_", head, dep, "_", "_"))
                for place, (word, lemma, pos, tag, head, dep) in enumerate(rows, 1)
            ]
            blocks.append("\n".join(["# newdoc"] * (number % 5 == 0) + lines))
        return "\n\n".join(blocks) + "\n\n"


def write_sources(root: Path) -> tuple[Sources, Path, dict[str, str]]:
    """Write all corpora below a folder; return where they lie, a table of their checksums, and the checksums of the treebanks."""
    ours = Maker(1, "a o en ir us")
    files = {
        "gmb/ner_dataset.csv.xz": _gmb([ours.tagged({label: kind for label, (kind, _) in _KINDS.items()}) for _ in range(150)]),
        "wikigold/wikigold.txt": _columns([ours.tagged(_WIKIGOLD) for _ in range(30)], " "),
        **{
            f"crossner_politics/politics_{part}.txt": _columns([ours.tagged(_CROSSNER) for _ in range(30)], "\t")
            for part in ("train", "dev", "test")
        },
    }
    treebanks = {f"{name}.conllu.xz": ours.conllu(90) for name in ("ewt_train", "gum_train", "en_ewt-ud-dev", "en_gum-ud-dev")}
    treebanks["en_pud-ud-test.conllu.xz"] = Maker(3, "a o en ir us").conllu(20)
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    for name, content in files.items():
        _write(root / "corpora" / name, content)
    for name, text in treebanks.items():
        _write(root / "corpora" / "ud" / name, text.encode())
    table = root / "table.yaml"
    table.write_text("files:\n" + "".join(f"  - path: {name}\n    sha256: {value}\n    source: a test\n" for name, value in sums.items()))
    articles = (
        {"lang": "en", "text": text, "mentions": [dict(zip(("start", "end", "label"), name, strict=True)) for name in names]}
        for text, names in (ours.passage(4) for _ in range(40))
    )
    _rows(root / "gold.jsonl", articles)
    (root / "annotations").mkdir()
    (root / "texts").mkdir()
    # No name of the held-out passages is in another corpus.
    others = Maker(2, "e i an or ul")
    texts = [
        *_annotate(root / "annotations" / "en_train.jsonl", ours, "t", 30),
        *_annotate(root / "annotations" / "en_held_out.jsonl", others, "h", 30),
    ]
    with gzip.open(root / "texts" / "toy_en.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps({"id": name, "text": text}) + "\n" for name, text in texts)
    pretrained = write_pretrained(root / "pretrained", layers=2, width=48, heads=4, words=WORDS)
    sources = Sources(root / "corpora", root / "gold.jsonl", root / "annotations", root / "texts", pretrained)
    return sources, table, {name: hashlib.sha256((root / "corpora" / "ud" / name).read_bytes()).hexdigest() for name in treebanks}


def _annotate(path: Path, maker: Maker, prefix: str, count: int) -> Iterator[tuple[str, str]]:
    rows = []
    for number in range(count):
        text, names = maker.passage(3)
        before = "A line before the passage.\n"
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        place = {"file": "toy_en", "id": f"{prefix}{number}", "start": len(before), "end": len(before) + len(text)}
        rows.append({**place, "sha256": digest, "mentions": names})
        yield f"{prefix}{number}", before + text
    _rows(path, rows)


def _gmb(sentences: Sequence[Sequence[tuple[str, str]]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(("Sentence #", "Word", "POS", "Tag"))
    for number, rows in enumerate(sentences, 1):
        for place, (word, tag) in enumerate(rows):
            writer.writerow((f"Sentence: {number}" if place == 0 else "", word, "NNP" if tag != "O" else "NN", tag))
    return buffer.getvalue().encode("cp1252")


def _columns(sentences: Sequence[Sequence[tuple[str, str]]], separator: str) -> bytes:
    return "\n\n".join("\n".join(f"{word}{separator}{tag}" for word, tag in rows) for rows in sentences).encode() + b"\n"


def _rows(path: Path, rows: Iterator[object] | Sequence[object]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lzma.compress(content) if path.suffix == ".xz" else content)
