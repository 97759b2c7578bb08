"""What is known of a feed between two polls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from models.vocabulary import FeedOutcome

__all__ = ["FeedState"]


@dataclass(frozen=True, slots=True)
class FeedState:
    """What the last polls of a feed left behind, and when it is to be asked again. Times are UTC.

    `last_full_at` is when a whole body last came, 304 not counted. `failures` is the sum of the weights of the failures since the last
    good poll. `poll_interval` is the pause between good polls in seconds, `novelty` the share of new items (0 to 1) in the last body that was
    read; both are None before the first one. `moved_to` is where permanent redirects led in the last `moved_seen` good polls in a row.
    `disabled_reason` says why the feed is not polled any more.
    """

    etag: str | None = None
    last_modified: str | None = None
    body_sha256: str | None = None
    last_full_at: datetime | None = None
    last_success_at: datetime | None = None
    last_new_item_at: datetime | None = None
    newest_item_at: datetime | None = None
    last_outcome: FeedOutcome | None = None
    outcome_since: datetime | None = None
    failures: float = 0.0
    poll_interval: float | None = None
    novelty: float | None = None
    next_attempt_at: datetime | None = None
    moved_to: str | None = None
    moved_seen: int = 0
    disabled_reason: str | None = None
