"""Reads what the sample newsroom is made of: articles, outlets, feeds and odd pages."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.errors import ConfigurationError
from pipeline.text.yaml_lines import parse_yaml, read_yaml

__all__ = ["FeedItem", "FeedPlan", "OddPage", "Outlet", "Sample", "Story", "load_sample"]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Story(_Record):
    """One article in one edition. `edition` is the first edition that carries it; `body` is split at blank lines."""

    id: str
    host: str
    path: str = Field(pattern="^/")
    lang: Literal["en", "ko"]
    title: str = Field(min_length=1)
    byline: str
    summary: str = Field(min_length=1)
    published: AwareDatetime
    updated: AwareDatetime | None = None
    korea: bool = True
    edition: int = Field(1, ge=1)
    body: tuple[str, ...] = Field(min_length=3)

    @property
    def url(self) -> str:
        """The address of the article's page."""
        return f"http://{self.host}{self.path}"

    @property
    def changed(self) -> datetime:
        """When the article was last changed."""
        return self.updated or self.published


class Outlet(_Record):
    """One invented outlet. `page_status` is the answer to a request for an article; `robots` says whether there is a robots.txt."""

    name: str
    template: str
    charset: str = "utf-8"
    page_status: int = 200
    robots: bool = True


class FeedItem(_Record):
    """One item of a feed: an article, or a link of its own with title, summary and date.

    For an article, `query` is appended to its address, `via` replaces it, and `title` replaces the title.
    """

    article: str | None = None
    query: str | None = None
    via: str | None = None
    link: str | None = None
    title: str | None = None
    summary: str = ""
    published: AwareDatetime | None = None

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> Self:
        loose = (self.link, self.title, self.published)
        if self.article is None and None in loose:
            raise ValueError("an item needs an article, or a link with title and published")
        if self.article is not None and self.link is not None:
            raise ValueError("an item has an article or a link, not both")
        return self


class FeedPlan(_Record):
    """One feed. `dates` is the manner of its item dates, `content` says whether items hold a summary or the whole text.

    The title is the outlet's name where none is given.
    """

    url: str
    format: Literal["rss", "atom"]
    dates: Literal["rfc822", "kst", "bare", "iso"]
    content: Literal["summary", "full"] = "summary"
    charset: str = "utf-8"
    title: str | None = None
    items: tuple[FeedItem, ...]


class OddPage(_Record):
    """A page that is no article: a redirect (`location`), a file as it is (`file`) or a template without an article."""

    url: str
    status: int = 200
    location: str | None = None
    file: str | None = None
    type: str = "text/html; charset=utf-8"
    template: str | None = None


class _Plan(_Record):
    outlets: dict[str, Outlet]
    feeds: tuple[FeedPlan, ...]
    pages: tuple[OddPage, ...]


class Sample(_Record):
    """The whole newsroom. `revised` holds the texts that replace those of `stories` from the second edition on."""

    outlets: dict[str, Outlet]
    feeds: tuple[FeedPlan, ...]
    pages: tuple[OddPage, ...]
    stories: dict[str, Story]
    revised: dict[str, Story]

    @property
    def hosts(self) -> tuple[str, ...]:
        """All virtual hosts, sorted."""
        addresses = [page.url for page in self.pages] + [feed.url for feed in self.feeds]
        return tuple(sorted({*self.outlets, *(urlsplit(address).netloc for address in addresses)}))

    def published_in(self, edition: int) -> dict[str, Story]:
        """Return the articles of one edition by id, each in its text of that edition."""
        known = {name: story for name, story in self.stories.items() if story.edition <= edition}
        return {**known, **self.revised} if edition > 1 else known


def load_sample(root: Path) -> Sample:
    """Read the newsroom in `root` and check that everything it names is there. Raises ConfigurationError naming the file."""
    plan_path = root / "newsroom.yaml"
    plan = read_yaml(plan_path).validate(_Plan)
    stories = _load_stories(root / "articles")
    sample = Sample(outlets=plan.outlets, feeds=plan.feeds, pages=plan.pages, stories=stories, revised=_load_stories(root / "edition2"))
    _check_names(sample, plan_path)
    return sample


def _load_stories(folder: Path) -> dict[str, Story]:
    return {path.stem: _load_story(path) for path in sorted(folder.glob("*.md"))}


def _load_story(path: Path) -> Story:
    """Read one file: a YAML head between lines of three hyphens, then paragraphs."""
    parts = path.read_text("utf-8").split("---\n", 2)
    if len(parts) != 3 or parts[0]:
        raise ConfigurationError("an article begins with a head between two lines '---'", path=path, line=1)
    head = parse_yaml(parts[1].encode(), path).value()
    if not isinstance(head, dict):
        raise ConfigurationError("the head is not a mapping", path=path, line=2)
    body = tuple(paragraph.strip() for paragraph in parts[2].split("\n\n") if paragraph.strip())
    return _build(Story, {**head, "id": path.stem, "body": body}, path)


Record = TypeVar("Record", bound=_Record)


def _build(record: type[Record], values: object, path: Path) -> Record:
    try:
        return record.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigurationError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", path=path) from error


def _check_names(sample: Sample, path: Path) -> None:
    named = {item.article for feed in sample.feeds for item in feed.items if item.article is not None}
    missing = [f"no article {name!r}" for name in sorted(named - sample.stories.keys())]
    missing += [f"no feed lists the article {name!r}" for name in sorted(sample.stories.keys() - named)]
    missing += [f"edition2/{name}.md revises no article" for name in sorted(sample.revised.keys() - sample.stories.keys())]
    missing += [f"no outlet {story.host!r}" for story in sample.stories.values() if story.host not in sample.outlets]
    nameless = [page.url for page in sample.pages if page.location is None and page.file is None]
    nameless += [feed.url for feed in sample.feeds if feed.title is None]
    missing += [f"{url} needs an outlet" for url in nameless if urlsplit(url).netloc not in sample.outlets]
    if missing:
        raise ConfigurationError("; ".join(missing), path=path)
