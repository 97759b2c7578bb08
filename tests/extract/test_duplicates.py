import random
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from models.records import Article
from pipeline.extract.duplicates import StoryText, are_copies, cluster_stories, containment, make_signature, shingles, story_text

WORDS = [
    "harbour",
    "bridge",
    "council",
    "vote",
    "ferry",
    "budget",
    "mayor",
    "winter",
    "storm",
    "island",
    "market",
    "school",
    "train",
    "river",
    "valley",
    "tower",
    "garden",
    "museum",
    "dancer",
    "engine",
]


def sentences(seed: int, count: int) -> list[str]:
    chooser = random.Random(seed)
    return [" ".join(chooser.choices(WORDS, k=14)).capitalize() + "." for _ in range(count)]


BASE = sentences(1, 20)


def item(name: str, parts: list[str], *, hour: int | None = None, lang: str = "en") -> StoryText:
    return StoryText(name, " ".join(parts), lang, None if hour is None else datetime(2025, 11, 6, hour, tzinfo=UTC))


def test_the_same_text_with_header_footer_cut_or_edits_is_one_story():
    copies = [
        item("a", BASE, hour=9),
        item("b", ["(Updates with details.)", *BASE, "Follow our newsroom."], hour=10),
        item("c", BASE[:8], hour=11),
        item("d", [sentence.replace("council", "board") for sentence in BASE[:15]], hour=12),
    ]
    assert set(cluster_stories(copies).values()) == {"a"}


def test_two_stories_that_share_a_background_paragraph_stay_two():
    other = [*sentences(2, 18), *BASE[:2]]
    assert cluster_stories([item("a", BASE), item("b", other)]) == {"a": "a", "b": "b"}


def test_versions_belong_together_through_the_one_between_them():
    added = sentences(3, 40)
    versions = [item("v1", BASE, hour=9), item("v2", BASE[6:] + added[:6], hour=10), item("v3", BASE[12:] + added[:12], hour=11)]
    assert not are_copies(*(shingles(version.text, "en") for version in (versions[0], versions[2])))
    assert set(cluster_stories(versions).values()) == {"v1"}


def test_a_round_up_of_two_stories_is_a_copy_of_neither():
    other = sentences(2, 20)
    stories = [item("a", BASE, hour=8), item("b", other, hour=9), item("both", BASE[:10] + other[:10], hour=10)]
    assert len(set(cluster_stories(stories).values())) == 3


def test_briefs_inside_a_round_up_do_not_make_one_story_of_two():
    other = sentences(2, 20)
    copies = [item(f"a{cut}", BASE[:cut], hour=8) for cut in (20, 19, 7)] + [item(f"b{cut}", other[:cut], hour=9) for cut in (20, 19, 7)]
    clusters = cluster_stories([*copies, item("both", BASE[:10] + other[:10], hour=10)])
    assert are_copies(shingles(" ".join(BASE[:7]), "en"), shingles(" ".join(BASE[:10] + other[:10]), "en"))
    assert {clusters[name] for name in ("a20", "a19", "a7")} == {"a19"}
    assert {clusters[name] for name in ("b20", "b19", "b7")} == {"b19"}


def test_the_earliest_represents_then_the_smallest_id_and_undated_come_last():
    assert set(cluster_stories([item("a", BASE), item("z", BASE, hour=8), item("y", BASE, hour=8)]).values()) == {"y"}


def test_a_brief_does_not_make_a_digest_of_many_briefs_a_copy():
    brief = item("brief", BASE[:4])
    digest = item("digest", [sentence for seed in range(10, 18) for sentence in sentences(seed, 4)] + BASE[:4])
    assert len(set(cluster_stories([brief, digest]).values())) == 2


def test_one_sentence_is_a_copy_of_its_like_only():
    assert not are_copies(shingles(BASE[0], "en"), shingles(" ".join(BASE), "en"))
    assert are_copies(shingles(BASE[0], "en"), shingles(BASE[0].upper() + "!", "en"))


def test_empty_texts_are_no_copies_of_each_other():
    assert cluster_stories([item("a", [""]), item("b", ["..."])]) == {"a": "a", "b": "b"}


def test_korean_is_compared_by_characters_since_particles_vary():
    text = "시의회가 6일 새 다리를 놓기로 의결했다. 비용은 공개되지 않았다. 주민들은 십 년을 기다렸다고 말했다. 공사는 내년 봄에 시작된다."
    assert "시의회가6" in shingles(text, "ko")
    spaced = text.replace(" ", "").replace("다리를", "다리도")
    assert set(cluster_stories([item("a", [text], lang="ko"), item("b", [spaced], lang="ko")]).values()) == {"a"}


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(9)))
def test_order_does_not_matter(order):
    items = [item(f"s{seed}-{cut}", sentences(seed, 12)[:cut], hour=cut) for seed in (4, 5, 6) for cut in (12, 8, 5)]
    clusters = cluster_stories([items[index] for index in order])
    assert clusters == cluster_stories(items)
    assert len(set(clusters.values())) == 3


def test_a_signature_is_the_same_on_every_run_and_copies_share_a_band():
    first = make_signature(shingles(" ".join(BASE), "en"))
    assert len(first.values) == 512
    assert len(set(first.bands)) == 64
    assert first.bands[0] == make_signature(sorted(shingles(" ".join(BASE), "en"), reverse=True)).bands[0]
    assert set(first.bands) & set(make_signature(shingles(" ".join(BASE[:12]), "en")).bands)


def test_containment_is_the_share_of_the_smaller_set():
    assert containment(frozenset("abcd"), frozenset("abxyz")) == 0.5
    assert containment(frozenset(), frozenset("a")) == 0.0


def test_furniture_is_left_out_of_the_story():
    article = Article("a", "HEAD story text TAIL", "en", furniture=((0, 5), (16, 20)))
    assert story_text(article).text.split() == ["story", "text"]
