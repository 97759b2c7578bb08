"""The pages say what the reader finds, keep what was typed, and let no text of others become markup."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from fastapi.testclient import TestClient
from lxml import html

from models.filters import FIELDS, EntityFilter, EventFilter, Page
from models.findings import CoActor, PlaceCount, Timeline, TimePoint
from models.vocabulary import Label, RelationKind
from pipeline.query import Reader, describe_rest, parse_filter, parse_query
from pipeline.settings import Settings
from pipeline.web.app import create_app
from pipeline.web.charts import VIEWS, draw_bars, draw_dots, draw_graph, fill_gaps, merge_years
from pipeline.web.pages import RELATIONS
from pipeline.web.rendering import STATIC
from pipeline.web.saved import CANNED, Address
from tests.query.builders import make_party

PAGES = ("/", "/events?type=SANCTION", "/entities", "/places", "/plots", "/sources", "/saved", "/codebook", "/help")
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7 * 7 }}"


def get_page(client: TestClient, address: str, status: int = 200) -> html.HtmlElement:
    answer = client.get(address, follow_redirects=True)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    return html.document_fromstring(answer.text)


def total_on(page: html.HtmlElement) -> int:
    return int(page.xpath("string(//p[contains(@class, 'total')]/strong)").split()[0].replace(",", ""))


def any_event_id(reader: Reader) -> str:
    return reader.find(EventFilter(), Page(limit=1)).events[0].id


def all_addresses(reader: Reader) -> list[str]:
    event = next(reader.stream(EventFilter()))
    entity = reader.entities()[0]
    return [*PAGES, f"/events/{event.id}", f"/entities/{entity.id}"]


# --- what every page is ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(len(PAGES) + 2))
def test_every_page_is_well_built(client: TestClient, reader: Reader, number: int) -> None:
    address = all_addresses(reader)[number]
    page = get_page(client, address)
    assert page.get("lang") == "en"
    assert page.xpath("count(//h1)") == 1
    assert page.xpath("count(//main)") == 1
    assert page.xpath("//a[1]/@href")[0] == "#content"
    levels = [int(heading.tag[1]) for heading in page.iter("h1", "h2", "h3", "h4")]
    assert all(below <= above + 1 for above, below in pairwise(levels)), levels
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    for control in page.xpath("//input[not(@type='hidden')] | //select"):
        assert page.xpath(f"//label[@for='{control.get('id')}']") or control.getparent().tag == "label"


@pytest.mark.parametrize("number", range(len(PAGES) + 2))
def test_no_page_holds_a_script_or_a_style_or_reaches_another_host(client: TestClient, reader: Reader, number: int) -> None:
    page = get_page(client, all_addresses(reader)[number])
    assert not page.xpath("//script[not(@src)] | //style | //*[@style] | //iframe | //object")
    assert not [name for element in page.iter() for name in element.attrib if name.startswith("on")]
    loaded = page.xpath("//script/@src | //link/@href | //img/@src | //*[local-name()='use']/@href")
    assert loaded
    assert all(address.startswith("/static/") for address in loaded)


def test_links_within_the_explorer_lead_somewhere(client: TestClient, reader: Reader) -> None:
    links = {link for address in all_addresses(reader) for link in get_page(client, address).xpath("//a/@href")}
    for_others = ("/api/v1/events?", "/review")  # programs, and editors
    inside = sorted(link for link in links if link.startswith("/") and not link.startswith(for_others))
    assert len(inside) > 100
    for link in inside[:: max(1, len(inside) // 60)]:
        assert client.get(link, follow_redirects=True).status_code == 200, link


# --- results --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "type=SANCTION", "q=sanctions", "country=KP&modality=alleged", "list=any", "lang=ko&sort=oldest"])
def test_a_page_shows_what_the_reader_finds(client: TestClient, reader: Reader, query: str) -> None:
    wanted, asked = parse_query(parse_qsl(query))
    page = get_page(client, f"/events?{query}")
    assert total_on(page) == reader.count(wanted) > 0
    assert page.xpath("//article/@aria-labelledby") == [event.id for event in reader.find(wanted, asked).events]


def test_the_pages_of_results_together_are_all_of_them(client: TestClient, reader: Reader) -> None:
    address: str | None = "/events?country=KP&limit=7"
    shown: list[str] = []
    while address:
        page = get_page(client, address)
        shown += page.xpath("//article/@aria-labelledby")
        address = next(iter(page.xpath("//a[@rel='next']/@href")), None)
    assert shown == [event.id for event in reader.stream(parse_filter([("country", "KP")]))]
    assert len(shown) > 14


@pytest.mark.parametrize(
    "field", ["type", "modality", "actor", "target", "speaker", "place", "country", "list", "publisher", "lang", "year"]
)
def test_a_facet_leads_to_as_many_events_as_it_says(client: TestClient, field: str) -> None:
    page = get_page(client, "/events?since=2020")
    items = page.xpath(f"//details[@id='facet-{field}']//li")
    assert items
    for item in items[:4]:
        link, count = item.xpath("a[1]/@href")[0], int(item.xpath("string(span[@class='count'])").replace(",", ""))
        narrowed = get_page(client, link)
        if field == "year":  # counted where it lies in the year, found where it may lie there
            assert total_on(narrowed) >= count
        else:
            assert total_on(narrowed) == count, link
        for without in item.xpath("a[@class='not']/@href"):
            assert total_on(get_page(client, without)) == total_on(page) - count, without


def test_a_chosen_facet_is_taken_away_by_its_own_link(client: TestClient) -> None:
    page = get_page(client, "/events?type=SANCTION&country=KP")
    (link,) = page.xpath("//details[@id='facet-type']//li[@class='chosen']/a/@href")
    assert link == "/events?country=KP"


def test_chips_name_every_condition_and_take_it_away(client: TestClient) -> None:
    page = get_page(client, "/events?type=SANCTION&modality=!denied&since=2024&actor=kb:us-ofac&sort=amount")
    chips = [" ".join(chip.text_content().split()).removesuffix(" ×") for chip in page.xpath("//ul[@class='chips']/li[not(@class)]")]
    assert chips[:3] == ["Type Sanction", "Modality not Denied", "Since 2024"]
    assert page.xpath("//ul[@class='chips']/li[1]/a/@href") == ["/events?modality=%21denied&since=2024&actor=kb%3Aus-ofac&sort=amount"]


def test_chips_show_words_and_names_as_they_were_typed(client: TestClient) -> None:
    page = get_page(client, "/events?q=possible&actor=killed")
    chips = [" ".join(chip.text_content().split()).removesuffix(" ×") for chip in page.xpath("//ul[@class='chips']/li[not(@class)]")]
    assert chips == ["Words possible", "Actor killed"]


def test_the_question_stands_above_the_results_in_words(client: TestClient) -> None:
    words = get_page(client, "/events?type=SANCTION&since=2024").xpath("string(//p[@class='total'])")
    assert "SANCTION events since 2024; newest first" in words


def test_the_trigger_is_marked_and_doubt_has_a_badge(client: TestClient, reader: Reader) -> None:
    event = reader.find(parse_filter([("modality", "alleged")]), Page(limit=1)).events[0]
    article = get_page(client, "/events?modality=alleged&limit=1").xpath("//article")[0]
    assert article.xpath("string(.//mark[@class='trigger'])") == event.trigger
    assert article.xpath("string(.//span[contains(@class, 'badge alleged')])") == "Alleged"


def test_exports_carry_the_same_question(client: TestClient) -> None:
    page = get_page(client, "/events?type=SANCTION&limit=3&sort=oldest")
    links = {dict(parse_qsl(urlsplit(link).query))["format"]: link for link in page.xpath("//a[@download]/@href")}
    assert {"csv", "jsonl", "geojson"} <= set(links)
    rows = list(csv.DictReader(io.StringIO(client.get(links["csv"]).content.decode("utf-8-sig"))))
    assert len(rows) == total_on(page)
    assert {row["type"] for row in rows} == {"SANCTION"}
    assert len(client.get(links["jsonl"]).text.splitlines()) == total_on(page)


def test_the_same_question_elsewhere_is_the_same_question(client: TestClient) -> None:
    page = get_page(client, '/events?q="North+Korea"&country=KP&country=RU')
    command, python, address = (code.text_content() for code in page.xpath("//dl[@class='elsewhere']//code"))
    assert command == """peninsula events --q '"North Korea"' --country KP --country RU"""
    assert python == """news.events(q='"North Korea"', country=['KP', 'RU'])"""
    assert address == "/api/v1/events?q=%22North+Korea%22&country=KP&country=RU"


def test_nothing_found_says_what_to_do(client: TestClient) -> None:
    page = get_page(client, "/events?q=zzyzx&type=AID")
    assert total_on(page) == 0
    assert "Take one condition away" in page.text_content()


# --- forms ----------------------------------------------------------------------------------------------------------------


def test_a_form_sent_with_empty_fields_leads_to_the_short_address(client: TestClient) -> None:
    answer = client.get("/events?q=&type=SANCTION&since=+&until=2025&sort=")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/events?type=SANCTION&until=2025"


def test_the_form_has_every_field_and_carries_what_is_chosen(client: TestClient) -> None:
    page = get_page(client, "/events?type=SANCTION&type=AID&q=bank&amount_min=1000&background=no")
    form = page.xpath("//form[@role='search']")[0]
    assert {field.name for field in FIELDS} <= set(form.xpath(".//*[@name]/@name"))
    assert form.xpath(".//input[@type='hidden' and @name='type']/@value") == ["SANCTION", "AID"]
    assert form.xpath(".//input[@name='q']/@value") == ["bank"]
    assert form.xpath(".//input[@name='amount_min']/@value") == ["1000"]
    assert form.xpath(".//select[@name='background']/option[@selected]/text()") == ["no"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("typ=SANCTION", "did you mean 'type'"),
        ("type=SANCTIONS", "did you mean 'SANCTION'"),
        ("since=2025-02-30", "not in the calendar"),
        ("since=2025&until=2024", "exchange them"),
        ("amount_min=-1", "is negative"),
        ("q=%22open", "q:"),
        ("cursor=abc", "cursor"),
        ("limit=501", "1 to 500"),
        ("q=%00", "control character"),
        ("country=KOREA", "ISO 3166"),
        ("since=2024&since=2025", "second value"),
        ("role=actor", "without `entity`"),
    ],
)
def test_a_wrong_question_gets_a_message_and_keeps_the_form(client: TestClient, query: str, message: str) -> None:
    page = get_page(client, f"/events?{query}", 400)
    assert message in page.xpath("string(//div[@role='alert'])")
    assert page.xpath("//form[@role='search']//input[@name='q']")


@pytest.mark.parametrize("path", ["/plots", "/places"])
@pytest.mark.parametrize(
    ("query", "message"), [("typ=SANCTION", "did you mean 'type'"), ("since=2025&until=2024", "exchange"), ("cursor=abc", "cursor")]
)
def test_plots_and_map_refuse_the_same(client: TestClient, path: str, query: str, message: str) -> None:
    assert message in get_page(client, f"{path}?{query}", 400).xpath("string(//div[@role='alert'])")


def test_what_was_typed_stays_in_the_form(client: TestClient) -> None:
    page = get_page(client, "/events?since=yesterday&q=bank", 400)
    field = page.xpath("//input[@name='since']")[0]
    assert (field.get("value"), field.get("aria-invalid")) == ("yesterday", "true")
    assert page.xpath("//input[@name='q']/@value") == ["bank"]
    assert page.xpath("//details[contains(@class, 'more')]/@open") == [""]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("label=HUMAN", "label"),
        ("nam=Kim", "did you mean 'name'"),
        ("listed=maybe", "neither"),
        ("name=a&name=b", "second"),
        ("name=%25", "no letter or digit"),
        ("cursor=x", "is no cursor"),
    ],
)
def test_a_wrong_question_for_names_gets_a_message(client: TestClient, query: str, message: str) -> None:
    assert message in get_page(client, f"/entities?{query}", 400).xpath("string(//div[@role='alert'])")


@pytest.mark.parametrize("address", ["/events/evt-none", "/entities/kb:none", "/events/%3Cscript%3E", "/entities/" + "x" * 3_000])
def test_an_unknown_id_is_told(client: TestClient, address: str) -> None:
    page = get_page(client, address, 404)
    assert "has this id" in page.xpath("string(//h1)")


# --- one event, one name ------------------------------------------------------------------------------------------------


def test_the_page_of_an_event_has_every_passage(client: TestClient, reader: Reader) -> None:
    event = max(reader.stream(EventFilter()), key=lambda event: (event.n_mentions, event.id))
    passages = reader.passages(event.id)
    shown = get_page(client, f"/events/{event.id}").xpath("//section[@class='passage']")
    assert len(shown) == len(passages) > 1
    for section, passage in zip(shown, passages, strict=True):
        quote = section.xpath(".//blockquote")[0]
        assert quote.text_content().strip() == " ".join(passage.evidence.splitlines()).strip()
        assert quote.get("lang") == passage.article.lang
        assert passage.trigger in "".join(quote.xpath(".//mark[@class='trigger']//text()")) or len(passage.trigger.split()) > 1
        assert passage.article.version in section.text_content()


def test_the_address_of_a_merged_event_leads_to_the_one_that_stands_for_it(client: TestClient, reader: Reader) -> None:
    event = next(event for event in reader.stream(EventFilter()) if event.merged)
    answer = client.get(f"/events/{event.merged[0]}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/events/{event.id}")
    assert event.merged[0] in get_page(client, f"/events/{event.id}").text_content()


def test_the_page_of_a_name_says_what_is_known(client: TestClient, reader: Reader) -> None:
    entity = next(found for short in reader.entities() if (found := reader.entity(short.id)) and found.co_actors and found.matches)
    page = get_page(client, f"/entities/{entity.id}")
    text = page.text_content()
    assert page.xpath("string(//h1)") == entity.name
    assert all(match.entry in text for match in entity.matches)
    assert all(one.party.name in text for one in entity.co_actors)
    assert all(written in text for written, _ in entity.names)


def test_names_are_listed_and_narrowed(client: TestClient, reader: Reader) -> None:
    page = get_page(client, "/entities?label=PERSON&officials=yes")
    assert len(page.xpath("//tbody/tr")) > 1
    assert page.xpath("//option[@selected]/@value") == ["PERSON"]
    assert page.xpath("//input[@name='officials']/@checked") == ["checked"] or page.xpath("//input[@name='officials' and @checked]")


def test_names_are_read_page_by_page(client: TestClient, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.web.pages._ENTITIES_ON_A_PAGE", 7)
    wanted = EntityFilter(labels=(Label.AGENCY,), limit=10_000)
    found, address = [], "/entities?label=AGENCY"
    while address:
        page = get_page(client, address)
        found += [link.text_content() for link in page.xpath("//tbody//th/a")]
        assert bool(page.xpath("//a[@id='first-page']")) == ("cursor" in address)
        address = "".join(page.xpath("//a[@id='next-page']/@href"))
    assert found == [entity.name for entity in reader.entities(wanted)]
    assert len(found) > 7


def test_the_map_has_the_places_of_the_events(client: TestClient, reader: Reader) -> None:
    page = get_page(client, "/places")
    placed = [event.place.name for event in reader.stream(EventFilter()) if event.place and event.place.latitude is not None]
    rows = {row.xpath("string(th)"): int(row.xpath("string(td[1])")) for row in page.xpath("//tbody/tr")}
    assert rows == Counter(placed)
    assert len(page.xpath("//*[local-name()='circle']")) >= len(rows)
    nowhere = sum(event.place is None for event in reader.stream(EventFilter()))
    assert f"{nowhere} events name no place." in page.text_content()


def test_a_place_leads_to_its_newest_event(client: TestClient, reader: Reader) -> None:
    page = get_page(client, "/places?since=2025")
    places = [place for place in reader.places(parse_filter([("since", "2025")])).places if place.latitude is not None]
    assert page.xpath("//tbody/tr/td/a/@href") == [f"/events/{place.newest}" for place in places]
    assert places


def test_the_plots_have_their_figures_as_a_table(client: TestClient, reader: Reader) -> None:
    page = get_page(client, "/plots?type=CYBER_OP")
    months = reader.timeline(parse_filter([("type", "CYBER_OP")]))
    assert [int(cell.text) for cell in page.xpath("//tbody/tr/td[1]")] == [point.count for point in (*months.points, *months.coarser)]
    assert page.xpath("string(//p[contains(@class, 'beside')])") == f"{describe_rest(months)}."
    assert page.xpath("//*[@data-timeline]/@data-timeline") == ["/api/v1/timeline?type=CYBER_OP&by=month"]


def test_every_publisher_is_listed(client: TestClient, reader: Reader) -> None:
    page = get_page(client, "/sources")
    assert [row.xpath("string(th)") for row in page.xpath("//tbody/tr")] == [source.publisher for source in reader.sources()]


def test_examples_of_the_codebook_and_canned_questions_can_be_asked(client: TestClient) -> None:
    links = get_page(client, "/codebook").xpath("//td/a/@href") + [str(query.address) for query in CANNED]
    assert len(links) == len(FIELDS) - 1 + len(CANNED)
    for link in links:
        parse_query(parse_qsl(urlsplit(link).query))


# --- text of others -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile_client(news_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A copy of the database in which every text of the first events is an attempt to become markup."""
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copy(news_folder / "peninsula.db", folder / "peninsula.db")
    with sqlite3.connect(folder / "peninsula.db") as database:
        for number, card in database.execute("SELECT number, card FROM event_card").fetchall():
            told = json.loads(card)
            told |= {"evidence": HOSTILE + told["evidence"], "trigger": HOSTILE, "trigger_start": 0}
            for party in (*told["actors"], *told["targets"], *([told["speaker"]] if told["speaker"] else [])):
                party["name"] = HOSTILE
            for article in told["articles"]:
                article |= {"url": "javascript:alert(3)", "title": HOSTILE, "publisher": HOSTILE}
            database.execute("UPDATE event_card SET card = ? WHERE number = ?", (json.dumps(told), number))
        database.execute("UPDATE index_term SET label = ? WHERE field IN ('actor', 'publisher', 'place')", (HOSTILE,))
        database.execute("UPDATE entity_index SET name = ?, role = ?, affiliation = ?", (HOSTILE, HOSTILE, HOSTILE))
    database.close()
    with TestClient(create_app(Settings(data_dir=folder, model="blank", event_reader=False, api_rate=0)), follow_redirects=False) as opened:
        yield opened


@pytest.mark.parametrize("address", ["/events", "/places", "/plots", "/entities", "event", "entity"])
def test_texts_of_others_never_become_markup(hostile_client: TestClient, reader: Reader, address: str) -> None:
    path = {"event": f"/events/{any_event_id(reader)}", "entity": f"/entities/{reader.entities()[0].id}"}.get(address, address)
    answer = hostile_client.get(path)
    assert answer.status_code == 200
    page = html.document_fromstring(answer.text)
    assert not page.xpath("//script[not(@src)] | //img | //*[@onerror]")
    assert not [link for link in page.xpath("//a/@href") if link.lower().startswith("javascript")]
    assert "alert(1)" in answer.text or address == "/plots"
    assert "49" not in page.xpath("string(//h1)")


@pytest.mark.parametrize("name", ["q", "actor", "since", "type", "<b>"])
def test_a_question_never_becomes_markup(client: TestClient, name: str) -> None:
    page = html.document_fromstring(client.get("/events", params={name: HOSTILE}, follow_redirects=True).text)
    assert not page.xpath("//script[not(@src)] | //img | //*[@onerror] | //b")


# --- files ----------------------------------------------------------------------------------------------------------------


def test_static_files_are_named_by_their_bytes_and_kept(client: TestClient) -> None:
    for address in get_page(client, "/plots").xpath("//script/@src | //link/@href"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert address.endswith("?v=" + sha256(answer.content).hexdigest()[:12])
        assert "immutable" in answer.headers["cache-control"]


def test_files_of_others_are_the_ones_that_are_named() -> None:
    notes = (STATIC / "README.md").read_text()
    named = dict(re.findall(r"\| `([\w.-]+)` \|.*`([0-9a-f]{64})`", notes))
    assert set(named) == {path.name for path in STATIC.glob("*.min.js")} | {"outlines.svg"}
    for name, digest in named.items():
        assert sha256((STATIC / name).read_bytes()).hexdigest() == digest, name


@pytest.mark.parametrize("address", ["/static/../pages.py", "/static/%2e%2e/pages.py", "/static/none.js", "/static/"])
def test_nothing_but_static_files_is_served(client: TestClient, address: str) -> None:
    assert client.get(address).status_code == 404


# --- addresses ------------------------------------------------------------------------------------------------------------


def test_steps_of_an_address() -> None:
    address = Address("/events", (("type", "AID"), ("since", "2024"), ("cursor", "abc"), ("sort", "amount")))
    assert str(address.adding("type", "CALL")) == "/events?type=AID&since=2024&sort=amount&type=CALL"
    assert str(address.adding("type", "!AID")) == "/events?since=2024&sort=amount&type=%21AID"
    assert str(address.adding("since", "2025")) == "/events?type=AID&sort=amount&since=2025"
    assert str(address.without("type")) == "/events?since=2024&sort=amount"
    assert str(address.within("2025-03")) == "/events?type=AID&sort=amount&since=2025-03&until=2025-03"
    assert str(address.at("/plots")) == "/plots?type=AID&since=2024"
    assert str(address.next("def")) == "/events?type=AID&since=2024&sort=amount&cursor=def"
    assert str(Address("/events")) == "/events"


def test_adding_a_value_twice_changes_nothing() -> None:
    address = Address("/events", (("type", "AID"),))
    assert address.adding("type", "AID") == address


def test_roles_go_with_the_last_entity() -> None:
    address = Address("/events", (("entity", "kb:kp"), ("entity", "kb:us"), ("role", "actor")))
    assert address.without("entity", "kb:kp").has("role", "actor")
    assert str(address.without("entity")) == "/events"


# --- drawings -------------------------------------------------------------------------------------------------------------


def points(*periods: str) -> list[TimePoint]:
    return [TimePoint(period, number + 1, 10.0 * number, {"AID": number + 1}) for number, period in enumerate(periods)]


@pytest.mark.parametrize(
    ("given", "filled"),
    [
        (["2024-11", "2025-02"], ["2024-11", "2024-12", "2025-01", "2025-02"]),
        (["2024-02-28", "2024-03-01"], ["2024-02-28", "2024-02-29", "2024-03-01"]),
        (["1999", "2001"], ["1999", "2000", "2001"]),
        (["2024-01"], ["2024-01"]),
        ([], []),
    ],
)
def test_periods_without_events_are_drawn(given: list[str], filled: list[str]) -> None:
    assert [point.period for point in fill_gaps(points(*given))] == filled


def test_a_stretch_too_long_to_draw_is_left_with_its_gaps() -> None:
    given = points("1950-01", "2025-01")
    assert list(fill_gaps(given)) == given


def test_the_highest_bar_is_as_high_as_the_drawing() -> None:
    bars = draw_bars(points("2024-01", "2024-04"), lambda point: point.count)
    assert [bar.height for bar in bars.bars] == [50, 0, 0, 100]
    assert bars.most == 2


def test_bars_of_nothing_have_no_height() -> None:
    assert [bar.height for bar in draw_bars(points("2024-01"), lambda point: point.usd).bars] == [0]


def test_months_are_summed_up_by_year_with_what_is_known_to_the_year_alone() -> None:
    months = Timeline(tuple(points("2024-01", "2024-05", "2025-01")), (TimePoint("2023", 2, 5.0, {"AID": 2}), *points("2024")), 3, 4)
    assert merge_years(months) == Timeline(
        (TimePoint("2023", 2, 5.0, {"AID": 2}), TimePoint("2024", 4, 10.0, {"AID": 4}), TimePoint("2025", 3, 20.0, {"AID": 3})), (), 3, 4
    )


def test_what_stands_in_no_period_is_told_in_words() -> None:
    known = Timeline((), (TimePoint("2023", 1200, 0.0), *points("2024"), *points("2024-01")), longer=1, undated=2)
    assert describe_rest(known) == (
        "1 event is known to the month alone; 1,201 events are known to the year alone; 1 event reaches over several years; 2 events have no date"
    )
    assert describe_rest(Timeline(())) == ""


def test_the_graph_stays_in_its_drawing() -> None:
    nodes = draw_graph([CoActor(make_party(f"Body {number}", id=f"kb:{number}"), 12 - number, {"AID": 1}) for number in range(12)])
    assert all(0 <= node.x <= 760 and 0 <= node.y <= 420 for node in nodes)
    assert len({(node.x, node.y) for node in nodes}) == 12
    assert nodes[0].width > nodes[-1].width
    assert draw_graph([]) == ()


def test_dots_lie_where_the_places_are() -> None:
    seoul = PlaceCount("kb:seoul", "Seoul", "KR", 37.57, 126.98, 16, "evt-1", None)
    lima = PlaceCount("kb:lima", "Lima", "PE", -12.05, -77.04, 4, "evt-2", None)
    nowhere = PlaceCount("text:a village", "A village", None, None, None, 1, "evt-3", None)
    korea, world = VIEWS
    (dot,) = draw_dots(korea, [lima, seoul, nowhere])
    left, top, width, height = korea.box
    assert left < dot.x < left + width
    assert top < dot.y < top + height
    assert [dot.place for dot in draw_dots(world, [lima, seoul])] == [seoul, lima]
    assert draw_dots(world, [seoul, replace(lima, count=16)])[0].radius == draw_dots(world, [seoul, lima])[0].radius


def test_the_outlines_are_drawn_to_the_scale_of_the_views() -> None:
    drawn = html.fragment_fromstring((STATIC / "outlines.svg").read_text())
    boxes = {symbol.get("id"): symbol.get("viewbox") for symbol in drawn.iter("symbol")}
    assert boxes == {view.name: " ".join(map(str, view.box)) for view in VIEWS}


def test_an_event_shows_its_relations_to_others_in_words(reader: Reader, client: TestClient) -> None:
    related = [
        (event.id, relation)
        for event in reader.stream(EventFilter())
        for relation in reader.relations(event.id)
        if reader.event(relation.source) and reader.event(relation.target) and relation.source != relation.target
    ]
    assert related
    event_id, relation = related[0]
    other = relation.target if relation.source == event_id else relation.source
    page = client.get(f"/events/{event_id}").text
    assert "Relations to other events" in page
    assert f'href="/events/{other}"' in page
    assert set(RELATIONS) == {kind.value for kind in RelationKind}
