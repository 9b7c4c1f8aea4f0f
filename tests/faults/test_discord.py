"""Discord in trouble: ten minutes of errors or silence, and a gateway that drops, resumes and begins anew."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.db import Database
from bot.models.audit import Audit
from bot.models.booking import Booking
from bot.models.budget import Expense
from bot.models.reminder import Reminder, ReminderKind, ReminderState
from bot.ui import respond
from tests.support.band import Band, Reply, Shown
from tests.support.simtime import dedupe_nonces, lose_answers
from tests.support.standin import CHANNEL, GUILD, standing_in, until, words
from tests.test_run import running
from tests.test_stop import stored

PLACE = "/channels/*/messages"
HOUR, TEN_MINUTES, HALF_AN_HOUR = 3600.0, 600.0, 1800.0


@contextmanager
def trouble(band: Band, status: int | None, times: int | None = None) -> Iterator[None]:
    """Let Discord answer every request, or the next ones, with an error or with nothing."""
    if status is None:
        with lose_answers(band.env, "*", "*", times=times, delivered=False, error=TimeoutError):
            yield
        return
    band.env.inject_error("*", "*", status=status, message="down", times=times)
    yield
    band.env.backend.faults.clear()


async def act(band: Band, number: int, *breaks: int | None) -> dict[str, bool]:
    """Let somebody ask for a session, spend and plan two reminders; return what they were answered as done.

    `breaks` is how the first request of each fails, if it does.
    """
    acts = {
        "booking": ("booking new", {"what": f"{number}", "when": f"{number} feb 2026 10:00-12:00", "room": "Room A"}),
        "expense": ("budget spend", {"amount": f"1{number}", "category": "Studio", "what": f"{number}"}),
        "channel": ("remind channel", {"what": f"{number}", "when": "in 2 hours"}),
        "personal": ("remind me", {"what": f"{number}", "when": "in 2 hours"}),
    }
    done = {}
    for name, (command, options) in acts.items():
        with trouble(band, breaks[0], times=1) if breaks else nullcontext():
            result = await band.producer.actor.slash(band.studio, command, **options)
        said = Reply(band.env, result).text if result.acknowledged else respond.UNHEARD
        done[name] = respond.UNHEARD not in said
    return done


async def kept(band: Band) -> Counter[tuple[str, str]]:
    """Return what people asked for and the database has, by kind and name; every change of a verb is as whole."""
    shapes: dict[str, set[tuple[str, ...]]] = {}
    async with band.bot.db.read() as session:
        changes: dict[tuple[str, int], list[str]] = {}
        for verb, change, kind in await session.execute(select(Audit.verb, Audit.change_id, Audit.kind)):
            changes.setdefault((verb, change), []).append(kind)
        rows = [("booking", what) for what in await session.scalars(select(Booking.what))]
        rows += [("expense", what) for what in await session.scalars(select(Expense.what))]
        own = select(Reminder.kind, Reminder.what).where(Reminder.number.is_not(None))
        rows += [(kind.value, what) for kind, what in await session.execute(own)]
    for (verb, _), kinds in changes.items():
        shapes.setdefault(verb, set()).add(tuple(sorted(kinds)))
    assert {verb: found for verb, found in shapes.items() if len(found) > 1} == {}
    return Counter(rows)


@pytest.mark.parametrize("status", [500, 502, 503, 429, None])
async def test_ten_minutes_of_trouble_lose_and_double_nothing(band: Band, status: int | None) -> None:
    """The first attempts arrive, and their answers are lost; when Discord is back it has forgotten their nonces.

    People go on asking: first nothing is answered, then one answer of each is lost, then all is well.
    """
    await band.producer.slash("project create", name="Harbour Lights")
    await band.producer.slash("room add", name="Room A", rate="50")
    await band.producer.slash("budget plan", category="Studio", item="Room A", quantity="5", unit="day", rate="650")
    with dedupe_nonces(band.env):
        for index in range(3):
            await band.singer.slash("remind channel", what=f"arrived {index}", when="in 1 hour")
        await band.singer.slash("remind me", what="arrived", when="in 1 hour")
        await band.singer.slash("remind channel", what="meanwhile", when="in 65 minutes")
        asked = {message.id for message in band.studio.history()}
        with lose_answers(band.env, "POST", PLACE, times=4):
            await band.env.advance_time(HOUR + 1)
        with trouble(band, status):
            await band.env.advance_time(TEN_MINUTES / 2)
            nothing = await act(band, 1)
            await band.env.advance_time(TEN_MINUTES / 2)
        some = await act(band, 2, status)
        everything = await act(band, 3)
        assert (any(nothing.values()), any(some.values()), all(everything.values())) == (False, False, True)
        asked |= {message.id for message in band.studio.history() if "remind you" in Shown(band.env, message).text}
        await band.env.advance_time(HALF_AN_HOUR)
        await band.env.advance_time(2 * HOUR)
    rows = await kept(band)
    assert max(rows.values()) == 1
    assert {(kind, "3") for kind in everything} <= set(rows)
    async with band.bot.db.read() as session:
        sent = list(await session.scalars(select(Reminder)))
    assert {row.state for row in sent} == {ReminderState.SENT}
    found = [message.id for message in band.studio.history() if message.id not in asked]
    found += [shown.id for person in (band.singer, band.producer) for shown in band.told(person)]
    assert sorted(row.message_id or 0 for row in sent) == sorted(found)
    assert all(row.attempts > 1 for row in sent if "arrived" in row.what)


async def plan_every(db: Database, seconds: float, many: int) -> set[str]:
    """Plan reminders from three seconds on, one every few; return their nonces."""
    now = db.clock.now()
    rows = [
        Reminder(guild_id=GUILD, kind=ReminderKind.CHANNEL, what=f"r{number}", channel_id=CHANNEL, created_by=7,
                 due_at=now + timedelta(seconds=3 + number * seconds), zone="Europe/Berlin", created_at=now)
        for number in range(many)
    ]  # fmt: skip
    async with db.write() as session:
        session.add_all(rows)
    return {f"r{row.id}-0" for row in rows}


async def test_a_gateway_that_drops_resumes_and_begins_anew_loses_no_command_and_no_reminder(tmp_path: Path) -> None:
    async with stored(tmp_path) as db:
        planned = await plan_every(db, 0.25, 48)
    async with standing_in() as standin, running(standin, tmp_path):

        def told() -> list[str]:
            return [message["nonce"] for message in standin.posted(CHANNEL)]

        await standin.command("room add", name="Room A")
        for number, fault in enumerate((standin.drop(4000), standin.ask_to_reconnect(), standin.invalidate())):
            before = len(told())
            await fault
            assert f"Room B{number}" in words(await standin.command("room add", name=f"Room B{number}"))
            await until(lambda before=before: len(told()) > before)  # type: ignore[misc]
        assert (len(standin.identified), standin.resumed) == (2, 2)
        listed = words(await standin.command("room list"))
        assert [listed.count(name) for name in ("Room A", "Room B0", "Room B1", "Room B2")] == [1, 1, 1, 1]
        assert standin.publications == 1
        await until(lambda: len(told()) >= len(planned))
        assert Counter(told()) == Counter(planned)
