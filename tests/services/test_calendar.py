"""Calendars: what is in them, for whom, and that every reader understands the same."""

import asyncio
import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.actor import Actor
from bot.db import Database
from bot.errors import NotFound
from bot.fuzzy import Ambiguous
from bot.models.calendar import CalendarFeed
from bot.services import Services
from bot.services.calendar import (
    AddressKnown,
    Feed,
    Member,
    NoAddress,
    NothingThere,
    ResetAlready,
    Unreachable,
)  # fmt: skip
from tests.conftest import FixedClock
from tests.support.calendars import Seen, seen
from tests.support.cast import GUILD, Cast
from tests.support.sessions import START, Taken


@dataclass
class Crowd:
    """Discord's answers: who is there, under which name."""

    gone: set[int] = field(default_factory=set)
    roles_of: dict[int, tuple[int, ...]] = field(default_factory=dict)
    is_away: bool = False
    asked: int = 0

    async def member(self, _guild_id: int, user_id: int) -> Member | None:
        self.asked += 1
        if self.is_away:
            raise Unreachable
        return None if user_id in self.gone else Member(f"P{user_id % 100}", self.roles_of.get(user_id, ()))

    async def names(self, _guild_id: int, user_ids: Collection[int]) -> dict[int, str]:
        return {key: f"P{key % 100}" for key in user_ids}

    def roles(self, _guild_id: int, role_ids: Collection[int]) -> dict[int, str]:
        return {key: f"R{key % 100}" for key in role_ids}

    def server(self, _guild_id: int) -> str:
        return "Night Ferry"


@pytest.fixture
def crowd() -> Crowd:
    return Crowd()


async def feed_of(services: Services, token: str, crowd: Crowd) -> Feed:
    found = await services.calendar.feed(token, crowd)
    assert found is not None
    return found


def titled(feed: Feed) -> dict[str, Seen]:
    return {event.title: event for event in seen(feed.body).values()}


async def test_a_room_is_the_same_to_every_reader(
    services: Services, cast: Cast, booked: Taken, held: Taken, crowd: Crowd, clock: FixedClock
) -> None:
    hostile = "Vöcals, take; 2\\ END:VEVENT " + "🥁" * 30  # ics.py takes a backslash before an n for a line end
    await booked(cast.producer, hostile, user_ids=(cast.member.user_id,), needs="drums; vocals")
    # In the night of 31 October 2027 clocks in Berlin go from 3:00 back to 2:00: this lasts two hours, not three.
    autumn = datetime(2027, 10, 30, 23, 30, tzinfo=UTC)
    await booked(cast.producer, "Long night", autumn, 2)
    await held(cast.producer, "Maybe mix", START + timedelta(days=3))
    gone = await booked(cast.producer, "Given up", START + timedelta(days=9))
    await services.booking.cancel(cast.act(cast.producer), gone.facts.booking.id, None, accepted=100)
    address = await services.calendar.link(cast.act(cast.other), "room #1")
    feed = await feed_of(services, address.token, crowd)
    events = titled(feed)
    assert set(events) == {hostile, "Long night", "Hold: Maybe mix", "Cancelled: Given up"}
    assert (events["Long night"].start, events["Long night"].end) == (autumn, autumn + timedelta(hours=2))
    statuses = {title[:4]: event.status for title, event in events.items()}
    assert statuses == {"Vöca": "CONFIRMED", "Long": "CONFIRMED", "Hold": "TENTATIVE", "Canc": "CANCELLED"}
    assert "Asked: P4\n" in events[hostile].text and "Needs: drums; vocals" in events[hostile].text
    assert "First hold, until" in events["Hold: Maybe mix"].text
    assert all(len(line) <= 75 for line in feed.body.split(b"\r\n"))
    feed.body.decode()
    clock.forward(days=31)
    later = await feed_of(services, address.token, crowd)
    assert "Cancelled: Given up" not in titled(later)


async def test_control_characters_never_reach_a_calendar(
    services: Services, cast: Cast, booked: Taken, crowd: Crowd, db: Database
) -> None:
    await services.room.edit(cast.act(cast.producer), "#1", address="Hafen 1, Hof; links")
    await booked(cast.producer, needs="a\u2028b\x85c\x07d\re")
    made = await services.calendar.file(cast.member, await services.calendar.subject(cast.member, "mine"), crowd)
    (event,) = seen(made.body).values()
    assert "Needs: a" in event.text and not any(sign in event.text for sign in "\x07\x85\u2028\r")
    assert event.place == "Room A, Hafen 1, Hof; links"


async def test_mine_is_what_concerns_me(services: Services, cast: Cast, booked: Taken, crowd: Crowd) -> None:
    me, role = cast.member.user_id, 800_000_000_000_000_009
    day = timedelta(days=1)
    await booked(cast.producer, "Me", user_ids=(me,))
    await booked(cast.producer, "My role", START + day, role_ids=(role,))
    await booked(cast.producer, "Everybody", START + 2 * day)
    await booked(cast.producer, "Others", START + 3 * day, user_ids=(cast.other.user_id,))
    declined = await booked(cast.producer, "Declined", START + 4 * day, role_ids=(role,))
    await services.booking.answer(cast.act(cast.member), declined.facts.booking.id, "cant")
    for what, who in (("Mine", me), ("Theirs", cast.other.user_id)):
        await services.deadline.add(cast.act(cast.producer), what, due_at=START + day, user_ids=(who,))
    address = await services.calendar.link(cast.act(cast.member, role_ids=frozenset({role})), None)
    assert set(titled(await feed_of(services, address.token, crowd))) == {"Me", "My role", "Everybody", "Due: Mine"}


async def test_deadlines_are_days_or_moments_of_a_project(
    services: Services, cast: Cast, project: str, crowd: Crowd, clock: FixedClock
) -> None:
    at = datetime(2027, 3, 9, 16, tzinfo=UTC)
    for what, all_day in (("Master", False), ("Lyrics", True), ("Dropped", False)):
        await services.deadline.add(cast.act(cast.producer), what, due_at=at, is_all_day=all_day, project_text=project)
    await services.deadline.finish(cast.act(cast.producer), "Lyrics")
    await services.deadline.delete(cast.act(cast.producer), "Dropped")
    address = await services.calendar.link(cast.act(cast.other), "harbour lights")
    events = titled(await feed_of(services, address.token, crowd))
    assert set(events) == {"Due: Master", "Done: Lyrics", "Cancelled: Dropped"}
    assert (events["Due: Master"].start, events["Due: Master"].end) == (at, at + timedelta(minutes=15))
    assert (events["Done: Lyrics"].start, events["Done: Lyrics"].end) == (date(2027, 3, 9), date(2027, 3, 10))


async def test_an_unchanged_feed_stays_the_same_and_a_change_shows_at_once(
    services: Services, cast: Cast, booked: Taken, crowd: Crowd, db: Database, clock: FixedClock
) -> None:
    one = await booked(cast.producer)
    address = await services.calendar.link(cast.act(cast.member), "room #1")
    first = await feed_of(services, address.token, crowd)
    assert await feed_of(services, address.token, crowd) is first
    fresh = Services(db, clock)
    assert (await feed_of(fresh, address.token, crowd)).etag == first.etag
    await services.booking.answer(cast.act(cast.other), one.facts.booking.id, "coming")
    clock.forward(minutes=1)
    second = await feed_of(services, address.token, crowd)
    assert second.etag != first.etag and second.changed_at > first.changed_at
    assert "Coming: P5" in titled(second)["Vocals"].text
    foreign = await services.calendar.link(cast.act(cast.foreigner), None)
    assert not seen((await feed_of(services, foreign.token, crowd)).body)
    # Another process changed it: this one hears nothing, and looks again when what it keeps is old.
    await services.room.edit(cast.act(cast.producer), "#1", name="Room B")
    other = await feed_of(fresh, address.token, crowd)
    assert other.etag != first.etag
    clock.forward(days=1)
    assert (await feed_of(services, address.token, crowd)).etag == other.etag


async def test_only_the_hash_of_an_address_is_kept(services: Services, cast: Cast, db: Database, crowd: Crowd) -> None:
    address = await services.calendar.link(cast.act(cast.member), "mine")
    assert len(address.token) == 43
    async with db.read() as session:
        row = await session.get_one(CalendarFeed, address.feed_id)
    assert row.token_hash == hashlib.sha256(address.token.encode()).hexdigest()
    assert row.read_at is None
    await feed_of(services, address.token, crowd)
    async with db.read() as session:
        assert (await session.get_one(CalendarFeed, address.feed_id)).read_at is not None
    for wrong in ("", address.token[:-1], address.token + "x", row.token_hash, "ä\ud800", "x" * 5000):
        assert await services.calendar.feed(wrong, crowd) is None


async def test_two_at_once_get_one_address(services: Services, cast: Cast, crowd: Crowd) -> None:
    acts = [services.calendar.link(cast.act(cast.member), "mine") for _ in range(4)]
    answers = await asyncio.gather(*acts, return_exceptions=True)
    (one,) = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert sum(isinstance(answer, AddressKnown) for answer in answers) == 3
    feeds = await asyncio.gather(*(services.calendar.feed(one.token, crowd) for _ in range(4)))
    assert len({id(feed) for feed in feeds}) == 1
    renewals = [services.calendar.renew(cast.act(cast.member), one.feed_id, 1) for _ in range(3)]
    renewed = await asyncio.gather(*renewals, return_exceptions=True)
    assert sum(isinstance(answer, ResetAlready) for answer in renewed) == 2
    assert await services.calendar.feed(one.token, crowd) is None


async def test_nobody_touches_an_address_of_somebody_else(services: Services, cast: Cast, crowd: Crowd) -> None:
    address = await services.calendar.link(cast.act(cast.member), "mine")
    for stranger in (cast.other, cast.producer, cast.foreigner, replace(cast.member, guild_id=cast.foreigner.guild_id)):
        with pytest.raises(NotFound):
            await services.calendar.stop(cast.act(stranger), address.feed_id, 1)
    with pytest.raises(NoAddress):
        await services.calendar.asked(cast.other, "mine")
    assert await services.calendar.feed(address.token, crowd) is not None


async def test_the_owner_is_looked_for_once_an_hour(
    services: Services, cast: Cast, crowd: Crowd, clock: FixedClock
) -> None:
    address = await services.calendar.link(cast.act(cast.member), "mine")
    await feed_of(services, address.token, crowd)
    assert crowd.asked == 0
    clock.forward(minutes=61)
    await feed_of(services, address.token, crowd)
    await feed_of(services, address.token, crowd)
    assert crowd.asked == 1
    crowd.is_away = True
    clock.forward(hours=23)
    await feed_of(services, address.token, crowd)
    clock.forward(hours=2)
    with pytest.raises(Unreachable):
        await services.calendar.feed(address.token, crowd)
    crowd.is_away, crowd.gone = False, {cast.member.user_id}
    assert await services.calendar.feed(address.token, crowd) is None
    crowd.gone = set()
    assert await services.calendar.feed(address.token, crowd) is None
    again = await services.calendar.link(cast.act(cast.member), "mine")
    assert await services.calendar.feed(again.token, crowd) is not None


async def test_scopes_are_found_by_number_name_and_word(
    services: Services, cast: Cast, room: str, project: str
) -> None:
    service, me = services.calendar, cast.member
    for text in (None, "", " Mine ", "me", "My sessions and deadlines"):
        assert (await service.subject(me, text)).value == "mine"
    for text in ("room #1", "Room: Room A", "room a", "ROOM #01"):
        assert (await service.subject(me, text)).value == "room #1"
    assert (await service.subject(me, "lights")).value == "project #1"
    for text in ("room #2", "project #9", "zzzzzz"):
        with pytest.raises(NotFound):
            await service.subject(me, text)
    await services.room.add(cast.act(cast.producer), "Harbour Lights")
    with pytest.raises(Ambiguous) as several:
        await service.subject(me, "harbour lights")
    assert {choice.value for choice in several.value.choices} == {"room #2", "project #1"}
    with pytest.raises(NotFound):
        await service.by_id(replace(me, guild_id=cast.foreigner.guild_id), "room", 1)
    with pytest.raises(NotFound):
        await service.by_id(me, "planet", 1)


async def test_an_empty_file_is_refused(services: Services, cast: Cast, booked: Taken, crowd: Crowd) -> None:
    await booked(cast.producer)
    subject = await services.calendar.subject(cast.member, "room #1")
    made = await services.calendar.file(cast.member, subject, crowd)
    assert (made.count, made.name) == (1, "room-a.ics")
    far = (START + timedelta(days=40), START + timedelta(days=50))
    with pytest.raises(NothingThere):
        await services.calendar.file(cast.member, subject, crowd, far)
    assert cast.member.guild_id == GUILD


async def test_thousands_come_in_pages_each_once(
    services: Services, cast: Cast, db: Database, crowd: Crowd, room: str, producer: Actor
) -> None:
    from tests.load.bench_calendar import fill  # noqa: PLC0415 - the rest of this file needs no benchmark

    await fill(db, 1, guild=GUILD, room=1, start=START, count=700, every=timedelta(minutes=30))
    address = await services.calendar.link(cast.act(cast.member), "room #1")
    assert len(seen((await feed_of(services, address.token, crowd)).body)) == 700
