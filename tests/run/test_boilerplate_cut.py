"""Boilerplate that the other articles of an outlet show is cut from a new one, and told."""

from __future__ import annotations

from pipeline.settings import Settings
from pipeline.store.engine import Database
from tests.run.one_more import extract_one
from tests.store.builders import add_article

CALL = "This article was first published in the weekend edition of The Wire."
STORIES = (
    "A dredger dug the northern channel three metres deeper so that larger ships can come.",
    "The pilots ended their strike after the port agreed to pay for the nights of the past winter.",
    "Two cranes from the old yard were sold to a museum that will show them beside the canal.",
    "Customs officers found undeclared tobacco behind the wall of a container with garden chairs.",
    "A ferry line to the islands will start again in spring with a ship that was built for rivers.",
    "Fishermen asked the council for a quay of their own, away from the berths of the large ships.",
    "An engineer explained why the lock gates have to be lifted out once in every twelve years.",
    "The harbour museum opened its cellar, where divers keep the finds from a sunken merchantman.",
    "Students measured the noise of engines at night and drew a map of the quarters that hear it.",
    "The tug that served for forty years made its last trip with its first captain on board.",
)
NEWS = "The harbour board met on Thursday to speak of the new quay, of the ships that call there and of what they pay. " * 3


def fill(database: Database, *, with_call: int) -> None:
    for number, story in enumerate(STORIES):
        add_article(database, number=number, text=f"{story} {story[::-1]}\n{CALL}" if number < with_call else f"{story} {story[::-1]}")


def test_a_call_that_an_outlet_repeats_is_cut_kept_beside_the_text_and_counted(database: Database, settings: Settings) -> None:
    fill(database, with_call=6)
    version, report = extract_one(database, settings, NEWS, CALL)
    assert version["text"] == NEWS.strip()
    assert version["removed"] == [CALL]
    assert report.boilerplate.total() == report.as_dict()["boilerplate"]["The wire"] == 1


def test_a_call_that_stands_in_few_articles_stays(database: Database, settings: Settings) -> None:
    fill(database, with_call=2)
    version, report = extract_one(database, settings, NEWS, CALL)
    assert version["text"].endswith(CALL)
    assert (version["removed"], report.boilerplate.total()) == ([], 0)
