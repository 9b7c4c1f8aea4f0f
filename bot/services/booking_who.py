"""Who can when: each person's time as it is free, outside their usual hours, away or booked, without the reasons."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from bot.services.availability import times_of
from bot.services.availability_hours import Span, both, spans_of, union, without
from bot.services.booking_find import busy_of


@dataclass(frozen=True, slots=True)
class PersonTimes:
    """One person's time within an interval; `has_said` is whether they ever told their usual hours."""

    user_id: int
    free: tuple[Span, ...]
    usual: tuple[Span, ...]
    away: tuple[Span, ...]
    booked: tuple[Span, ...]
    has_said: bool


@dataclass(frozen=True, slots=True)
class Who:
    """Several people's time within an interval."""

    within: Span
    people: tuple[PersonTimes, ...]

    @property
    def common(self) -> list[Span]:
        """When all of them can."""
        return self._common(self.people)

    @property
    def in_the_way(self) -> list[int]:
        """Where there is no common time: each person without whom there would be one."""
        if self.common or len(self.people) == 1:
            return []
        every = [person.user_id for person in self.people]
        return [key for key in every if self._common(person for person in self.people if person.user_id != key)]

    def _common(self, people: Iterable[PersonTimes]) -> list[Span]:
        free = [self.within]
        for person in people:
            free = both(free, person.free)
        return free


async def who_can(session: AsyncSession, guild_id: int, user_ids: Sequence[int], within: Span) -> Who:
    """Return when each person can: within what they said, and not on a session; three queries."""
    times = await times_of(session, guild_id, user_ids, *within)
    busy = await busy_of(session, guild_id, within, user_ids=user_ids)
    people = []
    for key in user_ids:
        said = times.hours.get(key)
        usual = both([within], spans_of(*said, *within)) if said else [within]
        away = both([within], times.away.get(key, []))
        booked = both([within], union(busy.users.get(key, [])))
        free = without(without(usual, away), booked)
        people.append(PersonTimes(key, tuple(free), tuple(usual), tuple(away), tuple(booked), said is not None))
    return Who(within, tuple(people))
