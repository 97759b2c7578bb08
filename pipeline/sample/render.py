"""Renders the pages and feeds of the sample newsroom. The same content always gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from pipeline.sample.content import FeedItem, FeedPlan, Outlet, Story

__all__ = ["render_feed", "render_page", "render_shell"]

SEOUL = timezone(timedelta(hours=9))

DATE_FORMATS: dict[str, Callable[[datetime], str]] = {
    "rfc822": format_datetime,
    "kst": lambda at: at.astimezone(SEOUL).strftime("%a, %d %b %Y %H:%M:%S KST"),
    "bare": lambda at: at.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M:%S"),
    "iso": lambda at: at.isoformat(),
}
"""Manners of writing an item's date; "kst" and "bare" are those that feed parsers get wrong by nine hours."""


def render_page(templates: Path, outlet: Outlet, story: Story) -> bytes:
    """Render the page of an article in its outlet's template and character set. Raises UnicodeEncodeError where the set lacks a character."""
    template = Template((templates / f"{outlet.template}.html").read_text("utf-8"))
    values = _escape_all(_plain_values(outlet, story)) | _markup_values(outlet, story)
    return template.substitute(values).encode(outlet.charset)


def render_shell(templates: Path, name: str, publisher: str) -> bytes:
    """Render a page of the site that holds no article."""
    return Template((templates / f"{name}.html").read_text("utf-8")).substitute(publisher=escape(publisher)).encode()


def _plain_values(outlet: Outlet, story: Story) -> dict[str, str]:
    return {
        "title": story.title,
        "summary": story.summary,
        "byline": story.byline,
        "publisher": outlet.name,
        "charset": outlet.charset,
        "lang": story.lang,
        "url": story.url,
        "path": story.path,
        "published": story.published.isoformat(),
        "published_text": story.published.strftime("%Y-%m-%d %H:%M"),
        "updated": story.changed.isoformat(),
    }


def _escape_all(values: Mapping[str, str]) -> dict[str, str]:
    return {name: escape(value) for name, value in values.items()}


def _markup_values(outlet: Outlet, story: Story) -> dict[str, str]:
    return {
        "paragraphs": "\n".join(_paragraph(text) for text in story.body),
        "lines": "<br><br>\n".join(escape(text) for text in story.body),
        "jsonld": _script_json(_jsonld(outlet, story)),
        "next_data": _script_json(_next_data(outlet, story)),
        "fusion": _script_json(_fusion(outlet, story)),
    }


def _paragraph(text: str) -> str:
    return f"<h2>{escape(text[3:])}</h2>" if text.startswith("## ") else f"<p>{escape(text)}</p>"


def _script_json(value: object) -> str:
    """JSON that may stand inside a script element: the end of the element cannot occur in it."""
    return json.dumps(value, ensure_ascii=False).replace("</", "<\\/")


def _jsonld(outlet: Outlet, story: Story) -> dict[str, object]:
    return {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": story.title,
        "datePublished": story.published.isoformat(),
        "dateModified": story.changed.isoformat(),
        "author": {"@type": "Person", "name": story.byline},
        "publisher": {"@type": "NewsMediaOrganization", "name": outlet.name},
        "mainEntityOfPage": story.url,
        "isAccessibleForFree": True,
    }


def _next_data(outlet: Outlet, story: Story) -> dict[str, object]:
    article = {
        "idx": story.id,
        "headline": story.title,
        "reporter": story.byline,
        "publishedAt": story.published.isoformat(),
        "contentHtml": "".join(_paragraph(text) for text in story.body),
    }
    return {"props": {"pageProps": {"article": article, "site": outlet.name}}, "page": "/article/view", "buildId": "sample"}


def _fusion(outlet: Outlet, story: Story) -> dict[str, object]:
    return {
        "_id": story.id.upper(),
        "type": "story",
        "canonical_url": story.path,
        "canonical_website": outlet.name,
        "headlines": {"basic": story.title},
        "description": {"basic": story.summary},
        "credits": {"by": [{"type": "author", "name": story.byline}]},
        "display_date": story.published.isoformat(),
        "content_elements": [{"type": "text", "_id": f"P{number}", "content": text} for number, text in enumerate(story.body)],
    }


def render_feed(plan: FeedPlan, title: str, stories: Mapping[str, Story]) -> bytes:
    """Render the feed of an edition; articles that are not yet published in it are left out."""
    entries = [entry for item in plan.items for entry in _entries(item, plan, stories)]
    channel = _rss_channel if plan.format == "rss" else _atom_channel
    text = "\n".join(channel(plan, title, entries))
    return f'<?xml version="1.0" encoding="{plan.charset}"?>\n{text}\n'.encode(plan.charset)


def _entries(item: FeedItem, plan: FeedPlan, stories: Mapping[str, Story]) -> Iterator[dict[str, str]]:
    """No entry or one, with all values ready for XML."""
    write_date = DATE_FORMATS[plan.dates]
    story = stories.get(item.article) if item.article is not None else None
    if story is not None:
        link = item.via or (f"{story.url}{'&' if '?' in story.url else '?'}{item.query}" if item.query else story.url)
        values = {"id": story.url, "link": link, "title": item.title or story.title, "summary": story.summary}
        values |= {"published": write_date(story.published), "updated": write_date(story.changed)}
        if plan.content == "full":
            values["content"] = "\n".join(_paragraph(text) for text in story.body)
        yield _escape_all(values)
    elif item.link is not None and item.title is not None and item.published is not None:
        date = write_date(item.published)
        values = {"id": item.link, "link": item.link, "title": item.title, "summary": item.summary, "published": date, "updated": date}
        yield _escape_all(values)


def _rss_channel(plan: FeedPlan, title: str, entries: list[dict[str, str]]) -> Iterator[str]:
    yield '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
    yield f"<channel>\n<title>{escape(title)}</title>\n<link>http://{urlsplit(plan.url).netloc}/</link>"
    yield f"<description>{escape(title)}</description>"
    for entry in entries:
        yield f"<item>\n<title>{entry['title']}</title>\n<link>{entry['link']}</link>"
        yield f'<guid isPermaLink="false">{entry["id"]}</guid>\n<pubDate>{entry["published"]}</pubDate>'
        yield f"<description>{entry['summary']}</description>"
        if "content" in entry:
            yield f"<content:encoded>{entry['content']}</content:encoded>"
        yield "</item>"
    yield "</channel>\n</rss>"


def _atom_channel(plan: FeedPlan, title: str, entries: list[dict[str, str]]) -> Iterator[str]:
    yield '<feed xmlns="http://www.w3.org/2005/Atom">'
    yield f"<title>{escape(title)}</title>\n<id>{escape(plan.url)}</id>"
    yield f'<link href="http://{urlsplit(plan.url).netloc}/"/>'
    if entries:
        yield f"<updated>{max(entry['updated'] for entry in entries)}</updated>"
    for entry in entries:
        yield f"<entry>\n<title>{entry['title']}</title>\n<id>{entry['id']}</id>"
        yield f'<link rel="alternate" href="{entry["link"]}"/>'
        yield f"<published>{entry['published']}</published>\n<updated>{entry['updated']}</updated>"
        yield f"<summary>{entry['summary']}</summary>\n</entry>"
    yield "</feed>"
