"""One delivery: where a reminder goes, where else when that place is closed, and what an error means."""

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import aiohttp
import discord
from discord import ui
from discord.http import MultipartParameters

from bot.clock import Clock
from bot.delivery.aim import Aim
from bot.delivery.detour import Detours, Shut
from bot.delivery.gate import patience
from bot.delivery.packing import pack, send
from bot.services.reminder_due import RETRY_AFTER, Ending, Outcome, Unreachable
from bot.services.reminder_words import LATE_AFTER, Due

log = logging.getLogger(__name__)

MESSAGE_OF_NONCE_GONE = 10008
UNKNOWN_CHANNEL = 10003
NO_ACCESS = 50001
OPENING_TOO_FAST = 40003
NO_PERMISSION = 50013
NO_DM = "I can't send you direct messages"
SERVER_FAULT = 500
TRY_AGAIN = frozenset({401, 408, 429})
# How long Discord certainly knows a nonce; after that the channel itself is asked.
NONCE_TRUSTED = timedelta(seconds=90)
APART = "everybody whom it is for is told by direct message"
LOOKED_BACK = 100
KNOWN_DMS = 10_000
LOST = (discord.RateLimited, aiohttp.ClientError, OSError, TimeoutError)


class Compose(Protocol):
    """Builds the message of a reminder for an instant, and for a place where people must be called by name."""

    def __call__(
        self, due: Due, at: datetime, *, called: bool = True, troubles: Sequence[str] = ()
    ) -> ui.LayoutView: ...


# Returns what is to leave with all its words.
Tell = Callable[[Due], Awaitable[Due]]
# Returns the files that leave with a reminder for a channel.
Enclose = Callable[[Due, int], Awaitable[list[discord.File]]]


@dataclass(frozen=True, slots=True)
class Target:
    """A place to try: a person's direct messages or a channel."""

    channel_id: int | None = None
    user_id: int | None = None


class Closed(Exception):
    """A place that does not take the message; the text says why, in words for people."""

    def __init__(self, why: str, *, is_gone: bool = False) -> None:
        super().__init__(why)
        self.is_gone = is_gone


class Post:
    """Delivers one reminder at a time: first to its own place, else down a short list of others."""

    def __init__(
        self,
        client: discord.Client,
        clock: Clock,
        compose: Compose,
        mark_of: Callable[[Due], int],
        tell: Tell,
        enclose: Enclose | None = None,
        *,
        detours: Detours | None = None,
        aim: Aim | None = None,
    ) -> None:
        self._client = client
        self._clock = clock
        self._compose = compose
        self._mark_of = mark_of
        self._tell = tell
        self._enclose = enclose
        self._detours = detours
        self._aim = aim
        self._dms: dict[int, int] = {}

    def prepare(self, due: Due) -> MultipartParameters | None:
        """Pack the message for a delivery in time, ahead of it, where its words are known already."""
        if due.is_told_later:
            return None
        try:
            return pack(self._client, due, self._compose(due, due.due_at, called=not due.is_direct))
        except Exception:
            log.exception("reminder %s could not be built", due.id)  # its own delivery says so; the others go on
            return None

    async def deliver(self, due: Due, prepared: MultipartParameters | None = None) -> Outcome:
        """Try each place in turn; whatever Discord or the network says ends in an outcome, never in an exception."""
        try:
            told = await self._tell(due)
            async with patience():
                return await self._try(told, prepared)
        except discord.HTTPException as error:
            return self._again(due, f"Discord said {error.status}", is_doubtful=error.status >= SERVER_FAULT)
        except Unreachable as error:
            return self._again(due, f"the database did not answer: {error}", is_doubtful=False)
        except LOST as error:
            is_doubtful = not isinstance(error, discord.RateLimited | aiohttp.ClientConnectorError)
            return self._again(due, type(error).__name__, is_doubtful=is_doubtful)
        except Exception as error:
            log.exception("reminder %s could not be delivered", due.id)
            return self._again(due, type(error).__name__, is_doubtful=True)

    async def _try(self, due: Due, prepared: MultipartParameters | None) -> Outcome:
        """Send to the first place that takes it; raises what Discord or the network says of passing troubles."""
        if due.pointless:
            return self._outcome(due, Ending.DROPPED, error=due.pointless)
        aimed = await self._aim.at(due) if self._aim is not None else due
        if aimed is not due:
            due, prepared = aimed, None
        troubles: list[str] = []
        shut: Shut | None = None
        for target in _targets(due):
            try:
                packed = prepared if not troubles and not self._is_late(due) else None
                told = self._words(due, target) if troubles else due
                sent = await self._send(told, target, troubles, packed)
            except Closed as closed:
                troubles.append(str(closed))
                if target.channel_id is not None:
                    shut = shut or Shut(target.channel_id, str(closed), is_gone=closed.is_gone)
                left = await self._left(due, target)
                if left is None:
                    return await self._arrived(due, due, shut, [*troubles, APART], {})
                due = left
            else:
                return await self._arrived(due, told, shut, troubles, sent)
        return self._outcome(due, Ending.FAILED, error="; ".join(troubles) or "there is no place to send it to")

    async def _left(self, due: Due, closed: Target) -> Due | None:
        """Return a ping for those who must still hear of it once its own channel is closed; None for nobody."""
        if self._detours is None or closed.channel_id is None or closed.channel_id != due.channel_id:
            return due
        return await self._detours.apart(due)

    async def _arrived(
        self, due: Due, told: Due, shut: Shut | None, troubles: list[str], sent: dict[str, int | None]
    ) -> Outcome:
        """Tell whom a detour concerns; a message that says less than it would is never drawn again with its words."""
        if troubles and self._detours:
            await self._detours.after(due, told, shut)
        if told.is_veiled:
            sent = {**sent, "message_id": None}
        return self._outcome(due, Ending.SENT, error="; ".join(troubles), **sent)

    def _words(self, due: Due, target: Target) -> Due:
        """Return what may be said in another place than its own."""
        if self._detours is not None:
            return self._detours.words(due, target.channel_id)
        return replace(due, text=due.elsewhere) if due.elsewhere else due

    async def _send(
        self, due: Due, target: Target, troubles: list[str], packed: MultipartParameters | None
    ) -> dict[str, int | None]:
        channel_id = target.channel_id or await self._opened(target.user_id or 0)
        if due.doubted_since is not None and (known := await self._sent_before(channel_id, due)):
            return {"channel_id": channel_id, "message_id": known}
        files = await self._enclose(due, channel_id) if self._enclose is not None else []
        if packed is None or files:
            packed = self._packed(due, target, troubles, files)
        try:
            message_id = await send(self._client, channel_id, packed)
        except discord.HTTPException as error:
            if _is_passing(error):
                raise
            if error.code == MESSAGE_OF_NONCE_GONE:  # it arrived, and somebody has deleted it
                return {"channel_id": channel_id, "message_id": None}
            raise Closed(self._why(due, target, error), is_gone=error.code == UNKNOWN_CHANNEL) from error
        return {"channel_id": channel_id, "message_id": message_id}

    def _packed(
        self, due: Due, target: Target, troubles: list[str], files: Sequence[discord.File]
    ) -> MultipartParameters:
        """Pack a message that leaves at this moment."""
        called = target.channel_id is not None or not due.is_direct
        view = self._compose(due, self._clock.now(), called=called, troubles=troubles)
        for file in files:
            view.add_item(ui.File(file))
        return pack(self._client, due, view, files)

    async def _opened(self, user_id: int) -> int:
        """Return the channel of a person's direct messages; raises `Closed`."""
        if user_id not in self._dms:
            try:
                opened = await self._client.create_dm(discord.Object(user_id))
            except discord.HTTPException as error:
                if _is_passing(error):
                    raise
                raise Closed(NO_DM) from error
            if len(self._dms) >= KNOWN_DMS:
                self._dms.clear()
            self._dms[user_id] = opened.id
        return self._dms[user_id]

    async def _sent_before(self, channel_id: int, due: Due) -> int | None:
        """Return the message that an earlier process sent for this occurrence, if it did.

        Right after a crash Discord knows the nonce; later its memory is over, and the channel is looked through,
        and so it is where the clock has been set back. A channel that can't be read for good is no reason to be silent.
        """
        since = due.doubted_since
        if since is None or timedelta(0) <= self._clock.now() - since <= NONCE_TRUSTED:
            return None
        mark = self._mark_of(due)
        try:
            async for message in self._client.get_partial_messageable(channel_id).history(limit=LOOKED_BACK):
                if any(getattr(component, "id", None) == mark for component in message.components):
                    return message.id
        except discord.HTTPException as error:
            if _is_passing(error):
                raise
            log.info("reminder %s: the channel could not be looked through: %s", due.id, error.status)
        return None

    def _why(self, due: Due, target: Target, error: discord.HTTPException) -> str:
        """Return what is closed about a place, with the name of the permission that is missing."""
        if target.channel_id is None:
            return NO_DM
        if error.code == UNKNOWN_CHANNEL:
            return "the channel it belongs in was deleted"
        if error.code not in (NO_ACCESS, NO_PERMISSION):
            return f"Discord refused it in <#{target.channel_id}> ({error.code})"
        missing = self._missing(due.guild_id, target.channel_id)
        missing = missing or ["View Channel" if error.code == NO_ACCESS else "Send Messages"]
        return f"I lack **{', '.join(missing)}** in <#{target.channel_id}>"

    def _missing(self, guild_id: int, channel_id: int) -> list[str]:
        guild = self._client.get_guild(guild_id)
        channel = guild.get_channel_or_thread(channel_id) if guild else None
        if guild is None or channel is None:
            return []
        granted = channel.permissions_for(guild.me)
        sending = "send_messages_in_threads" if isinstance(channel, discord.Thread) else "send_messages"
        lacking = [name for name in ("view_channel", sending) if not getattr(granted, name)]
        return [name.replace("_", " ").title() for name in lacking[:1]]  # who can't see it can't write there either

    def _again(self, due: Due, error: str, *, is_doubtful: bool) -> Outcome:
        ending = Ending.RETRY if due.attempts < len(RETRY_AFTER) else Ending.FAILED
        return self._outcome(due, ending, error=error, is_doubtful=is_doubtful or due.doubted_since is not None)

    def _outcome(self, due: Due, ending: Ending, **more: Any) -> Outcome:
        return Outcome(due, ending, self._clock.now(), **{**more, "error": more.get("error") or None})

    def _is_late(self, due: Due) -> bool:
        return self._clock.now() - due.due_at > LATE_AFTER


def _is_passing(error: discord.HTTPException) -> bool:
    """Tell whether the same request may succeed a little later."""
    return error.status >= SERVER_FAULT or error.status in TRY_AGAIN or error.code == OPENING_TOO_FAST


def _targets(due: Due) -> Iterator[Target]:
    """Give the places to try: its own, then the channel it was made in, announcements, and whoever made it."""
    places = [(None, due.user_id), (due.channel_id, None), (due.announcements_id, None), (None, due.created_by)]
    for channel_id, user_id in dict.fromkeys(places):
        if channel_id is not None or user_id is not None:
            yield Target(channel_id, user_id)
