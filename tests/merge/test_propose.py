from __future__ import annotations

from datetime import UTC, date, datetime
from importlib import import_module

from hypothesis import given
from hypothesis import strategies as st

from models.merging import MACHINE, Decision, MergeStatus
from models.vocabulary import EventType, Modality
from pipeline.merge import find_standing, propose
from tests.merge.builders import NIGHT, NORTH, make_event

PROPOSE = import_module("pipeline.merge.propose")
AT = datetime(2025, 11, 8, tzinfo=UTC)
SENTENCES = ("The North fired one missile from Taegwan on Friday.", "A missile flew 700 km.", "Seoul urged the North to stop launches.")


def standing(events, people=()) -> dict[str, str]:
    machine = [Decision(p.loser, p.winner, p.status, MACHINE, AT) for p in propose(events, people)]
    return find_standing({event.id: event.rank for event in events}, [*people, *machine])


def by_person(loser: str, winner: str, status: MergeStatus) -> Decision:
    return Decision(loser, winner, status, "editor", AT)


@st.composite
def newsrooms(draw):
    """Events of few kinds and days in few articles, so that many of them meet."""
    events = []
    for number in range(draw(st.integers(2, 8))):
        article = draw(st.integers(0, 4))
        events.append(
            make_event(
                f"{number}",
                draw(st.sampled_from(SENTENCES)),
                article=f"art-{article}",
                versions=frozenset({f"ver-{article}"}),
                cluster=f"sty-{article // 2}",
                seen=NIGHT.replace(day=draw(st.integers(7, 9))),
                type=draw(st.sampled_from([EventType.MISSILE_LAUNCH, EventType.CALL])),
                modality=draw(st.sampled_from([Modality.ASSERTED, Modality.ALLEGED])),
                subtype=None,
                day=draw(st.sampled_from([None, "2025-11", "2025-11-07", "2025-11-08"])),
                parties=draw(st.sampled_from([(), (NORTH,)])),
            )
        )
    return events


@given(newsrooms(), st.randoms(use_true_random=False))
def test_the_order_in_which_events_are_given_does_not_count(events, random) -> None:
    shuffled = random.sample(events, len(events))
    assert propose(shuffled) == propose(events)


@given(newsrooms())
def test_later_events_change_nothing_of_what_was_decided_of_earlier_ones(events) -> None:
    ordered = sorted(events, key=lambda event: event.rank)
    before = {p.loser: p.winner for p in propose(ordered[:-1]) if p.status is MergeStatus.MERGED}
    after = {p.loser: p.winner for p in propose(ordered) if p.status is MergeStatus.MERGED}
    assert after.items() >= before.items()


@given(newsrooms())
def test_what_one_text_tells_apart_and_other_modalities_never_stand_together(events) -> None:
    groups: dict[str, list] = {}
    for event, stands in standing(events).items():
        groups.setdefault(stands, []).append(next(one for one in events if one.id == event))
    for group in groups.values():
        versions = [version for event in group for version in event.versions]
        assert len(versions) == len(set(versions))
        assert len({event.modality for event in group}) == len({event.type for event in group}) == 1


@given(newsrooms(), st.data())
def test_a_persons_word_is_kept_and_taking_it_back_restores_everything(events, data) -> None:
    before = standing(events)
    one, other = data.draw(st.permutations([event.id for event in events]))[:2]
    apart = by_person(one, other, MergeStatus.APART)
    joined = by_person(one, other, MergeStatus.MERGED)
    kept = standing(events, [apart])
    assert kept[one] != kept[other]
    merged = standing(events, [joined])
    assert merged[one] == merged[other]
    assert standing(events) == before


def test_two_launches_that_one_text_tells_apart_leave_the_third_to_an_editor() -> None:
    morning, evening = (make_event(name, article="art-a", versions=frozenset({"ver-a"})) for name in ("a1", "a2"))
    found = propose([morning, evening, make_event("b")])
    assert {proposal.status for proposal in found} == {MergeStatus.CANDIDATE}
    assert {proposal.loser for proposal in found} == {"evt-b"}


def test_an_event_without_a_date_does_not_join_two_days() -> None:
    monday, tuesday = make_event("a", day="2025-11-03"), make_event("c", day="2025-11-04", seen=date(2025, 11, 10))
    bridge = make_event("b", day=None, published=date(2025, 11, 4), seen=date(2025, 11, 9))
    stands = standing([monday, bridge, tuesday])
    assert stands["evt-a"] != stands["evt-c"]


def test_a_group_has_one_row_for_each_event_that_is_merged() -> None:
    events = [make_event(name) for name in "abcdef"]
    found = propose(events)
    assert [proposal.status for proposal in found] == [MergeStatus.MERGED] * 5
    assert len({proposal.loser for proposal in found}) == 5


def test_the_work_grows_with_the_events_and_not_with_their_pairs(monkeypatch) -> None:
    module = import_module("pipeline.merge.propose")
    asked = []
    compare = module.compare
    monkeypatch.setattr(module, "compare", lambda one, other: asked.append(1) or compare(one, other))
    days = [f"20{year:02}-{month:02}-{day:02}" for year in range(10, 20) for month in range(1, 11) for day in range(1, 6)]
    events = [make_event(f"{number}", f"Number {number} of {number * 7} fired.", day=day) for number, day in enumerate(days)]
    assert propose(events) == []
    assert len(asked) < 3 * len(events)


def test_tellings_beyond_the_latest_that_are_compared_still_join(monkeypatch) -> None:
    monkeypatch.setattr(PROPOSE, "_MOST_COMPARED", 5)
    told = [make_event(f"{number:03}") for number in range(30)]
    assert set(standing(told).values()) == {"evt-000"}


def test_what_fills_the_news_is_compared_with_the_latest_alone(monkeypatch) -> None:
    words = ("harbour", "bridge", "school", "market", "stadium", "airport", "library", "museum", "factory", "station")
    told = [make_event(f"{number:03}", f"The North fired one missile at the {words[number % 10]} of Taegwan.") for number in range(40)]

    def compared() -> int:
        return sum(len(earlier) for _, earlier in PROPOSE._meetings(told))

    everything = compared()
    monkeypatch.setattr(PROPOSE, "_MOST_COMPARED", 3)
    assert everything == 40 * 39 / 2
    assert compared() <= 40 * 3 * len(PROPOSE._traits(told[0]))


def test_editors_are_asked_of_the_likeliest_pairs_of_an_event_alone(monkeypatch) -> None:
    alleged = [make_event(f"b{number}", modality=Modality.ALLEGED, versions=frozenset({"ver-b"}), article="art-b") for number in range(6)]
    told = [*alleged, make_event("c", seen=NIGHT.replace(day=9))]

    def asked() -> int:
        return sum(proposal.status is MergeStatus.CANDIDATE for proposal in propose(told))

    everything = asked()
    monkeypatch.setattr(PROPOSE, "_MOST_OPEN", 2)
    assert everything == 6
    assert asked() == 2
