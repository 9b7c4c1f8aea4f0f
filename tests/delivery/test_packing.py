"""A message packed ahead is, byte for byte, what discord.py's own `send` would have let leave."""

import io
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest

from bot.delivery.packing import pack, send
from bot.models.reminder import ReminderKind
from bot.services.reminder_words import Due
from bot.ui.letter import letter
from tests.support.discord_stub import Stub

CHANNEL = 1234
BOUNDARY = re.compile(rb"--[0-9a-f]{32}(?:--)?\r\n")
AT = datetime(2027, 1, 1, 12, tzinfo=UTC)
PLAIN = Due(
    id=5, guild_id=1, kind=ReminderKind.CHANNEL, occurrence=2, due_at=AT, attempts=0, user_id=None, channel_id=CHANNEL,
    created_by=7, subject_id=None, announcements_id=None, text="⏰ tune the piano",
)  # fmt: skip
CALLING = Due(
    id=6, guild_id=1, kind=ReminderKind.CHANNEL, occurrence=0, due_at=AT, attempts=0, user_id=None, channel_id=CHANNEL,
    created_by=7, subject_id=None, announcements_id=None, text="⏰ load in", user_ids=(7, 8), role_ids=(9,),
    everyone="@here",
)  # fmt: skip


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    stub = Stub()
    stub.reset()
    monkeypatch.setattr(discord.http.Route, "BASE", stub.base)
    yield stub
    stub.stop()


class Wire:
    """A client, and what it has let leave: one method, address and body per request."""

    def __init__(self) -> None:
        self.left: list[tuple[str, str, bytes]] = []
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(self._begin)
        trace.on_request_chunk_sent.append(self._more)
        # As the bot is made: nobody is called by default.
        self.client = discord.Client(
            intents=discord.Intents.none(), http_trace=trace, allowed_mentions=discord.AllowedMentions.none()
        )

    async def _begin(self, _session: Any, _context: SimpleNamespace, request: aiohttp.TraceRequestStartParams) -> None:
        self.left.append((request.method, request.url.path, b""))

    async def _more(self, _session: Any, _context: SimpleNamespace, sent: aiohttp.TraceRequestChunkSentParams) -> None:
        method, path, body = self.left[-1]
        self.left[-1] = method, path, BOUNDARY.sub(b"--\r\n", body + sent.chunk)


@pytest.fixture
async def wire(stub: Stub) -> AsyncIterator[Wire]:
    wire = Wire()
    await wire.client.login("stub.to.ken")
    wire.left.clear()
    yield wire
    await wire.client.close()


def enclosed() -> list[discord.File]:
    return [discord.File(io.BytesIO(b"BEGIN:VCALENDAR"), "sheet.ics")]


@pytest.mark.parametrize("due", [PLAIN, CALLING], ids=["plain", "calling"])
@pytest.mark.parametrize("has_file", [False, True], ids=["words", "file"])
async def test_what_leaves_is_what_send_would_send(wire: Wire, stub: Stub, due: Due, has_file: bool) -> None:  # noqa: FBT001
    called = discord.AllowedMentions(
        everyone=bool(due.everyone),
        users=[discord.Object(key) for key in due.user_ids],
        roles=[discord.Object(key) for key in due.role_ids],
    )
    channel = wire.client.get_partial_messageable(CHANNEL)
    files: dict[str, Any] = {"files": enclosed()} if has_file else {}
    await channel.send(view=letter(due, AT), nonce=due.nonce, allowed_mentions=called, **files)
    packed = pack(wire.client, due, letter(due, AT), enclosed() if has_file else [])
    message_id = await send(wire.client, CHANNEL, packed)
    theirs, ours = wire.left
    if not has_file:
        assert b'"enforce_nonce":true' in ours[2]
    assert len(ours[2]) > 100
    assert ours == theirs, "discord.py has changed: bot/delivery/packing.py packs otherwise than its send"
    assert {message_id} == {key for *_, key in stub.seen()["log"]}


async def test_what_was_packed_once_may_leave_again(wire: Wire) -> None:
    """A second try of the same delivery sends the same message."""
    packed = pack(wire.client, PLAIN, letter(PLAIN, AT))
    assert await send(wire.client, CHANNEL, packed) == await send(wire.client, CHANNEL, packed)
    assert wire.left[0] == wire.left[1]
