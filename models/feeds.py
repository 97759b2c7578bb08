"""The shape of feeds.yaml: one entry per feed, unknown keys refused."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from models.vocabulary import FeedKind
from models.zones import parse_zone

__all__ = ["FeedSource"]


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


class FeedSource(BaseModel):
    """One feed: where it is, who publishes it, and how its items are to be read."""

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
