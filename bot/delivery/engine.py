"""The engine: wakes when something is due, claims it, lets it leave in time, and marks what became of it."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from discord.http import MultipartParameters

from bot.clock import Clock
from bot.delivery.lanes import Lanes
from bot.delivery.post import Post
from bot.services.reminder_due import BATCH, DueService, Ending, Outcome, Unreachable
from bot.services.reminder_words import Due

log = logging.getLogger(__name__)

# Looking for them early leaves time to claim thousands and to pack their messages before they are due.
AHEAD = timedelta(seconds=1)
LEAD = timedelta(seconds=0.7)
# So many messages are packed in one go before anything else has its turn.
PACKED_AT_ONCE = 4
SWEEP = timedelta(seconds=30)
# Where nobody else can plan anything, the alarm is enough; the sweep is only there for what nobody thought of.
SWEEP_ALONE = timedelta(minutes=15)
MOST_HELD = 4000
# Of a lease: half of it is the time to renew it, and in its last part it is not used any more.
RENEW_AFTER = 0.5
RENEW_AGAIN_AFTER = 0.125
LEASE_MARGIN = 1 / 30
MARK_SECONDS = 0.05
TROUBLE_SECONDS = 1.0
SHORTEST_NAP = timedelta(seconds=0.05)
STOP_SECONDS = 5.0
WAKE = "reminders due"


class Alarm(Protocol):
    """What rings when something is due."""

    def at(self, name: str, instant: datetime, work: Callable[[], Awaitable[None]]) -> None: ...
    def every(self, name: str, pause: timedelta, work: Callable[[], Awaitable[None]]) -> None: ...


@dataclass(slots=True)
class Held:
    """A claimed reminder in memory, its message packed ahead, until its outcome is on disk."""

    due: Due
    lease_until: datetime
    packed: MultipartParameters | None = None
    has_begun: bool = False


class Delivery:
    """Delivers the reminders of one database; any number of processes may do so side by side."""

    def __init__(
        self, due: DueService, clock: Clock, alarm: Alarm, post: Post, noted: Callable[[Outcome], None] | None = None
    ) -> None:
        self._clock = clock
        self._due = due
        self._alarm = alarm
        self._post = post
        self._noted = noted
        self._name = secrets.token_hex(8)
        self._lanes = Lanes(self._leave)
        self._held: dict[int, Held] = {}
        self._outcomes: list[Outcome] = []
        self._timers: set[asyncio.TimerHandle] = set()
        self._passing: asyncio.Task[None] | None = None
        self._marking: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | asyncio.TimerHandle | None = None
        self._mark_timer: asyncio.TimerHandle | None = None
        # Both touch many rows in an order of their own: side by side they could wait for each other.
        self._writing = asyncio.Lock()
        self._again = False
        self._take_over = due.is_alone
        self._wake_at: datetime | None = None
        self._stopped = True
        self._deafen: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin: what waits is not read, what is due leaves at once."""
        self._stopped = False
        self._deafen = self._due.listen(self._on_write)
        self._alarm.every("reminders sweep", SWEEP_ALONE if self._due.is_alone else SWEEP, self._sweep)
        self.poke()

    async def stop(self) -> None:
        """Let what is leaving finish for a moment, write down how it went, and give the rest back."""
        if self._stopped:
            return
        self._stopped = True
        self._deafen()
        for timer in self._timers:
            timer.cancel()
        self._lanes.clear()
        working = [task for task in (*self._lanes.tasks, self._passing) if task is not None]
        if working:
            _, late = await asyncio.wait(working, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._settle_all()

    def poke(self) -> None:
        """Look for what is due, now or right after the look that is being taken."""
        if self._stopped:
            return
        if self._passing is not None and not self._passing.done():
            self._again = True
            return
        self._passing = asyncio.create_task(self._pass(), name="reminders pass")

    def _on_write(self, info: dict[str, Any]) -> None:
        """Wake early enough for what a commit has planned, and drop what it has called off."""
        for key in info.get("called_off", ()):
            held = self._held.get(key)
            if held is not None and not held.has_begun:
                del self._held[key]
        at = info.get("wake_at")
        if at is not None:
            self._wake_by(at - LEAD)

    def _wake_by(self, at: datetime) -> None:
        if at <= self._clock.now():
            self.poke()
        elif self._wake_at is None or at < self._wake_at:
            self._wake_at = at
            self._alarm.at(WAKE, at, self._wake)

    async def _wake(self) -> None:
        self._wake_at = None
        self.poke()

    async def _sweep(self) -> None:
        """Look for what other processes planned."""
        self.poke()

    async def _pass(self) -> None:
        try:
            first = await self._look()
            while self._again and not self._stopped:
                first = await self._look()
        except Unreachable as fault:
            log.warning("reminders could not be claimed: %s", fault)
            self._later(TROUBLE_SECONDS, self.poke)
            return
        if first is not None and len(self._held) < MOST_HELD:
            self._wake_by(max(first - LEAD, self._clock.now() + SHORTEST_NAP))

    async def _look(self) -> datetime | None:
        """Claim what is due within a second, batch by batch; return when the next one is due."""
        # Forgotten before the look: a commit during it may set an earlier alarm, which must not be replaced.
        self._again, self._wake_at = False, None
        while True:
            first = await self._due.next_at()
            now = self._clock.now()
            is_due = first is not None and first <= now + AHEAD
            if self._stopped or len(self._held) >= MOST_HELD or not (is_due or self._take_over):
                return first
            claimed = await self._due.claim(self._name, now + AHEAD, take_over=self._take_over)
            self._take_over = self._take_over and len(claimed) == BATCH
            await self._line_up([due for due in claimed if due.id not in self._held], now + self._due.lease)
            if is_due and not claimed:  # another process is claiming it right now
                return first

    async def _line_up(self, dues: Sequence[Due], lease_until: datetime) -> None:
        """Put claimed reminders into their lanes, each at its instant, and pack what has time until then."""
        now = self._clock.now()
        ahead: dict[datetime, list[Due]] = {}
        for due in dues:
            if due.pointless:
                self._held[due.id] = Held(due, lease_until, has_begun=True)
                self._note(Outcome(due, Ending.DROPPED, now, error=due.pointless))
                continue
            self._held[due.id] = Held(due, lease_until)
            if due.due_at > now:
                ahead.setdefault(due.due_at, []).append(due)
            else:
                self._lanes.add(due)
        if self._held and self._renewing is None:
            self._renewing = self._later(self._due.lease.total_seconds() * RENEW_AFTER, self._renew)
        for at, group in ahead.items():
            self._later((at - now).total_seconds(), self._let_go, group)
        await self._pack([due for group in ahead.values() for due in group])

    async def _pack(self, dues: Sequence[Due]) -> None:
        """Pack the messages of what is not due yet; what is due before its turn is packed as it leaves."""
        for start in range(0, len(dues), PACKED_AT_ONCE):
            for due in dues[start : start + PACKED_AT_ONCE]:
                held = self._held.get(due.id)
                if held is not None and not held.has_begun:
                    held.packed = self._post.prepare(due)
            await asyncio.sleep(0)

    def _let_go(self, dues: Sequence[Due]) -> None:
        for due in dues:
            self._lanes.add(due)

    async def _leave(self, due: Due) -> None:
        """Deliver one reminder from its lane, unless it was called off or its lease is running out."""
        held = self._held.get(due.id)
        if held is None or held.due is not due:
            return
        if self._stopped:
            return
        if held.lease_until - self._due.lease * LEASE_MARGIN <= self._clock.now():
            del self._held[due.id]
            self.poke()
            return
        held.has_begun = True
        outcome = await self._post.deliver(due, held.packed)
        _log(outcome)
        self._note(outcome)

    def _note(self, outcome: Outcome) -> None:
        """Remember an outcome, to be written with others, or at once when nothing else is on its way."""
        self._outcomes.append(outcome)
        if self._noted is not None:
            self._noted(outcome)
        if len(self._held) <= len(self._outcomes):
            self._mark_soon()
        elif self._mark_timer is None:
            self._mark_timer = self._later(MARK_SECONDS, self._mark_soon)

    def _mark_soon(self) -> None:
        if self._mark_timer is not None:
            self._mark_timer.cancel()
            self._timers.discard(self._mark_timer)
            self._mark_timer = None
        if self._marking is None or self._marking.done():
            self._marking = asyncio.create_task(self._mark(), name="reminders mark")

    async def _mark(self) -> None:
        while self._outcomes:
            batch, self._outcomes = self._outcomes, []
            try:
                async with self._writing:
                    await self._due.mark(self._name, batch)
            except Unreachable as fault:
                log.warning("deliveries could not be marked: %s", fault)
                self._outcomes = batch + self._outcomes
                if not self._stopped:
                    self._later(TROUBLE_SECONDS, self._mark_soon)
                return
            self._let_go_of(batch)

    def _let_go_of(self, batch: Sequence[Outcome]) -> None:
        was_full = len(self._held) >= MOST_HELD
        for outcome in batch:
            self._held.pop(outcome.due.id, None)
        needs_look = any(outcome.ending is Ending.RETRY or outcome.due.is_repeating for outcome in batch)
        if was_full or needs_look:
            self.poke()

    async def _hold_on(self) -> None:
        """Renew the leases of what still waits in a lane, and go on doing so while anything does."""
        if not self._held or self._stopped:
            self._renewing = None
            return
        after = RENEW_AFTER
        try:
            async with self._writing:
                known = list(self._held)
                until = await self._due.renew(self._name, known)
            for held in filter(None, map(self._held.get, known)):
                held.lease_until = until
        except Unreachable as fault:
            log.warning("leases could not be renewed: %s", fault)
            after = RENEW_AGAIN_AFTER
        self._renewing = self._later(self._due.lease.total_seconds() * after, self._renew)

    def _renew(self) -> None:
        self._renewing = asyncio.create_task(self._hold_on(), name="reminders renew")

    def _later(self, seconds: float, callback: Any, *arguments: Any) -> asyncio.TimerHandle:
        """Call back unless the engine has stopped by then."""

        def ring() -> None:
            self._timers.discard(timer)
            callback(*arguments)

        timer = asyncio.get_running_loop().call_later(seconds, ring)
        self._timers.add(timer)
        return timer

    async def _settle_all(self) -> None:
        """Write down every outcome and give back what never began; what hangs in the middle keeps its lease."""
        if self._marking is not None:
            await asyncio.gather(self._marking, return_exceptions=True)
        await self._mark()
        waiting = [key for key, held in self._held.items() if not held.has_begun]
        if waiting:
            try:
                await self._due.release(self._name, waiting)
            except Unreachable as fault:
                log.warning("claims could not be given back: %s", fault)
        self._held.clear()


def _log(outcome: Outcome) -> None:
    due = outcome.due
    level = logging.INFO if outcome.ending in (Ending.SENT, Ending.DROPPED) else logging.WARNING
    late = (outcome.at - due.due_at).total_seconds()
    log.log(level, "reminder %s %s guild=%s late=%.3f", due.id, outcome.ending.value, due.guild_id, late)
