from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.filters import FIELDS, EventFilter, Field, FieldKind, Page, Sort
from models.vocabulary import EventType, Modality
from pipeline.query import QueryError, describe, filter_hash, filter_pairs, make_filter, parse_filter, parse_page, parse_query

Pairs = list[tuple[str, str]]


def test_every_field_has_an_attribute_of_the_filter_and_none_is_forgotten() -> None:
    assert [field.name for field in FIELDS] == list(EventFilter.__slots__)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_the_example_of_every_field_can_be_read_and_said_in_words(field: Field) -> None:
    pairs = [(field.name, field.example), *([("entity", "kb:kp")] if field.name == "role" else [])]
    wanted = parse_filter(pairs)
    assert getattr(wanted, field.name) not in (None, ())
    assert parse_filter(filter_pairs(wanted)) == wanted
    assert describe(wanted) != describe(EventFilter())


@pytest.mark.parametrize("field", [field for field in FIELDS if field.kind.repeats and field.name != "role"], ids=lambda field: field.name)
def test_what_is_excluded_is_said_otherwise_than_what_is_wanted(field: Field) -> None:
    wanted, excluded = (parse_filter([(field.name, sign + field.example)]) for sign in ("", "!"))
    assert len({describe(wanted), describe(excluded), describe(EventFilter())}) == 3
    assert filter_hash(wanted) != filter_hash(excluded)


def test_a_name_given_twice_means_either_in_whatever_order_and_case() -> None:
    wanted = parse_filter([("type", "cyber_op"), ("since", "2024"), ("type", "SANCTION"), ("type", "CYBER_OP"), ("country", "kp")])
    assert wanted == EventFilter(type=("SANCTION", "CYBER_OP"), since="2024", country=("KP",))
    assert filter_pairs(wanted) == [("type", "SANCTION"), ("type", "CYBER_OP"), ("country", "KP"), ("since", "2024")]
    assert filter_hash(wanted) == filter_hash(parse_filter(reversed(filter_pairs(wanted))))


def test_blanks_and_ways_to_compose_a_letter_make_no_difference() -> None:
    decomposed = "\u1100\u1175\u11b7  \u110c\u1165\u11bc\u110b\u1173\u11ab "
    assert parse_filter([("actor", decomposed)]) == parse_filter([("actor", "김 정은")])


def test_numbers_are_read_as_people_write_them() -> None:
    assert {parse_filter([("amount_min", text)]).amount_min for text in ("1500000", "1_500_000", "1.5e6", "1.5E+6")} == {1_500_000.0}
    assert filter_pairs(EventFilter(amount_min=1_500_000.0, score_min=0.85)) == [("amount_min", "1500000"), ("score_min", "0.85")]


def test_a_time_is_kept_in_utc() -> None:
    times = ("2026-01-01", "2026-01-01T00:00:00Z", "2026-01-01T09:00:00+09:00", "2025-12-31T19:00-05:00")
    assert {parse_filter([("changed_since", text)]).changed_since for text in times} == {"2026-01-01T00:00:00Z"}


WRONG: list[tuple[Pairs, str]] = [
    ([("typ", "SANCTION")], "'typ' is no field (did you mean 'type'"),
    ([("colour", "red")], "there are type, subtype"),
    ([("type", "SANCTON")], "type: 'SANCTON' is none of its values (did you mean 'SANCTION'?): SANCTION, CYBER_OP"),
    ([("modality", "certain")], "modality: 'certain' is none of its values: asserted, alleged, planned"),
    ([("background", "true")], "background: 'true' is neither 'yes' nor 'no'"),
    ([("amount_min", "-1")], "amount_min: '-1' is negative"),
    ([("amount_min", "nan")], "amount_min: 'nan' is no number: write it such as 1500000"),
    ([("amount_max", "inf")], "amount_max: 'inf' is no number"),
    ([("amount_max", "1e999")], "amount_max: '1e999' is no number"),
    ([("amount_min", "1__0")], "amount_min: '1__0' is no number"),
    ([("amount_min", "2 million")], "amount_min: '2 million' is no number"),
    ([("amount_min", "١٢")], "is no number"),
    ([("score_min", "80")], "score_min: '80' is no score: scores go from 0 to 1"),
    ([("since", "2025-02-30")], "since: '2025-02-30' is not in the calendar"),
    ([("since", "0000")], "since: '0000' is not in the calendar"),
    ([("since", "last week")], "since: 'last week' is no date: give a day, month or year, such as 2025-11-04, 2025-11 or 2025"),
    ([("until", "2025-11-04T00:00:00Z")], "until: '2025-11-04T00:00:00Z' is no date"),
    ([("since", "2025"), ("until", "2024-12")], "since: '2025' is later than `until` '2024-12': exchange them"),
    ([("published_since", "2025-11-05"), ("published_until", "2025-11-04")], "is later than `published_until` '2025-11-04'"),
    ([("amount_min", "5"), ("amount_max", "4.5")], "amount_min: '5' is more than `amount_max` '4.5'"),
    ([("changed_since", "2026-01-01T00:00:00")], "has no zone: add Z for UTC, or an offset such as +09:00"),
    ([("changed_since", "2026-01-01T00:00:00 09:00")], "with '+' written as %2B in an address"),
    ([("changed_since", "2026-13-01")], "changed_since: '2026-13-01' is no time"),
    ([("changed_since", "0001-01-01T00:00:00+09:00")], "is no time"),
    ([("role", "actor")], "role: 'actor' means nothing without `entity`"),
    ([("country", "Korea")], "country: 'Korea' is no code: give the two letters of ISO 3166, such as KP"),
    ([("currency", "US dollar")], "currency: 'US dollar' is no code"),
    ([("lang", "Korean")], "lang: 'Korean' is no code"),
    ([("type", "")], "type: '' is empty: give a value, or leave the field out"),
    ([("actor", "  ")], "actor: '  ' is empty"),
    ([("actor", "!")], "actor: '!' has nothing after '!'"),
    ([("actor", "! ")], "has nothing after '!'"),
    ([("actor", "–")], "actor: '–' has no letter or digit"),
    ([("party", "a\0b")], "has the control character U+0000: leave it out"),
    ([("q", "drones\nmissiles")], "has the control character U+000A"),
    ([("party", "\udcff")], "has the control character U+DCFF"),
    ([("q", "x" * 1001)], "… has 1,001 characters: give 1,000 at most"),
    ([("q", "!drones")], "q: '!drones' begins with '!': put '-' before each word"),
    ([("q", '"stolen funds')], "q: '\"stolen funds' cannot be searched for: "),
    ([("q", "-bybit")], "q: '-bybit' cannot be searched for: "),
    ([("q", "!?")], "q: '!?' begins with '!'"),
    ([("q", "…")], "q: '…' cannot be searched for: "),
    ([("since", "2025"), ("since", "2026")], "since: '2026' is a second value, beside '2025': give one"),
    ([("background", "yes"), ("background", "no")], "background: 'no' is a second value, beside 'yes'"),
    ([("q", "a1"), ("q", "b2")], "q: 'b2' is a second value"),
    ([("type", "SANCTION"), ("type", "!sanction")], "type: 'SANCTION' is both wanted and excluded by '!'"),
    ([("actor", "!OFAC"), ("actor", "ofac")], "is both wanted and excluded by '!'"),
]


@pytest.mark.parametrize(("pairs", "message"), WRONG, ids=[f"{pairs[0][0]}-{number}" for number, (pairs, _) in enumerate(WRONG)])
def test_what_cannot_be_read_is_refused_with_what_to_change(pairs: Pairs, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_filter(pairs)
    assert message in str(caught.value)
    assert caught.value.field in {name for name, _ in pairs}


def test_an_error_names_the_field_and_the_value_apart() -> None:
    with pytest.raises(QueryError) as caught:
        parse_filter([("type", "SANCTION"), ("until", "soon")])
    assert (caught.value.field, caught.value.value, caught.value.exit_code) == ("until", "soon", 2)


WORDS: list[tuple[Pairs, str]] = [
    ([], "all events"),
    ([("type", "SANCTION"), ("since", "2024-01")], "SANCTION events since January 2024"),
    (
        [("type", "SANCTION"), ("type", "CYBER_OP"), ("country", "KP"), ("modality", "asserted"), ("modality", "alleged")],
        "SANCTION or CYBER_OP events, told as fact or alleged, with a party of KP",
    ),
    ([("since", "2025-11-04"), ("until", "2025-11-04")], "events on 4 November 2025"),
    ([("since", "2025"), ("until", "2025")], "events in 2025"),
    ([("since", "2025-02"), ("until", "2026")], "events from February 2025 to 2026"),
    ([("type", "!MEETING"), ("until", "2025")], "events other than MEETING until 2025"),
    ([("list", "any")], "events, matched to any sanctions list"),
    ([("list", "!any")], "events, not matched to any sanctions list"),
    ([("entity", "Kim Jong Un"), ("role", "actor"), ("role", "speaker")], "events, naming Kim Jong Un as actor or speaker"),
    ([("entity", "Kim Jong Un"), ("role", "!speaker")], "events, naming Kim Jong Un in another role than speaker"),
    ([("amount_min", "1e6"), ("amount_max", "2e9"), ("currency", "KRW")], "events, with an amount of 1,000,000 to 2,000,000,000 KRW"),
    ([("amount_max", "0.5")], "events, with an amount of at most 0.5 USD"),
    ([("currency", "KRW"), ("currency", "!BTC")], "events, with an amount in KRW, with no amount in BTC"),
    ([("lang", "ko"), ("q", "드론")], "events, with an article in Korean, with the words 드론"),
    ([("official", "no"), ("background", "no")], "events, told as news, without an official"),
    ([("changed_since", "2026-01-01T00:00:01.5Z")], "events, changed since 1 January 2026 00:00:01.500000 UTC"),
    ([("program", "DPRK"), ("program", "DPRK2"), ("program", "DPRK3")], "events, under the programme DPRK, DPRK2 or DPRK3"),
]


@pytest.mark.parametrize(("pairs", "words"), WORDS, ids=[str(number) for number in range(len(WORDS))])
def test_a_filter_is_said_in_words(pairs: Pairs, words: str) -> None:
    assert describe(parse_filter(pairs)) == words


def test_the_order_is_said_where_there_is_one() -> None:
    said = {describe(EventFilter(), sort=sort) for sort in Sort}
    assert "all events; newest first" in said
    assert len(said) == len(Sort)


def test_keyword_arguments_make_the_same_filter_as_pairs() -> None:
    made = make_filter(
        type=EventType.SANCTION,
        modality=[Modality.ASSERTED, "alleged"],
        since=2024,
        until=date(2025, 6, 30),
        background=False,
        amount_min=1e6,
        program={"DPRK3"},
        changed_since=datetime(2026, 1, 1, 9, tzinfo=timezone(timedelta(hours=9))),
        q=None,
    )
    assert made == EventFilter(
        type=("SANCTION",),
        modality=("asserted", "alleged"),
        since="2024",
        until="2025-06-30",
        background=False,
        amount_min=1e6,
        program=("DPRK3",),
        changed_since="2026-01-01T00:00:00Z",
    )


@pytest.mark.parametrize(
    ("given_fields", "message"),
    [
        ({"program": []}, "program: '[]' is empty: leave the field out where it is not to filter"),
        ({"type": {"a": 1}}, "is of the type dict: give words"),
        ({"since": datetime(2026, 1, 1, tzinfo=UTC)}, "since: '2026-01-01T00:00:00+00:00' is no date"),
        ({"changed_since": datetime(2026, 1, 1)}, "has no zone"),
        ({"amount_min": float("nan")}, "is no number"),
        ({"amount_min": 10**400}, "is no number"),
        ({"limit": 5}, "'limit' is no field"),
    ],
    ids=["empty list", "mapping", "time for a day", "no zone", "nan", "more than any float", "page"],
)
def test_keyword_arguments_that_cannot_be_read_are_refused(given_fields: dict[str, object], message: str) -> None:
    with pytest.raises(QueryError, match=re.escape(message)):
        make_filter(**given_fields)


def test_a_page_is_read_and_its_faults_are_named() -> None:
    assert parse_page([]) == Page()
    assert parse_page([("sort", "Amount"), ("limit", "500"), ("cursor", "abc")]) == Page(Sort.AMOUNT, 500, "abc")
    for pairs, message in (
        ([("sort", "amout")], "sort: 'amout' is no order (did you mean 'amount'?)"),
        ([("limit", "0")], "limit: '0' is no size of a page: give 1 to 500"),
        ([("limit", "501")], "give 1 to 500"),
        ([("limit", "ten")], "give 1 to 500"),
        ([("limit", "٣")], "give 1 to 500"),
        ([("cursor", "")], "cursor: '' is empty"),
        ([("limit", "5"), ("limit", "5")], "limit: '5' is a second value"),
        ([("page", "2")], "'page' is no field: there are sort, limit, cursor"),
    ):
        with pytest.raises(QueryError) as caught:
            parse_page(pairs)
        assert message in str(caught.value)


def test_one_query_string_holds_filter_and_page() -> None:
    assert parse_query([("limit", "5"), ("type", "AID")]) == (EventFilter(type=("AID",)), Page(limit=5))
    with pytest.raises(QueryError, match=r"'curser' is no field \(did you mean 'cursor'") as caught:
        parse_query([("type", "AID"), ("curser", "x")])
    assert caught.value.field == "curser"


TEXTS = {
    FieldKind.CODE: st.sampled_from(["designate", "us_ofac_sdn:9345", "Yonhap News Agency"]),
    FieldKind.NAME: st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=20).filter(str.isalnum),
    FieldKind.FLAG: st.sampled_from(["yes", "no", "YES"]),
    FieldKind.DAY: st.dates(date(1900, 1, 1), date(2100, 1, 1)).map(str) | st.sampled_from(["2025", "2025-06"]),
    FieldKind.INSTANT: st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(datetime.isoformat),
    FieldKind.NUMBER: st.floats(0, 1).map(repr),
    FieldKind.TEXT: st.sampled_from(["drones", '"stolen funds" -bybit', "은행 or bank"]),
}
FREE = [field for field in FIELDS if field.name not in {"country", "currency", "lang", "role"}]
"""Fields whose values need no form of their own."""


@st.composite
def pairs_of(draw: st.DrawFn) -> Pairs:
    """Pairs as people might give them, which may contradict each other."""
    pairs = []
    for field in draw(st.lists(st.sampled_from(FREE), max_size=6)):
        choices = st.sampled_from([choice.value for choice in field.choices] or [""])
        value = draw(choices if field.choices else TEXTS[field.kind])
        pairs.append((field.name, ("!" if field.kind.repeats and draw(st.booleans()) else "") + value))
    return pairs


def read(pairs: Pairs) -> EventFilter | QueryError:
    try:
        return parse_filter(pairs)
    except QueryError as error:
        return error


@settings(max_examples=200, deadline=None, derandomize=True)
@given(pairs_of())
def test_pairs_and_filter_are_one_thing_or_the_pairs_are_refused_by_name(pairs: Pairs) -> None:
    wanted = read(pairs)
    if isinstance(wanted, QueryError):
        assert wanted.field in {name for name, _ in pairs}
        return
    assert parse_filter(filter_pairs(wanted)) == wanted
    assert parse_filter(reversed(pairs)) == wanted
    assert make_filter(**{name: [value for other, value in filter_pairs(wanted) if other == name] for name, _ in pairs}) == wanted


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(FIELDS), st.text(max_size=40))
def test_no_text_is_too_strange_for_any_field(field: Field, text: str) -> None:
    wanted = read([(field.name, text)])
    if isinstance(wanted, QueryError):
        assert wanted.field == field.name
        return
    assert parse_filter(filter_pairs(wanted)) == wanted
    assert describe(wanted)
