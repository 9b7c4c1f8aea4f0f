"""Discord in trouble: ten minutes of errors or silence, and a gateway that drops, resumes and begins anew."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.models.reminder import Reminder, ReminderState
from tests.support.band import Band
from tests.support.simtime import dedupe_nonces, lose_answers
from tests.support.standin import standing_in, words
from tests.test_run import running

PLACE = "/channels/*/messages"
HOUR, TEN_MINUTES, HALF_AN_HOUR = 3600.0, 600.0, 1800.0


@contextmanager
def trouble(band: Band, status: int | None) -> Iterator[None]:
    """Let Discord answer every message with an error, or with nothing."""
    if status is None:
        with lose_answers(band.env, "*", PLACE, times=None, delivered=False, error=TimeoutError):
            yield
        return
    for method in ("GET", "POST"):
        band.env.inject_error(method, PLACE, status=status, message="down", times=None)
    yield
    faults = band.env.backend.faults
    faults[:] = [fault for fault in faults if fault["path"] != PLACE]


@pytest.mark.parametrize("status", [500, 502, 503, 429, None])
async def test_ten_minutes_of_trouble_lose_and_double_nothing(band: Band, status: int | None) -> None:
    """The first attempts arrive, and their answers are lost; when Discord is back it has forgotten their nonces."""
    with dedupe_nonces(band.env):
        for index in range(3):
            await band.singer.slash("remind channel", what=f"arrived {index}", when="in 1 hour")
        await band.singer.slash("remind channel", what="meanwhile", when="in 65 minutes")
        asked = {message.id for message in band.studio.history()}
        with lose_answers(band.env, "POST", PLACE, times=3):
            await band.env.advance_time(HOUR + 1)
        with trouble(band, status):
            await band.env.advance_time(TEN_MINUTES)
        await band.env.advance_time(HALF_AN_HOUR)
    async with band.bot.db.read() as session:
        rows = list(await session.scalars(select(Reminder)))
    assert [row.state for row in rows] == [ReminderState.SENT] * 4
    sent = [message.id for message in band.studio.history() if message.id not in asked]
    assert sorted(row.message_id or 0 for row in rows) == sorted(sent)
    assert all(row.attempts > 1 for row in rows)


async def test_a_gateway_that_drops_resumes_and_begins_anew_loses_no_command(tmp_path: Path) -> None:
    async with standing_in() as standin, running(standin, tmp_path):
        await standin.command("room add", name="Room A")
        for number, fault in enumerate((standin.drop(4000), standin.ask_to_reconnect(), standin.invalidate())):
            await fault
            assert f"Room B{number}" in words(await standin.command("room add", name=f"Room B{number}"))
        assert (len(standin.identified), standin.resumed) == (2, 2)
        listed = words(await standin.command("room list"))
        assert [listed.count(name) for name in ("Room A", "Room B0", "Room B1", "Room B2")] == [1, 1, 1, 1]
        assert standin.publications == 1
