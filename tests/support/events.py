"""The server's own events for tests: reading them, and editing or making some by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.band import Band, Reply

HOUR = 3600


def events(band: Band) -> list[Any]:
    """Return the events that are not over, soonest first."""
    known = band.env.backend.guilds[band.guild.id].scheduled_events.values()
    return sorted((each for each in known if each.status in (1, 2)), key=lambda each: each.scheduled_start_time)


def times(event: Any) -> tuple[datetime, datetime]:
    """Return when an event is, in UTC."""
    start, end = (datetime.fromisoformat(each) for each in (event.scheduled_start_time, event.scheduled_end_time))
    return start.astimezone(UTC), end.astimezone(UTC)


def by_hand(band: Band, name: str, after: timedelta = timedelta(days=30)) -> Any:
    """Let the server's owner make an event."""
    start = band.bot.clock.now() + after
    return band.env.backend.create_scheduled_event(
        band.guild.id, name=name, entity_type=3, creator_id=band.owner.id, description="",
        scheduled_start_time=start.isoformat(), scheduled_end_time=(start + timedelta(hours=1)).isoformat(),
        entity_metadata={"location": "Elsewhere"},
    )  # fmt: skip


def asked(band: Band, method: str = "*") -> list[str]:
    """Return the requests about events so far, as methods; of one method when it is named."""
    log = [each.method for each in band.env.http_requests if "/scheduled-events" in each.path]
    return [each for each in log if method in (each, "*")]


def allow(band: Band, *, events: bool) -> None:
    """Give the bot the permission to make events, or take it away."""
    backend = band.env.backend
    for role in backend.guilds[band.guild.id].roles.values():
        if role.managed:
            bits = (1 << 44) | (1 << 33)
            granted = role.permissions | bits if events else role.permissions & ~bits
            backend.edit_role(band.guild.id, role.id, {"permissions": granted})


async def until(band: Band, at: datetime) -> None:
    """Let time pass, some hours at a time."""
    while (left := (at - band.bot.clock.now()).total_seconds()) > 0:
        await band.env.advance_time(min(left, 6 * HOUR))


async def switch(band: Band, label: str) -> Reply:
    """Press the switch in the panel of the settings."""
    return await band.owner.press(await band.owner.slash("setup start"), label)
