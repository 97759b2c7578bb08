import re
from datetime import UTC, datetime

import pytest

from models.records import Article, Maker, Mention, Publication, Tagging
from models.vocabulary import DateSource, Label
from tests import shipped

MARKED = re.compile(r"\[(PERSON|ORG|AGENCY|PLACE|VESSEL) (\S+) ([^\]]+)\]")
MAKER = Maker("test", "1")


def mark(marked, *, lang="en", published="2026-02-01", **about):
    """Make an article and its tagging of a text with names written "[PERSON doc:1 Kim Song]".

    `about` gives fields of all mentions of an entity: `doc_1={"role": …}`.
    """
    text, mentions, last = "", [], 0
    for match in MARKED.finditer(marked):
        text += marked[last : match.start()]
        label, entity, name = match.groups()
        fields = about.get(entity.replace(":", "_"), {})
        mentions.append(Mention(len(text), len(text) + len(name), name, Label(label), entity, name, MAKER, 1.0, **fields))
        text += name
        last = match.end()
    text += marked[last:]
    publication = None
    if published:
        publication = Publication(datetime.fromisoformat(published).replace(tzinfo=UTC), published, None, DateSource.GIVEN, "day")
    sentences = tuple((match.start(), match.end()) for match in re.finditer(r"[^\n]+?(?:(?<=[.다])(?=\s|$)|(?=\n)|$)", text))
    return Article(id="a", text=text, lang=lang, publication=publication), Tagging((), sentences, tuple(mentions), (), (), ())


@pytest.fixture(scope="session")
def linker():
    return shipped.rules_alone().linker
