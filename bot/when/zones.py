"""Zone words: abbreviations, cities, IANA names and offsets, read as their region's wall time."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from bot.when.clean import fold
from bot.when.errors import OddZone
from bot.when.items import ZoneWord

# name: (region, half of a repeated hour that the name points at)
_ABBREVIATIONS: dict[str, tuple[str, bool | None]] = {
    "est": ("America/New_York", False), "edt": ("America/New_York", True), "et": ("America/New_York", None),
    "cst": ("America/Chicago", False), "cdt": ("America/Chicago", True), "ct": ("America/Chicago", None),
    "mst": ("America/Denver", False), "mdt": ("America/Denver", True), "mt": ("America/Denver", None),
    "pst": ("America/Los_Angeles", False), "pdt": ("America/Los_Angeles", True), "pt": ("America/Los_Angeles", None),
    "akst": ("America/Anchorage", False), "akdt": ("America/Anchorage", True), "hst": ("Pacific/Honolulu", None),
    "ast": ("America/Halifax", False), "adt": ("America/Halifax", True),
    "nst": ("America/St_Johns", False), "ndt": ("America/St_Johns", True),
    "brt": ("America/Sao_Paulo", None), "art": ("America/Argentina/Buenos_Aires", None),
    "bst": ("Europe/London", True), "wet": ("Europe/Lisbon", False), "west": ("Europe/Lisbon", True),
    "cet": ("Europe/Berlin", False), "cest": ("Europe/Berlin", True),
    "mez": ("Europe/Berlin", False), "mesz": ("Europe/Berlin", True), "met": ("Europe/Berlin", None),
    "eet": ("Europe/Helsinki", False), "eest": ("Europe/Helsinki", True), "msk": ("Europe/Moscow", None),
    "sast": ("Africa/Johannesburg", None), "jst": ("Asia/Tokyo", None), "kst": ("Asia/Seoul", None),
    "hkt": ("Asia/Hong_Kong", None), "sgt": ("Asia/Singapore", None), "pkt": ("Asia/Karachi", None),
    "wib": ("Asia/Jakarta", None), "awst": ("Australia/Perth", None),
    "acst": ("Australia/Adelaide", False), "acdt": ("Australia/Adelaide", True),
    "aest": ("Australia/Sydney", False), "aedt": ("Australia/Sydney", True),
    "nzst": ("Pacific/Auckland", False), "nzdt": ("Pacific/Auckland", True),
}  # fmt: skip

_SEVERAL = {"ist": ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem")}

_REGIONS = {
    "eastern": "America/New_York", "central": "America/Chicago", "mountain": "America/Denver",
    "pacific": "America/Los_Angeles", "atlantic": "America/Halifax",
}  # fmt: skip

_CITIES = {
    "nyc": "America/New_York", "new york city": "America/New_York", "ny": "America/New_York",
    "la": "America/Los_Angeles", "san francisco": "America/Los_Angeles", "sf": "America/Los_Angeles",
    "seattle": "America/Los_Angeles", "las vegas": "America/Los_Angeles", "portland": "America/Los_Angeles",
    "boston": "America/New_York", "miami": "America/New_York", "atlanta": "America/New_York",
    "washington": "America/New_York", "philadelphia": "America/New_York", "nashville": "America/Chicago",
    "austin": "America/Chicago", "dallas": "America/Chicago", "houston": "America/Chicago",
    "new orleans": "America/Chicago", "memphis": "America/Chicago", "minneapolis": "America/Chicago",
    "montreal": "America/Toronto", "rio": "America/Sao_Paulo", "rio de janeiro": "America/Sao_Paulo",
    "brasilia": "America/Sao_Paulo", "uk": "Europe/London", "british": "Europe/London", "england": "Europe/London",
    "manchester": "Europe/London", "liverpool": "Europe/London", "glasgow": "Europe/London",
    "londres": "Europe/London", "german": "Europe/Berlin", "germany": "Europe/Berlin", "hamburg": "Europe/Berlin",
    "munich": "Europe/Berlin", "munchen": "Europe/Berlin", "cologne": "Europe/Berlin", "koln": "Europe/Berlin",
    "frankfurt": "Europe/Berlin", "wien": "Europe/Vienna", "zurich": "Europe/Zurich", "france": "Europe/Paris",
    "french": "Europe/Paris", "lyon": "Europe/Paris", "spain": "Europe/Madrid", "barcelona": "Europe/Madrid",
    "milan": "Europe/Rome", "mailand": "Europe/Rome", "rom": "Europe/Rome", "roma": "Europe/Rome",
    "lisbonne": "Europe/Lisbon", "lisboa": "Europe/Lisbon", "lissabon": "Europe/Lisbon", "porto": "Europe/Lisbon",
    "bruxelles": "Europe/Brussels", "nueva york": "America/New_York", "nova york": "America/New_York",
    "nova iorque": "America/New_York", "los angeles": "America/Los_Angeles", "berlim": "Europe/Berlin",
    "berliner": "Europe/Berlin", "londoner": "Europe/London", "pariser": "Europe/Paris",
    "new yorker": "America/New_York", "deutsche": "Europe/Berlin", "deutscher": "Europe/Berlin",
    "ciudad de mexico": "America/Mexico_City", "mexico": "America/Mexico_City", "bogota": "America/Bogota",
    "tokio": "Asia/Tokyo", "toquio": "Asia/Tokyo", "osaka": "Asia/Tokyo", "japan": "Asia/Tokyo",
    "sidney": "Australia/Sydney", "india": "Asia/Kolkata", "mumbai": "Asia/Kolkata", "delhi": "Asia/Kolkata",
    "ireland": "Europe/Dublin", "israel": "Asia/Jerusalem", "tel aviv": "Asia/Jerusalem",
    "東京": "Asia/Tokyo", "日本": "Asia/Tokyo", "大阪": "Asia/Tokyo", "ニューヨーク": "America/New_York",
    "ロンドン": "Europe/London", "ベルリン": "Europe/Berlin", "パリ": "Europe/Paris",
    "ロサンゼルス": "America/Los_Angeles", "ロス": "America/Los_Angeles", "ソウル": "Asia/Seoul",
}  # fmt: skip

OFFSET = re.compile(r"(?<![^\W_])(?:utc|gmt)(?: ?([+-]) ?([0-9]{1,2})(?::?([0-5][0-9]))?(?![0-9:]))?(?![^\W_])")
IANA = re.compile(r"(?<![^\W_])[a-z]+(?:/[a-z0-9_+-]+){1,2}(?![^\W_])")


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}


@lru_cache(maxsize=1)
def _cities() -> dict[str, str]:
    cities = {}
    for name in available_timezones():
        area, _, city = name.rpartition("/")
        if area and not area.startswith(("Etc", "SystemV", "US", "posix", "right")):
            cities[fold(city.replace("_", " "))] = name
    return cities | _CITIES


def warm() -> None:
    """Read the lists of zones, so that the first phrase does not wait for them."""
    _names()
    _cities()


def offset(sign: str | None, hours: str, minutes: str | None) -> ZoneWord | None:
    """Return the fixed zone of an offset from UTC; None when no place on earth has it."""
    if sign is None:
        return ZoneWord(UTC)
    ahead = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if ahead > timedelta(hours=14):
        return None
    return ZoneWord(timezone(ahead if sign == "+" else -ahead))


def named(name: str) -> ZoneWord | None:
    """Return the zone of an IANA name in any case, or None."""
    known = _names().get(name)
    return ZoneWord(ZoneInfo(known)) if known else None


def city(name: str) -> ZoneWord | None:
    """Return the zone of a city, country or region by its folded name, or None."""
    known = _REGIONS.get(name) or _cities().get(name)
    return ZoneWord(ZoneInfo(known)) if known else None


def region(name: str) -> ZoneWord | None:
    """Return the zone of a word such as `eastern` that needs no `time` after it, or None."""
    return ZoneWord(ZoneInfo(_REGIONS[name])) if name in _REGIONS else None


def abbreviation(name: str, home: ZoneInfo, now: datetime) -> ZoneWord | None:
    """Return the zone of a short name, the typist's own zone first; raise OddZone if it stands for several."""
    for own, dst in _own_names(home, now.year):
        if own == name:
            return ZoneWord(home, dst)
    if name in _SEVERAL:
        if home.key in _SEVERAL[name]:
            return ZoneWord(home)
        raise OddZone
    if name not in _ABBREVIATIONS:
        return None
    key, half = _ABBREVIATIONS[name]
    return ZoneWord(home if _same_rules(home, key, now.year) else ZoneInfo(key), half)


@lru_cache(maxsize=512)
def _own_names(home: tzinfo, year: int) -> tuple[tuple[str, bool], ...]:
    days = (datetime(year, month, 1, tzinfo=UTC).astimezone(home) for month in (1, 4, 7, 10))
    return tuple({((day.tzname() or "").casefold(), bool(day.dst())) for day in days})


@lru_cache(maxsize=512)
def _same_rules(home: ZoneInfo, key: str, year: int) -> bool:
    return _changes(home, year) == _changes(ZoneInfo(key), year)


def _changes(zone: ZoneInfo, year: int) -> list[timedelta | None]:
    return [day.astimezone(zone).utcoffset() for day in _sampled_days(year)]


def _sampled_days(year: int) -> Iterator[datetime]:
    start = datetime(year, 1, 1, tzinfo=UTC)
    return (start + timedelta(days=7 * week) for week in range(53))
