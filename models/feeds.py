"""The shape of feeds.yaml: one entry per feed, unknown keys refused."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

import regex
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from models.vocabulary import FeedKind
from models.zones import parse_zone

__all__ = ["FeedSource"]

MAX_AGE_DAYS = 3
"""Days of a sitemap that are taken by default: the run of a long weekend may be missed, and a year of addresses is no news."""

_UNLIKE = ("a", "가 1.", "“It rained,” she said on 3 May.")
"""Paragraphs that no honest expression for boilerplate matches all of."""


def _check_web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http or https address")
    if any(character.isspace() for character in value):
        raise ValueError("must have no spaces")
    return value


def _check_zone(value: str) -> str:
    parse_zone(value)
    return value


def _compile(value: str) -> regex.Pattern[str]:
    try:
        return regex.compile(value)
    except regex.error as error:
        raise ValueError(f"is no regular expression: {error}") from error


def _check_link_pattern(value: str) -> str:
    if _compile(value).fullmatch("http", partial=True) is None:
        raise ValueError("can match no address: it must match the whole of one, from http on")
    return value


def _check_date_pattern(value: str) -> str:
    if _compile(value).groups > 1:
        raise ValueError("must have one group, the date, or none")
    return value


def _check_boilerplate(value: str) -> str:
    if all(_compile(value).fullmatch(paragraph) for paragraph in _UNLIKE):
        raise ValueError("matches any paragraph: it would take the news too")
    return value


def _split_lines(value: object) -> object:
    """Take one string for a list, an expression a line: so it is written where there are no lists."""
    return value.splitlines() if isinstance(value, str) else value


class FeedSource(BaseModel):
    """One feed, sitemap or listing page: where it is, who publishes it, and how its items are to be read."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: Annotated[
        str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", description="Short name in lower case, words joined by hyphens; never reused.")
    ]
    publisher: Annotated[str, Field(min_length=1, description="Name of the outlet, and of the section where the feed is one.")]
    url: Annotated[str, AfterValidator(_check_web_address), Field(description="Address of the feed.")]
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$", description="ISO 639-1 code of the items' language.")]
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166 code of the publisher's country; EU and UN count as such.")]
    kind: Annotated[FeedKind, Field(strict=False, description="What kind of source it is; shown with every event.")]
    korea_filter: Annotated[bool, Field(description="Whether the feed is general, so that only items about Korea are kept.")]
    enabled: Annotated[bool, Field(description="Whether the feed is polled.")]
    note: Annotated[str, Field(description="What is known of the feed, with the date of the check.")] = ""
    expect_daily: Annotated[bool, Field(description="Whether a day without a new item is an alarm.")] = False
    default_tz: Annotated[str, AfterValidator(_check_zone)] | None = Field(None, description="Zone of dates that carry none.")
    item_dates: Literal["missing", "dc:date", "nonstandard"] | None = Field(None, description="What is peculiar about the dates of items.")
    paywall: Annotated[bool, Field(description="Whether article pages show only a beginning.")] = False
    feed_has_full_text: Annotated[bool, Field(description="Whether items carry the whole article.")] = False
    source: Annotated[
        Literal["feed", "sitemap", "listing"],
        Field(description="What stands at the address: a feed, a sitemap or an index of them, or a page that lists links."),
    ] = "feed"
    link_pattern: (
        Annotated[
            str,
            Field(
                min_length=1,
                max_length=500,
                description="Regular expression that matches the whole absolute address of an article; a listing needs one.",
            ),
            AfterValidator(_check_link_pattern),
        ]
        | None
    ) = None
    date_pattern: (
        Annotated[
            str,
            Field(
                min_length=1,
                max_length=500,
                description="Regular expression that finds an article's date in the text around its link on a listing, else in its address.",
            ),
            AfterValidator(_check_date_pattern),
        ]
        | None
    ) = None
    max_age_days: Annotated[int, Field(ge=1, le=366, description="How many days back the addresses of a sitemap are taken.")] = MAX_AGE_DAYS
    boilerplate: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_check_boilerplate)], ...],
        BeforeValidator(_split_lines),
        Field(
            strict=False,
            description="Regular expressions, each for a whole paragraph that the outlet adds to its articles; such paragraphs are cut.",
        ),
    ] = ()

    @model_validator(mode="after")
    def _check_kind_of_source(self) -> Self:
        if self.source == "listing" and self.link_pattern is None:
            raise ValueError("a listing needs the key 'link_pattern'")
        misplaced = {
            "link_pattern": self.source == "feed" and self.link_pattern is not None,
            "date_pattern": self.source != "listing" and self.date_pattern is not None,
            "max_age_days": self.source != "sitemap" and self.max_age_days != MAX_AGE_DAYS,
        }
        for key, is_misplaced in misplaced.items():
            if is_misplaced:
                raise ValueError(f"the key {key!r} says nothing of a {self.source}")
        return self
