"""A sentence that is too long to be read as one is read in pieces, and the article says so."""

from dataclasses import replace

import pytest

from pipeline.events import find_cuts
from tests.events.conftest import prepare

ROW = "Port 12 closed, "


def test_news_has_no_cut():
    article, tagging, _ = prepare("[Seoul/PLACE] condemned the launch. Talks in [Seoul/PLACE] ended on Friday.")
    assert find_cuts(article, tagging) == ()


@pytest.mark.parametrize(("rows", "pieces"), [(37, 0), (38, 2), (200, 6)])
def test_a_table_without_full_stops_is_told_with_its_place_and_the_number_of_pieces(rows, pieces):
    before, table = "[Seoul/PLACE] condemned the launch. ", ROW * rows
    article, tagging, _ = prepare(before + table.rstrip(", ") + ".")
    found = find_cuts(article, tagging)
    assert [cut.pieces for cut in found] == [pieces][: bool(pieces)]
    for cut in found:
        assert article.text[cut.start :].startswith("Port 12")
        assert cut.end == len(article.text)
        # Three words and a comma a row, and the full stop in the place of the last comma.
        assert cut.words == 4 * rows
        assert str(cut).startswith(f"characters {cut.start}-{cut.end}: {cut.words} words")


def test_what_stands_around_page_furniture_is_no_cut():
    article, tagging, _ = prepare(ROW * 60 + "end.")
    middle = article.text.index("Port", len(article.text) // 2)
    assert len(find_cuts(article, tagging)) == 1
    halves = replace(article, furniture=((middle, middle + len("Port 12")),))
    assert find_cuts(halves, tagging) == ()
