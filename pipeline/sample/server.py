"""The sample newsroom: fictitious outlets with feeds and pages, replayed by a local server.

Everything the demonstration fetches comes from here, through the same client, checks and stages as live feeds.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pipeline.sample.content import FeedPlan, OddPage, Story, load_sample
from pipeline.sample.render import render_feed, render_page, render_shell
from pipeline.sample.replay import ReplayServer, Request, Response, Routes, Served, compress, revalidate

__all__ = ["Newsroom", "ReplayServer", "Request", "Response", "Routes", "Served", "compress", "revalidate"]

ROBOTS = b"User-agent: *\nDisallow: /admin/\n"

FEED_TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml"}


class Newsroom(ReplayServer):
    """Context manager that serves the newsroom of the folder `root`, with validators and compression.

    `edition` may be set between two runs: from edition 2 on, revised texts replace the first ones and later articles
    appear. A host or address that is not in the newsroom is answered with 404.
    """

    def __init__(self, root: Path, *, edition: int = 1) -> None:
        self.edition = edition
        self._root = root
        self._sample = load_sample(root)
        self._pages = {page.url: page for page in self._sample.pages}
        self._feeds = {feed.url: feed for feed in self._sample.feeds}
        super().__init__(self._respond, hosts=self._sample.hosts)

    def _respond(self, request: Request) -> Response:
        return compress(request, revalidate(request, self._find(f"http://{request.host}{request.path}")))

    def _find(self, url: str) -> Response:
        stories = self._sample.published_in(self.edition)
        if page := self._pages.get(url):
            return self._odd_page(page)
        if feed := self._feeds.get(url):
            return self._feed(feed, stories)
        if story := {story.url: story for story in stories.values()}.get(_without_campaign(url)):
            return self._article(story)
        return self._other(url)

    def _odd_page(self, page: OddPage) -> Response:
        if page.location is not None:
            return Response(page.status, headers={"Location": page.location})
        if page.file is not None:
            return Response(page.status, (self._root / "static" / page.file).read_bytes(), {"Content-Type": page.type})
        name = self._sample.outlets[urlsplit(page.url).netloc].name
        return Response(page.status, render_shell(self._root / "templates", page.template or "notfound", name), {"Content-Type": page.type})

    def _feed(self, feed: FeedPlan, stories: dict[str, Story]) -> Response:
        title = feed.title or self._sample.outlets[urlsplit(feed.url).netloc].name
        body = render_feed(feed, title, stories)
        changes = [stories[item.article].changed for item in feed.items if item.article in stories]
        headers = {"Content-Type": f"{FEED_TYPES[feed.format]}; charset={feed.charset}"}
        return Response(200, body, headers | _last_modified(changes))

    def _article(self, story: Story) -> Response:
        outlet = self._sample.outlets[story.host]
        if outlet.page_status != 200:
            return Response(outlet.page_status, b"<html><body><h1>Access denied</h1></body></html>", {"Content-Type": "text/html"})
        headers = {"Content-Type": f"text/html; charset={outlet.charset}"}
        return Response(200, render_page(self._root / "templates", outlet, story), headers | _last_modified([story.changed]))

    def _other(self, url: str) -> Response:
        outlet = self._sample.outlets.get(urlsplit(url).netloc)
        if urlsplit(url).path == "/robots.txt" and outlet is not None and outlet.robots:
            return Response(200, ROBOTS, {"Content-Type": "text/plain"})
        return Response(404, b"<html><body><h1>404</h1></body></html>", {"Content-Type": "text/html"})


def _without_campaign(url: str) -> str:
    """Return the address without parameters of campaigns, which real sites ignore."""
    parts = urlsplit(url)
    if "utm_" not in parts.query:
        return url
    query = [(name, value) for name, value in parse_qsl(parts.query) if not name.startswith("utm_")]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _last_modified(changes: list[datetime]) -> dict[str, str]:
    return {"Last-Modified": format_datetime(max(changes).astimezone(UTC), usegmt=True)} if changes else {}
