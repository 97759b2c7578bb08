from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.pieces import PieceCutter, Window
from pipeline.train.english.examples import ANY, OUTSIDE, Example, Tree, mask_of
from pipeline.train.english.lessons import UNKNOWN, Classes, NameLesson, TreeLesson, deal, name_lessons, pad, tree_lessons

PERSON = mask_of("B-PERSON")


def tree(*words: str, root: int = 0) -> Tree:
    """A sentence whose words all hang on one of them."""
    count = len(words)
    return Tree(
        words=words,
        lemmas=tuple(word.lower() for word in words),
        pos=("NOUN",) * count,
        tags=("NN",) * count,
        heads=tuple(-1 if place == root else root for place in range(count)),
        deps=tuple("root" if place == root else "obj" for place in range(count)),
        spaces=(True,) * count,
    )


TREES = [tree("Ships", "sailed", root=1), tree("The", "mayor", "said", "talks", root=2), tree("Korea")]
CLASSES = Classes(tags=("NN NOUN",), lemmas=("k0+", "l0+"), deps=("obj", "root"))


def test_rare_classes_are_none() -> None:
    odd = Tree(("was",), ("be",), ("AUX",), ("VBD",), (-1,), ("root",), (True,))
    classes = Classes.of([*TREES, odd, odd])
    assert classes == Classes(tags=("NN NOUN",), lemmas=("l0+",), deps=("obj", "root"))
    assert Classes.of([*TREES, odd, odd, odd]) == Classes(("NN NOUN", "VBD AUX"), ("=be", "l0+"), ("obj", "root"))


def test_classes_do_not_depend_on_the_order_of_trees() -> None:
    assert Classes.of(TREES * 2) == Classes.of(TREES[::-1] * 2)


# --- names ---


def test_a_lesson_has_the_tags_of_its_words(cutter: PieceCutter) -> None:
    words = ("Mr", "Smith", "sailed", "?") * 20
    example = Example(words, tuple([OUTSIDE, PERSON, ANY, OUTSIDE] * 20), "test")
    lessons = list(name_lessons([example], cutter))
    assert len(lessons) > 1
    assert tuple(bits for lesson in lessons for bits in lesson.allowed) == example.allowed
    for lesson in lessons:
        assert len(lesson.allowed) == len(lesson.window.firsts)
        assert len(lesson.window) <= 128


def test_windows_of_which_nothing_is_known_are_no_lessons(cutter: PieceCutter) -> None:
    assert list(name_lessons([Example(("the", "ship"), (ANY, ANY), "test"), Example((), (), "test")], cutter)) == []
    assert len(list(name_lessons([Example(("the", "ship"), (ANY, OUTSIDE), "test")], cutter))) == 1


# --- trees ---


def test_sentences_of_a_window_keep_their_trees(cutter: PieceCutter) -> None:
    (lesson,) = tree_lessons([TREES], cutter, CLASSES, random.Random(1))
    assert lesson.starts == (1, 0, 1, 0, 0, 0, 1)
    # Words count from 1 over the window, 0 is the root.
    assert lesson.heads == (2, 0, 5, 5, 0, 5, 0)
    assert lesson.deps == (0, 1, 0, 0, 1, 0, 1)
    assert lesson.tags == (0,) * 7
    assert len(lesson.window.firsts) == 7


def test_what_is_no_class_is_not_asked_for(cutter: PieceCutter) -> None:
    (lesson,) = tree_lessons([TREES], cutter, Classes((), ("k0+",), ("root",)), random.Random(1))
    assert set(lesson.tags) == {UNKNOWN}
    assert lesson.lemmas == (UNKNOWN,) * 7
    assert lesson.deps == (UNKNOWN, 0, UNKNOWN, UNKNOWN, 0, UNKNOWN, 0)


def test_documents_are_not_mixed_and_windows_hold_whole_sentences(cutter: PieceCutter) -> None:
    documents = [TREES * 30, [tree("the", "city")] * 3]
    lessons = list(tree_lessons(documents, cutter, CLASSES, random.Random(5)))
    assert sum(sum(lesson.starts) for lesson in lessons) == 93
    assert all(lesson.starts[0] == 1 for lesson in lessons)
    assert lessons[-1].starts == (1, 0) * 3
    assert max(len(lesson.window) for lesson in lessons) <= 128
    for lesson in lessons:
        # Each sentence has its root inside the window.
        assert lesson.heads.count(0) == sum(lesson.starts)
        assert max(lesson.heads) <= len(lesson.heads)


def test_windows_are_cut_anew_at_each_call(cutter: PieceCutter) -> None:
    rng = random.Random(2)
    first, second = ([len(one.heads) for one in tree_lessons([TREES * 60], cutter, CLASSES, rng)] for _ in range(2))
    assert first != second
    assert sum(first) == sum(second) == 420


def test_a_sentence_longer_than_any_window_is_left_out(cutter: PieceCutter) -> None:
    endless = tree(*["ship"] * 127)
    lessons = list(tree_lessons([[TREES[2], endless, TREES[0]]], cutter, CLASSES, random.Random(0)))
    assert [word for lesson in lessons for word in lesson.starts] == [1, 1, 0]
    assert list(tree_lessons([[endless]], cutter, CLASSES, random.Random(0))) == []
    (alone,) = tree_lessons([[tree(*["ship"] * 126)]], cutter, CLASSES, random.Random(0))
    assert len(alone.window) == 128


# --- batches ---


def name(pieces: int) -> NameLesson:
    window = Window((2, *[5] * pieces, 3), (0, *[4] * pieces, 0), tuple(range(1, pieces + 1)))
    return NameLesson(window, (OUTSIDE,) * pieces)


def sentence(words: int) -> TreeLesson:
    one = name(words).window
    return TreeLesson(one, (1,) * words, (0,) * words, (0,) * words, (0,) * words, (0,) * words)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 30)), max_size=60), st.integers(1, 300), st.integers(0, 99))
def test_each_lesson_is_dealt_once_with_others_of_its_kind(kinds: list[tuple[bool, int]], most: int, seed: int) -> None:
    lessons = [name(size) if named else sentence(size) for named, size in kinds]
    dealt = deal(lessons, most, random.Random(seed))
    assert Counter(id(one) for _, group in dealt for one in group) == Counter(map(id, lessons))
    for batch, group in dealt:
        assert len({type(one) for one in group}) == 1
        assert len(batch.pieces) == len(group)
        assert batch.pieces.size <= most or len(group) == 1
        for row, one in enumerate(group):
            assert tuple(batch.pieces[row, : len(one.window)]) == one.window.pieces


def test_more_lessons_than_are_sorted_together_are_all_dealt() -> None:
    lessons = [name(1 + place % 20) for place in range(1500)]
    dealt = deal(lessons, 256, random.Random(0))
    assert sum(len(group) for _, group in dealt) == 1500
    assert len(dealt) < 120
    padding = sum((batch.pieces == 0).sum() for batch, _ in dealt)
    assert padding < 0.05 * sum(batch.pieces.size for batch, _ in dealt)


def test_short_rows_are_filled() -> None:
    assert pad([(1, 2, 3), (), (4,)], -1).tolist() == [[1, 2, 3], [-1, -1, -1], [4, -1, -1]]
