"""Money: integer minor units with a currency, read from what people type and shown as they expect."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import (
    format_currency,
    get_currency_precision,
    get_decimal_symbol,
    get_group_symbol,
    list_currencies,
)

from bot.errors import UserError

LARGEST = Decimal(10) ** 12
LONGEST = 40
DOLLARS = frozenset(["USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP", "TWD", "BRL"])
SYMBOLS = {
    "€": "EUR", "£": "GBP", "US$": "USD", "C$": "CAD", "CA$": "CAD", "A$": "AUD", "AU$": "AUD", "NZ$": "NZD",
    "R$": "BRL", "¥": "JPY", "円": "JPY", "₩": "KRW", "₹": "INR", "₽": "RUB", "₺": "TRY", "₪": "ILS", "zł": "PLN",
    "$": "$",
}  # fmt: skip
_SYMBOL = "|".join(re.escape(symbol) for symbol in sorted(SYMBOLS, key=len, reverse=True))
_AMOUNT = re.compile(
    rf"^({_SYMBOL}|[A-Za-z]{{3}})?\s*([0-9][0-9.,'\u2019 ]*|[.,][0-9]+)\s*(k)?\s*({_SYMBOL}|[A-Za-z]{{3}})?$", re.I
)


class NotAnAmount(UserError):
    """What was typed is no sum of money."""

    text = (
        "I can't read “{given}” as an amount, so nothing was changed. Type it like `1200`, `1,200.50`, `€80` or `1.2k`."
    )


class AmountOutOfRange(UserError):
    """A sum that no budget line needs."""

    text = "“{given}” is outside what I can book: amounts go from 0 up to 1,000,000,000,000. Nothing was changed."


class TooManyDecimals(UserError):
    """More decimals than the currency has."""

    text = (
        "{currency} has {digits} decimals, so I can't tell what “{given}” means. "
        "Type it like `{example}`. Nothing was changed."
    )
    made_here = frozenset({"example"})


class UnknownCurrency(UserError):
    """A code that ISO 4217 does not list."""

    text = (
        "I don't know the currency “{given}”, so nothing was changed. "
        "Use its three-letter code, such as EUR, USD or GBP."
    )


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """A sum in minor units (cents, yen, fils) of an ISO 4217 currency."""

    minor: int
    currency: str

    def show(self, locale: str = "en-US") -> str:
        """Return it as people of the locale write it, with the currency's own decimals."""
        return _shown(self, locale)

    @property
    def major(self) -> Decimal:
        return Decimal(self.minor).scaleb(-digits_of(self.currency))


@lru_cache(maxsize=4096)
def _shown(money: Money, locale: str) -> str:
    shown = format_currency(money.major, money.currency, locale=babel_locale(locale))
    # A code such as KWD needs the space that a symbol does not.
    return re.sub(r"(?<=[A-Za-z])(?=[0-9])", "\u00a0", shown)


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum as it was typed: `currency` is None where none was named, and `$` where only a dollar sign was."""

    value: Decimal
    currency: str | None
    given: str

    def currency_in(self, default: str) -> str:
        """Return the currency it is in, for a reader whose own currency is `default`."""
        if self.currency is None or (self.currency == "$" and default in DOLLARS):
            return default
        return "USD" if self.currency == "$" else self.currency

    def money(self, default: str) -> Money:
        """Return it in minor units; raises `TooManyDecimals` where the currency has fewer."""
        currency = self.currency_in(default)
        digits = digits_of(currency)
        exponent = self.value.as_tuple().exponent
        if isinstance(exponent, int) and -exponent > digits:
            example = f"{self.value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)}"
            raise TooManyDecimals(currency=currency, digits=digits or "no", given=self.given, example=example)
        return Money(int(self.value.scaleb(digits)), currency)


def read_amount(text: str, locale: str = "en-US") -> Amount:
    """Read a sum such as `1200`, `1,200.50`, `€80`, `1.2k` or `80 EUR`, with the locale's separators.

    Raises `NotAnAmount`, `AmountOutOfRange` or `UnknownCurrency`.
    """
    given = unicodedata.normalize("NFKC", text).strip()
    shown = given[:LONGEST]
    match = _AMOUNT.match(given) if len(given) <= LONGEST and given.isprintable() else None
    if match is None:
        if re.match(r"^[-\u2212(]", given) and any(c in "0123456789" for c in given):
            raise AmountOutOfRange(given=shown)
        raise NotAnAmount(given=shown)
    before, number, thousand, after = match.groups()
    if before and after:
        raise NotAnAmount(given=shown)
    value = _number(number.strip(), locale, shown)
    if thousand:
        value = (value * 1000).normalize()
    if value > LARGEST:
        raise AmountOutOfRange(given=shown)
    word = before or after
    return Amount(value, _currency(word) if word else None, shown)


def check_currency(code: str) -> str:
    """Return the ISO 4217 code in capitals; raises `UnknownCurrency`."""
    if code.strip().upper() not in list_currencies():
        raise UnknownCurrency(given=code[:20])
    return code.strip().upper()


@lru_cache(maxsize=256)
def digits_of(currency: str) -> int:
    """Return how many decimals the currency has: 2 for most, 0 for JPY, 3 for KWD."""
    return get_currency_precision(currency)


def times(rate_minor: int, quantity: Decimal) -> int:
    """Return rate x quantity in minor units, rounded half up once (R12)."""
    return int((rate_minor * quantity).quantize(Decimal(1), ROUND_HALF_UP))


def babel_locale(locale: str) -> Locale:
    """Return Babel's locale for a Discord locale code; English where Babel has none."""
    try:
        return Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en", "US")


def _currency(word: str) -> str:
    for symbol in (word, word.upper()):
        if symbol in SYMBOLS:
            return SYMBOLS[symbol]
    return check_currency(word)


def _number(text: str, locale: str, shown: str) -> Decimal:
    """Read digits with separators; where both kinds stand, the last is the decimal one."""
    text = re.sub(r"(?<=[0-9])['\u2019 ](?=[0-9]{3})", "", text)
    if re.search(r"[^0-9.,]", text):
        raise NotAnAmount(given=shown)
    parsed = babel_locale(locale)
    decimal = get_decimal_symbol(parsed)
    kinds = {sign for sign in text if sign in ".,"}
    if len(kinds) == 2:  # noqa: PLR2004 - a group sign and a decimal sign
        decimal = text[max(text.rfind("."), text.rfind(","))]
    elif kinds and (text.count(only := kinds.pop()) > 1 or (_groups(text, only) and get_group_symbol(parsed) == only)):
        decimal = "," if only == "." else "."
    elif kinds or "," in text or "." in text:
        decimal = "." if "." in text else ","
    group = "," if decimal == "." else "."
    whole, _, fraction = text.partition(decimal)
    if (
        (group in whole and not _groups(whole, group))
        or group in fraction
        or decimal in fraction
        or text.endswith(decimal)
    ):
        raise NotAnAmount(given=shown)
    whole = whole.replace(group, "") or "0"
    return Decimal(f"{whole}.{fraction}" if fraction else whole)


def _groups(text: str, sign: str) -> bool:
    """Tell whether the sign cuts the number into threes, as a group sign does."""
    return re.fullmatch(rf"[0-9]{{1,3}}({re.escape(sign)}[0-9]{{3}})+", text) is not None
