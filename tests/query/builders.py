"""Events as readers get them: `make_event` makes one, `SAMPLE` holds sixty that differ in everything that can be asked for.

Sentences, firms, persons and entries of lists are invented, unless a name is that of a state, a public body or its head. Nothing here
depends on chance or on the clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

from models.findings import AmountFound, ArticleFound, EventFound, ListMatch, PartyFound, PlaceFound, QuantityFound
from models.ontology import codes_for
from models.vocabulary import EventType, Modality

__all__ = ["PARTIES", "PLACES", "SAMPLE", "SAMPLE_NAMES", "make_amount", "make_article", "make_event", "make_party", "make_place"]

NOW = datetime(2025, 11, 6, 3, 0, tzinfo=UTC)


# --- one of each --------------------------------------------------------------------------------------------------------


def make_party(name: str = "North Korea", **changes: Any) -> PartyFound:
    values = {"id": "kb:kp", "name": name, "label": "PLACE", "country": "KP", "official": False, "matches": ()}
    return PartyFound(**values | changes)


def make_place(name: str = "Pyongyang", **changes: Any) -> PlaceFound:
    values = {"id": "kb:pyongyang", "name": name, "country": "KP", "latitude": 39.03, "longitude": 125.75}
    return PlaceFound(**values | changes)


def make_amount(**changes: Any) -> AmountFound:
    values = {
        "text": "$2 million",
        "role": "stolen",
        "value": 2e6,
        "value_max": None,
        "currency": "USD",
        "bound": "exact",
        "usd": 2e6,
        "usd_basis": "stated",
        "article_id": "art-0",
    }
    return AmountFound(**values | changes)


def make_article(number: int = 0, **changes: Any) -> ArticleFound:
    values = {
        "id": f"art-{number}",
        "version": f"ver-{number}",
        "url": f"https://wire.example/news/{number}",
        "title": "Washington imposes sanctions",
        "publisher": "Hanbit News",
        "source_kind": "wire",
        "lang": "en",
        "published_at": NOW,
    }
    return ArticleFound(**values | changes)


def make_event(**changes: Any) -> EventFound:
    """Return an event: one sanction on North Korea, told by one article, but for what `changes` says.

    Codes of other ontologies, the largest sum in dollars, the times of publication, the counts and the place of the trigger follow from the
    rest unless they are given; the trigger of another passage is its first word.
    """
    evidence = changes.get("evidence", "Washington imposed sanctions on North Korea on Tuesday.")
    values: dict[str, Any] = {
        "id": "evt-0",
        "type": "SANCTION",
        "subtype": "impose",
        "modality": "asserted",
        "genericity": "specific",
        "background": False,
        "status": "auto",
        "date_start": "2025-11-04",
        "date_end": "2025-11-04",
        "date_precision": "day",
        "actors": (PARTIES["us"],),
        "targets": (PARTIES["kp"],),
        "place": None,
        "speaker": None,
        "attribution": "unattributed",
        "amounts": (),
        "quantities": (),
        "trigger": evidence.split()[0] if "evidence" in changes else "imposed sanctions",
        "articles": (make_article(),),
        "score": 0.9,
        "evidence": evidence,
        "first_seen_at": NOW,
        "changed_at": NOW,
        "extractor_version": "events 1",
        "merged": (),
        **changes,
    }
    values = _derived(values) | values
    unknown = values.keys() - {field.name for field in fields(EventFound)}
    assert not unknown, f"an event has no {sorted(unknown)}"
    return EventFound(**values)


def _derived(values: Mapping[str, Any]) -> dict[str, Any]:
    codes = codes_for(EventType(values["type"]), values["subtype"], Modality(values["modality"]))
    times = [article.published_at for article in values["articles"] if article.published_at]
    count = len(values["articles"])
    return {
        "plover": codes.plover,
        "plover_contexts": codes.contexts,
        "cameo": codes.cameo,
        "quad_class": codes.quad,
        "usd": max((amount.usd for amount in values["amounts"] if amount.usd is not None), default=None),
        "first_published": min(times, default=None),
        "last_published": max(times, default=None),
        "n_mentions": count,
        "n_articles": count,
        "n_sources": len({article.publisher for article in values["articles"]}),
        "trigger_start": values["evidence"].index(values["trigger"]),
    }


# --- who and where ------------------------------------------------------------------------------------------------------


def _match(entry: str, name: str, *programs: str) -> ListMatch:
    return ListMatch(entry.partition(":")[0], entry, name, programs, 0.97)


def _parties() -> dict[str, PartyFound]:
    bank = (_match("un_sc_sanctions:KPe.901", "RYONGSAN TRADE BANK"), _match("us_ofac_sdn:90002", "RYONGSAN TRADE BANK", "DPRK", "NPWMD"))
    found = [
        ("kp", "kb:kp", "North Korea", "PLACE", "KP", False, ()),
        ("kr", "kb:kr", "South Korea", "PLACE", "KR", False, ()),
        ("us", "kb:us", "United States", "PLACE", "US", False, ()),
        ("jp", "kb:jp", "Japan", "PLACE", "JP", False, ()),
        ("cn", "kb:cn", "China", "PLACE", "CN", False, ()),
        ("ru", "kb:ru", "Russia", "PLACE", "RU", False, ()),
        ("ofac", "kb:us-ofac", "Office of Foreign Assets Control", "AGENCY", "US", False, ()),
        ("doj", "kb:us-doj", "Department of Justice (United States)", "AGENCY", "US", False, ()),
        ("fbi", "kb:us-fbi", "Federal Bureau of Investigation", "AGENCY", "US", False, ()),
        ("jcs", "kb:kr-jcs", "Joint Chiefs of Staff (South Korea)", "AGENCY", "KR", False, ()),
        ("nis", "kb:kr-nis", "National Intelligence Service (South Korea)", "AGENCY", "KR", False, ()),
        ("kpa", "kb:kp-kpa", "Korean People's Army", "AGENCY", "KP", False, (_match("us_ofac_sdn:22284", "KOREAN PEOPLE'S ARMY", "DPRK"),)),
        ("un", "kb:un-sc", "United Nations Security Council", "AGENCY", None, False, ()),
        ("lazarus", "kb:lazarus", "Lazarus Group", "ORG", "KP", False, (_match("us_ofac_sdn:90001", "LAZARUS GROUP", "DPRK3"),)),
        ("bank", "ent-ryongsan", "Ryongsan Trade Bank", "ORG", "KP", False, bank),
        ("coinbay", "ent-coinbay", "Coinbay", "ORG", "KR", False, ()),
        ("firm", "ent-mireu", "Mireu Shipping Co., Ltd.", "ORG", "CN", False, (_match("us_ofac_sdn:90004", "MIREU SHIPPING", "DPRK4"),)),
        ("redcross", "ent-relief", "Northern Relief", "ORG", "CH", False, ()),
        ("kimjongun", "kb:per-kim-jong-un", "Kim Jong Un", "PERSON", "KP", True, (_match("us_ofac_sdn:20157", "KIM, Jong Un", "DPRK2"),)),
        ("jina", "ent-kim-jina", "Kim Ji-na", "PERSON", "KR", True, ()),
        ("minho", "ent-jang-minho", "Jang Min-ho", "PERSON", "KR", True, ()),
        (
            "chol",
            "ent-ri-cholhyok",
            "Ri Chol Hyok",
            "PERSON",
            "KP",
            False,
            (_match("us_ofac_sdn:90003", "RI, Chol Hyok", "DPRK2", "DPRK4"),),
        ),
        ("kozlov", "ent-kozlov", "Sergei Kozlov", "PERSON", "RU", True, ()),
        ("heron", "ent-heron", "Sea Heron 7", "VESSEL", "KP", False, ()),
    ]
    known = {key: PartyFound(*values) for key, *values in found}  # type: ignore[arg-type]
    texts = {"hackers": "unidentified hackers", "source": "a government source", "workers": "IT workers", "officer": "군 관계자"}
    return known | {key: PartyFound(None, name, None, None, official=False) for key, name in texts.items()}


PARTIES: Mapping[str, PartyFound] = _parties()
"""Who takes part in the events of `SAMPLE`, by a short name."""

PLACES: Mapping[str, PlaceFound] = {
    "pyongyang": make_place(),
    "seoul": make_place("Seoul", id="kb:seoul", country="KR", latitude=37.57, longitude=126.98),
    "wonsan": make_place("Wonsan", id="kb:wonsan", latitude=39.15, longitude=127.44),
    "geneva": make_place("Geneva", id="kb:geneva", country="CH", latitude=46.2, longitude=6.14),
    "new_york": make_place("New York", id="kb:new-york", country="US", latitude=40.71, longitude=-74.01),
    "yellow_sea": make_place("Yellow Sea", id="kb:yellow-sea", country=None, latitude=None, longitude=None),
    "unnamed": make_place("a border village", id=None, country=None, latitude=None, longitude=None),
}

SAMPLE_NAMES: Mapping[str, tuple[str, ...]] = {
    "kb:kp": ("North Korea", "DPRK", "북한", "조선민주주의인민공화국"),
    "kb:kr": ("South Korea", "Republic of Korea", "한국", "대한민국"),
    "kb:us": ("United States", "U.S.", "미국"),
    "kb:us-ofac": ("Office of Foreign Assets Control", "OFAC", "해외자산통제실"),
    "kb:kr-jcs": ("Joint Chiefs of Staff (South Korea)", "Joint Chiefs of Staff", "JCS", "합동참모본부", "합참"),
    "kb:kr-nis": ("National Intelligence Service (South Korea)", "NIS", "국가정보원", "국정원"),
    "kb:lazarus": ("Lazarus Group", "Lazarus", "라자루스"),
    "kb:per-kim-jong-un": ("Kim Jong Un", "Kim Jong-un", "김정은"),
    "ent-kim-jina": ("Kim Ji-na", "Kim Jina"),
    "ent-jang-minho": ("Jang Min-ho", "장민호"),
    "kb:pyongyang": ("Pyongyang", "평양"),
    "kb:seoul": ("Seoul", "서울"),
}
"""Ways in which entities of `SAMPLE` are written, by id."""


# --- sixty events -------------------------------------------------------------------------------------------------------

_PUBLISHERS: Mapping[str, tuple[str, str, str]] = {
    "hanbit": ("Hanbit News", "wire", "en"),
    "hanbit_ko": ("Hanbit News", "wire", "ko"),
    "daily": ("Daehan Daily", "newspaper", "ko"),
    "watch": ("North Watch", "specialist", "en"),
    "ledger": ("Chain Ledger", "crypto_press", "en"),
    "treasury": ("Department of the Treasury", "government", "en"),
    "voice": ("Voice of the North", "state_media", "en"),
}

_SUMS: Mapping[str, Mapping[str, Any]] = {
    "$2 million": {"value": 2e6, "usd": 2e6},
    "$1.5 billion": {"value": 1.5e9, "usd": 1.5e9},
    "$300,000": {"value": 3e5, "usd": 3e5, "bound": "at_least"},
    "$5 million": {"value": 5e6, "usd": 5e6, "role": "reward"},
    "between $10 million and $12 million": {"value": 1e7, "value_max": 1.2e7, "usd": 1e7, "role": "laundered"},
    "44.5 billion won": {"value": 4.45e10, "currency": "KRW", "usd": 3.2e7, "usd_basis": "rate", "bound": "approx"},
    "100억원": {"value": 1e10, "currency": "KRW", "usd": 7.1e6, "usd_basis": "rate", "role": "aid"},
    "4,000 bitcoin": {"value": 4000.0, "currency": "BTC", "usd": None, "usd_basis": None},
}

_QUANTITIES: Mapping[str, QuantityFound] = {
    "about 600 kilometers": QuantityFound("range_km", "about 600 kilometers", 600.0, 600.0, "approx", "km"),
    "two missiles": QuantityFound("count", "two missiles", 2.0, 2.0, "exact", "missile"),
    "3,000 troops": QuantityFound("persons", "3,000 troops", 3000.0, 3000.0, "exact", "person"),
    "at least 12": QuantityFound("killed", "at least 12", 12.0, 12.0, "at_least", "person"),
}


class _Sample:
    """Numbers the events and articles in the order in which they are written."""

    def __init__(self) -> None:
        self.events: list[EventFound] = []
        self._articles = 0

    def add(
        self, kind: str, evidence: str, trigger: str, who: str, when: str = "", *, by: str = "hanbit", title: str = "", **changes: Any
    ) -> None:
        """Add an event: TYPE/subtype, "actors > targets", and a date, "first..last" for a stretch; `by` are the publishers."""
        number = len(self.events)
        event_type, _, subtype = kind.partition("/")
        actors, _, targets = who.partition(">")
        sums = [changes.pop("sum")] if "sum" in changes else []
        articles = tuple(self._article(publisher, number, title) for publisher in by.split())
        speaker, place = changes.pop("speaker", None), changes.pop("place", None)
        counted = [_QUANTITIES[text] for text in changes.pop("counted", ())]
        values = {
            "id": f"evt-{number:02}",
            "type": event_type,
            "subtype": subtype or None,
            "evidence": evidence,
            "trigger": trigger,
            "actors": _named(actors),
            "targets": _named(targets),
            "articles": articles,
            "quantities": tuple(counted),
            "amounts": tuple(make_amount(text=text, article_id=articles[0].id, **_SUMS[text]) for text in sums),
            "speaker": PARTIES[speaker] if speaker else None,
            "attribution": "indirect" if speaker else "unattributed",
            "place": PLACES[place] if place else None,
            "score": 0.5 + number % 50 / 100,
            "first_seen_at": NOW + timedelta(hours=number),
            "changed_at": NOW + timedelta(hours=number, minutes=number % 3),
            **_dates(when),
        }
        self.events.append(make_event(**values | changes))

    def _article(self, publisher: str, number: int, title: str) -> ArticleFound:
        self._articles += 1
        name, source_kind, lang = _PUBLISHERS[publisher]
        published = NOW - timedelta(days=400 - 7 * number) + timedelta(hours=self._articles % 5) if publisher != "watch" else None
        values = {
            "publisher": name,
            "source_kind": source_kind,
            "lang": lang,
            "published_at": published,
            "title": title or f"Report {self._articles}",
        }
        return make_article(self._articles, url=f"https://{publisher.replace('_', '-')}.example/{self._articles}", **values)


def _named(keys: str) -> tuple[PartyFound, ...]:
    return tuple(PARTIES[key] for key in keys.split())


def _dates(when: str) -> dict[str, str | None]:
    first, between, last = when.partition("..")
    precision = {10: "day", 7: "month", 4: "year", 0: "unknown"}[len(first)] if not between else "range"
    return {"date_start": first or None, "date_end": (last if between else first) or None, "date_precision": precision}


def _sample() -> tuple[EventFound, ...]:
    sample = _Sample()
    _add_sanctions_and_money(sample)
    _add_arms(sample)
    _add_diplomacy(sample)
    _add_korean(sample)
    _add_the_rest(sample)
    return tuple(sample.events)


# fmt: off


def _add_sanctions_and_money(sample: _Sample) -> None:
    add = sample.add
    add("SANCTION/impose", "The Treasury designated Ryongsan Trade Bank on Tuesday for moving money for the army.", "designated",
        "ofac > bank", "2024-03-05", by="treasury hanbit ledger", title="Treasury sanctions a North Korean bank", n_mentions=5)
    add("SANCTION/impose", "OFAC sanctioned Ri Chol Hyok and a shipping firm, citing the sale of coal.", "sanctioned", "ofac > chol firm",
        "2024-07-17", title="Two designated over coal", status="accepted")
    add("SANCTION/extend", "The Security Council extended the mandate of its sanctions panel by a year.", "extended", "un > kp", "2023",
        place="new_york", by="hanbit watch")
    add("SANCTION/ease", "Moscow called for easing sanctions on Pyongyang.", "easing", "un > kp", modality="called_for", speaker="kozlov")
    add("SANCTION/lift", "Seoul could lift its own measures against the bank, an official said.", "lift", "kr > bank", "2025-12",
        modality="possible", speaker="jina")
    add("SANCTION/enforce", "A judge forfeited $2 million held for Ryongsan Trade Bank.", "forfeited", "doj > bank", "2025-01-15",
        sum="$2 million", status="edited")
    add("CYBER_OP/theft", "The Lazarus Group stole $1.5 billion from the exchange Coinbay, the FBI said.", "stole", "lazarus > coinbay",
        "2025-02-21", sum="$1.5 billion", speaker="fbi", by="ledger hanbit watch daily", title="FBI: Lazarus behind Coinbay theft",
        n_sources=3, merged=("evt-x1", "evt-x2"))
    add("CYBER_OP/theft", "Thieves allegedly took 4,000 bitcoin from wallets in Seoul.", "took", "hackers > coinbay", "2024-11",
        sum="4,000 bitcoin", modality="alleged", place="seoul", by="ledger")
    add("CYBER_OP/phishing", "Hackers sent phishing mails to think tanks, posing as reporters.", "sent phishing mails", "lazarus >", "2024",
        genericity="habitual", background=True, by="watch")
    add("CYBER_OP/intrusion", "Pyongyang denied that it had broken into the hospital's network.", "broken into", "kp > kr",
        modality="denied", speaker="kp", by="voice", attribution="direct_quote")
    add("CYBER_OP/espionage", "The long-range campaign spied on defence firms from January to March.", "spied on", "lazarus > kr",
        "2025-01-03..2025-03-28")
    add("ILLICIT_FINANCE/launder", "Brokers laundered between $10 million and $12 million of the stolen funds.", "laundered", "firm >",
        "2025-03", sum="between $10 million and $12 million", speaker="source", by="ledger")
    add("ILLICIT_FINANCE/smuggle", "The tanker Sea Heron 7 smuggled fuel on the Yellow Sea.", "smuggled", "heron firm > kp", "2024-09-30",
        place="yellow_sea", title="Tanker seen passing fuel")
    add("ILLICIT_FINANCE/evade", "The firm's owner is accused of evading sanctions since 2019.", "evading sanctions", "firm >",
        "2019..2024", modality="alleged", speaker="doj", background=True)
    add("LABOR_EXPORT/it_workers", "IT workers sent at least $300,000 home each month.", "sent", "workers > kp", sum="$300,000",
        genericity="habitual", modality="alleged")
    add("LABOR_EXPORT/repatriate", "Russia plans to send labourers home next year.", "send", "ru > workers", "2026", modality="planned")
    add("LEGAL_ACTION/reward", "Washington offered $5 million for information on Ri Chol Hyok.", "offered", "us > chol", "2025-05-06",
        sum="$5 million")
    add("LEGAL_ACTION/indict", "A grand jury indicted Ri Chol Hyok, the Justice Department said.", "indicted", "doj > chol", "2025-05-05",
        speaker="doj", place="new_york", by="hanbit watch")


def _add_arms(sample: _Sample) -> None:
    add = sample.add
    add("MISSILE_LAUNCH/ballistic", "North Korea fired two missiles that flew about 600 kilometers.", "fired", "kp >", "2025-05-08",
        speaker="jcs", place="wonsan", counted=["two missiles", "about 600 kilometers"], by="hanbit daily watch",
        title="North fires two missiles off Wonsan")
    add("MISSILE_LAUNCH/satellite", "Pyongyang will launch a KN-23 variant or a satellite, Tokyo warned.", "launch", "kp >",
        modality="planned", speaker="jp")
    add("MISSILE_LAUNCH/engine", "The state tested a solid-fuel engine, its news agency reported.", "tested", "kp >", "2024-03-19",
        by="voice")
    add("NUCLEAR_TEST/preparation", "Preparations for a seventh nuclear test may be complete.", "Preparations", "kp >", "2024-10",
        modality="possible", speaker="nis")
    add("NUCLEAR_TEST/test", "The sixth nuclear test took place in September 2017.", "nuclear test", "kp >", "2017-09-03", background=True)
    add("WEAPONS_PROGRAM/unveil", "Kim Jong Un unveiled a new long-range drone.", "unveiled", "kimjongun >", "2025-09-18",
        place="pyongyang")
    add("WEAPONS_PROGRAM/enrich", "The plant has gone on enriching uranium, inspectors said.", "enriching", "kp >", "2025",
        genericity="habitual")
    add("MILITARY_DRILL/joint", "Seoul and Washington began a joint drill with 3,000 troops.", "began", "kr us >", "2025-08-18..2025-08-28",
        counted=["3,000 troops"], speaker="jcs", by="hanbit daily")
    add("MILITARY_DRILL/naval", "The allies postponed the naval drill that the North had denounced.", "drill", "kr us jp >", "2025-10",
        modality="denied")
    add("FORCE_MOVE/troops_abroad", "Pyongyang sent engineers to the border region, Kozlov confirmed.", "sent", "kp > ru", "2025-06",
        speaker="kozlov")
    add("FORCE_MOVE/port_call", "A carrier made a port call in Busan.", "made a port call", "us > kr", "2025-03-02", by="daily")
    add("ARMED_CLASH/balloon", "Balloons with rubbish fell on a border village.", "fell", "kp > kr", "2024-05-29", place="unnamed")
    add("ARMED_CLASH/gunfire", "Guards opened fire, killing at least 12, a government source said.", "opened fire", "kpa > kr",
        "2010-11-23", counted=["at least 12"], speaker="source", background=True)


def _add_diplomacy(sample: _Sample) -> None:
    add = sample.add
    add("MEETING/summit", "Kim Jong Un and the Russian leader will meet in Pyongyang.", "meet", "kimjongun kozlov >", "2026-01",
        modality="planned", place="pyongyang")
    add("MEETING/talks", "Kim Ji-na met Sergei Kozlov in Geneva for talks on relief.", "met", "jina kozlov >", "2025-04-11", place="geneva")
    add("MEETING/hearing", "Lawmakers heard the spy agency's director behind closed doors.", "heard", "nis >", "2025-11-04")
    add("AGREEMENT/sign", "The two sides signed a treaty of mutual defence.", "signed", "kp ru >", "2024-06-19", place="pyongyang",
        by="voice hanbit")
    add("AGREEMENT/adopt_resolution", "The council failed to adopt the resolution.", "adopt", "un > kp", "2022-05-26", modality="denied",
        background=True)
    add("STATEMENT/press_release", "In a statement, the Unification Ministry expressed regret.", "expressed", "minho > kp", "2025-07-28",
        speaker="minho", attribution="per_document")
    add("STATEMENT/report", "A report by monitors describes trade in sand.", "describes", "un > kp firm", "2023-09", by="watch")
    add("CALL/meet", "Jang Min-ho urged the North to return to talks.", "urged", "minho > kp", "2025-08-15", speaker="minho",
        attribution="direct_quote")
    add("THREAT/military", 'The North threatened a "merciless" response to the drill.', "threatened", "kp > kr us", "2025-08-19",
        by="voice hanbit")
    add("ACCUSATION/attribute", "The FBI attributed the theft to Lazarus.", "attributed", "fbi > lazarus", "2025-02-26", by="ledger")
    add("REJECTION/veto", "Russia vetoed the panel's mandate.", "vetoed", "ru > un", "2024-03-28", place="new_york")
    add("PLEDGE/vow", "Kim Jong Un vowed to expand the fleet.", "vowed", "kimjongun >", "2025-04", by="voice")
    add("RELATIONS_CHANGE/suspend", "Seoul suspended the 2018 military accord.", "suspended", "kr > kp", "2024-06-04")
    add("AID/flood", "Northern Relief shipped tents after the flood.", "shipped", "redcross > kp", "2024-08", modality="possible")
    add("PERSONNEL/appoint", "Kim Ji-na was appointed vice minister of unification.", "appointed", "kr > jina", "2025-07-01")
    add("OTHER_KOREA", "The border line was painted anew.", "painted", "kr >", "2025-09")


def _add_korean(sample: _Sample) -> None:
    add = sample.add
    add("SANCTION/impose", "미국 재무부가 북한 은행을 제재 대상에 올렸다고 밝혔다.", "제재", "ofac > bank", "2024-03-05", by="hanbit_ko daily", title="美, 북한 은행 제재",
        speaker="ofac")
    add("CYBER_OP/theft", "국가정보원은 해커들이 445억원을 훔쳤다고 판단했다.", "훔쳤다", "hackers > coinbay", "2025-02", sum="44.5 billion won", speaker="nis",
        by="daily", modality="alleged")
    add("MISSILE_LAUNCH/ballistic", "합동참모본부는 북한이 동해상으로 탄도미사일을 발사했다고 밝혔다.", "발사", "kp >", "2025-05-08", speaker="jcs", by="hanbit_ko",
        title="北, 탄도미사일 발사", place="wonsan")
    add("MEETING/talks", "김지나 차관은 평양에서 회담을 열 계획이다.", "회담", "jina > kp", "2025-12-20", modality="planned", place="pyongyang", by="daily")
    add("AID/food", "정부는 100억원 규모의 식량을 지원하기로 했다.", "지원", "kr > kp", "2025-10-02", sum="100억원", by="daily", modality="planned")
    add("STATEMENT/speech", "장민호 장관은 은행이 핵 개발을 도왔다고 말했다.", "말했다", "minho > bank", "2025-09-01", speaker="minho", by="hanbit_ko")
    add("MILITARY_DRILL/unilateral", "군 관계자는 훈련이 끝났다고 전했다.", "훈련", "kpa >", speaker="officer", by="daily")
    add("THREAT/military", "김정은 국무위원장이 핵무기 사용을 위협했다.", "위협", "kimjongun > kr", "2024-10-08", by="hanbit_ko voice")
    add("WEAPONS_PROGRAM/develop", "북한은 화성-18형을 개발해 왔다.", "개발", "kp >", "2023..2025", genericity="habitual", background=True, by="daily")


def _add_the_rest(sample: _Sample) -> None:
    """Add what people asked about and an editor rejected, dates that cannot be told, and an event with nothing but its sentence."""
    add = sample.add
    add("SANCTION/impose", "Beijing sanctioned nobody, whatever the headline says.", "sanctioned", "cn >", "2025-11-01", status="rejected")
    add("CALL/change", "Last spring Tokyo had demanded a change of course.", "demanded", "jp > kp", date_precision="relative_unresolved")
    add("MEETING/call", "They spoke by telephone that week.", "spoke", "us kr >", "2025-11-02..2025-11-08", date_precision="week")
    add("AID/economic", "Trade credit grew in the third quarter.", "credit", "cn > kp", "2025-07..2025-09", date_precision="quarter")
    add("STATEMENT", "Nothing more is known.", "known", ">", first_published=None, last_published=None, by="watch")


# fmt: on


SAMPLE: tuple[EventFound, ...] = _sample()
"""Sixty events in two languages, of every type, modality, precision and status; parties, places and publishers recur."""
