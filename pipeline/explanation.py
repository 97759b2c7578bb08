"""`peninsula explain`: stored rows, or an analysis made on the fly, to what made each mention, role, amount and date, with the evidence.

Rows tell maker, score and links. What no row tells (where a role stands, which posts were held, what a name is in the knowledge base)
is read again from the text and from the knowledge base in force, whose version the result names.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from models.knowledge import Alias, Knowledge, KnowledgeEntity, Post
from models.records import Analysis, Maker, TimeExpression
from models.vocabulary import Bound, CandidateReason, Label, LinkStatus, Precision, Via
from models.zones import local_day
from pipeline.kb.provenance import FactLine, FactLines
from pipeline.store.search import ArticleView
from pipeline.text.sentences import split_sentences
from pipeline.text.yaml_lines import read_yaml

__all__ = ["KINDS", "MakerNote", "explain", "load_makers", "view_analysis"]

Json = dict[str, Any]
Fields = Mapping[str, Any]

KINDS = ("knowledge", "pattern", "context", "article", "recogniser", "stage")
"""Kinds of maker; the head of `makers.yaml` explains each."""
_DATA = Path(__file__).resolve().parent / "tag" / "data"
_UNMEASURED, _TYPICAL = 0.5, 0.85
"""Scores of the tag stage for a rule that never fired and for a recogniser that tells no probability; not imported, since that takes seconds."""

_SCORE_MEANS = {
    "measured": "how often this rule was right on annotated articles; the recogniser had no say in it",
    "unmeasured": "this rule never fired on annotated articles, so that nothing is known of how often it is right",
    "assumed": "the recogniser tells no probability; this is the figure that is published of such pipelines",
    "calibrated": "the chance that exactly these words are a name with this label, calibrated on passages that no model was trained on",
    "combined": "the chance that exactly these words are a name with this label: how often the rule was right and what the recogniser "
    "says of the words, calibrated on passages that no model was trained on",
}
_VIA_MEANS = {
    Via.DIRECT: "by its own name",
    Via.METONYM: "a capital or region that stands for its state here",
    Via.COREF: "through another mention of the same entity",
    Via.BRACKET: "as the short or other name that the article gives in brackets",
}
_BY_OFFICE = "by the office that the words around it name: nobody else of that name held it, by the knowledge base"
_BASIS_STATED, _BASIS_RESTATED = "the text gives US dollars", "the text itself restates the sum in US dollars"
_BASIS_SHARE = "computed: a share of a sum that the text gives in US dollars"

_RANKS = re.compile(r"[ \xa0](?:[A-Z][\w.-]*[ \xa0])+")
_BESIDE = re.compile(r"[ \xa0.,]{1,2}")
_APPOSITION = re.compile(r"(?:\s*\([^)\n]{0,40}\))?\s*(?:,|\(|[–—-]{1,2}\s|(?:is|was|as)\b)(?:[^.;:\n]|(?<=[A-Z])\.){0,80}")
_FOLLOWING_KO = re.compile(r"(?:\([^)\n]{1,20}\))?[ \xa0]?[^.,!?\n]{0,40}")
"""What may lie between a role and its name: ranks or nothing before an English name, an apposition after it, bodies after a Korean one."""


@dataclass(frozen=True, slots=True)
class MakerNote:
    """What a maker is: its kind, one of `KINDS`, and one sentence."""

    kind: str
    says: str


@cache
def load_makers(path: Path = _DATA / "makers.yaml") -> Mapping[str, MakerNote]:
    """Return the note of each maker by name. ConfigurationError names the line of a kind or maker that is wrong or stands twice."""
    notes: dict[str, MakerNote] = {}
    for kind, group in read_yaml(path).fields(required=frozenset(KINDS)).items():
        for name, node in group.fields().items():
            if name in notes:
                raise node.fail(f"the maker {name!r} stands under {notes[name].kind!r} too")
            notes[name] = MakerNote(kind, node.string())
    return notes


@cache
def _load_precisions() -> Mapping[str, float]:
    return {name: node.number() for name, node in read_yaml(_DATA / "scores.yaml").fields().items()}


def explain(view: ArticleView, knowledge: Knowledge, facts: FactLines) -> Json:
    """Return what made each mention, amount and date of an article, in order of the text and numbered from 1, ready for JSON.

    `facts` are the lines of the folder that `knowledge` was loaded from.
    """
    reader = _Reader(view, knowledge, facts)
    return {
        "article": reader.article(),
        "knowledge": {"in_force": knowledge.version, "read_with": view.knowledge},
        "mentions": [reader.mention(number) for number in range(1, len(reader.mentions) + 1)],
        "amounts": [reader.amount(number) for number in range(1, len(reader.amounts) + 1)],
        "dates": [reader.time(number, row) for number, row in enumerate(view.times, start=1)],
    }


class _Reader:
    """One article with what is needed to explain it."""

    def __init__(self, view: ArticleView, knowledge: Knowledge, facts: FactLines) -> None:
        self._view = view
        self._knowledge = knowledge
        self._facts = facts
        self._text: str = view.version["text"]
        self._sentences = split_sentences(self._text, view.version["lang"])
        self.mentions: Sequence[Fields] = sorted(view.mentions, key=lambda row: (row["start"], row["end"], row["id"]))
        self.amounts: Sequence[Fields] = view.amounts
        self._numbers = {row["id"]: number for number, row in enumerate(self.mentions, start=1)}
        at = view.version["published_at"]
        self._day: date | None = local_day(at, view.version["published_zone"]) if at is not None else None

    def article(self) -> Json:
        """Return what identifies the article, and when it was published."""
        version = self._view.version
        at = version["published_at"]
        return {
            "article": version["article_id"],
            "version": version["id"],
            **{name: version[name] for name in ("title", "url", "publisher", "lang")},
            "read": any(row["stage"] == "tag" and row["state"] == "done" for row in self._view.stages),
            "published": None
            if at is None
            else {
                "at": at.isoformat(),
                "as_written": version["published_raw"],
                "zone": version["published_zone"],
                "source": version["published_source"],
                "precision": version["published_precision"],
                "day": self._day.isoformat() if self._day else None,
            },
        }

    # --- what all have ---

    def _place(self, row: Fields) -> Json:
        start, end = row["start"], row["end"]
        first, last = self._sentence_at(start)
        last = max(last, end)
        return {
            "start": start,
            "end": end,
            "text": self._text[start:end],
            "sentence": {
                "start": first,
                "end": last,
                "text": self._text[first:last],
                "marked": f"{self._text[first:start]}»{self._text[start:end]}«{self._text[end:last]}",
            },
        }

    def _sentence_at(self, offset: int) -> tuple[int, int]:
        index = bisect_right(self._sentences, (offset, len(self._text) + 1)) - 1
        return self._sentences[index] if index >= 0 else (0, len(self._text))

    # --- mentions ---

    def mention(self, number: int) -> Json:
        """Return all that is known of one mention."""
        row = self.mentions[number - 1]
        return {
            "number": number,
            **self._place(row),
            "label": _plain(row["label"]),
            "label_means": Label(row["label"]).definition,
            "score": self._score(row),
            "maker": _maker(row),
            "entity": self._entity(row),
            "office": self._office(row),
            "rivals": [self._rival(rival) for rival in self._view.candidates if _overlap(rival, row)],
            "links": [_link(link) for link in self._view.links if link["entity_id"] == row["entity_id"]],
            "identifiers": [
                {name: number_row[name] for name in ("start", "end", "text", "kind")} | {"maker": _maker(number_row)}
                for number_row in self._view.identifiers
                if number_row["entity_id"] == row["entity_id"]
            ],
        }

    def _score(self, row: Fields) -> Json:
        name, score = row["maker"], row["score"]
        note, precision = load_makers().get(name), _load_precisions().get(name)
        kind = note.kind if note is not None else ""
        if kind == "recogniser":
            basis = "assumed" if name == "model" and score == _TYPICAL else "calibrated"
        elif precision is None and score == _UNMEASURED:
            basis = "unmeasured"
        elif kind == "article" or self._view.version["lang"] == "ko" or score == precision:
            basis = "measured"
        else:
            basis = "combined"
        return {"value": score, "basis": basis, "means": _SCORE_MEANS[basis], "precision_of_rule": precision}

    def _rival(self, row: Fields) -> Json:
        reason = CandidateReason(row["reason"])
        place = {name: row[name] for name in ("start", "end", "text", "score")}
        return {**place, "label": _plain(row["label"]), "reason": reason.value, "reason_means": reason.definition, "maker": _maker(row)}

    def _entity(self, row: Fields) -> Json:
        ident, via = row["entity_id"], Via(row["via"])
        known = self._knowledge.entities.get(ident)
        first = self._named_first(row) if via in (Via.COREF, Via.BRACKET) else None
        stands = self._stands_for(row) if via is Via.METONYM else None
        means = _BY_OFFICE if via is Via.COREF and first is None else _VIA_MEANS.get(via, via.definition)
        alias = _find_alias(known, row["text"], self._view.version["lang"]) if known is not None else None
        return {
            "id": ident,
            "name": row["name"],
            "country": row["country"],
            "via": via.value,
            "via_means": means,
            "named_first": first,
            "stands_for_it": {"id": stands.id, "name": stands.name} if stands is not None else None,
            "alias": asdict(alias) if alias is not None else None,
            "in_knowledge_base": ident.startswith("kb:"),
            "entry": self._entry(known) if known is not None else None,
        }

    def _named_first(self, row: Fields) -> Json | None:
        """Return the first mention of the entity that has its own name; None where there is none but this one."""
        for other in self._mentions_of(row):
            if other["id"] != row["id"] and Via(other["via"]) in (Via.DIRECT, Via.METONYM):
                return {"mention": self._numbers[other["id"]], "text": other["text"]}
        return None

    def _mentions_of(self, row: Fields) -> Iterable[Fields]:
        return (other for other in self.mentions if other["entity_id"] == row["entity_id"])

    def _stands_for(self, row: Fields) -> KnowledgeEntity | None:
        places = (one for one in self._knowledge.entities.values() if one.stands_for == row["entity_id"])
        return next((one for one in places if _find_alias(one, row["text"], self._view.version["lang"])), None)

    def _entry(self, known: KnowledgeEntity) -> Json:
        return {
            "id": known.id,
            "name": known.name,
            "kind": known.kind,
            "country": known.country,
            "source": known.source,
            "line": _fact(self._facts.of_entity(known.id)),
            "posts": [self._post(post, line) for post, line in self._posts(known)],
            "listings": [listing.entry or f"{listing.source}: {listing.name}" for listing in known.listings],
        }

    def _posts(self, known: KnowledgeEntity) -> list[tuple[Post, FactLine | None]]:
        lines = self._facts.of_posts(known.id)
        return list(zip(known.posts, lines if len(lines) == len(known.posts) else [None] * len(known.posts), strict=True))

    def _post(self, post: Post, line: FactLine | None) -> Json:
        return {
            "role": post.role,
            "affiliation": post.affiliation,
            "country": post.country,
            "start": post.start.isoformat() if post.start else None,
            "end": post.end.isoformat() if post.end else None,
            "held": None if self._day is None else post.held_on(self._day),
            "line": _fact(line),
        }

    # --- offices ---

    def _office(self, row: Fields) -> Json | None:
        """Return the role with where it is from: "text", "knowledge base", or "unclear" where neither has it now."""
        if not row["official"]:
            return None
        written = self._written_role(row) if row["role"] else None
        known = self._knowledge.entities.get(row["entity_id"])
        post = self._supplied_post(row, known) if written is None and known is not None else None
        return {
            "role": row["role"],
            "affiliation": row["affiliation"],
            "from": "text" if written is not None else "knowledge base" if post is not None else "unclear",
            "written": written,
            "post": post,
            "affiliation_from": self._affiliation_from(row, post),
        }

    def _written_role(self, row: Fields) -> Json | None:
        """Find the role as written beside this mention or, since all mentions of a person share it, beside another one."""
        words = r"\s+".join(map(re.escape, row["role"].split()))
        # Korean titles are written onto names, and particles onto titles.
        pattern = re.compile(words if self._view.version["lang"] == "ko" else rf"(?<!\w){words}(?!\w)")
        for one in (row, *(other for other in self._mentions_of(row) if other["id"] != row["id"])):
            first, last = self._sentence_at(one["start"])
            for match in pattern.finditer(self._text, first, max(last, one["end"])):
                if self._belongs(match, one):
                    return {"start": match.start(), "end": match.end(), "text": match.group(), "mention": self._numbers[one["id"]]}
        return None

    def _belongs(self, role: re.Match[str], one: Fields) -> bool:
        """Tell whether a role and a name stand as title and name do, with no other person nearer."""
        if role.end() <= one["start"]:
            between = self._text[role.end() : one["start"]]
            return bool(_BESIDE.fullmatch(between) or _RANKS.fullmatch(between))
        if role.start() < one["end"]:
            return False
        between = self._text[one["end"] : role.start()]
        following = _FOLLOWING_KO if self._view.version["lang"] == "ko" else _APPOSITION
        return following.fullmatch(between) is not None and not self._is_of_another(role, one)

    def _is_of_another(self, role: re.Match[str], one: Fields) -> bool:
        korean = self._view.version["lang"] == "ko"
        persons = (other for other in self.mentions if other["label"] == Label.PERSON and other["start"] >= one["end"])
        return any(
            other["end"] <= role.start() or (not korean and role.end() < other["start"] <= role.end() + 2)
            for other in persons
            if other["start"] <= role.end() + 2
        )

    def _supplied_post(self, row: Fields, known: KnowledgeEntity) -> Json | None:
        """Return the post that gave the role: the same role first; a Korean role is a translation, so the body alone counts for it."""
        same_body = [(post, line) for post, line in self._posts(known) if post.affiliation == row["affiliation"]]
        same_role = [(post, line) for post, line in same_body if post.role == row["role"]]
        options = same_role or (same_body if self._view.version["lang"] == "ko" else [])
        held = [(post, line) for post, line in options if post.held_on(self._day)]
        chosen = max(held or options, key=lambda pair: pair[0].start or date.min, default=None)
        return self._post(*chosen) if chosen is not None else None

    def _affiliation_from(self, row: Fields, post: Json | None) -> str | None:
        if row["affiliation"] is None:
            return None
        if post is not None:
            return "the same post of the knowledge base"
        for other in self.mentions:
            if other["name"] == row["affiliation"]:
                return f"named in the text, first by mention {self._numbers[other['id']]}"
        return "not named in the text: understood from the role and the country"

    # --- amounts and dates ---

    def amount(self, number: int) -> Json:
        """Return one amount with how its value in US dollars came about."""
        row = self.amounts[number - 1]
        numbers = {other["id"]: place for place, other in enumerate(self.amounts, start=1)}
        same = [numbers[other["id"]] for other in self.amounts if other["group_no"] == row["group_no"] and other is not row]
        bound = Bound(row["bound"])
        means, rate = self._dollars(row)
        return {
            "number": number,
            **self._place(row),
            "maker": _maker(row),
            "value": row["value"],
            "value_max": row["value_max"],
            "currency": row["currency"],
            "bound": bound.value,
            "bound_means": bound.definition,
            "group": row["group_no"],
            "restated_by": same if row["group_no"] is not None else [],
            "derived_from": numbers.get(row["derived_from_id"]),
            "usd": row["usd"],
            "usd_basis": row["usd_basis"],
            "usd_means": means,
            "rate": rate,
        }

    def _dollars(self, row: Fields) -> tuple[str, Json | None]:
        basis, currency = row["usd_basis"], row["currency"]
        if basis == "stated" and row["derived_from_id"] is not None:
            return _BASIS_SHARE, None
        if basis == "stated":
            return _BASIS_STATED if currency == "USD" else _BASIS_RESTATED, None
        if basis is not None:
            year = int(basis.partition(":")[2])
            rate = self._facts.of_rate(currency, year)
            told = {"currency": currency, "year": year, "units_per_usd": rate[0], "line": _fact(rate[1])} if rate is not None else None
            return f"converted at the mean exchange rate of {year}, the last that is known up to the year of publication", told
        if row["value"] is None:
            return "none: the text gives no number", None
        if currency is None:
            return "none: the text gives no currency", None
        if self._day is None:
            return "none: the day of publication is not known, so that no year's exchange rate can be chosen", None
        return f"none: the table of exchange rates has none for {currency} up to {self._day.year}", None

    def time(self, number: int, row: Fields) -> Json:
        """Return one date with what it was read against."""
        precision = Precision(row["precision"])
        return {
            "number": number,
            **self._place(row),
            "maker": _maker(row),
            "resolved": {"start": row["resolved_start"], "end": row["resolved_end"]},
            "precision": precision.value,
            "precision_means": precision.definition,
            "against": self._against(row["anchor"]),
        }

    def _against(self, anchor: str | None) -> Json | None:
        at = self._view.version["published_at"]
        if anchor is None or at is None:
            return None
        zone = self._view.version["published_zone"]
        return {"day": anchor, "published_at": at.isoformat(), "zone": zone or "UTC", "zone_given": zone is not None}


def _maker(row: Fields) -> Json:
    note = load_makers().get(row["maker"])
    return {
        "name": row["maker"],
        "version": row["maker_version"],
        "kind": note.kind if note is not None else None,
        "says": note.says if note is not None else "This version of Peninsula has no maker of this name.",
    }


def _link(row: Fields) -> Json:
    status = LinkStatus(row["status"])
    names = ("entry", "source", "list_version", "name", "score", "written", "alias", "likeness", "comparison", "evidence", "why")
    return {
        **{name: row[name] for name in names},
        "status": status.value,
        "status_means": status.definition,
        "knowledge": row["knowledge_version_id"],
        "maker": _maker(row),
    }


def _fact(line: FactLine | None) -> Json | None:
    return asdict(line) if line is not None else None


def _plain(value: object) -> str:
    return str(value)


def _overlap(one: Fields, other: Fields) -> bool:
    return bool(one["start"] < other["end"] and other["start"] < one["end"])


def _find_alias(entity: KnowledgeEntity, text: str, lang: str) -> Alias | None:
    """Return the alias that is written so; one of the text's language goes before others."""
    wanted = _fold(text)
    found = [alias for alias in entity.aliases if _fold(alias.text) == wanted and alias.kind != "adjective"]
    return min(found, key=lambda alias: alias.lang != lang, default=None)


def _fold(text: str) -> str:
    return re.sub(r"\s+", " ", text.casefold().replace("’", "'").replace("‑", "-"))


# --- texts that are not stored ---


def view_analysis(analysis: Analysis, *, knowledge_version: str) -> ArticleView:
    """Return an analysis in the form of stored rows. Ids are those of the article alone ("doc:1") or made of the order."""
    article, publication = analysis.article, analysis.article.publication
    version = {
        "id": article.id,
        "article_id": None,
        **{name: getattr(article, name) for name in ("title", "url", "publisher", "lang", "text")},
        "published_at": publication.at if publication else None,
        "published_raw": publication.raw if publication else None,
        "published_zone": publication.zone if publication else None,
        "published_source": publication.source.value if publication else None,
        "published_precision": publication.precision if publication else None,
    }
    day = publication.day.isoformat() if publication else None
    tagging, linking = analysis.tagging, analysis.linking
    return ArticleView(
        version=version,
        versions=(),
        stages=({"stage": "tag", "state": "done"},),
        mentions=tuple(_row(one, number, entity_id=one.entity) for number, one in enumerate(linking.mentions)),
        candidates=tuple(_row(one, number) for number, one in enumerate(tagging.candidates)),
        links=tuple(
            _row(one, number, entity_id=one.entity, evidence=dict(one.evidence), knowledge_version_id=knowledge_version)
            for number, one in enumerate(linking.links)
        ),
        identifiers=tuple(_row(one, number, entity_id=one.entity) for number, one in enumerate(linking.identifiers)),
        amounts=tuple(_row(one, n, group_no=one.group, derived_from_id=one.derived_from) for n, one in enumerate(tagging.amounts)),
        times=tuple(_row(one, number, anchor=day, **_ends(one)) for number, one in enumerate(tagging.times)),
        event_mentions=(),
        arguments=(),
        knowledge=knowledge_version,
    )


def _row(record: Any, number: int, **changes: object) -> Json:  # noqa: ANN401 - any record with a maker
    maker: Maker = record.maker
    fields = {name: getattr(record, name) for name in record.__slots__}
    return {**fields, "id": number, "maker": maker.component, "maker_version": maker.version, **changes}


def _ends(time: TimeExpression) -> Json:
    start, end = time.value if isinstance(time.value, tuple) else (time.value, time.value)
    return {"resolved_start": start, "resolved_end": end}
