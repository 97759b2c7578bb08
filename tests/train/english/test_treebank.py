from __future__ import annotations

import hashlib
import lzma
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigurationError
from pipeline.train.english.checksums import check
from pipeline.train.english.examples import Tree
from pipeline.train.english.treebank import (
    apply_lemma_rule,
    attachment,
    lemma_rule,
    our_words,
    read_conllu,
    tree_text,
    tree_words,
)

FILE = """\
# newdoc id = a
# newpar
# sent_id = 1
# text = The envoy's aides don't talk.
1	The	the	DET	DT	_	2	det	_	_
2-3	envoy's	_	_	_	_	_	_	_	_
2	envoy	envoy	NOUN	NN	_	4	nmod:poss	_	_
3	's	's	PART	POS	_	2	case	_	_
4	aides	aide	NOUN	NNS	_	7	nsubj	_	_
5-6	don't	_	_	_	_	_	_	_	_
5	do	do	AUX	VBP	_	7	aux	_	_
6	n't	not	PART	RB	_	7	advmod	_	_
6.1	now	now	ADV	RB	_	_	_	_	_
7	talk	talk	VERB	VB	_	0	root	_	SpaceAfter=No
8	.	.	PUNCT	.	_	7	punct	_	_

# newpar
1	Nothing	nothing	PRON	NN	_	3	nsubj:pass	_	_
2	was	be	AUX	VBD	_	3	aux:pass	_	_
3	said	say	VERB	VBN	_	0	root	_	_
4	today	today	NOUN	NN	_	3	obl:unmarked	_	Entity=(1)|SpaceAfter=No
5	.	.	PUNCT	.	_	3	punct	_	_

# newdoc id = b
# newpar
1-2	Cannot	_	_	_	_	_	_	_	SpaceAfter=No
1	Can	can	AUX	MD	_	0	root	_	_
2	not	not	PART	RB	_	1	advmod	_	_
3	!	_	PUNCT	.	_	1	punct	_	_
"""


def write(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def cut(text: str) -> list[tuple[int, int, str]]:
    """Cut otherwise than treebanks do in both ways: hyphens join, every other mark parts."""
    return [(match.start(), match.end(), match.group()) for match in re.finditer(r"\w+(?:-\w+)*|[^\w\s]", text)]


def tree(*rows: str, glue: Sequence[int] = ()) -> Tree:
    """Rows are "word lemma POS TAG head dep" with heads from 1; `glue` numbers the words without a space after them."""
    columns = list(zip(*(row.split() for row in rows), strict=True))
    words, lemmas, pos, tags, heads, deps = columns
    spaces = tuple(number not in glue for number in range(1, len(rows) + 1))
    return Tree(words, lemmas, pos, tags, tuple(int(head) - 1 for head in heads), deps, spaces)


def row(of: Tree, word: str) -> tuple[str, str, str, str, str]:
    place = of.words.index(word)
    head = "root" if of.heads[place] == -1 else of.words[of.heads[place]]
    return of.lemmas[place], of.pos[place], of.tags[place], head, of.deps[place]


# ---- reading


def test_words_of_ranges_are_kept_with_the_spacing_of_the_range(tmp_path: Path) -> None:
    first, second = read_conllu(write(tmp_path / "a.conllu", FILE))
    assert [len(document) for document in (first, second)] == [2, 1]
    assert first[0].words == ("The", "envoy", "'s", "aides", "do", "n't", "talk", ".")
    assert tree_text(first[0]) == "The envoy's aides don't talk."
    assert tree_text(second[0]) == "Cannot!"
    assert first[0].heads == (1, 3, 1, 6, 6, 6, -1, 6)
    assert [tree_text(first[0])[start:end] for start, end in tree_words(first[0])] == list(first[0].words)


def test_relations_keep_only_the_subtypes_that_matter(tmp_path: Path) -> None:
    documents = read_conllu(write(tmp_path / "a.conllu", FILE))
    assert documents[0][1].deps == ("nsubj:pass", "aux:pass", "root", "obl", "punct")


def test_a_missing_lemma_is_the_word(tmp_path: Path) -> None:
    assert read_conllu(write(tmp_path / "a.conllu", FILE))[1][0].lemmas == ("can", "not", "!")


def test_paragraphs_come_by_themselves_when_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "a.conllu", FILE)
    assert [len(one) for one in read_conllu(path, paragraphs=True)] == [1, 1, 1]


def test_without_marks_ten_sentences_are_a_document(tmp_path: Path) -> None:
    plain = "1\tGo\tgo\tVERB\tVB\t_\t0\troot\t_\t_\n\n"
    assert [len(one) for one in read_conllu(write(tmp_path / "a.conllu", plain * 23))] == [10, 10, 3]


def test_a_packed_file_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.conllu.xz"
    path.write_bytes(lzma.compress(FILE.encode()))
    assert read_conllu(path) == read_conllu(write(tmp_path / "a.conllu", FILE))


GOOD = "1\tGo\tgo\tVERB\tVB\t_\t0\troot\t_\t_\n"


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        (GOOD + "2\tnow\tnow\n", 2, "3 columns"),
        (GOOD + "3\tnow\tnow\tADV\tRB\t_\t1\tadvmod\t_\t_\n", 2, "word '3'"),
        (GOOD + "2\tnow\tnow\tADV\tRB\t_\tx\tadvmod\t_\t_\n", 2, "head 'x'"),
        ("\n\n" + GOOD + "2\tnow\tnow\tADV\tRB\t_\t0\troot\t_\t_\n", 3, "no tree"),
        ("# text\n" + GOOD.replace("\t0\t", "\t1\t"), 2, "no tree"),
        (GOOD + "2\ta\ta\tX\tX\t_\t3\tdep\t_\t_\n3\tb\tb\tX\tX\t_\t2\tdep\t_\t_\n", 1, "no tree"),
        (GOOD + "2\ta\ta\tX\tX\t_\t9\tdep\t_\t_\n", 1, "no tree"),
        ("1-4\tGo\t_\t_\t_\t_\t_\t_\t_\t_\n" + GOOD, 1, "ends at 4"),
        ("2-1\tGo\t_\t_\t_\t_\t_\t_\t_\t_\n" + GOOD, 1, "no range"),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, content: str, line: int, what: str) -> None:
    path = write(tmp_path / "bad.conllu", content)
    with pytest.raises(ConfigurationError, match=what) as caught:
        read_conllu(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")


def test_a_missing_or_damaged_file_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.conllu.xz"
    broken.write_bytes(lzma.compress(FILE.encode())[:-9])
    for path in (tmp_path / "none.conllu", broken):
        with pytest.raises(ConfigurationError, match=path.name):
            read_conllu(path)


# ---- our own words


def test_one_of_our_words_takes_the_place_of_several() -> None:
    treebank = tree(
        "A a DET DT 9 det",
        "38 38 NUM CD 4 nummod",
        "- - PUNCT HYPH 2 punct",
        "year year NOUN NN 6 obl",
        "- - PUNCT HYPH 4 punct",
        "old old ADJ JJ 9 amod",
        "Ji Ji PROPN NNP 9 compound",
        "- - PUNCT HYPH 7 punct",
        "na na PROPN NNP 10 nsubj",
        "said say VERB VBD 0 root",
        glue=(2, 3, 4, 5, 7, 8),
    )
    ours = our_words(treebank, cut)
    assert ours.words == ("A", "38-year-old", "Ji-na", "said")
    assert row(ours, "38-year-old") == ("38-year-old", "ADJ", "JJ", "Ji-na", "amod")
    assert row(ours, "Ji-na") == ("Ji-na", "PROPN", "NNP", "said", "nsubj")
    assert row(ours, "A")[3] == "Ji-na"
    assert tree_text(ours) == tree_text(treebank)


def test_a_merged_word_has_the_lemma_of_its_head_part() -> None:
    treebank = tree(
        "Peace peace NOUN NN 3 compound",
        "- - PUNCT HYPH 1 punct",
        "talks talk NOUN NNS 4 nsubj",
        "failed fail VERB VBD 0 root",
        glue=(1, 2),
    )
    assert row(our_words(treebank, cut), "Peace-talks") == ("peace-talk", "NOUN", "NNS", "failed", "nsubj")


def test_several_of_our_words_hang_on_the_last_with_letters() -> None:
    treebank = tree(
        "Mr. Mr. PROPN NNP 2 compound", "Han Han PROPN NNP 3 nsubj", "waits wait VERB VBZ 0 root", "... ... PUNCT , 3 punct", glue=(3,)
    )
    ours = our_words(treebank, cut)
    assert ours.words == ("Mr", ".", "Han", "waits", ".", ".", ".")
    assert row(ours, "Mr") == ("Mr", "PROPN", "NNP", "Han", "compound")
    assert row(ours, ".") == (".", "PUNCT", ".", "Mr", "punct")
    assert [ours.words[head] for head in ours.heads[4:]] == ["waits"] * 3


def test_a_contraction_keeps_what_each_half_means() -> None:
    treebank = tree(
        "They they PRON PRP 4 nsubj",
        "do do AUX VBP 4 aux",
        "n't not PART RB 4 advmod",
        "know know VERB VB 0 root",
        "it it PRON PRP 4 obj",
        glue=(2,),
    )
    ours = our_words(treebank, cut)
    assert ours.words == ("They", "don", "'", "t", "know", "it")
    assert row(ours, "don") == ("do", "AUX", "VBP", "know", "aux")
    assert row(ours, "t") == ("not", "PART", "RB", "know", "advmod")
    assert row(ours, "'")[3:] == ("t", "punct")
    assert ours.spaces == (True, False, False, True, True, True)


def test_the_root_may_lie_in_a_merged_word_or_in_a_split_one() -> None:
    merged = our_words(tree("Ready ready ADJ JJ 3 amod", "- - PUNCT HYPH 3 punct", "made make VERB VBN 0 root", glue=(1, 2)), cut)
    assert (merged.words, merged.heads, merged.deps) == (("Ready-made",), (-1,), ("root",))
    split = our_words(tree("a/b a/b NOUN NN 0 root"), cut)
    assert (split.words, split.heads, split.deps) == (("a", "/", "b"), (2, 2, -1), ("compound", "punct", "root"))


def test_words_that_are_ours_already_are_left_alone() -> None:
    treebank = tree("Envoys envoy NOUN NNS 2 nsubj", "met meet VERB VBD 0 root")
    assert our_words(treebank, cut) is treebank


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    words = draw(st.lists(st.text("ab.-' 가", min_size=1, max_size=4).filter(lambda word: word.strip() == word), min_size=1, max_size=9))
    order = draw(st.permutations(range(len(words))))
    heads = [-1] * len(words)
    for place, word in enumerate(order[1:], 1):
        heads[word] = order[draw(st.integers(0, place - 1))]
    spaces = draw(st.lists(st.booleans(), min_size=len(words), max_size=len(words)))
    same = tuple(words)
    deps = tuple("root" if head == -1 else "dep" for head in heads)
    return Tree(same, same, ("NOUN",) * len(words), ("NN",) * len(words), tuple(heads), deps, tuple(spaces))


@given(trees(), st.data())
def test_any_cut_of_any_tree_gives_a_tree(treebank: Tree, data: st.DataObject) -> None:
    text = tree_text(treebank)
    borders = sorted({0, len(text), *data.draw(st.lists(st.integers(0, len(text)), max_size=12))})
    pieces = [(a, b, text[a:b]) for a, b in pairwise(borders) if data.draw(st.booleans())]
    ours = our_words(treebank, lambda _: pieces)
    assert ours.heads.count(-1) == 1
    for place in range(len(ours.words)):
        steps = 0
        while place != -1:
            place, steps = ours.heads[place], steps + 1
            assert steps <= len(ours.words)
    assert "".join("".join(ours.words).split()) == "".join(text.split())
    assert [dep for dep, head in zip(ours.deps, ours.heads, strict=True) if head == -1] == ["root"]


# ---- lemmas


@given(st.text(max_size=8), st.text(max_size=8))
def test_a_rule_always_gives_the_lemma_it_was_made_from(word: str, lemma: str) -> None:
    assert apply_lemma_rule(word, lemma_rule(word, lemma)) == lemma


def test_words_of_one_pattern_share_a_rule() -> None:
    assert {lemma_rule(word, lemma) for word, lemma in [("dogs", "dog"), ("Ships", "ship"), ("TALKS", "talk")]} == {"l1+"}
    assert {lemma_rule(word, lemma) for word, lemma in [("tries", "try"), ("armies", "army")]} == {"l3+y"}
    assert {lemma_rule(word, "be") for word in ("is", "was", "'m", "are")} == {"=be"}
    assert lemma_rule("the", "the") == lemma_rule("The", "the") == "l0+"
    assert lemma_rule("Seoul", "Seoul") == lemma_rule("KCNA", "KCNA") == "k0+"
    assert lemma_rule("SEOUL", "Seoul") == "t0+"


def test_a_rule_serves_words_it_was_not_made_from() -> None:
    assert apply_lemma_rule("Embassies", "l3+y") == "embassy"
    assert apply_lemma_rule("is", "l3+y") == "is"
    with pytest.raises(ValueError, match="no rule"):
        apply_lemma_rule("is", "x3")


# ---- scores

FIRST = tree("Envoys envoy NOUN NNS 2 nsubj", "met meet VERB VBD 0 root", "aides aide NOUN NNS 2 obj", ". . PUNCT . 2 punct", glue=(3,))
SECOND = tree("They they PRON PRP 2 nsubj", "left leave VERB VBD 0 root")


def test_a_perfect_prediction_scores_one_everywhere() -> None:
    scores = attachment([[FIRST, SECOND]], [[FIRST, SECOND]])
    assert {getattr(scores, name) for name in scores.__slots__} == {1.0}


def test_heads_labels_tags_and_lemmas_are_scored_apart() -> None:
    wrong = replace(
        FIRST,
        heads=(1, -1, 0, 1),
        deps=("obj", "root", "obj", "punct:x"),
        tags=("NN", "VBD", "NNS", "."),
        lemmas=("envoy", "met", "aide", "."),
    )
    scores = attachment([[FIRST]], [[wrong]])
    assert (scores.words, scores.uas, scores.las, scores.tag, scores.pos, scores.lemma) == (1, 0.75, 0.5, 0.75, 1, 0.75)


def test_punctuation_can_be_left_out() -> None:
    astray = replace(FIRST, heads=(1, -1, 1, 2))
    scores = attachment([[FIRST]], [[astray]])
    assert (scores.las, scores.uas_words, scores.las_words) == (0.75, 1, 1)
    mistaken = replace(FIRST, deps=("nsubj", "root", "punct", "punct"))
    assert attachment([[FIRST]], [[mistaken]]).uas_words == 2 * 2 / (3 + 2)


def test_only_base_relations_count() -> None:
    passive = replace(FIRST, deps=("nsubj:pass", *FIRST.deps[1:]))
    assert attachment([[FIRST]], [[passive]]).las == 1


def test_words_cut_otherwise_count_as_misses_on_both_sides() -> None:
    glued = tree("Envoys envoy NOUN NNS 2 nsubj", "met meet VERB VBD 0 root", "aides. aide NOUN NNS 2 obj")
    scores = attachment([[FIRST]], [[glued]])
    assert scores.words == scores.las == 2 * 2 / (4 + 3)
    assert scores.sentences == 1


def test_sentences_must_have_both_borders_right() -> None:
    joined = tree(
        "Envoys envoy NOUN NNS 2 nsubj",
        "met meet VERB VBD 0 root",
        "aides aide NOUN NNS 2 obj",
        ". . PUNCT . 2 punct",
        "They they PRON PRP 6 nsubj",
        "left leave VERB VBD 2 parataxis",
    )
    scores = attachment([[FIRST, SECOND], [SECOND]], [[joined], [SECOND]])
    assert scores.sentences == 2 * 1 / (3 + 2)
    assert scores.las == 7 / 8


def test_another_text_cannot_be_scored() -> None:
    with pytest.raises(ValueError, match="document 1 reads otherwise"):
        attachment([[FIRST], [SECOND]], [[FIRST], [FIRST]])


# ---- checksums


def test_only_the_expected_content_passes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "content")
    assert check(path, hashlib.sha256(b"content").hexdigest().upper()) == path
    with pytest.raises(ConfigurationError, match=r"a\.txt: .*another version"):
        check(path, "0" * 64)
    with pytest.raises(ConfigurationError, match=r"b\.txt: .*not there"):
        check(tmp_path / "b.txt", "0" * 64)
