"""Messages packed ahead are those that discord.py's own `send` would let leave."""

from datetime import UTC, datetime
from typing import Any

import discord
import pytest
from discord.http import MultipartParameters

from bot.delivery.packing import pack, send
from bot.models.reminder import ReminderKind
from bot.services.reminder_words import Due
from bot.ui.letter import letter

AT = datetime(2027, 5, 4, 18, tzinfo=UTC)
CALLED = {"user_ids": (7, 8), "role_ids": (9,)}


def due(**more: Any) -> Due:
    given: dict[str, Any] = {
        "id": 3, "guild_id": 1, "kind": ReminderKind.CHANNEL, "occurrence": 2, "due_at": AT, "attempts": 0,
        "user_id": None, "channel_id": 5, "created_by": 7, "subject_id": None, "announcements_id": None,
        "text": "⏰ bring the snare", **more,
    }  # fmt: skip
    return Due(**given)


class Client(discord.Client):
    """A client whose messages go nowhere, and are kept."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents.none(), allowed_mentions=discord.AllowedMentions.none())
        self.kept: list[MultipartParameters] = []
        self.http.send_message = self._keep  # type: ignore[method-assign, assignment]

    async def _keep(self, channel_id: int, *, params: MultipartParameters) -> dict[str, Any]:
        self.kept.append(params)
        return {
            "id": "77", "channel_id": str(channel_id), "author": {"id": "1", "username": "b", "discriminator": "0"},
            "content": "", "timestamp": "2027-01-01T00:00:00+00:00", "edited_timestamp": None, "tts": False,
            "mention_everyone": False, "mentions": [], "mention_roles": [], "attachments": [], "embeds": [],
            "pinned": False, "type": 0,
        }  # fmt: skip


def told(params: MultipartParameters) -> dict[str, Any]:
    """Return what a message says; that `send` names a content of nothing and no attachments is no difference."""
    payload = {**(params.payload or {})}
    assert payload.pop("content", None) is None
    assert not payload.pop("attachments", None)
    return payload


@pytest.mark.parametrize("wanted", [due(), due(**CALLED), due(everyone="@here"), due(kind=ReminderKind.DEADLINE)])
async def test_what_leaves_is_what_send_lets_leave(wanted: Due) -> None:
    client = Client()
    called = discord.AllowedMentions(
        everyone=bool(wanted.everyone),
        users=[discord.Object(key) for key in wanted.user_ids],
        roles=[discord.Object(key) for key in wanted.role_ids],
    )
    channel = client.get_partial_messageable(5)
    await channel.send(view=letter(wanted, AT), nonce=wanted.nonce, allowed_mentions=called)
    assert await send(client, 5, pack(client, wanted, letter(wanted, AT))) == 77
    sent, packed = client.kept
    assert told(packed) == told(sent)
    assert told(packed)["enforce_nonce"] is True, "without it a crash between sending and marking pings twice"
    assert told(packed)["nonce"] == "r3-2"


async def test_files_leave_with_it_and_are_closed(tmp_path: Any) -> None:
    path = tmp_path / "sheet.txt"
    path.write_text("19:00 load-in")
    client = Client()
    view = letter(due(), AT)
    file = discord.File(path)
    view.add_item(discord.ui.File(file))
    await send(client, 5, pack(client, due(), view, [file]))
    params = client.kept[0]
    assert params.payload is None
    assert params.multipart is not None
    assert [part["name"] for part in params.multipart] == ["payload_json", "files[0]"]
    assert file.fp.closed
