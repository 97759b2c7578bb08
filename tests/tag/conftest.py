from datetime import UTC, date, datetime

import pytest

from models.knowledge import Alias, Knowledge, KnowledgeEntity, Post
from models.records import Article, Publication
from models.vocabulary import DateSource, Label
from pipeline.settings import Settings
from pipeline.tag import load_pipeline, tag


def entity(ident, label, name, *aliases, country=None, kind=None, stands_for=None, posts=()):
    names = [Alias(name, "en", "name"), *(Alias(text, lang, how) for text, lang, how in aliases)]
    return KnowledgeEntity(ident, label, name, tuple(names), country=country, kind=kind, stands_for=stands_for, posts=posts)


def country(code, name, adjective, korean, *short):
    aliases = [(adjective, "en", "adjective"), (korean, "ko", "name"), *((text, "en", "short") for text in short)]
    return entity(f"kb:{code.lower()}", Label.PLACE, name, *aliases, country=code, kind="country")


def ministry(ident, code, name, short, korean):
    return entity(ident, Label.AGENCY, name, (short, "en", "short"), (korean, "ko", "name"), country=code, kind="ministry")


ENTITIES = [
    country("KR", "South Korea", "South Korean", "한국", "South"),
    country("KP", "North Korea", "North Korean", "북한", "North"),
    country("JP", "Japan", "Japanese", "일본"),
    country("RU", "Russia", "Russian", "러시아"),
    entity("kb:us", Label.PLACE, "United States", ("U.S.", "en", "name"), ("American", "en", "adjective"), ("미국", "ko", "name"), country="US", kind="country"),
    entity("kb:seoul", Label.PLACE, "Seoul", ("서울", "ko", "name"), country="KR", kind="capital", stands_for="kb:kr"),
    entity("kb:pyongyang", Label.PLACE, "Pyongyang", ("평양", "ko", "name"), country="KP", kind="capital", stands_for="kb:kp"),
    ministry("kb:kr-mofa", "KR", "Ministry of Foreign Affairs (South Korea)", "foreign ministry", "외교부"),
    ministry("kb:jp-mofa", "JP", "Ministry of Foreign Affairs (Japan)", "foreign ministry", "일본 외무성"),
    ministry("kb:kr-mou", "KR", "Ministry of Unification (South Korea)", "unification ministry", "통일부"),
    entity("kb:us-state", Label.AGENCY, "U.S. Department of State", ("State Department", "en", "short"), country="US", kind="ministry"),
    entity("kb:kr-nis", Label.AGENCY, "National Intelligence Service", ("NIS", "en", "acronym"), ("국가정보원", "ko", "name"), country="KR", kind="service"),
    entity("kb:un", Label.AGENCY, "United Nations", ("U.N.", "en", "name"), country="UN", kind="international"),
    entity(
        "kb:per-leader", Label.PERSON, "Hong Gil-dong", ("홍길동", "ko", "name"), country="KR",
        posts=(Post("President", "Government of South Korea", "KR", date(2020, 1, 1), None),),
    ),
]  # fmt: skip


@pytest.fixture(scope="session")
def knowledge():
    return Knowledge("test", {one.id: one for one in ENTITIES})


@pytest.fixture(scope="session")
def pipelines(knowledge, tmp_path_factory):
    settings = Settings(kb_dir=tmp_path_factory.mktemp("kb"))
    return {lang: load_pipeline(lang, knowledge=knowledge, settings=settings) for lang in ("en", "ko")}


@pytest.fixture(scope="session")
def read(pipelines):
    """Tag a text; keyword arguments go to the article."""

    def run(text, lang="en", **fields):
        fields.setdefault("publication", Publication(datetime(2025, 11, 5, tzinfo=UTC), "", None, DateSource.GIVEN, "day"))
        return tag(Article("a", text, lang, **fields), pipelines[lang])

    return run


@pytest.fixture(scope="session")
def mentions(read):
    """Return `(text, label)` of the mentions of a text."""
    return lambda text, lang="en", **fields: [(one.text, one.label.value) for one in read(text, lang, **fields).mentions]
