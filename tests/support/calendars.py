"""A band whose bot serves calendars on loopback, and what readers other than ours make of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import aiohttp
import ics
import vobject
from icalendar import Calendar
from multidict import CIMultiDictProxy

from bot.app import Backline
from bot.clock import Clock
from bot.config import WebConfig
from bot.db import Database
from tests.support.band import Band, Reply

PUBLIC = "https://desk.example/backline"
WEB = WebConfig(port=0, public_url=PUBLIC)


def serving(db: Database, clock: Clock) -> Backline:
    """Return a bot with its web part on any free port."""
    return Backline(db, clock, WEB)


async def hang_up(bot: Backline) -> None:
    """Close the port, as the end of the process would: simcord does not close the bots that it drops."""
    if bot.web is not None:
        await bot.web.stop()


async def restart(band: Band) -> None:
    """Stop the bot and start a fresh one that serves calendars, on the same database."""
    gone = list(band.bot.db.after_write)
    await hang_up(band.bot)
    await band.env.restart_bot(serving(band.bot.db, band.bot.clock))
    band._forget(gone)


def path_in(reply: Reply) -> str:
    """Return the path of the address in an answer, as the bot itself is asked behind its proxy."""
    url = next(line for line in reply.text.splitlines() if line.startswith("https://"))
    assert url.startswith(PUBLIC)
    return url.removeprefix(PUBLIC)


@dataclass
class Answer:
    """What came back over HTTP."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes


class Browser:
    """An app that asks the bot's port."""

    def __init__(self, band: Band, session: aiohttp.ClientSession) -> None:
        self._band = band
        self._session = session

    async def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        assert self._band.bot.web is not None
        url = f"http://127.0.0.1:{self._band.bot.web.port}{path}"
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._session.request(method, url, headers=sent) as response:
            return Answer(response.status, response.headers, await response.read())


@asynccontextmanager
async def browsing(band: Band) -> AsyncIterator[Browser]:
    # A connection kept open would be work that the bot never finishes, in the eyes of simcord.
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
        yield Browser(band, session)


@dataclass(frozen=True)
class Seen:
    """One event as a reader understood it; times in UTC, or a date."""

    uid: str
    title: str
    start: datetime | date
    end: datetime | date
    place: str = ""
    text: str = field(default="", repr=False)
    status: str = ""


def _plain(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def by_icalendar(body: bytes) -> dict[str, Seen]:
    return {
        str(event["UID"]): Seen(
            str(event["UID"]), str(event["SUMMARY"]), _plain(event.decoded("DTSTART")), _plain(event.decoded("DTEND")),
            str(event.get("LOCATION", "")), str(event["DESCRIPTION"]), str(event["STATUS"]),
        )
        for event in Calendar.from_ical(body).walk("VEVENT")
    }  # fmt: skip


def by_vobject(body: bytes) -> dict[str, Seen]:
    """Read with vobject, which makes its zones from the VTIMEZONE in the file."""
    found = {}
    for event in vobject.readOne(body.decode()).contents.get("vevent", []):
        place = event.location.value if hasattr(event, "location") else ""
        found[event.uid.value] = Seen(
            event.uid.value, event.summary.value, _plain(event.dtstart.value), _plain(event.dtend.value), place,
            event.description.value, event.status.value,
        )  # fmt: skip
    return found


def by_ics(body: bytes) -> dict[str, Seen]:
    """Read with ics.py, which gives whole days as midnights."""
    found = {}
    for event in ics.Calendar(body.decode()).events:
        start, end = event.begin.datetime, event.end.datetime
        times = (start.date(), end.date()) if event.all_day else (_plain(start), _plain(end))
        found[event.uid] = Seen(
            event.uid, event.name, *times, event.location or "", event.description or "", event.status or ""
        )
    return found


READERS = (by_icalendar, by_vobject, by_ics)


def seen(body: bytes) -> dict[str, Seen]:
    """Return the events by their uid, when every reader understands the same."""
    first, *others = (reader(body) for reader in READERS)
    for other in others:
        assert other == first
    return first
