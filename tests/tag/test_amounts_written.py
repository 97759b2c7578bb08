"""Amounts that a generator writes in sentences of its own are read back with equal span, value, currency and bound."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.tag.amounts import add_shares, find_amounts

# --- what is written ---------------------------------------------------------------------------------------------

SIGNS = {
    "$": "USD", "US$": "USD", "US$ ": "USD", "USD ": "USD", "USD": "USD", "₩": "KRW", "KRW ": "KRW", "¥": "JPY", "€": "EUR", "EUR ": "EUR",
    "£": "GBP", "₽": "RUB", "HK$": "HKD", "HK$ ": "HKD", "HKD ": "HKD", "RMB ": "CNY", "CNY ": "CNY", "A$": "AUD", "S$": "SGD",
}  # fmt: skip
UNITS_EN = {
    "won": "KRW", "South Korean won": "KRW", "North Korean won": "KPW", "dollars": "USD", "U.S. dollars": "USD", "US dollars": "USD",
    "yuan": "CNY", "Chinese yuan": "CNY", "renminbi": "CNY", "yen": "JPY", "Japanese yen": "JPY", "euros": "EUR", "rubles": "RUB",
    "roubles": "RUB", "Russian rubles": "RUB", "Hong Kong dollars": "HKD", "Singapore dollars": "SGD", "British pounds": "GBP",
    "pounds sterling": "GBP", "baht": "THB", "Swiss francs": "CHF", "USD": "USD", "KRW": "KRW", "EUR": "EUR",
}  # fmt: skip
ASSETS_EN = {
    "BTC": "BTC", "bitcoin": "BTC", "bitcoins": "BTC", "Bitcoin": "BTC", "ETH": "ETH", "ether": "ETH", "Ether": "ETH", "USDT": "USDT",
    "tether": "USDT", "USDC": "USDC", "XRP": "XRP", "TRX": "TRX", "Tron": "TRX", "Ripple": "XRP", "SOL": "SOL", "stETH": "stETH",
    "litecoin": "LTC", "LTC": "LTC", "dogecoin": "DOGE", "monero": "XMR", "XMR": "XMR", "BNB": "BNB", "DAI": "DAI", "wBTC": "WBTC",
}  # fmt: skip
SCALES_EN = {
    "": 1, " thousand": 10**3, " million": 10**6, " billion": 10**9, " trillion": 10**12, "-million": 10**6, "-billion": 10**9,
    "m": 10**6, "bn": 10**9, "tn": 10**12, " mln": 10**6, " bln": 10**9, " tln": 10**12, "K": 10**3, "M": 10**6, "B": 10**9, " bn": 10**9,
    "mn": 10**6, " hundred million": 10**8,
}  # fmt: skip
BOUNDS_EN = {
    "": "exact", "more than ": "at_least", "over ": "at_least", "at least ": "at_least", "upwards of ": "at_least", "no less than ": "at_least",
    "in excess of ": "at_least", "well over ": "at_least", "up to ": "at_most", "under ": "at_most", "less than ": "at_most",
    "no more than ": "at_most", "as much as ": "at_most", "about ": "approx", "some ": "approx", "around ": "approx", "nearly ": "approx",
    "approximately ": "approx", "roughly ": "approx", "almost ": "approx", "an estimated ": "approx", "close to ": "approx",
}  # fmt: skip
FRAMES_EN = (
    ("The group moved ", " through a bank in the port."), ("It paid ", ", the court heard."), ("A fund of ", " was set up there."),
    ("Officials put the sum at ", "."), ("“They took ", ",” the envoy told reporters."), ("The theft (", ") was found later."),
    ("Losses:\n", "\nNext came the fines."),
)  # fmt: skip
SMALL_WORDS = {
    "two": 2, "three": 3, "seven": 7, "ten": 10, "eleven": 11, "nineteen": 19, "twenty": 20, "twenty-one": 21, "forty five": 45,
    "a hundred": 100, "one hundred": 100, "two hundred": 200, "two hundred and fifty": 250, "one hundred and five": 105, "half a": Decimal("0.5"),
    "a": 1, "one and a half": Decimal("1.5"), "two-and-a-half": Decimal("2.5"),
}  # fmt: skip
WORD_SCALES = {" thousand": 10**3, " million": 10**6, " billion": 10**9, " trillion": 10**12}

UNITS_KO = {
    "원": "KRW", " 원": "KRW", "달러": "USD", " 달러": "USD", "위안": "CNY", " 위안": "CNY", "엔": "JPY", " 엔": "JPY", "유로": "EUR", " 유로": "EUR",
    "루블": "RUB", " 루블": "RUB", "홍콩달러": "HKD", " 홍콩달러": "HKD", " 홍콩 달러": "HKD", "파운드": "GBP", " 파운드": "GBP", " USD": "USD",
    " 북한 원": "KPW", " 싱가포르달러": "SGD",
}  # fmt: skip
ASSETS_KO = {
    "비트코인": "BTC", " 비트코인": "BTC", "BTC": "BTC", " BTC": "BTC", " ETH": "ETH", " 이더": "ETH", "이더리움": "ETH", " 이더리움": "ETH",
    "USDT": "USDT", " 테더": "USDT", "XRP": "XRP", " 리플": "XRP", " 트론": "TRX", "TRX": "TRX", " 솔라나": "SOL",
}  # fmt: skip
COUNTED_KO = {
    "비트코인": "BTC",
    "이더리움": "ETH",
    "테더": "USDT",
    "리플": "XRP",
    "트론": "TRX",
    "솔라나": "SOL",
    "BTC": "BTC",
    "ETH": "ETH",
}
BOUNDS_KO = {
    "": "exact", "약 ": "approx", "약": "approx", "대략 ": "approx", "최소 ": "at_least", "최소한 ": "at_least", "적어도 ": "at_least",
    "최대 ": "at_most", "많게는 ": "at_most",
}  # fmt: skip
AFTER_KO = {
    "을 보냈다.": "exact", "의 벌금을 물었다.": "exact", "에 팔았다.": "exact", "이 사라졌다.": "exact", "(추정치)이다.": "exact", " 규모다.": "exact",
    " 이상을 챙겼다.": "at_least", "이 넘는 돈이다.": "at_least", "을 넘었다.": "at_least", " 이하로 줄었다.": "at_most", " 미만이다.": "at_most",
    " 정도를 챙겼다.": "approx", " 가량이 남았다.": "approx", " 안팎이다.": "approx",
}  # fmt: skip
FRAMES_KO = ("이 조직은 ", "그는 “", "당국에 따르면 피해액은 (", "법원은 벌금 ", "해커는 지난해 ")


@dataclass(frozen=True, slots=True)
class Written:
    """A sentence, the part of it that is the amount, and what that means."""

    text: str
    span: tuple[int, int]
    value: Decimal
    currency: str
    bound: str
    lang: str


def frame(before: str, written: str, after: str, value: Decimal, currency: str, bound: str, lang: str) -> Written:
    return Written(before + written + after, (len(before), len(before) + len(written)), value, currency, bound, lang)


# --- how it is written -------------------------------------------------------------------------------------------


@st.composite
def digits(draw: st.DrawFn, *, most: int = 9_999_999) -> tuple[str, Decimal]:
    whole = draw(st.integers(1, most))
    places = draw(st.sampled_from((0, 0, 1, 2)))
    grouped = draw(st.booleans())
    fraction = draw(st.integers(1, 10**places - 1)) if places else 0
    written = (f"{whole:,}" if grouped else str(whole)) + (f".{fraction:0{places}}" if places else "")
    return written, Decimal(written.replace(",", ""))


@st.composite
def with_sign(draw: st.DrawFn) -> Written:
    sign, scale = draw(st.sampled_from(sorted(SIGNS))), draw(st.sampled_from(sorted(SCALES_EN)))
    number, value = draw(digits(most=9_999 if scale else 9_999_999))
    bound, (before, after) = draw(st.sampled_from(sorted(BOUNDS_EN))), draw(st.sampled_from(FRAMES_EN))
    return frame(before, f"{bound}{sign}{number}{scale}", after, value * SCALES_EN[scale], SIGNS[sign], BOUNDS_EN[bound], "en")


@st.composite
def with_unit(draw: st.DrawFn) -> Written:
    units = {**UNITS_EN, **ASSETS_EN}
    unit, scale = draw(st.sampled_from(sorted(units))), draw(st.sampled_from(sorted(SCALES_EN)))
    if draw(st.booleans()):
        number, value = draw(digits(most=9_999 if scale else 9_999_999))
    else:
        scale = draw(st.sampled_from(sorted(WORD_SCALES)))
        number = draw(st.sampled_from(sorted(SMALL_WORDS)))
        value = Decimal(SMALL_WORDS[number])
    assume(scale or unit != "won" or not 1900 <= value <= 2100)
    bound, (before, after) = draw(st.sampled_from(sorted(BOUNDS_EN))), draw(st.sampled_from(FRAMES_EN))
    assume(not (bound == "some " and number == "a") and not (bound == "an estimated " and number.startswith(("a", "half"))))
    joint = "-" if scale.startswith("-") and unit.islower() else " "
    return frame(before, f"{bound}{number}{scale}{joint}{unit}", after, value * SCALES_EN[scale], units[unit], BOUNDS_EN[bound], "en")


@st.composite
def in_korean(draw: st.DrawFn) -> Written:
    units = {**UNITS_KO, **ASSETS_KO}
    unit = draw(st.sampled_from(sorted(units)))
    number, value = draw(korean_number())
    assume("파운드" not in unit or number[-1] in "만억조")
    bound, before = draw(st.sampled_from(sorted(BOUNDS_KO))), draw(st.sampled_from(FRAMES_KO))
    after = draw(st.sampled_from(sorted(AFTER_KO)))
    stated = [word for word in (AFTER_KO[after], BOUNDS_KO[bound]) if word != "exact"]
    meant = next((word for word in stated if word != "approx"), stated[0] if stated else "exact")
    return frame(before, f"{bound}{number}{unit}", after, value, units[unit], meant, "ko")


@st.composite
def korean_number(draw: st.DrawFn) -> tuple[str, Decimal]:
    """Write a number as newspapers do: "1조 5천억", "1조5000억", "3만5천", "1천500만", "2,500만", "1.5조", "100억"."""
    style = draw(st.sampled_from(("plain", "parts", "thousands", "decimal")))
    if style == "plain":
        return draw(digits())
    scales = (("조", 10**12), ("억", 10**8), ("만", 10**4))
    first = draw(st.integers(0, 2))
    if style == "decimal":
        name, factor = scales[first]
        tenths = draw(st.integers(11, 9999).filter(lambda n: n % 10))
        return f"{tenths // 10}.{tenths % 10}{name}", Decimal(tenths) * factor / 10
    last = draw(st.integers(first, min(first + 1, 2)))
    gap = draw(st.sampled_from(("", " ")))
    parts, value = [], Decimal(0)
    for name, factor in scales[first : last + 1]:
        if style == "thousands":
            count = draw(st.integers(1, 9)) * 1000
            parts.append(f"{count // 1000}천{name}")
        else:
            count = draw(st.integers(1, 9999))
            thousands, rest = divmod(count, 1000)
            forms = [f"{count}{name}", f"{count:,}{name}", *([f"{thousands}천{rest}{name}"] if thousands and rest else [])]
            parts.append(draw(st.sampled_from(forms)))
        value += count * factor
    if last == 2 and draw(st.booleans()):
        rest = draw(st.integers(1, 9))
        parts.append(draw(st.sampled_from((f"{rest}천", f"{rest}000"))))
        value += rest * 1000
    return gap.join(parts), value


@st.composite
def counted_in_korean(draw: st.DrawFn) -> Written:
    asset, before = draw(st.sampled_from(sorted(COUNTED_KO))), draw(st.sampled_from(FRAMES_KO))
    number, value = draw(korean_number())
    gap = draw(st.sampled_from((" ", "")))
    assume(gap == " " or not asset.isascii())
    return frame(before, f"{asset}{gap}{number}개", "를 훔쳤다.", value, COUNTED_KO[asset], "exact", "ko")


def read_whole(written: Written) -> None:
    (amount,) = find_amounts(written.text, written.lang)
    assert (amount.start, amount.end) == written.span
    assert (amount.currency, amount.bound.value) == (written.currency, written.bound)
    assert amount.value == pytest.approx(float(written.value))


@given(with_sign())
def test_an_english_amount_with_a_sign_or_code_reads_back_whole(written: Written) -> None:
    read_whole(written)


@given(with_unit())
def test_an_english_amount_with_a_unit_reads_back_whole(written: Written) -> None:
    read_whole(written)


@given(in_korean())
def test_a_korean_amount_reads_back_whole(written: Written) -> None:
    read_whole(written)


@given(counted_in_korean())
def test_a_counted_asset_in_korean_reads_back_whole(written: Written) -> None:
    read_whole(written)


# --- ranges, vague sums, restatements, shares --------------------------------------------------------------------


@st.composite
def two_sums(draw: st.DrawFn) -> tuple[int, int]:
    less = draw(st.integers(1, 899))
    return less, draw(st.integers(less + 1, 999))


def shown(text: str, lang: str = "en") -> list[tuple[str, float | None, str | None, str]]:
    return [(a.text, a.value, a.currency, a.bound.value) for a in find_amounts(text, lang)]


@given(two_sums(), st.sampled_from(("million", "billion", "trillion")), st.sampled_from(("won", "dollars", "yen")))
def test_both_ends_of_an_english_range_are_bounded(sums: tuple[int, int], scale: str, unit: str) -> None:
    (less, more), factor, code = sums, SCALES_EN[f" {scale}"], UNITS_EN[unit]
    for joint, before in ((" and ", "between "), (" to ", ""), (" to ", "ranging from "), ("-", "")):
        for first in (f"{less}", f"{less} {scale}"):
            written = f"It cost {before}{first}{joint}{more} {scale} {unit} there."
            found = find_amounts(written, "en")
            ends = (found[0].value, found[-1].value_max or found[-1].value)
            assert ends == (less * factor, more * factor), written
            assert {a.currency for a in found} == {code}
            assert found[0].bound.value == "at_least"


@given(two_sums(), st.sampled_from(("$", "US$", "₩", "HK$", "€")), st.sampled_from((" million", "bn", "m", " trillion")))
def test_both_ends_of_a_range_with_signs_are_bounded(sums: tuple[int, int], sign: str, scale: str) -> None:
    less, more = sums
    for before, joint in (("between ", " and "), ("", " to "), ("", "-"), ("", " – ")):
        found = shown(f"It cost {before}{sign}{less}{scale}{joint}{sign}{more}{scale} there.")
        values = [(value, bound) for _, value, _, bound in found]
        assert values == [(less * SCALES_EN[scale], "at_least"), (more * SCALES_EN[scale], "at_most")]


@given(two_sums(), st.sampled_from("만억조"), st.sampled_from(("원", " 달러", " 위안")))
def test_both_ends_of_a_korean_range_are_read(sums: tuple[int, int], scale: str, unit: str) -> None:
    (less, more), factor = sums, {"만": 10**4, "억": 10**8, "조": 10**12}[scale]
    for written in (f"{less}~{more}{scale}{unit}", f"{less}{scale}∼{more}{scale}{unit}"):
        (found,) = find_amounts(f"비용은 {written}이다.", "ko")
        assert (found.text, found.value, found.value_max) == (written, less * factor, more * factor)
    for written in (f"{less}{scale}{unit}에서 {more}{scale}{unit} 사이", f"{less}{scale}{unit}~{more}{scale}{unit}"):
        values = [(value, bound) for _, value, _, bound in shown(f"비용은 {written}였다.", "ko")]
        assert values == [(less * factor, "at_least"), (more * factor, "at_most")]


@pytest.mark.parametrize(
    "text", ["rose from 3 million to 5 million won", "cut it by $10 billion to $60 billion", "raised its $2 million to $3 million"]
)
def test_a_change_is_two_exact_sums(text: str) -> None:
    assert [bound for *_, bound in shown(text)] == ["exact", "exact"]


VAGUE_EN = (
    "millions of",
    "tens of billions of",
    "hundreds of thousands of",
    "several million",
    "a few thousand",
    "dozens of",
    "hundreds of",
)
VAGUE_KO = ("수천만", "수십억", "수백만", "몇 만", "수억", "수천억")


@given(st.sampled_from(VAGUE_EN), st.sampled_from(sorted({**UNITS_EN, **ASSETS_EN})), st.sampled_from(FRAMES_EN))
def test_a_vague_english_sum_has_a_currency_and_no_value(many: str, unit: str, around: tuple[str, str]) -> None:
    written = f"{many} {unit}"
    assert shown(f"{around[0]}{written}{around[1]}") == [(written, None, {**UNITS_EN, **ASSETS_EN}[unit], "approx")]


@given(st.sampled_from(VAGUE_KO), st.sampled_from(sorted(UNITS_KO)), st.sampled_from(FRAMES_KO))
def test_a_vague_korean_sum_has_a_currency_and_no_value(many: str, unit: str, before: str) -> None:
    assert shown(f"{before}{many}{unit}을 썼다.", "ko") == [(f"{many}{unit}", None, UNITS_KO[unit], "approx")]


@given(with_unit(), with_sign(), st.sampled_from((" ({})", ", or {},", " (worth {} at the time)", ", equivalent to {},")))
def test_a_sum_and_its_restatement_in_brackets_are_two_amounts_of_one_group(first: Written, second: Written, around: str) -> None:
    assume(first.currency != second.currency and "exact" in (first.bound, second.bound))
    one, two = (written.text[slice(*written.span)] for written in (first, second))
    found = find_amounts(f"It lost {one}{around.format(two)} there.", "en")
    assert [(a.text, a.currency) for a in found] == [(one, first.currency), (two, second.currency)]
    assert found[0].group is not None
    assert found[0].group == found[1].group


@pytest.mark.parametrize(
    ("lang", "text", "share", "value", "bound"),
    [
        (
            "en",
            "They took 3 trillion won ($2.1 billion). Over half of this amount went abroad.",
            "Over half of this amount",
            1.5e12,
            "at_least",
        ),
        ("en", "They took $90 million, and two-thirds of that sum was spent.", "two-thirds of that sum", 6e7, "exact"),
        ("en", "They took $90 million. About 30 percent of the total is back.", "About 30 percent of the total", 2.7e7, "approx"),
        ("en", "They took nearly $8 million. A quarter of the money is back.", "A quarter of the money", 2e6, "approx"),
        ("ko", "3조원을 훔쳤다. 이 금액의 절반 이상이 사라졌다.", "이 금액의 절반 이상", 1.5e12, "at_least"),
        ("ko", "900억 원을 훔쳤다. 피해액의 3분의 2가 남았다.", "피해액의 3분의 2", 6e10, "exact"),
    ],
)
def test_a_share_of_a_sum_is_computed_and_says_what_it_is_of(lang: str, text: str, share: str, value: float, bound: str) -> None:
    found = add_shares(text, lang, find_amounts(text, lang))
    derived = found[-1]
    assert (derived.text, derived.bound.value, derived.derived_from) == (share, bound, 0)
    assert derived.value == pytest.approx(value)
    assert derived.currency == found[0].currency


@pytest.mark.parametrize(
    "text",
    [
        "Over half of this amount is gone.",
        "They took millions of dollars. Half of the money is gone.",
        "It paid $5. Half of the people left.",
    ],
)
def test_a_share_of_no_sum_is_none(text: str) -> None:
    assert all(a.derived_from is None for a in add_shares(text, "en", find_amounts(text, "en")))


def test_a_share_points_to_its_sum_among_others() -> None:
    text = "Half of the money? It took $4 million. Half of the money is gone; a third of the total is not. It paid $9."
    found = add_shares(text, "en", find_amounts(text, "en"))
    assert [(a.text, a.derived_from) for a in found] == [
        ("$4 million", None), ("Half of the money", 0), ("a third of the total", 0), ("$9", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("100억원정도를", ("100억원", "approx")),
        ("100억원내외의", ("100억원", "approx")),
        ("100억원조차 없다", ("100억원", "exact")),
        ("3조원에 못 미치는 돈", ("3조원", "at_most")),
        ("3조원에 육박했다", ("3조원", "approx")),
        ("비트코인 약 400개를", ("비트코인 약 400개", "approx")),
        ("최대 3조원 정도", ("최대 3조원", "at_most")),
    ],
)
def test_korean_bounds_that_are_written_together_with_the_unit_or_twice(text: str, expected: tuple[str, str]) -> None:
    assert [(words, bound) for words, _, _, bound in shown(text, "ko")] == [expected]


@pytest.mark.parametrize(
    ("words", "value"), [("a quarter of a million", 250_000), ("three quarters of a million", 750_000), ("a million and a half", 1_500_000)]
)
def test_parts_of_a_million_are_read_whole(words: str, value: int) -> None:
    assert shown(f"It paid {words} dollars.") == [(f"{words} dollars", value, "USD", "exact")]


@pytest.mark.parametrize(
    "text",
    [
        "The North fired 11 rounds at two entities and eight individuals.",
        "The first test in six months and in over five years.",
        "It flew 800 km at an altitude of 2,000 km for 67 minutes.",
        "Some 10,000 troops, 200 workers and 40 percent of 3 million people.",
    ],
)
def test_counts_times_and_distances_are_no_amounts(text: str) -> None:
    assert shown(text) == []


@pytest.mark.parametrize("text", ["미사일 11발과 8명, 2개 기관을 5년 동안", "고도 2천㎞로 800㎞를 날았다", "1만여 명과 3만 톤, 40퍼센트"])
def test_korean_counts_times_and_distances_are_no_amounts(text: str) -> None:
    assert shown(text, "ko") == []


def test_billions_in_tokens_have_neither_value_nor_currency() -> None:
    assert shown("The group holds billions in tokens.") == [("billions in tokens", None, None, "approx")]


def test_a_decimal_comma_is_read_before_a_scale_word_only() -> None:
    assert shown("It lost a record $16,6 billion, and 1,500 won.") == [
        ("$16,6 billion", 16.6e9, "USD", "exact"),
        ("1,500 won", 1500, "KRW", "exact"),
    ]
