"""Extract: from a fetched page, or a document at hand, to an Article that the language stages read.

Everything here is a pure function over records. Two entry points: `extract` for the nightly run, `read_document`
for documents that a user brings.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

from models.records import Article, FeedEntry, Page, Publication
from models.vocabulary import BodyStatus
from pipeline.errors import LanguageError
from pipeline.extract.article import EXTRACTOR_VERSION, ExtractedPage, extract_page, forget_pages, name_extractor
from pipeline.extract.clean import find_dateline, find_furniture
from pipeline.extract.dates import parse_given
from pipeline.extract.language import SUPPORTED, detect_language
from pipeline.extract.relevance import is_korea_related, score_relevance

__all__ = ["EXTRACTOR_VERSION", "ExtractedPage", "extract", "extract_page", "forget_pages", "name_extractor", "read_document"]


def extract(
    page: Page,
    *,
    article_id: str,
    entry: FeedEntry | None = None,
    feed_language: str | None = None,
    default_tz: str | None = None,
    use_feed_text: bool = False,
    publisher: str = "",
    declared: Sequence[str] = (),
    learned: frozenset[str] = frozenset(),
    note: Callable[[str], None] | None = None,
) -> Article:
    """Make an Article of a fetched page and of the feed item that led to it.

    A page with an error status counts as empty, so that only the feed can give a text. `feed_language` decides only
    where the text itself does not show its language. `declared` and `learned` is the boilerplate of the outlet that is cut. `note` is told why the page gave no article, where the summary of
    the feed stands for it. Raises ExtractError where there is no text, LanguageError where it is in a language that
    is not read.
    """
    found = extract_page(
        page.body if page.status < 400 else b"",
        url=page.final_url or page.url,
        content_type=_header(page, "content-type"),
        fallback=entry,
        use_feed_text=use_feed_text,
        fetched_at=page.fetched_at,
        default_tz=default_tz,
        declared=declared,
        learned=learned,
    )
    lang = _require_supported(found.lang if found.lang != "und" else feed_language or "und")
    if found.lack is not None and note is not None:
        note(found.lack)
    return _build_article(
        id=article_id,
        text=found.text,
        lang=lang,
        title=found.title,
        url=found.canonical_url or page.final_url or page.url,
        publisher=publisher,
        publication=found.publication,
        body_status=found.body_status,
        removed=found.removed,
    )


def read_document(
    *,
    id: str,  # noqa: A002 - the name of the field in the contract
    text: str | None = None,
    html: str | None = None,
    title: str = "",
    url: str = "",
    publisher: str = "",
    published: str | None = None,
    lang: str | None = None,
) -> Article:
    """Make an Article of a document that a user brings, as `text`, which is never changed, or as `html`.

    A text without letters needs no language: it is valid, has no entities, and counts as English. Raises ValueError
    where neither or both of `text` and `html` are given, or where `published` is no ISO 8601 date; LanguageError
    for a language that is not read; ExtractError where the HTML holds no article.
    """
    if (text is None) == (html is None):
        raise ValueError("give one of text and html")
    publication = parse_given(published) if published is not None else None
    status = BodyStatus.FULL
    if text is None:
        found = extract_page(html or "", url=url)
        text, status = found.text, found.body_status
        title, publication = title or found.title, publication or found.publication
    return _build_article(
        id=id,
        text=text,
        lang=_require_supported(lang or _guess_language(text, title)),
        title=title,
        url=url,
        publisher=publisher,
        publication=publication,
        body_status=status,
    )


def _guess_language(text: str, title: str) -> str:
    if not any(unicodedata.category(character).startswith("L") for character in text):
        return "en"
    found = detect_language(text)
    if found == "und":
        found = detect_language(f"{title}\n{text}")
    # A few words in plain Latin letters show no language; nothing speaks for another one than English.
    return "en" if found == "und" and text.isascii() else found


def _require_supported(lang: str) -> str:
    if lang not in SUPPORTED:
        name = "unknown" if lang == "und" else repr(lang)
        raise LanguageError(f"the language of the text is {name}; read are {', '.join(SUPPORTED)}")
    return lang


def _header(page: Page, name: str) -> str | None:
    return next((value for key, value in page.headers.items() if key.lower() == name), None)


def _build_article(
    *,
    id: str,  # noqa: A002
    text: str,
    lang: str,
    title: str,
    url: str,
    publisher: str,
    publication: Publication | None,
    body_status: BodyStatus,
    removed: tuple[str, ...] = (),
) -> Article:
    score = score_relevance(title, text, lang)
    dateline = find_dateline(text, lang)
    return Article(
        id=id,
        text=text,
        lang=lang,
        title=title,
        url=url,
        publisher=publisher,
        publication=publication,
        body_status=body_status,
        korea=is_korea_related(score),
        korea_score=round(score, 4),
        furniture=find_furniture(text, lang),
        dateline=dateline.place if dateline else None,
        removed=removed,
    )
