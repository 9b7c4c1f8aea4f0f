"""Words on screen: times echoed to people, and text written by users made safe to show."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta

if TYPE_CHECKING:  # at run time errors need this module, and readings need errors
    from bot.when.reading import Reading

ECHO_LIMIT = 100
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
SAME_DAY = timedelta(hours=16)
ELLIPSIS = "…"
_PHRASES: dict[str, Mapping[str, str]] = {}
ZERO_WIDTH = "\N{ZERO WIDTH SPACE}"

_JOINERS = frozenset("\N{ZERO WIDTH JOINER}\ufe0e\ufe0f\u20e3")
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
_TAGS = range(0xE0020, 0xE0080)

_LINK = re.compile(r"https?://[^\s<>|`*\\]+")
_MARKUP = re.compile(r"([\\*_~`|\[\]<>])")
_LINE_MARKUP = re.compile(r"^(\s*)(#{1,3}(?=\s)|-(?=[\s#])|\+(?=\s))", re.MULTILINE)
# Repeats that no calendar is needed for.
_ELAPSING = {"HOURLY": "hours", "MINUTELY": "min"}
_FORGOTTEN = re.compile(r"<@-([0-9]+)>")
_NUMBERED = re.compile(r"^(\s*[0-9]+)\.(?=\s)", re.MULTILINE)


def stamp(at: datetime) -> str:
    """Return Discord markup for an aware instant: its full date and how far away it is, in the reader's zone."""
    unix = int(at.timestamp())
    return f"<t:{unix}:F> (<t:{unix}:R>)"


def stamp_range(start: datetime, end: datetime) -> str:
    """Return Discord markup for the interval between two aware instants, in the reader's zone."""
    style = "t" if (end - start).total_seconds() <= 16 * 3600 else "F"
    first, last = int(start.timestamp()), int(end.timestamp())
    return f"<t:{first}:F> - <t:{last}:{style}> (<t:{first}:R>)"


def short(at: datetime) -> str:
    """Return Discord markup for an aware instant that fits in a list: date and time in the reader's zone."""
    return f"<t:{int(at.timestamp())}:f>"


def clip(text: str, limit: int) -> str:
    """Return the text in at most `limit` code points, cut between whole characters and ended with an ellipsis."""
    if len(text) <= limit:
        return text
    cut = max(limit - len(ELLIPSIS), 0)
    while cut > 0 and _inside_character(text, cut):
        cut -= 1
    return text[:cut].rstrip() + ELLIPSIS if limit > 0 else ""


def _inside_character(text: str, cut: int) -> bool:
    """Whether a cut before position `cut` would split what a reader sees as one character."""
    after, before = text[cut], text[cut - 1]
    if after in _JOINERS or unicodedata.category(after) in {"Mn", "Me", "Mc"}:
        return True
    if before == "\N{ZERO WIDTH JOINER}" or ord(after) in _SKIN_TONES or ord(after) in _TAGS:
        return True
    return ord(after) in _FLAG_LETTERS and _flags_before(text, cut) % 2 == 1


def _flags_before(text: str, cut: int) -> int:
    count = 0
    while count < cut and ord(text[cut - 1 - count]) in _FLAG_LETTERS:
        count += 1
    return count


def former(user_id: int) -> str:
    """Return what somebody is called who was forgotten: a negative number stands in the place of their id."""
    return f"former member {-user_id}"


def named(text: str) -> str:
    """Return the text with people who were forgotten (a negative number in place of an id) shown in words."""
    return _FORGOTTEN.sub(r"former member \1", text)


def plain(text: str) -> str:
    """Return text that a user wrote, escaped so that Discord shows it as typed and it pings nobody."""
    parts, last = [], 0
    for link in _LINK.finditer(text):
        parts += [_escaped(text[last : link.start()]), link.group()]
        last = link.end()
    parts.append(_escaped(text[last:]))
    # Markup at the start of a line is only known on the whole text.
    whole = _LINE_MARKUP.sub(r"\1\\\2", "".join(parts))
    whole = _NUMBERED.sub(r"\1\\.", whole)
    return whole.replace("@", f"@{ZERO_WIDTH}")


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)


def local(at: datetime, zone: ZoneInfo, locale: str) -> str:
    """Return an aware instant as plain text in a zone and a Discord locale, for where no timestamp can be."""
    return f"{_moment(at, zone, locale)} {zone_on(at, zone)}"


def echo(reading: "Reading", zone: ZoneInfo, locale: str, now: datetime) -> str:
    """Return a reading as plain text in a zone and a Discord locale, in 100 characters at most.

    What stands before the middle dot reads back as the same value; after it comes how far away it is from `now`.
    """
    if reading.seconds is not None and reading.kind == "duration":
        return _length(reading.seconds, locale)
    if reading.kind == "interval" and reading.start is not None and reading.end is not None:
        start, shown = reading.start, _interval(reading.start, reading.end, reading.precision == "day", zone, locale)
    elif reading.kind == "recurrence" and reading.first is not None:
        start, shown = reading.first, _repeat(reading, reading.first, zone, locale)
    elif reading.at is not None:
        start = reading.at
        shown = day_on(start, zone, locale) if reading.precision == "day" else local(start, zone, locale)
    else:
        raise ValueError(reading.kind)
    whole = f"{shown} · {_away(start, zone, locale, now, day=reading.precision == 'day')}"
    return whole if len(whole) <= ECHO_LIMIT else clip(shown, ECHO_LIMIT)


def learn(language: str, phrases: Mapping[str, str]) -> None:
    """Take the phrases in which `echo` says repeats and lengths in a language (ISO 639 code).

    The tables of `bot.when` bring them along, so that a language is one file; helpers may not import those.
    """
    _PHRASES[language] = phrases


def _says(locale: str) -> Mapping[str, str]:
    """Return the phrases of a locale's language, English for one that has none."""
    return _PHRASES.get(locale.partition("-")[0], _PHRASES["en"])


def _language(locale: str) -> str:
    """Return babel's name for a Discord locale."""
    known = {"es-419": "es_419", "zh-CN": "zh_Hans", "zh-TW": "zh_Hant", "no": "nb"}
    return known.get(locale, locale.replace("-", "_"))


def day_on(at: datetime, zone: ZoneInfo, locale: str) -> str:
    """Return an aware instant's date in a zone, as in `Fri 27 Nov 2026`."""
    return _day(at.astimezone(zone).date(), locale)


@lru_cache(maxsize=4096)
def _day(day: date, locale: str) -> str:
    """Return a date in words; lists and suggestions say the same few days again and again."""
    pattern = "y年M月d日(EEE)" if locale == "ja" else "EEE d MMM y"
    return format_date(day, pattern, locale=_language(locale))


def short_day_on(at: datetime, zone: ZoneInfo, locale: str) -> str:
    """Return an aware instant's date in a zone without its year, as in `Fri 27 Nov`."""
    pattern = "M月d日(EEE)" if locale == "ja" else "EEE d MMM"
    return format_datetime(at.astimezone(zone), pattern, locale=_language(locale))


def clock_on(at: datetime, zone: ZoneInfo) -> str:
    """Return an aware instant's time of day in a zone, as in `19:00`."""
    shown = at.astimezone(zone)
    return f"{shown:%H:%M:%S}" if shown.second else f"{shown:%H:%M}"


def zone_on(at: datetime, zone: ZoneInfo) -> str:
    """Return the zone's short name, or its offset where it has no letters: `CET`, `UTC-3`, `UTC+5:30`."""
    shown = at.astimezone(zone)
    name = shown.tzname() or ""
    if name.isalpha():
        return name
    minutes = int((shown.utcoffset() or timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{hours}:{rest:02}" if rest else f"UTC{sign}{hours}"


def _moment(at: datetime, zone: ZoneInfo, locale: str) -> str:
    join = " " if locale == "ja" else ", "
    return f"{day_on(at, zone, locale)}{join}{clock_on(at, zone)}"


def _interval(start: datetime, end: datetime, day: bool, zone: ZoneInfo, locale: str) -> str:  # noqa: FBT001
    if day:
        last = end - timedelta(hours=12)
        first, final = day_on(start, zone, locale), day_on(last, zone, locale)
        return first if first == final else f"{first} - {final}"
    here, there = start.astimezone(zone), end.astimezone(zone)
    lasting = there.replace(tzinfo=None) - here.replace(tzinfo=None)
    if timedelta() < lasting <= SAME_DAY and here.tzname() == there.tzname():
        return f"{_moment(start, zone, locale)}-{clock_on(end, zone)} {zone_on(end, zone)}"
    return f"{local(start, zone, locale)} - {local(end, zone, locale)}"


def _length(seconds: int, locale: str) -> str:
    units = _says(locale)["units"].split(", ")
    parts = []
    for words, size in zip(units, (86400, 3600, 60, 1), strict=True):
        count, seconds = divmod(seconds, size)
        one, _, many = words.partition("/")
        if count:
            parts.append(f"{count}{one if count == 1 else many}")
    return " ".join(parts)


def _repeat(reading: "Reading", first: datetime, zone: ZoneInfo, locale: str) -> str:
    """Return a repeat in words that read back: how often, on which days, when, from and until which date."""
    says = _says(locale)
    language = _language(locale) if says["language"] != "en" else "en_GB"
    rule = dict(part.split("=") for part in (reading.rrule or "").split(";"))
    if rule["FREQ"] in _ELAPSING:
        return _pace(rule, zone, locale)
    every = says[rule["FREQ"]]
    if int(rule.get("INTERVAL", 1)) > 1:
        every = says[f"{rule['FREQ']} n"].format(n=rule["INTERVAL"])
    days = _rule_days(rule, first.astimezone(zone), says, language)
    until = says["times"].format(n=rule["COUNT"]) if "COUNT" in rule else ""
    if "UNTIL" in rule:
        last = datetime.strptime(rule["UNTIL"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        until = says["until"].format(date=_date(last.astimezone(zone), says, language))
    words = says["order"].format(
        every=every,
        days=says["on"].format(days=days) if days else "",
        time=_repeat_time(reading, first, zone),
        starting=says["starting"].format(date=_date(first.astimezone(zone), says, language)),
        until=until,
    )
    return " ".join(words.split())


def _pace(rule: Mapping[str, str], zone: ZoneInfo, locale: str) -> str:
    """Return a repeat by hours or minutes in English, which is read whatever the locale."""
    count = rule.get("INTERVAL", "1")
    words = f"every {count} {_ELAPSING[rule['FREQ']]}"
    if "UNTIL" in rule:
        last = datetime.strptime(rule["UNTIL"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        words += f" until {local(last, zone, locale)}"
    return f"{words} {rule['COUNT']} times" if "COUNT" in rule else words


def _repeat_time(reading: "Reading", first: datetime, zone: ZoneInfo) -> str:
    if reading.precision == "day":
        return ""
    end = f"-{clock_on(first + timedelta(seconds=reading.seconds), zone)}" if reading.seconds else ""
    return f"{clock_on(first, zone)}{end} {zone_on(first, zone)}"


def _date(shown: datetime, says: Mapping[str, str], language: str) -> str:
    pattern = f"y年{says['date']}" if language == "ja" else f"{says['date']} y"
    return format_datetime(shown, pattern, locale=language).replace("..", ".")


def _rule_days(rule: Mapping[str, str], first: datetime, says: Mapping[str, str], language: str) -> str:
    """Return the days of a rule in words, joined as the language does."""
    if "BYMONTH" in rule:
        return format_datetime(first, says["date"], locale=language)
    days = []
    for day in filter(None, rule.get("BYDAY", "").split(",")):
        name = _weekday(day[-2:], first, language)
        if number := day[:-2]:
            nth = says["nths"].split(", ")[int(number) - (int(number) > 0)]
            name = says["nth"].format(n=nth, day=name)
        days.append(name)
    numbers = filter(None, rule.get("BYMONTHDAY", "").split(","))
    days += [says["last day"] if day == "-1" else says["monthday"].format(n=day) for day in numbers]
    return says["and"].join(days)


def _weekday(code: str, first: datetime, language: str) -> str:
    day = first + timedelta(days=(_WEEKDAYS.index(code) - first.weekday()) % 7)
    name: str = format_datetime(day, "EEE", locale=language)
    return f"{name}曜" if language == "ja" else name.rstrip(".")


def _away(at: datetime, zone: ZoneInfo, locale: str, now: datetime, *, day: bool) -> str:
    """Return how far away an instant is, in days from two days on."""
    days = (at.astimezone(zone).date() - now.astimezone(zone).date()).days
    if day and days == 0:
        return format_timedelta(timedelta(hours=1), "day", add_direction=True, locale=_language(locale))
    away = timedelta(days=days) if day or days > 1 else at - now
    return format_timedelta(away, threshold=1.5, add_direction=True, locale=_language(locale))
