"""Amounts: what people type, what they see, and what is refused."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.money import (
    AmountOutOfRange,
    Money,
    NotAnAmount,
    TooManyDecimals,
    UnknownCurrency,
    check_currency,
    read_amount,
    times,
)

READ = [
    ("1200", "en-US", "EUR", Money(120_000, "EUR")),
    ("1,200.50", "en-US", "EUR", Money(120_050, "EUR")),
    ("1.200,50", "de", "EUR", Money(120_050, "EUR")),
    ("1.200", "de", "EUR", Money(120_000, "EUR")),
    ("1,200", "en-US", "EUR", Money(120_000, "EUR")),
    ("12,5", "en-US", "EUR", Money(1_250, "EUR")),
    ("1 200,50", "fr", "EUR", Money(120_050, "EUR")),
    ("1'200.50", "de", "CHF", Money(120_050, "CHF")),
    ("1,234,567.89", "en-US", "EUR", Money(123_456_789, "EUR")),
    ("€80", "en-US", "USD", Money(8_000, "EUR")),
    ("80 EUR", "en-US", "USD", Money(8_000, "EUR")),
    ("80eur", "en-US", "USD", Money(8_000, "EUR")),
    ("EUR 80", "en-US", "USD", Money(8_000, "EUR")),
    ("$5", "en-US", "CAD", Money(500, "CAD")),
    ("$5", "en-US", "EUR", Money(500, "USD")),
    ("US$ 5", "en-US", "CAD", Money(500, "USD")),
    ("1.2k", "en-US", "EUR", Money(120_000, "EUR")),
    ("1.2345k", "en-US", "EUR", Money(123_450, "EUR")),
    (".5", "en-US", "EUR", Money(50, "EUR")),
    ("0", "en-US", "EUR", Money(0, "EUR")),
    ("1500", "ja", "JPY", Money(1_500, "JPY")),
    ("¥1500", "ja", "EUR", Money(1_500, "JPY")),
    ("1.234", "en-US", "KWD", Money(1_234, "KWD")),
    ("1000000000000", "en-US", "EUR", Money(100_000_000_000_000, "EUR")),
]


@pytest.mark.parametrize(("text", "locale", "default", "expected"), READ)
def test_amounts_people_type(text: str, locale: str, default: str, expected: Money) -> None:
    assert read_amount(text, locale).money(default) == expected


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", NotAnAmount),
        ("a lot", NotAnAmount),
        ("NaN", NotAnAmount),
        ("inf", NotAnAmount),
        ("1e5", NotAnAmount),
        ("1,2,3", NotAnAmount),
        ("1.2.3", NotAnAmount),
        ("1,200.50.1", NotAnAmount),
        ("12.", NotAnAmount),
        ("٣٠٠", NotAnAmount),
        ("€80 USD", NotAnAmount),
        ("8" * 41, NotAnAmount),
        ("80\u202e", NotAnAmount),
        ("-5", AmountOutOfRange),
        ("\u22125", AmountOutOfRange),
        ("1000000000001", AmountOutOfRange),
        ("2000000000k", AmountOutOfRange),
        ("5 XYZ", UnknownCurrency),
    ],
)
def test_what_is_no_amount_is_refused_in_a_sentence(text: str, error: type[UserError]) -> None:
    with pytest.raises(error) as refused:
        read_amount(text)
    assert "Nothing was changed" in str(refused.value) or "nothing was changed" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "currency", "example"), [("0.005", "EUR", "0.01"), ("1.200", "USD", "1.20"), ("1.5", "JPY", "2")]
)
def test_more_decimals_than_the_currency_has_are_refused_with_an_example(
    text: str, currency: str, example: str
) -> None:
    with pytest.raises(TooManyDecimals, match=f"`{example}`"):
        read_amount(text).money(currency)


def test_unknown_currency_codes_are_refused() -> None:
    assert check_currency(" eur ") == "EUR"
    with pytest.raises(UnknownCurrency):
        check_currency("EURO")


@pytest.mark.parametrize(
    ("money", "locale", "shown"),
    [
        (Money(120_050, "EUR"), "en-US", "€1,200.50"),
        (Money(120_050, "EUR"), "de", "1.200,50\xa0€"),
        (Money(1_500, "JPY"), "en-US", "¥1,500"),
        (Money(1_234, "KWD"), "en-US", "KWD\xa01.234"),
        (Money(-1_500, "EUR"), "en-US", "-€15.00"),
        (Money(100, "EUR"), "xx-XX", "€1.00"),
    ],
)
def test_amounts_are_shown_as_the_locale_writes_them(money: Money, locale: str, shown: str) -> None:
    assert money.show(locale) == shown


def test_a_line_is_rounded_half_up_once() -> None:
    assert times(333, Decimal("1.5")) == 500
    assert times(1, Decimal("0.5")) == 1
    assert times(65_000, Decimal(5)) == 325_000


@given(
    minor=st.integers(0, 10**12),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
    locale=st.sampled_from(["en-US", "de", "pt-BR", "ja", "fr"]),
)
def test_what_is_shown_reads_back_to_the_same_amount(minor: int, currency: str, locale: str) -> None:
    money = Money(minor, currency)
    number = "".join(sign for sign in money.show(locale) if sign in "0123456789., '\xa0\u202f").strip()
    assert read_amount(f"{number} {currency}", locale).money("USD") == money


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    with suppress(UserError):
        assert 0 <= read_amount(text).money("EUR").minor <= 10**14
