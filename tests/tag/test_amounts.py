from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.records import Amount
from pipeline.errors import ConfigurationError
from pipeline.settings import ROOT
from pipeline.tag.amount_words import WORDS_PATH, load_amount_words
from pipeline.tag.amounts import ExchangeRates, add_usd, find_amounts, load_rates

RATES = ExchangeRates({"KRW": {2020: 1200.0, 2021: 1250.0}})


def read(text: str, lang: str = "en") -> list[tuple[str, float | None, str | None, str]]:
    return [(a.text, a.value, a.currency, a.bound.value) for a in find_amounts(text, lang)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a grant of 1.5 trillion won", ("1.5 trillion won", 1.5e12, "KRW", "exact")),
        ("It moved ₩2bn abroad.", ("₩2bn", 2e9, "KRW", "exact")),
        ("the $1.5-million heist", ("$1.5-million", 1.5e6, "USD", "exact")),
        ("a 5.6 tln-won order", ("5.6 tln-won", 5.6e12, "KRW", "exact")),
        ("USD 1.2 billion in coal", ("USD 1.2 billion", 1.2e9, "USD", "exact")),
        ("a fee of $1.37 USD", ("$1.37 USD", 1.37, "USD", "exact")),
        ("HK$5m in gold", ("HK$5m", 5e6, "HKD", "exact")),
        ("30 million yen for fuel", ("30 million yen", 3e7, "JPY", "exact")),
        ("some 1.2 million rubles", ("some 1.2 million rubles", 1.2e6, "RUB", "approx")),
        ("€1.5bn of credit", ("€1.5bn", 1.5e9, "EUR", "exact")),
        ("100 Swiss francs", ("100 Swiss francs", 100, "CHF", "exact")),
        ("half a million dollars", ("half a million dollars", 5e5, "USD", "exact")),
        ("2,000 North Korean won", ("2,000 North Korean won", 2000, "KPW", "exact")),
        ("6,900 BTC were gone", ("6,900 BTC", 6900, "BTC", "exact")),
        ("the 400 bitcoins", ("400 bitcoins", 400, "BTC", "exact")),
        ("3 million pounds in notes", ("3 million pounds", 3e6, "GBP", "exact")),
    ],
)
def test_english_amounts_are_read_with_span_value_and_currency(text: str, expected: tuple[str, float, str, str]) -> None:
    assert read(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("벌금 100억 원을 냈다", ("100억 원", 1e10, "KRW", "exact")),
        ("1조 5천억원 규모", ("1조 5천억원", 1.5e12, "KRW", "exact")),
        ("3만 달러를 보냈다", ("3만 달러", 3e4, "USD", "exact")),
        ("약 101억 원을 책정", ("약 101억 원", 1.01e10, "KRW", "approx")),
        ("300여억원을 빼돌렸다", ("300여억원", 3e10, "KRW", "approx")),
        ("최대 20억원", ("최대 20억원", 2e9, "KRW", "at_most")),
        ("1,000 ETH를 옮겼다", ("1,000 ETH", 1000, "ETH", "exact")),
        ("비트코인 400개를 훔쳤다", ("비트코인 400개", 400, "BTC", "exact")),
        ("$100만 상당", ("$100만", 1e6, "USD", "exact")),
        ("500만 위안", ("500만 위안", 5e6, "CNY", "exact")),
        ("3500억달러 대미 투자", ("3500억달러", 3.5e11, "USD", "exact")),
    ],
)
def test_korean_amounts_are_read_with_span_value_and_currency(text: str, expected: tuple[str, float, str, str]) -> None:
    assert read(text, "ko") == [expected]


@pytest.mark.parametrize(
    ("words", "bound"),
    [
        ("more than", "at_least"),
        ("at least", "at_least"),
        ("up to", "at_most"),
        ("under", "at_most"),
        ("nearly", "approx"),
        ("around", "approx"),
    ],
)
def test_a_bound_before_the_number_belongs_to_the_span(words: str, bound: str) -> None:
    assert read(f"They took {words} $15 million.") == [(f"{words} $15 million", 15e6, "USD", bound)]


def test_no_more_than_is_an_upper_bound() -> None:
    assert read("a fine of no more than 20 million won")[0][3] == "at_most"


@pytest.mark.parametrize(
    ("after", "bound"),
    [
        ("이 넘는", "at_least"),
        (" 이상", "at_least"),
        (" 이하", "at_most"),
        (" 정도", "approx"),
        ("대의", "approx"),
        ("을 웃도는", "at_least"),
    ],
)
def test_a_korean_bound_after_the_unit_stays_outside_the_span(after: str, bound: str) -> None:
    assert read(f"100억 원{after} 돈", "ko") == [("100억 원", 1e10, "KRW", bound)]


def test_an_english_bound_after_the_unit_stays_outside_the_span() -> None:
    assert read("for $5 million or more a year") == [("$5 million", 5e6, "USD", "at_least")]


def test_or_more_than_begins_the_next_amount() -> None:
    assert [a[3] for a in read("20 won or more than 30 yen")] == ["exact", "at_least"]


def test_between_makes_two_bounded_amounts() -> None:
    assert read("paid between $3,450 and $4,500 a month") == [("$3,450", 3450, "USD", "at_least"), ("$4,500", 4500, "USD", "at_most")]


def test_the_first_end_of_a_range_shares_scale_and_currency() -> None:
    assert read("between 3 and 5 million won") == [("3", 3e6, "KRW", "at_least"), ("5 million won", 5e6, "KRW", "at_most")]
    assert [a[1] for a in read("a price of $5-$10 million")] == [5e6, 10e6]


def test_a_year_is_no_lower_end_of_a_range() -> None:
    found = find_amounts("Exports grew from 12 billion won in 2020 to 943.9 billion won.", "en")
    assert [amount.text for amount in found] == ["12 billion won", "943.9 billion won"]


def test_a_range_with_one_unit_is_one_amount_with_two_values() -> None:
    (english,), (korean,) = find_amounts("some $3-5 million", "en"), find_amounts("3~5억 원", "ko")
    assert (english.value, english.value_max) == (3e6, 5e6)
    assert (korean.value, korean.value_max) == (3e8, 5e8)


def test_a_change_from_one_sum_to_another_is_no_range() -> None:
    assert [a[3] for a in read("cut it by $10 billion to $60 billion")] == ["exact", "exact"]


@pytest.mark.parametrize(
    "text", ["millions of dollars", "hundreds of millions of dollars", "several million dollars", "multimillion-dollar"]
)
def test_vague_sums_have_a_currency_but_no_value(text: str) -> None:
    assert read(f"worth {text} scheme") == [(text, None, "USD", "approx")]


def test_billions_in_assets_have_neither_value_nor_currency() -> None:
    assert read("They took billions in digital assets.") == [("billions in digital assets", None, None, "approx")]


def test_bare_billions_are_in_the_currency_of_the_amount_before() -> None:
    assert read("It costs $9 million. It could save billions.")[1] == ("billions", None, "USD", "approx")


@pytest.mark.parametrize("text", ["수백만 달러", "몇 백만 달러"])
def test_vague_korean_sums_have_no_value(text: str) -> None:
    assert read(text, "ko") == [(text, None, "USD", "approx")]


@pytest.mark.parametrize(
    "text",
    [
        "eight individuals and two entities fired 11 rounds in 2017",
        "In 2016 won the party its first seat",
        "She won 12 seats and 3 million votes",
        "The 120 won seats in the north",
        "a 500-pound bomb and 2,000 pounds of rice",
        "50 percent of 300 troops for six months",
        "over half of this amount",
        "billions of people",
    ],
)
def test_counts_measures_and_years_are_no_amounts(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize("text", ["3원칙에 합의", "5엔진 로켓", "11차례 8명 5년", "500파운드 폭탄", "3 유로파이터", "만원 관중"])
def test_korean_words_that_begin_like_a_currency_are_no_amounts(text: str) -> None:
    assert read(text, "ko") == []


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("1.5 trillion won (USD 1.2 billion)", "en"),
        ("400 bitcoins worth $30 million", "en"),
        ("1.5 trillion won, or about $1.2 billion,", "en"),
        ("700만 달러, 우리 돈 약 101억 원", "ko"),
        ("비트코인 400개(약 300억원)", "ko"),
    ],
)
def test_a_sum_and_its_restatement_share_a_group(text: str, lang: str) -> None:
    first, second = find_amounts(text, lang)
    assert first.group is not None
    assert first.group == second.group


def test_sums_in_a_list_are_not_restatements() -> None:
    assert {a.group for a in find_amounts("$30 million, 6,900 BTC and 20 won", "en")} == {None}


def test_two_pairs_have_two_groups() -> None:
    groups = [a.group for a in find_amounts("5 won ($1) here; 9 yen ($2) there", "en")]
    assert groups == [0, 0, 1, 1]


def amount(text: str) -> Amount:
    return find_amounts(text, "en")[0]


def test_dollars_are_stated() -> None:
    (found,) = add_usd([amount("$5 million")], year=None, rates=RATES)
    assert (found.usd, found.usd_basis) == (5e6, "stated")


def test_a_restatement_in_dollars_is_stated_for_both() -> None:
    found = add_usd(find_amounts("1.5 trillion won (USD 1.2 billion)", "en"), year=2020, rates=RATES)
    assert [(a.usd, a.usd_basis) for a in found] == [(1.2e9, "stated")] * 2


def test_other_currencies_are_converted_with_the_mean_of_the_year() -> None:
    (found,) = add_usd([amount("2,400 won")], year=2020, rates=RATES)
    assert (found.usd, found.usd_basis) == (2.0, "converted:2020")


def test_a_year_after_the_table_uses_its_last_year_and_says_so() -> None:
    (found,) = add_usd([amount("2,500 won")], year=2030, rates=RATES)
    assert (found.usd, found.usd_basis) == (2.0, "converted:2021")


@pytest.mark.parametrize(
    ("text", "year"), [("2,400 won", None), ("2,400 won", 2019), ("5 BTC", 2020), ("millions of won", 2020), ("5 baht", 2020)]
)
def test_what_cannot_be_converted_has_no_dollar_value(text: str, year: int | None) -> None:
    (found,) = add_usd([amount(text)], year=year, rates=RATES)
    assert (found.usd, found.usd_basis) == (None, None)


def test_the_shipped_rates_are_complete_from_2010_to_2025() -> None:
    rates = load_rates(ROOT / "data" / "kb" / "exchange_rates.tsv")
    for currency in ("KRW", "JPY", "CNY", "EUR", "GBP", "HKD", "CHF"):
        assert set(rates.table[currency]) >= set(range(2010, 2026)), currency
    assert 1000 < rates.table["KRW"][2022] < 1500


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("KRW\t2020\t1200", "3 fields instead of 4"),
        ("won\t2020\t1200\tbank", "no currency code"),
        ("KRW\t20\t1200\tbank", "no year"),
        ("KRW\t2020\t-1\tbank", "no positive number"),
        ("KRW\t2020\t1\t", "source is missing"),
        ("JPY\t2020\t1\tbank", "twice"),
    ],
)
def test_a_bad_line_of_rates_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "rates.tsv"
    path.write_text(f"currency\tyear\tunits_per_usd\tsource\nJPY\t2020\t100\tbank\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=rf"rates\.tsv:3: .*{message}"):
        load_rates(path)


def test_a_table_without_its_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rates.tsv"
    path.write_text("KRW\t2020\t1200\tbank\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"rates\.tsv:1: "):
        load_rates(path)


def test_a_missing_table_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_rates(tmp_path / "none.tsv")


def test_a_wrong_bound_in_the_word_list_is_named_with_its_line(tmp_path: Path) -> None:
    text = WORDS_PATH.read_text(encoding="utf-8")
    line = text[: text.index("at_least: [more than")].count("\n") + 1
    path = tmp_path / "words.yaml"
    path.write_text(text.replace("at_least: [more than", "perhaps: [more than"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=rf"words\.yaml:({line}|{line - 1}): bounds_en\.perhaps"):
        load_amount_words(path)


def test_a_word_list_that_is_no_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "words.yaml"
    path.write_text("currencies:\n  - {code: USD\nassets: []\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"words\.yaml:3: no valid YAML"):
        load_amount_words(path)


SCALES_EN = {"": 1, " thousand": 10**3, " million": 10**6, " billion": 10**9, " trillion": 10**12}
UNITS_EN = {"won": "KRW", "dollars": "USD", "yuan": "CNY", "yen": "JPY", "euros": "EUR", "BTC": "BTC"}
SIGNS = {"$": "USD", "US$": "USD", "₩": "KRW", "€": "EUR", "£": "GBP", "HK$": "HKD", "USD ": "USD"}
BOUNDS_EN = {"": "exact", "about ": "approx", "more than ": "at_least", "up to ": "at_most"}
SCALES_KO = {"만": 10**4, "억": 10**8, "조": 10**12}
UNITS_KO = {"원": "KRW", " 원": "KRW", "달러": "USD", " 달러": "USD", " 위안": "CNY", "엔": "JPY", " 유로": "EUR", " 루블": "RUB"}
BOUNDS_KO = {"": "exact", "약 ": "approx", "최소 ": "at_least", "최대 ": "at_most"}


@given(st.integers(100, 999_999), st.sampled_from(sorted(SCALES_EN)), st.sampled_from(sorted(UNITS_EN)), st.sampled_from(sorted(BOUNDS_EN)))
def test_an_english_amount_with_a_unit_word_reads_back_equal(number: int, scale: str, unit: str, bound: str) -> None:
    written = f"{bound}{number:,}{scale} {unit}"
    if scale or not 1900 <= number <= 2100 or unit != "won":
        assert read(f"He sent {written}, it says.") == [(written, number * SCALES_EN[scale], UNITS_EN[unit], BOUNDS_EN[bound])]


@given(st.integers(1, 99_999), st.integers(0, 9), st.sampled_from(sorted(SCALES_EN)), st.sampled_from(sorted(SIGNS)))
def test_an_english_amount_with_a_sign_reads_back_equal(number: int, tenth: int, scale: str, sign: str) -> None:
    written = f"{sign}{number:,}.{tenth}{scale}"
    ((text, value, currency, _),) = read(f"He sent {written}; it says.")
    assert (text, currency) == (written, SIGNS[sign])
    assert value == pytest.approx((number * 10 + tenth) * SCALES_EN[scale] / 10)


@given(st.integers(1, 9999), st.sampled_from(sorted(SCALES_KO)), st.sampled_from(sorted(UNITS_KO)), st.sampled_from(sorted(BOUNDS_KO)))
def test_a_korean_amount_reads_back_equal(number: int, scale: str, unit: str, bound: str) -> None:
    written = f"{bound}{number}{scale}{unit}"
    assert read(f"그는 {written}을 보냈다.", "ko") == [(written, number * SCALES_KO[scale], UNITS_KO[unit], BOUNDS_KO[bound])]


@given(st.text(alphabet="0123456789,.$₩~-() abou morethn만억조원약수달러won", max_size=80), st.sampled_from(["en", "ko"]))
def test_spans_slice_to_the_text_and_never_overlap(text: str, lang: str) -> None:
    found = find_amounts(text, lang)
    assert all(text[a.start : a.end] == a.text for a in found)
    assert all(first.end <= second.start for first, second in pairwise(found))


@pytest.mark.parametrize(
    "piece", ["1,111,", "1", "one ", "more than ", "hundreds of ", "$", "만", "1 만 ", "수백 ", "between 1 and ", "(1.", "half a "]
)
def test_a_long_text_of_pieces_of_amounts_is_read(piece: str) -> None:
    text = piece * (50_000 // len(piece))
    assert all(text[a.start : a.end] == a.text for lang in ("en", "ko") for a in find_amounts(text, lang))


def test_empty_text_has_no_amounts() -> None:
    assert find_amounts("", "en") == find_amounts("", "ko") == []


def test_add_usd_leaves_everything_else_as_it_was() -> None:
    given_ = find_amounts("about 2,400 won", "en")
    (found,) = add_usd(given_, year=2020, rates=RATES)
    assert replace(found, usd=None, usd_basis=None) == given_[0]


@pytest.mark.parametrize("text", ["$100’s of billions", "$10s of millions", "US$100s of millions"])
def test_numbers_in_the_plural_are_vague(text):
    (found,) = find_amounts(f"The deals are worth {text} in all.", "en")
    assert (found.text, found.value, found.currency, found.bound) == (text, None, "USD", "approx")
