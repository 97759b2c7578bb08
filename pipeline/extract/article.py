"""Make an article of a fetched page.

trafilatura reads the page; where it finds too little, or only menus, the page's own JSON, then the feed, step in. A page of which
no article can be made is an error with its reason: an empty article never passes silently. A page is parsed once, and of
trafilatura's metadata only what is stored is looked for: the rest takes a third of its time.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import version
from itertools import islice
from urllib.parse import urljoin, urlsplit

import trafilatura
from lxml import etree
from lxml.html import HtmlElement
from trafilatura.meta import reset_caches
from trafilatura.metadata import examine_meta, extract_meta_json, extract_title
from trafilatura.settings import Document

from models.records import FeedEntry, Publication
from models.vocabulary import BodyStatus
from pipeline.errors import ExtractError
from pipeline.extract.boilerplate import strip
from pipeline.extract.clean import clean_extracted
from pipeline.extract.dates import find_publication
from pipeline.extract.embedded import find_embedded_body
from pipeline.extract.language import detect_language
from pipeline.extract.markup import decode_page, html_to_text, iterate_jsonld, normalise_space, parse_html, strip_controls
from pipeline.extract.resources import DATA, compile_pattern, read_sections
from pipeline.extract.teaser import is_cut
from pipeline.text.urls import trusted_canonical

__all__ = ["EXTRACTOR_VERSION", "ExtractedPage", "extract_page", "forget_pages", "name_extractor"]

EXTRACTOR_VERSION = "2"
"""Raised whenever the text, title or date made of some page may change."""

_ENOUGH = 200
"""Weight (see `_weigh`) below which other sources of the body are tried; a news brief of two sentences has more."""
_LEAST = 60
"""Weight of the shortest text that is taken as a whole article: a one-sentence flash."""
_SHORT_PAGE = 1_500
"""Weight up to which words of error pages in the text count; longer texts may quote them."""
_HANGUL = re.compile("[\uac00-\ud7a3]")
_SENTENCE_END = re.compile(r"""[.!?。][”"’')\]]*$""")
_LONG_LINE = 120
"""Characters that no item of a menu has."""
_FRAGMENT = 50
"""Characters in which a page without a head names itself HTML; JSON with tags in it does not."""


@dataclass(frozen=True, slots=True)
class ExtractedPage:
    """What a page gave. `text` is in NFC and final: offsets count in it from here on.

    `removed` are the paragraphs of boilerplate that were cut. `lack` says why the page itself gave no article, where the summary of its feed stands for it.
    """

    title: str
    text: str
    lang: str
    publication: Publication | None
    body_status: BodyStatus
    canonical_url: str | None
    author: str | None
    site_name: str | None
    extractor: str
    removed: tuple[str, ...] = ()
    lack: str | None = None


def extract_page(
    html: bytes | str,
    *,
    url: str,
    content_type: str | None = None,
    fallback: FeedEntry | None = None,
    use_feed_text: bool = False,
    fetched_at: datetime | None = None,
    default_tz: str | None = None,
    declared: Sequence[str] = (),
    learned: frozenset[str] = frozenset(),
) -> ExtractedPage:
    """Make an article of a page, or of its feed item where the page has none.

    `declared` and `learned` is the boilerplate to cut, see `strip`. `use_feed_text` says that the feed's content is the whole article. An empty `html` goes straight to the feed.
    Raises ExtractError, with the reason, where neither gives a text.
    """
    page = decode_page(html, content_type) if isinstance(html, bytes) else decode_page(html.encode("utf-8", errors="replace"))
    tree = parse_html(page)
    shown = _shown_text(page, tree, url)
    document = _read_metadata(tree) if tree is not None and shown else Document()
    # JSON in a page, and the feed, can escape characters that the decoded page no longer holds.
    title = strip_controls(_find_title(tree, document.title or "", fallback))
    reason = _refuse(tree, title, shown, url)
    text, status = ("", BodyStatus.EMPTY) if reason else _page_body(tree, shown)
    if _weigh(text) < _ENOUGH:
        text, status = _better_body(text, status, tree, fallback, use_feed_text=use_feed_text)
    if not text:
        lack = reason or f"{_explain_lack(tree, shown)}, and neither its data nor the feed has more"
        raise ExtractError(f"no article at {url or 'the page'}: {lack}")
    usable = tree if reason is None else None
    text, lang, removed = _finish(text, title, declared, learned)
    return ExtractedPage(
        title=title if reason is None else strip_controls(_entry_title(fallback)),
        text=text,
        lang=lang,
        publication=_find_publication(usable, url, fallback, default_tz, fetched_at),
        body_status=_mark_teaser(status, text, usable),
        canonical_url=_find_canonical(usable, url),
        author=_clean(document.author) if reason is None else None,
        site_name=_clean(document.sitename) if reason is None else None,
        extractor=name_extractor(),
        removed=removed,
        lack=reason or _explain_lack(tree, shown) if status is BodyStatus.SUMMARY else None,
    )


@cache
def name_extractor() -> str:
    """Name what makes the text: it is stored with each version of an article, and a new name asks for a new extraction."""
    return f"peninsula-extract {EXTRACTOR_VERSION}; trafilatura {version('trafilatura')}"


def forget_pages() -> None:
    """Empty the caches that trafilatura and its helpers keep of pages seen: to be called every few hundred pages of a long run."""
    reset_caches()


# --- body ------------------------------------------------------------------------------------------------------


def _shown_text(page: str, tree: HtmlElement | None, url: str) -> str:
    """Return the text that trafilatura finds; it works on a copy of the tree."""
    if tree is None or (len(tree) < 2 and "html" not in page[:_FRAGMENT].lower()):
        return ""
    found = trafilatura.bare_extraction(tree, url=url or None, include_comments=False)
    return normalise_space(found.text or "") if isinstance(found, Document) else ""


def _page_body(tree: HtmlElement | None, text: str) -> tuple[str, BodyStatus]:
    # trafilatura looks into JSON-LD too; where the page shows hardly anything, its text came from there.
    if tree is None or (_weigh(text) >= _ENOUGH and _is_prose(text) and _weigh(_visible_start(tree)) >= _ENOUGH):
        return text, BodyStatus.FULL
    embedded = find_embedded_body(tree)
    is_better = _weigh(embedded) >= _weigh(text) or (_is_prose(embedded) and not _is_prose(text))
    return (embedded, BodyStatus.JSON) if embedded and is_better else (text, BodyStatus.FULL)


def _is_prose(text: str) -> bool:
    """Tell a story from a menu: a third of it stands in lines that end as sentences do, or are long. A menu may ask for JavaScript."""
    told = sum(len(line) for line in text.split("\n") if len(line) >= _LONG_LINE or _SENTENCE_END.search(line))
    return 3 * told >= len(text)


def _better_body(
    text: str, status: BodyStatus, tree: HtmlElement | None, fallback: FeedEntry | None, *, use_feed_text: bool
) -> tuple[str, BodyStatus]:
    """Take the feed's text where the page has too little; a short text of a page that is an article stands."""
    content = html_to_text(fallback.content) if fallback and use_feed_text else ""
    if _weigh(content) > _weigh(text):
        return content, BodyStatus.FEED
    short_article = _weigh(text) >= _LEAST and tree is not None and _is_marked_article(tree)
    summary = html_to_text(fallback.summary or fallback.content) if fallback else ""
    if summary and _weigh(summary) > (_weigh(text) if short_article else 0):
        return summary, BodyStatus.SUMMARY
    return (text, status) if short_article else ("", BodyStatus.EMPTY)


def _weigh(text: str) -> int:
    """Length in Latin letters: a Hangul syllable says about as much as two of them."""
    return len(text) + (0 if text.isascii() else len(_HANGUL.findall(text[: _SHORT_PAGE * 2])))


def _is_marked_article(tree: HtmlElement) -> bool:
    if tree.xpath("//meta[@property='og:type' and contains(@content, 'article')] | //meta[@property='article:published_time'] | //article"):
        return True
    return any("Article" in str(node.get("@type", "")) for node in iterate_jsonld(tree))


def _finish(text: str, title: str, declared: Sequence[str], learned: frozenset[str]) -> tuple[str, str, tuple[str, ...]]:
    """Bring the text into its final form: NFC, one paragraph a line, no page chrome, no headline repeated on top, no boilerplate.

    Return also its language, and the paragraphs of boilerplate that were cut.
    """
    normal = unicodedata.normalize("NFC", normalise_space(strip_controls(text)))
    lang = detect_language(normal)
    final = clean_extracted(normal, lang) or normal
    first, _, rest = final.partition("\n")
    if rest.strip() and title and first.strip().casefold() == title.casefold():
        final = rest.strip()
    final, removed = strip(final, declared, learned)
    return final, lang if final == normal else detect_language(final), tuple(removed)


def _mark_teaser(status: BodyStatus, text: str, tree: HtmlElement | None) -> BodyStatus:
    """Call a page a teaser only where it says itself that it is not free, and the text breaks off."""
    if status is not BodyStatus.FULL or tree is None:
        return status
    closed = any(str(node.get("isAccessibleForFree", "")).strip().lower() in {"false", "no"} for node in iterate_jsonld(tree))
    return BodyStatus.TEASER if closed and is_cut(text) else status


# --- pages that are no article ---------------------------------------------------------------------------------


def _refuse(tree: HtmlElement | None, title: str, text: str, url: str) -> str | None:
    """Return why the page is no article, or None. Words of error pages count only where the text is short."""
    if tree is None:
        return None
    if _weigh(text) < _SHORT_PAGE:
        own_title = " ".join(tree.xpath("string(//title)").split())
        names = {part.strip() for name in (own_title, title) for part in (name, *re.split(r"\s[|\-–—:·]\s", name))}
        if wrong := next((name for name in sorted(names) if name and _matches("refused_title", name, whole=True)), None):
            return f"its title is {wrong[:60]!r}"
        shows_error = _matches("refused_text", text) or (_weigh(text) < _ENOUGH and _matches("refused_text", _visible_start(tree)))
        # A site that builds its pages by script asks for JavaScript too, but its data hold the article.
        if shows_error and _weigh(find_embedded_body(tree) or "") < _ENOUGH:
            return "it shows an error or a challenge"
    if url and urlsplit(url).path.strip("/") == "" and not urlsplit(url).query and not _is_marked_article(tree):
        return "it is the home page of its site"
    return None


def _visible_start(tree: HtmlElement) -> str:
    """Return what a page shows in its first 200 pieces of text."""
    return " ".join(" ".join(islice(_visible_texts(tree), 200)).split())[:3_000]


def _visible_texts(tree: HtmlElement) -> Iterator[str]:
    body = tree.find("body")
    if body is None:
        return
    walk = etree.iterwalk(body, events=("start", "end"))
    for event, node in walk:
        text = node.text if event == "start" else node.tail
        if event == "start" and node.tag in {"script", "style", "noscript"}:
            walk.skip_subtree()
        elif text and (event == "start" or node is not body):
            yield text


def _explain_lack(tree: HtmlElement | None, shown: str) -> str:
    if tree is None:
        return "the body is empty or no HTML"
    weight = _weigh(shown)
    return f"too little text ({weight} characters)" if weight else "no text was found"


def _matches(section: str, text: str, *, whole: bool = False) -> bool:
    return any(bool(pattern.fullmatch(text) if whole else pattern.search(text)) for pattern in _patterns(section))


@cache
def _patterns(section: str) -> tuple[re.Pattern[str], ...]:
    return tuple(compile_pattern(item, flags=re.IGNORECASE) for item in read_sections(DATA / "page.yaml")[section])


# --- metadata --------------------------------------------------------------------------------------------------


def _read_metadata(tree: HtmlElement) -> Document:
    """Return title, author and name of the site as the page declares them; the title else as it shows it.

    trafilatura's own collection searches the page for an author, a date, tags and a licence too.
    """
    document = examine_meta(tree)
    # As trafilatura does: data of pages break it in many ways, and the elements of the page are there all the same.
    with suppress(Exception):
        document = extract_meta_json(tree, document)
    document.title = document.title or extract_title(tree)
    document.clean_and_trim()
    return document


def _find_title(tree: HtmlElement | None, own: str, fallback: FeedEntry | None) -> str:
    """Prefer the headline of the page's metadata, then `own`, which trafilatura finds, then the feed's title."""
    candidates: list[str | None] = []
    if tree is not None:
        site = _declared(tree, "og:site_name")
        shown = [" ".join(heading.text_content().split()) for heading in tree.iter("h1")] + [own]
        headline = (
            node["headline"]
            for node in iterate_jsonld(tree)
            if isinstance(node.get("headline"), str) and "Article" in str(node.get("@type"))
        )
        candidates += [next(headline, None), _cut_site(_declared(tree, "og:title"), site, shown), own]
    candidates += [_entry_title(fallback)]
    return next((title for candidate in candidates if (title := _clean(html_to_text(candidate or "")))), "")


def _declared(tree: HtmlElement, name: str) -> str:
    """Return the content of the first meta element with this property; "" where there is none."""
    contents = (node.get("content") for node in tree.iter("meta") if node.get("property") == name)
    return next((content for content in contents if content is not None), "")


def _cut_site(title: str, site: str, shown: list[str]) -> str:
    """Cut "| Name of the site" off: where the site's name is known, or the page shows the title without it."""
    text, name = " ".join(title.split()), site.strip()
    for heading in shown:
        if len(heading) >= 8 and text.startswith(heading) and re.match(r"\s*[|\-–—:·<»]\s", text[len(heading) :] + " "):
            return heading
    match = re.fullmatch(rf"(.{{8,}}?)\s*[|\-–—:·<]+\s*{re.escape(name)}", text, re.IGNORECASE) if name else None
    return match[1] if match else text


def _entry_title(fallback: FeedEntry | None) -> str:
    return _clean(html_to_text(fallback.title)) or "" if fallback else ""


def _clean(value: str | None) -> str | None:
    text = unicodedata.normalize("NFC", " ".join((value or "").split()))
    return text or None


def _find_publication(
    tree: HtmlElement | None, url: str, fallback: FeedEntry | None, default_tz: str | None, fetched_at: datetime | None
) -> Publication | None:
    return find_publication(
        tree,
        url=url,
        feed_at=fallback.published_at if fallback else None,
        feed_raw=fallback.published_raw if fallback else None,
        feed_zone=default_tz,
        default_tz=default_tz,
        fetched_at=fetched_at,
    )


def _find_canonical(tree: HtmlElement | None, url: str) -> str | None:
    """Return the address the page recommends for itself, unless it names another site, a home or section page.

    Sites with errors in their templates name the same page for all articles; keys made of it would merge them.
    """
    hrefs = tree.xpath("//link[translate(@rel, 'CANONIL', 'canonil')='canonical']/@href") if tree is not None else []
    if not hrefs or not url:
        return None
    try:
        return trusted_canonical(url, urljoin(url, hrefs[0].strip()))
    except ValueError:
        return None
