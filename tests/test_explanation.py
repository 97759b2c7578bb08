from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.knowledge import Knowledge
from models.records import Analysis, Article, Linking, Maker, Mention, Publication, Tagging
from models.vocabulary import DateSource, Label, Via
from pipeline import explanation
from pipeline.errors import ConfigurationError
from pipeline.explanation import KINDS, explain, load_makers, view_analysis
from pipeline.extraction import analyse_document
from pipeline.kb.provenance import FactLines
from pipeline.settings import ROOT
from pipeline.store.analyses import record_analysis
from pipeline.store.articles import load_article
from pipeline.store.engine import Database, reading, writing
from pipeline.store.search import load_article_view
from pipeline.tag.lists import load_scores
from pipeline.tag.nlp import _TYPICAL, UNMEASURED
from tests.shipped import rules_alone
from tests.store.builders import add_article, make_context

KB = ROOT / "data" / "kb"
FACTS = FactLines(KB)
PUBLISHED = "2025-11-06T00:30:00+09:00"


def analyse(text: str, *, published: str | None = PUBLISHED, lang: str = "en") -> Analysis:
    return analyse_document({"id": "a", "text": text, "published": published, "lang": lang}, rules_alone())


def tell(text: str, **about: Any) -> dict[str, Any]:
    knowledge = rules_alone().knowledge
    return explain(view_analysis(analyse(text, **about), knowledge_version=knowledge.version), knowledge, FACTS)


def mention_of(told: dict[str, Any], text: str) -> dict[str, Any]:
    return next(mention for mention in told["mentions"] if mention["text"] == text)


# --- makers ---------------------------------------------------------------------------------------------------------

ALIAS_KINDS = ("name", "acronym", "short", "weak", "list")
EXPANSIONS = {
    ("names_en.py", "gazetteer_*"): [f"gazetteer_{kind}" for kind in ALIAS_KINDS],
    ("names_ko.py", "gazetteer_*"): [f"gazetteer_{kind}" for kind in ALIAS_KINDS],
    ("names_ko.py", "*_tail"): ["agency_tail", "org_tail"],
    ("bodies_en.py", "*_head"): ["agency_head", "org_head"],
    ("bodies_en.py", "*_tail"): ["agency_tail", "org_tail", "place_tail"],
    ("things_en.py", "*_pattern"): ["weapon_pattern", "org_pattern", "malware_pattern"],
    ("things_en.py", "*_noun"): ["malware_noun", "org_noun"],
}
"""What names of rules that the code puts together from a label or a kind of alias can become."""
NO_MENTION = "adjective"
"""A rule whose finds are all dropped before any mention is made of them."""
POSITIONS = {"Found": 3, "Named": 4, "Maker": 0}


class Makers:
    """The names that one file of code gives to makers: first arguments of `Maker`, rules of finds, and values of parameters `rule`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tree = ast.parse(path.read_text("utf-8"))
        self.functions = {node.name: node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)}

    def names(self) -> Iterator[str]:
        for call in ast.walk(self.tree):
            if isinstance(call, ast.Call) and (value := self._rule_of(call)) is not None:
                yield from self._values(value)

    def _rule_of(self, call: ast.Call) -> ast.expr | None:
        for keyword in call.keywords:
            if keyword.arg == "rule":
                return keyword.value
        name = call.func.id if isinstance(call.func, ast.Name) else call.func.attr if isinstance(call.func, ast.Attribute) else ""
        place = POSITIONS.get(name)
        if place is None and name in self.functions:
            parameters = [one.arg for one in self.functions[name].args.args if one.arg != "self"]
            place = parameters.index("rule") if "rule" in parameters else None
        return call.args[place] if place is not None and place < len(call.args) else None

    def _values(self, value: ast.expr) -> Iterator[str]:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value
        elif isinstance(value, ast.IfExp):
            yield from (*self._values(value.body), *self._values(value.orelse))
        elif isinstance(value, ast.BoolOp):
            yield from (name for one in value.values for name in self._values(one))
        elif isinstance(value, ast.JoinedStr):
            pattern = "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in value.values)
            yield from EXPANSIONS[self.path.name, pattern]
        elif isinstance(value, ast.Name):
            yield from self._values_of_variable(value.id)
        else:
            assert isinstance(value, ast.Attribute), f"{self.path.name}: {ast.unparse(value)}"

    def _values_of_variable(self, name: str) -> Iterator[str]:
        """Yield what is assigned to a variable, or yielded by the generator that fills it."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in node.targets):
                yield from self._values(node.value) if not _mentions(node.value, name) else self._values(_without(node.value, name))
            elif isinstance(node, ast.For) and isinstance(node.target, ast.Tuple) and isinstance(node.iter, ast.Call):
                places = [place for place, one in enumerate(node.target.elts) if isinstance(one, ast.Name) and one.id == name]
                source = self.functions.get(getattr(node.iter.func, "attr", ""))
                for made in ast.walk(source) if places and source is not None else ():
                    if isinstance(made, ast.Yield) and isinstance(made.value, ast.Tuple):
                        yield from self._values(made.value.elts[places[0]])


def _mentions(value: ast.expr, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(value))


def _without(value: ast.expr, name: str) -> ast.expr:
    """Return `rule or other` without `rule` itself."""
    assert isinstance(value, ast.BoolOp)
    return ast.BoolOp(value.op, [one for one in value.values if not (isinstance(one, ast.Name) and one.id == name)])


@cache
def makers_in_code() -> frozenset[str]:
    paths = sorted(path for stage in ("tag", "link", "events") for path in (ROOT / "pipeline" / stage).rglob("*.py"))
    return frozenset(name for path in paths for name in Makers(path).names()) - {NO_MENTION, ""}


def test_every_maker_in_the_code_has_its_sentence() -> None:
    assert makers_in_code() - load_makers().keys() == set()


def test_every_sentence_has_a_maker_in_the_code() -> None:
    assert load_makers().keys() - makers_in_code() == set()


def test_every_rule_with_a_measured_precision_has_its_sentence() -> None:
    assert load_scores().keys() <= load_makers().keys()


def test_the_makers_in_the_code_are_found_however_they_are_named() -> None:
    assert {
        "embassy",
        "titled_single",
        "korean_government",
        "gazetteer_attached",
        "bracket",
        "repeat",
        "model",
        "encoder",
    } <= makers_in_code()


def test_sentences_are_plain_ones() -> None:
    for name, note in load_makers().items():
        assert note.kind in KINDS
        assert note.says.endswith((".", ".)")), name
        assert note.says[0].isupper() or note.says[0] in '"정', name


@pytest.mark.parametrize("fault", ["  titled: Once.\n", "  other: 3\n"], ids=["twice", "no string"])
def test_a_wrong_table_of_makers_names_the_line(tmp_path: Path, fault: str) -> None:
    path = tmp_path / "makers.yaml"
    lines = [f"{kind}:\n  {kind}_rule: It is so.\n" for kind in KINDS]
    path.write_text("".join(lines) + "  titled: Once.\n" + fault, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"makers\.yaml:1[34]"):
        load_makers(path)


# --- offices --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "lang", "name", "origin"),
    [
        ("North Korean leader Kim Jong Un watched the launch.", "en", "Kim Jong Un", "text"),
        ("Kim Jong Un, the North Korean leader, watched the launch.", "en", "Kim Jong Un", "text"),
        ("Kim Jong Un watched the launch.", "en", "Kim Jong Un", "knowledge base"),
        ("Joint Staff Director Lt. Gen. Hong Gil-dong watched the launch.", "en", "Hong Gil-dong", "text"),
        ("홍길동 외교부 대변인은 발사를 비판했다.", "ko", "홍길동", "text"),
        ("이재명 대통령은 발사를 비판했다.", "ko", "이재명", "text"),
        ("이재명은 발사를 비판했다.", "ko", "이재명", "knowledge base"),
    ],
    ids=["before", "after", "nowhere", "before a rank", "korean, over a body", "korean", "korean, nowhere"],
)
def test_a_role_that_stands_beside_the_name_is_told_from_one_that_posts_supply(text: str, lang: str, name: str, origin: str) -> None:
    office = mention_of(tell(text, lang=lang), name)["office"]
    assert office["from"] == origin
    assert (office["written"] is not None, office["post"] is not None) == (origin == "text", origin == "knowledge base")
    if origin == "text":
        assert text[office["written"]["start"] : office["written"]["end"]] == office["role"] == office["written"]["text"]
    else:
        assert office["post"]["held"]
        line = (KB / "posts.tsv").read_text("utf-8").split("\n")[office["post"]["line"]["line"] - 1]
        assert line.split("\t")[1:3] == [office["post"]["role"], office["post"]["affiliation"]]


def test_the_title_of_the_next_person_is_not_taken_for_this_ones() -> None:
    told = tell("Lee Jae-myung, President Donald Trump and others spoke.")
    assert mention_of(told, "Lee Jae-myung")["office"]["from"] == "knowledge base"
    assert mention_of(told, "Donald Trump")["office"]["from"] == "text"


def test_a_surname_alone_has_the_role_that_stands_beside_the_full_name() -> None:
    told = tell("Foreign Minister Hong Gil-dong spoke. Hong left.")
    full, short = mention_of(told, "Hong Gil-dong"), mention_of(told, "Hong")
    assert short["office"]["written"] == full["office"]["written"]
    assert short["office"]["written"]["mention"] == full["number"]


def test_a_role_that_neither_the_text_nor_the_posts_have_is_called_unclear() -> None:
    knowledge = rules_alone().knowledge
    view = view_analysis(analyse("Kim Jong Un watched the launch."), knowledge_version="older")
    view = replace(view, mentions=tuple({**row, "role": "Grand Marshal"} for row in view.mentions))
    office = mention_of(explain(view, knowledge, FACTS), "Kim Jong Un")["office"]
    assert (office["from"], office["written"], office["post"]) == ("unclear", None, None)


def test_posts_say_whether_they_were_held_on_the_day_of_publication() -> None:
    def posts(published: str | None) -> dict[str, Any]:
        entry = mention_of(tell("Moon Jae-in spoke.", published=published), "Moon Jae-in")["entity"]["entry"]
        return {post["role"]: post["held"] for post in entry["posts"]}

    assert posts("2019-05-01")["President"] is True
    assert posts("2025-11-06")["President"] is False
    assert set(posts(None).values()) == {None}


# --- entities -------------------------------------------------------------------------------------------------------


def test_how_a_name_got_its_entity_is_told_with_the_mention_that_it_goes_back_to() -> None:
    told = tell("The Gulliver Shipping Council (GSC) met Foreign Minister Hong Gil-dong. Hong thanked Pyongyang. GSC did not.")
    ways = [(one["text"], one["entity"]["via"], one["maker"]["name"]) for one in told["mentions"]]
    assert ("Hong", "coref", "surname") in ways
    assert ("Pyongyang", "metonym", "gazetteer_name") in ways
    assert ways.count(("GSC", "bracket", "bracket")) == 2
    first = mention_of(told, "Hong")["entity"]["named_first"]
    assert told["mentions"][first["mention"] - 1]["text"] == first["text"] == "Hong Gil-dong"
    capital = mention_of(told, "Pyongyang")["entity"]
    assert (capital["id"], capital["stands_for_it"]["id"]) == ("kb:kp", "kb:pyongyang")


def test_an_entry_of_the_knowledge_base_comes_with_its_line_and_alias() -> None:
    entity = mention_of(tell("Lazarus took the coins."), "Lazarus")["entity"]
    entry = entity["entry"]
    line = (KB / entry["line"]["file"]).read_text("utf-8").split("\n")[entry["line"]["line"] - 1]
    assert line.startswith(f"{entity['id']}\t")
    assert line.endswith(entry["line"]["source"])
    assert entity["alias"] == {"text": "Lazarus", "lang": "en", "kind": "name"}
    assert "us_ofac_sdn:27307" in entry["listings"]


def test_an_entity_that_the_knowledge_base_in_force_no_longer_has_is_said_to_be_gone() -> None:
    view = view_analysis(analyse("Lazarus took the coins."), knowledge_version="older")
    told = explain(view, Knowledge("newer", {}), FACTS)
    entity = mention_of(told, "Lazarus")["entity"]
    assert (entity["in_knowledge_base"], entity["entry"]) == (True, None)
    assert told["knowledge"] == {"in_force": "newer", "read_with": "older"}


def test_evidence_for_a_list_entry_adds_up_to_its_score() -> None:
    told = tell("The U.S. Treasury sanctioned North Korean hackers of Lazarus Group.")
    links = mention_of(told, "Lazarus Group")["links"]
    assert links
    for link in links:
        odds = sum(link["evidence"].values())
        assert link["score"] == pytest.approx(1 / (1 + math.exp(-odds)), abs=1e-3)
        assert (link["written"], link["alias"], link["likeness"]) == ("Lazarus Group", "Lazarus Group", 1.0)


# --- scores ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("maker", "score", "lang", "basis"),
    [
        ("encoder", 0.91, "en", "calibrated"),
        ("model", 0.85, "en", "assumed"),
        ("model", 0.7, "en", "calibrated"),
        ("titled", 0.991, "en", "combined"),
        ("titled", load_scores()["titled"], "en", "measured"),
        ("titled", 0.5, "ko", "measured"),
        ("surname", 0.9, "en", "measured"),
        ("dateline", 0.5, "en", "unmeasured"),
        ("rule_of_long_ago", 0.8, "en", "combined"),
    ],
)
def test_a_score_says_what_it_means(maker: str, score: float, lang: str, basis: str) -> None:
    text = "Hong spoke."
    mention = Mention(0, 4, "Hong", Label.PERSON, "doc:1", "Hong", Maker(maker, "1"), score)
    (told,) = explain(_view(text, (mention,), lang=lang), Knowledge("k", {}), FACTS)["mentions"]
    assert (told["score"]["value"], told["score"]["basis"]) == (score, basis)
    assert (told["maker"]["kind"] is None) == (maker == "rule_of_long_ago")


def test_scores_without_meaning_are_those_of_the_tag_stage() -> None:
    assert (explanation._UNMEASURED, explanation._TYPICAL) == (UNMEASURED, _TYPICAL)


def _view(text: str, mentions: tuple[Mention, ...], *, lang: str = "en") -> Any:
    publication = Publication(datetime(2025, 11, 5, 15, 30, tzinfo=UTC), "", "+09:00", DateSource.GIVEN, "minute")
    article = Article("a", text, lang, publication=publication)
    analysis = Analysis(article, Tagging((), (), mentions, (), (), ()), Linking(mentions, ()))
    return view_analysis(analysis, knowledge_version="k")


@given(
    st.lists(st.sampled_from(["Kim", "가나다", "said", ".", "\n", " ", "U.S.", '"', "😀", "\u0301"]), min_size=1, max_size=30), st.data()
)
def test_every_span_stands_in_its_sentence_where_the_offsets_say(words: list[str], data: st.DataObject) -> None:
    text = "".join(words)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    mention = Mention(start, end, text[start:end], Label.ORG, "doc:1", "x", Maker("titled", "1"), 0.9, via=Via.DIRECT)
    (told,) = explain(_view(text, (mention,)), Knowledge("k", {}), FACTS)["mentions"]
    sentence = told["sentence"]
    assert sentence["text"] == text[sentence["start"] : sentence["end"]]
    assert sentence["text"][start - sentence["start"] : end - sentence["start"]] == told["text"] == text[start:end]
    assert len(sentence["marked"]) == len(sentence["text"]) + 2


# --- amounts and dates ----------------------------------------------------------------------------------------------


def test_every_value_in_dollars_says_what_it_rests_on() -> None:
    told = tell("They stole $2 million, 44.5 billion won ($33 million), 5 million euros, 30 ether and millions of dollars.")
    dollars, won, restated, euros, ether, vague = told["amounts"]
    assert (dollars["usd"], dollars["usd_basis"]) == (2e6, "stated")
    assert (won["restated_by"], restated["restated_by"]) == ([3], [2])
    assert won["usd_means"] == "the text itself restates the sum in US dollars"
    year = int(euros["usd_basis"].partition(":")[2])
    assert str(year) in euros["usd_means"]
    assert euros["rate"]["line"]["file"] == "exchange_rates.tsv"
    line = (KB / "exchange_rates.tsv").read_text("utf-8").split("\n")[euros["rate"]["line"]["line"] - 1]
    assert line.split("\t")[:3] == ["EUR", str(year), f"{euros['rate']['units_per_usd']:g}"]
    assert euros["usd"] == pytest.approx(5e6 / euros["rate"]["units_per_usd"], abs=0.01)
    assert (ether["usd"], ether["usd_means"]) == (None, "none: the table of exchange rates has none for ETH up to 2025")
    assert (vague["value"], vague["usd_means"]) == (None, "none: the text gives no number")


def test_an_amount_that_is_computed_names_the_one_it_comes_from() -> None:
    knowledge = rules_alone().knowledge
    view = view_analysis(analyse("They stole $2 million and hid $1 million."), knowledge_version="k")
    whole, share = view.amounts
    told = explain(replace(view, amounts=(whole, {**share, "derived_from_id": whole["id"]})), knowledge, FACTS)
    assert [amount["derived_from"] for amount in told["amounts"]] == [None, 1]
    assert told["amounts"][1]["usd_means"].startswith("computed: a share")


def test_without_a_day_of_publication_nothing_is_converted_and_the_reason_is_given() -> None:
    told = tell("They stole 5 million euros on Tuesday.", published=None)
    assert "the day of publication is not known" in told["amounts"][0]["usd_means"]
    (day,) = told["dates"]
    assert (day["resolved"], day["against"], day["precision"]) == ({"start": None, "end": None}, None, "relative_unresolved")


def test_a_date_says_against_which_day_and_zone_it_was_read() -> None:
    (day,) = tell("They met on Tuesday.")["dates"]
    assert day["resolved"] == {"start": "2025-11-04", "end": "2025-11-04"}
    assert day["against"] == {"day": "2025-11-06", "published_at": "2025-11-05T15:30:00+00:00", "zone": "+09:00", "zone_given": True}
    (day,) = tell("They met on Tuesday.", published="2025-11-06")["dates"]
    assert (day["against"]["zone"], day["against"]["zone_given"]) == ("UTC", False)


# --- stored articles ------------------------------------------------------------------------------------------------


def test_a_stored_article_is_explained_like_the_same_text_on_the_fly(database: Database) -> None:
    text = (
        "North Korean leader Kim Jong Un met Foreign Minister Hong Gil-dong on Tuesday. Hong thanked Pyongyang. "
        "The U.S. Treasury sanctioned hackers of Lazarus Group, who stole 44.5 billion won ($33 million) and 5 million euros."
    )
    article = add_article(database, text=text)
    context = make_context(database)
    with reading(database) as connection:
        analysis = rules_alone().analyse(load_article(connection, article.id))
    with writing(database) as connection:
        record_analysis(connection, analysis, context)
    knowledge = rules_alone().knowledge
    with reading(database) as connection:
        view = load_article_view(connection, article.id)
    assert view is not None
    stored = explain(view, knowledge, FACTS)
    fresh = explain(view_analysis(analysis, knowledge_version="kb1"), knowledge, FACTS)
    assert len(stored["mentions"]) > 5
    assert len(stored["amounts"]) == 3
    assert any(mention["links"] for mention in stored["mentions"])
    assert [_comparable(one) for one in stored["mentions"]] == [_comparable(one) for one in fresh["mentions"]]
    assert (stored["amounts"], stored["dates"]) == (fresh["amounts"], fresh["dates"])


def _comparable(mention: dict[str, Any]) -> dict[str, Any]:
    """Leave out what only the store knows: ids of entities met in the news."""
    entity = {**mention["entity"], "id": mention["entity"]["id"] if mention["entity"]["in_knowledge_base"] else None}
    return {**mention, "entity": entity, "links": sorted(mention["links"], key=lambda link: link["entry"])}
