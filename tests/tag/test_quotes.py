import pytest

from pipeline.tag.quotes import find_quotes


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("He said “we will wait” twice.", ["“we will wait”"]),
        ('She said "no" and "yes".', ['"no"', '"yes"']),
        ("그는 ‘아니다’라고 말했다.", ["‘아니다’"]),
        ("책 『바다』와 「하늘」", ["『바다』", "「하늘」"]),
        ("“He told me ‘go’ and left,” she said.", ["“He told me ‘go’ and left,”"]),
    ],
)
def test_quotations_are_found_with_their_marks(text, quotes):
    assert [quote.text for quote in find_quotes(text)] == quotes


def test_apostrophes_are_no_quotation_marks():
    assert find_quotes("The minister's aides don't agree with Seoul's plan.") == []


def test_a_mark_that_is_never_closed_opens_nothing():
    assert find_quotes('He said "we wait.\nNext line.') == []


def test_quotations_slice_back_from_the_text():
    text = "A “b” and “c” end"
    assert all(text[quote.start : quote.end] == quote.text for quote in find_quotes(text))
