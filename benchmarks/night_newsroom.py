"""A newsroom of any size, made from a seed: outlets, feeds, pages, and the faults that real servers have.

Texts are put together from the words below, with invented names, so that no two articles share more than a phrase: copies would make
one story of them. Everything but the time of day follows from the seed.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from html import escape
from math import log
from pathlib import Path
from random import Random
from typing import Literal

import trafilatura
from lxml.html import HtmlElement, document_fromstring, tostring

from pipeline.demo import SAMPLE
from pipeline.errors import UsageError
from pipeline.sample.content import FeedItem, FeedPlan, Outlet, Story
from pipeline.sample.render import render_feed, render_page
from pipeline.sample.replay import ReplayServer, Request, Response, compress, revalidate

__all__ = ["Fault", "Night", "NightServer", "article_number", "plan_night", "read_shells"]


class Fault(Enum):
    """What goes wrong with a page or a feed: a name, and what the report of a run must say of it."""

    NOT_FOUND = "404", r"not_found"
    SERVER_ERROR = "500", r"server_error"
    TIME_OUT = "time-out", r"read_timeout|total_timeout"
    CUT_BODY = "cut body", r"broken"
    WRONG_ENCODING = "wrong encoding", r"bad_encoding"
    EMPTY = "empty body", r"body is empty"
    CHALLENGE_PAGE = "challenge page", r"challenge|its title is"
    CHALLENGE_STATUS = "challenge by status", r"^challenge"
    REDIRECT_LOOP = "redirect loop", r"redirect_loop"
    GZIP_BOMB = "gzip bomb", r"too_large"
    BAD_XML = "bad feed XML", r"not well-formed"
    FEED_AS_HTML = "feed as HTML", r"a web page"

    def __init__(self, title: str, told: str) -> None:
        self.title = title
        self.told = re.compile(told)


_PAGE_FAULTS = tuple(fault for fault in Fault if fault not in {Fault.BAD_XML, Fault.FEED_AS_HTML})
_FEED_FAULTS = (Fault.BAD_XML, Fault.FEED_AS_HTML, Fault.TIME_OUT, Fault.NOT_FOUND, Fault.SERVER_ERROR, Fault.EMPTY, Fault.CUT_BODY)

_FIRST_NUMBER = 1_000_000
_NUMBER = re.compile(r"(?<=[-/=])1\d{6}(?!\d)")
_MEDIAN_DELAY, _SPREAD, _LONGEST_DELAY = 0.1, 0.7, 1.0
"""Seconds before an answer: log-normal, as answers of web servers are; cut so that only faults run into a time-out."""
_WORDS = (150, 900)
_SHARED = 0.1
"""Share of articles that two feeds of an outlet carry, the second with the parameters of a campaign."""
_MOST_ELSE = 1.2
"""Length of what is extracted from a shell, beside that of the story in it."""
_BOMB = 64 * 1024 * 1024
"""Bytes that a gzip bomb unpacks to: far above any cap on pages."""
_STORY, _TITLE, _DATE = "@@STORY@@", "@@TITLE@@", "@@DATE@@"


@dataclass(frozen=True, slots=True)
class Night:
    """What is served. `faults` are by address of page or feed; `patience` is the read time-out in seconds of the client."""

    outlets: Mapping[str, Outlet]
    feeds: Mapping[str, FeedPlan]
    stories: Mapping[str, Story]
    faults: Mapping[str, Fault]
    shells: Sequence[str]
    seed: int
    patience: float

    def wanted(self) -> set[str]:
        """Return the numbers of the articles that a run must store: their page is good, and so is a feed that carries them."""
        readable = (plan for url, plan in self.feeds.items() if self.faults.get(url) in {None, Fault.BAD_XML})
        carried = {item.article for plan in readable for item in plan.items if item.article is not None}
        return {number for number in carried if self.stories[number].url not in self.faults}

    def catalog(self) -> str:
        """Return the list of feeds as feeds.yaml has it. No feed asks for the filter, so that every good article is to be stored."""
        fields = {"country": "KR", "kind": "newspaper", "korea_filter": False, "enabled": True, "default_tz": "Asia/Seoul"}
        entries = []
        for number, url in enumerate(self.feeds):
            host = _host_of(url)
            entry = {"id": f"feed-{number}", "publisher": self.outlets[host].name, "url": url, "language": _language_of(host), **fields}
            entries.append(entry)
        return json.dumps({"feeds": entries}, ensure_ascii=False, indent=1)

    def feed_url(self, feed_id: str) -> str:
        """Return the address of a feed of the catalog."""
        return list(self.feeds)[int(feed_id.removeprefix("feed-"))]


def article_number(url: str) -> str | None:
    """Return the number that the address of every article holds."""
    found = _NUMBER.search(url)
    return found[0] if found else None


def plan_night(*, feeds: int, articles: int, faults: float, seed: int, patience: float, now: datetime, shells: Sequence[str] = ()) -> Night:
    """Make a newsroom of so many feeds and articles; `faults` is the share of both that is broken, every kind in turn.

    Outlets have two feeds each. `now` is the end of the day on which the articles were published. `shells` are pages to put the
    texts into; without them the pages have the shapes of the sample newsroom.
    """
    random = Random(seed)
    hosts = [_name_host(random, number) for number in range((feeds + 1) // 2)]
    outlets = {host: _make_outlet(host, number) for number, host in enumerate(hosts)}
    numbers = [str(_FIRST_NUMBER + number) for number in range(articles)]
    carried: list[list[FeedItem]] = [[] for _ in range(feeds)]
    stories = {}
    for place, number in enumerate(numbers):
        feed = place % feeds
        host = hosts[feed // 2]
        stories[number] = _make_story(random, number, host, published=now - timedelta(minutes=random.randint(10, 1_400)))
        carried[feed].append(FeedItem(article=number))
        twin = feed ^ 1
        if twin < feeds and random.random() < _SHARED:
            carried[twin].append(FeedItem(article=number, query="utm_source=rss&utm_medium=feed"))
    plans = {plan.url: plan for plan in (_plan_feed(hosts[number // 2], number, items) for number, items in enumerate(carried))}
    broken = _spread(random, list(plans), _FEED_FAULTS, faults) | _spread(random, [s.url for s in stories.values()], _PAGE_FAULTS, faults)
    return Night(outlets, plans, stories, broken, shells, seed, patience)


def _spread(random: Random, urls: Sequence[str], kinds: Sequence[Fault], share: float) -> dict[str, Fault]:
    chosen = random.sample(urls, min(len(urls), round(share * len(urls))))
    return {url: kinds[place % len(kinds)] for place, url in enumerate(chosen)}


def _name_host(random: Random, number: int) -> str:
    """Every fourth outlet writes in Korean."""
    return f"{_syllables(random).lower()}-{number}.{'ko' if number % 4 == 3 else 'en'}.example"


def _language_of(host: str) -> Literal["en", "ko"]:
    return "ko" if host.endswith(".ko.example") else "en"


def _host_of(url: str) -> str:
    return url.split("/")[2]


def _make_outlet(host: str, number: int) -> Outlet:
    """Outlets differ in the shape of their pages; half of the Korean ones write EUC-KR."""
    old = _language_of(host) == "ko" and number % 8 == 3
    template = "bare" if old else ("wire", "jsonld", "fusion", "nextdata")[number % 4]
    return Outlet(name=f"The {host.split('-')[0].capitalize()} Post", template=template, charset="euc-kr" if old else "utf-8")


def _plan_feed(host: str, number: int, items: Iterable[FeedItem]) -> FeedPlan:
    is_atom = number % 3 == 2
    dates: Literal["rfc822", "kst", "bare", "iso"] = "iso" if is_atom else ("rfc822", "kst", "bare")[number % 3]
    return FeedPlan(url=f"http://{host}/rss/{number}.xml", format="atom" if is_atom else "rss", dates=dates, items=tuple(items))


def _make_story(random: Random, number: str, host: str, *, published: datetime) -> Story:
    """Write an article. Some outlets send items without a summary."""
    lang = _language_of(host)
    words = _Words(random, lang)
    body = words.paragraphs(random.randint(*_WORDS), number)
    path = random.choice(("/view/{0}", "/news/view.do?seq={0}&mode=read", "/2026/world/{1}-{0}.html")).format(
        number, _syllables(random).lower()
    )
    summary = " " if len(host) % 3 == 0 else body[0]
    return Story(
        id=number,
        host=host,
        path=path,
        lang=lang,
        title=words.title(),
        byline=words.name(),
        summary=summary,
        edition=1,
        published=published,
        body=body,
    )


# --- pages ----------------------------------------------------------------------------------------------------


def read_shells(folder: Path) -> list[str]:
    """Return the saved pages of a folder (*.html, *.html.gz) with places for a title, a date and a story.

    Pages on which a story put there is not found again are left out: how well texts are extracted is measured elsewhere. Raises
    UsageError where none is left.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder")
    # The shortest stories are the ones that are lost among the rest of a page.
    probes = (_Words(Random(0), "en").paragraphs(_WORDS[0], "0"), _Words(Random(0), "ko").paragraphs(_WORDS[0], "0"))
    shells = []
    for path in sorted(folder.iterdir()):
        if path.name.endswith((".html", ".html.gz")):
            body = path.read_bytes()
            shell = _hollow(gzip.decompress(body) if path.suffix == ".gz" else body)
            if shell is not None and all(_shows(shell, probe) for probe in probes):
                shells.append(shell)
    if not shells:
        raise UsageError(f"{folder}: holds no page (*.html or *.html.gz) that a story can be put into")
    return shells


def _hollow(page: bytes) -> str | None:
    """Take story, title, dates and own address out of a page, and mark the places of the first two."""
    tree = document_fromstring(page.decode("utf-8", errors="replace").encode())
    parents = [parent for parent in tree.iter() if parent.find("p") is not None]
    if not parents or tree.find("head") is None:
        return None
    story = max(parents, key=lambda parent: sum(len(paragraph.text_content()) for paragraph in parent.findall("p")))
    first, *others = story.findall("p")
    for child in (*first, *others, *tree.xpath(_OWN)):
        _remove(child)
    first.text = _STORY
    for title in (*tree.iter("title"), *tree.iter("h1")):
        for child in list(title):
            _remove(child)
        title.text = _TITLE
    tree.find("head").append(document_fromstring(f'<meta property="article:published_time" content="{_DATE}">').find(".//meta"))
    return str(tostring(tree, encoding="unicode", doctype="<!DOCTYPE html>"))


_OWN = (
    "//link[@rel='canonical'] | //script[contains(@type, 'json')] | //time | //meta[@property='og:title' or @property='og:url' "
    "or contains(@property, 'time') or contains(@name, 'date') or contains(@itemprop, 'date')]"
)


def _remove(element: HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()


def _fill(shell: str, title: str, body: Iterable[str], published: datetime) -> str:
    story = "</p>\n<p>".join(escape(text) for text in body)
    return shell.replace(_TITLE, escape(title)).replace(_DATE, published.isoformat()).replace(_STORY, story)


def _shows(shell: str, body: Sequence[str]) -> bool:
    """Tell whether a story is found again in a shell, with little else."""
    document = trafilatura.bare_extraction(_fill(shell, "A probe", body, datetime.now(UTC)), include_comments=False)
    text = str(getattr(document, "text", None) or "")
    return all(paragraph in text for paragraph in body) and len(text) < _MOST_ELSE * len("\n".join(body))


def _furnish(page: str, random: Random) -> str:
    """Put around a bare page what news sites put there: menus, lists of other headlines, scripts."""
    words = _Words(random, "en")
    menu = "".join(f'<li class="item"><a href="/section/{_syllables(random)}">{_syllables(random)}</a></li>' for _ in range(60))
    others = "".join(
        f'<div class="card"><a class="link" href="/view/{place}"><img src="/thumb/{place}.jpg" alt=""><span>{escape(words.title())}</span></a></div>'
        for place in range(90)
    )
    state = json.dumps({"slots": [{"id": place, "unit": _syllables(random), "sizes": [[300, 250], [728, 90]]} for place in range(300)]})
    page = page.replace("<body>", f'<body><nav class="menu"><ul>{menu}</ul></nav>', 1)
    end = f'<aside class="related">{others}</aside><footer><ul>{menu}</ul></footer><script>var slots = {state};</script></body>'
    return page.replace("</body>", end, 1)


class NightServer(ReplayServer):
    """Serves a night. `served` are the addresses whose fault was asked for."""

    def __init__(self, night: Night) -> None:
        self.served: set[str] = set()
        self._night = night
        self._bomb = gzip.compress(bytes(_BOMB))
        super().__init__(self._respond, hosts=night.outlets)

    def _respond(self, request: Request) -> Response:
        number = article_number(request.path)
        story = self._night.stories.get(number) if number else None
        url = story.url if story is not None and story.host == request.host else f"http://{request.host}{request.path}"
        random = Random(f"{self._night.seed} {url}")
        good, fault = self._find(url, story, random), self._night.faults.get(url)
        if fault is None:
            response = compress(request, revalidate(request, good))
        else:
            self.served.add(url)
            response = self._break(fault, good, url)
        delay = min(random.lognormvariate(log(_MEDIAN_DELAY), _SPREAD), _LONGEST_DELAY)
        return replace(response, delay=response.delay or delay)

    def _find(self, url: str, story: Story | None, random: Random) -> Response:
        night = self._night
        if plan := night.feeds.get(url):
            body = render_feed(plan, night.outlets[_host_of(url)].name, night.stories)
            return Response(200, body, {"Content-Type": f"application/{plan.format}+xml; charset=utf-8"})
        if story is None or story.url != url:
            return Response(404, b"<html><body><h1>404</h1></body></html>", {"Content-Type": "text/html"})
        outlet = night.outlets[story.host]
        if night.shells:
            page = _fill(random.choice(night.shells), story.title, story.body, story.published)
        else:
            page = _furnish(render_page(SAMPLE / "templates", outlet, story).decode(outlet.charset), random)
        # The header of sites in EUC-KR is often wrong; what the page declares is right.
        return Response(200, page.encode(outlet.charset, errors="xmlcharrefreplace"), {"Content-Type": "text/html; charset=utf-8"})

    def _break(self, fault: Fault, good: Response, url: str) -> Response:
        """Return what is answered instead of a good answer. Raises KeyError for a fault that is not known here."""
        text = good.body if isinstance(good.body, bytes) else b""
        answers: dict[Fault, Response] = {
            Fault.NOT_FOUND: Response(404, b"<html><body><h1>404</h1></body></html>", _HTML),
            Fault.SERVER_ERROR: Response(500, b"<html><body><h1>500</h1></body></html>", _HTML),
            Fault.TIME_OUT: Response(200, text, good.headers, delay=3 * self._night.patience),
            Fault.CUT_BODY: Response(200, text[: len(text) // 2], {**good.headers, "Content-Length": str(len(text))}),
            Fault.WRONG_ENCODING: Response(200, text, {**good.headers, "Content-Encoding": "gzip"}),
            Fault.EMPTY: Response(200, b"", good.headers),
            Fault.CHALLENGE_PAGE: Response(200, _CHALLENGE, _HTML),
            Fault.CHALLENGE_STATUS: Response(403, _CHALLENGE, {**_HTML, "cf-mitigated": "challenge"}),
            Fault.REDIRECT_LOOP: Response(302, headers={"Location": f"{url}{'&' if '?' in url else '?'}turn=1"}),
            Fault.GZIP_BOMB: Response(200, self._bomb, {**_HTML, "Content-Encoding": "gzip"}),
            Fault.BAD_XML: Response(200, text.replace(b"<title>", b"<title>Sport & more: ", 1).rsplit(b"</", 1)[0], good.headers),
            Fault.FEED_AS_HTML: Response(200, _furnish(_FRONT_PAGE, Random(url)).encode(), _HTML),
        }
        return answers[fault]


_HTML = {"Content-Type": "text/html; charset=utf-8"}
_CHALLENGE = b"""<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><h1>Checking your browser</h1>
<p>Please enable JavaScript and cookies to continue.</p></body></html>"""
_FRONT_PAGE = "<!DOCTYPE html><html><head><title>Today's news</title></head><body><h1>Today's news</h1></body></html>"


# --- texts ----------------------------------------------------------------------------------------------------


def _syllables(random: Random, *, least: int = 2) -> str:
    """Return an invented name in Latin letters."""
    return "".join(random.choice(_ONSETS) + random.choice(_RHYMES) for _ in range(random.randint(least, 3))).capitalize()


class _Words:
    """Writes texts in one language: shapes of sentences whose places are filled at random.

    A place `{noun+을}` is filled and gets the Korean particle of that pair which suits its last syllable.
    """

    _PLACE = re.compile(r"\{(\w+)(?:\+(\w))?\}")

    def __init__(self, random: Random, lang: Literal["en", "ko"]) -> None:
        self._random = random
        self._lang = lang
        self._lists: Mapping[str, Sequence[str]] = _EN if lang == "en" else _KO
        self._shapes: Sequence[str] = _EN_SHAPES if lang == "en" else _KO_SHAPES
        self._titles: Sequence[str] = _EN_TITLES if lang == "en" else _KO_TITLES

    def name(self) -> str:
        """Return the name of an invented person."""
        if self._lang == "ko":
            return self._random.choice(_SURNAMES) + "".join(self._random.choices(_GIVEN, k=2))
        return f"{_syllables(self._random)} {_syllables(self._random)}"

    def title(self) -> str:
        """Return a headline."""
        return self._write(self._random.choice(self._titles))

    def paragraphs(self, words: int, number: str) -> tuple[str, ...]:
        """Return paragraphs of about so many words; the last one tells the number."""
        found: list[str] = []
        while sum(len(paragraph.split()) for paragraph in found) < words or len(found) < 3:
            found.append(" ".join(self._write(self._random.choice(self._shapes)) for _ in range(self._random.randint(2, 4))))
        last = (
            f"The file of the newsroom on this story has the number {number}."
            if self._lang == "en"
            else f"이 기사의 문서 번호는 {number}번이다."
        )
        return (*found, f"{self._write(self._random.choice(self._shapes))} {last}")

    def _write(self, shape: str) -> str:
        text = self._PLACE.sub(lambda place: self._fill(place[1], place[2]), shape)
        return text[0].upper() + text[1:]

    def _fill(self, kind: str, particle: str | None) -> str:
        if kind == "name":
            word = self.name()
        elif kind == "place" and self._lang == "en" and self._random.random() < 0.7:
            word = _syllables(self._random)
        elif kind == "company":
            word = f"{_syllables(self._random)} {self._random.choice(_EN['trade'])}" if self._lang == "en" else f"{self.name()}상사"
        elif kind == "number":
            word = f"{self._random.randint(2, 990)}"
        else:
            word = self._random.choice(self._lists[kind])
        return word + (_PARTICLES[particle][(ord(word[-1]) - 0xAC00) % 28 == 0] if particle else "")


_ONSETS = "b br d dr f g gr h k kl l m n p pr r s st t tr v z".split()
_RHYMES = "a al an ar e el en er i il in ir o ol on or u ul un".split()
_SURNAMES = "김 이 박 최 정 강 조 윤 장 임 한 오 서 신 권 황 안 송 류 홍".split()
_GIVEN = "민 서 준 현 지 영 수 진 우 하 은 성 호 동 재 경 미 상 태 희 선 원 정 기 주 남 형 규 석 연".split()
_PARTICLES = {"은": ("은", "는"), "이": ("이", "가"), "을": ("을", "를"), "과": ("과", "와")}

_EN: Mapping[str, Sequence[str]] = {
    "trade": "Shipping|Trading|Holdings|Bank|Exchange|Steel|Systems|Logistics|Minerals|Capital|Foods|Energy".split("|"),
    "place": "Seoul|Busan|Incheon|Pyongyang|Nampo|Wonsan|Tokyo|Beijing|Vladivostok|Geneva|New York|Hanoi".split("|"),
    "body": (
        "the unification ministry|the foreign ministry|the finance ministry|the coast guard|the national police|the central bank|"
        "parliament|the customs office|the presidential office|the port authority|the supreme court|the general staff"
    ).split("|"),
    "day": "on Monday|on Tuesday|on Wednesday|on Thursday|on Friday|last week|this month|at dawn|overnight|in the evening".split("|"),
    "said": "said|announced|confirmed|told reporters|wrote|repeated|explained|insisted|suggested|warned".split("|"),
    "did": (
        "met|called|praised|accused|questioned|replaced|visited|thanked|blamed|advised|invited|contradicted|paid|sued|ignored|interviewed"
    ).split("|"),
    "hit": "sanctioned|fined|searched|inspected|blacklisted|sold|bought|warned|shut|audited|rescued|investigated".split("|"),
    "adjective": (
        "quiet|costly|disputed|rare|joint|regional|unpaid|sealed|foreign|early|late|heavy|northern|coastal|digital|private|secret|annual|"
        "frozen|modest|formal|public|wider|slow|narrow|bitter|ageing|idle"
    ).split("|"),
    "noun": (
        "cargo|contract|letter|missile|ship|wallet|refund|drill|loan|border|harvest|summit|pipeline|archive|licence|engine|factory|treaty|"
        "ferry|ballot|budget|warehouse|hostage|protest|visa|satellite|tunnel|hospital|coal|grain|server|password|fishery|strike|bridge|"
        "railway|fuel|museum|inquiry|tariff|lawsuit|patrol|envoy|verdict|deposit|container"
    ).split("|"),
    "unit": "tonnes|dollars|workers|ships|soldiers|families|litres|containers|accounts|kilometres|passengers|households".split("|"),
    "link": "while|because|although|after|before|since|until|whereas|so|but".split("|"),
}
_EN_SHAPES = (
    "{name} of {company} {did} {name} in {place} {day}, {link} {adjective} {noun} talks {did} {body}.",
    "{body} {hit} {company} {day} over {number} {unit} of {adjective} {noun}.",
    "{number} {unit} left {place} for {place} {day}, {name} {said}, {link} the {noun} was {adjective}.",
    "{name}, {adjective} {noun} chief at {company}, {said} that {body} {hit} {number} {unit}.",
    "{adjective} {noun} and {adjective} {noun} {did} {place}, {body} {said} {day}.",
    "Asked about {company}, {name} {said} {body} {did} {adjective} {noun} owners from {place}.",
    "In {place}, {number} {unit} of {noun} were {adjective}, {link} {name} {did} {company}.",
    "The {adjective} {noun} of {place} {hit} {company}, {link} {number} {unit} {did} {body}.",
    "{place} and {place} {said} {day} that the {noun} {hit} {adjective} {noun} plans by {name}.",
)
_EN_TITLES = (
    "{name} {did} {company} over {adjective} {noun} in {place}",
    "{number} {unit} of {noun} left {place}, {body} {said}",
    "{company} {hit} by {adjective} {noun} at {place}",
)

_KO: Mapping[str, Sequence[str]] = {
    "place": "서울|부산|인천|평양|남포|원산|도쿄|베이징|제네바|하노이|대구|광주|강릉|목포|울산|제주|속초|춘천".split("|"),
    "body": "통일부|외교부|기획재정부|해양경찰청|경찰청|한국은행|국회|관세청|대통령실|항만공사|대법원|합동참모본부".split("|"),
    "day": "월요일|화요일|수요일|목요일|금요일|지난주|이달 초|새벽|전날 밤|저녁|오전|오후".split("|"),
    "said": "밝혔다|전했다|설명했다|말했다|강조했다|발표했다|주장했다|덧붙였다|경고했다|반박했다".split("|"),
    "did": "만났|도왔|비판했|불렀|조사했|방문했|설득했|초청했|지원했|고발했|감시했|막았".split("|"),
    "post": "대표|국장|위원|교수|의원|차관|대사|팀장|소장|변호사|검사|기자".split("|"),
    "adjective": "조용한|비싼|드문|공동의|늦은|이른|무거운|비밀|낡은|새로운|작은|오래된|뜨거운|공개된|멈춘|좁은|느린|차가운".split("|"),
    "noun": (
        "화물|계약|편지|미사일|선박|지갑|훈련|대출|국경|수확|회담|기록|면허|엔진|공장|조약|투표|예산|창고|시위|위성|터널|병원|석탄|곡물|서버|"
        "어업|파업|다리|철도|연료|박물관|관세|소송|순찰|특사|판결|예금|수출|비자"
    ).split("|"),
    "unit": "톤|달러|명|척|가구|리터|상자|건|킬로미터|원|대|마리".split("|"),
}
_KO_SHAPES = (
    "{name} {post+은} {day} {place}에서 {company+과} {adjective} {noun+을} 두고 {name} {post+을} {did}다고 {said}.",
    "{body+은} {company}의 {noun} {number}{unit+을} {day} {place}에서 {did}다고 {said}.",
    "{adjective} {noun+과} {adjective} {noun+이} {place+과} {place} 사이에서 {body+을} {did}다.",
    "{company} {name} {post+은} {noun} {number}{unit+이} {adjective} {noun+과} 함께 {place+을} 떠났다고 {said}.",
    "{day} {place}의 {noun+은} {number}{unit+이} 넘었고 {body+은} {name} {post+을} {did}다.",
    "{name} {post}에 따르면 {body+이} {day} {adjective} {noun} 때문에 {company+을} {did}다.",
)
_KO_TITLES = ("{name} {post}, {place}서 {adjective} {noun} {number}{unit} {did}다", "{body}, {company} {noun+과} {noun} 놓고 {place}행")
