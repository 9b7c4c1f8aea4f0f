"""What a calendar must ask of Discord: whether its owner is still there, and what people are called."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Member:
    """A person of a server as they are now."""

    name: str
    role_ids: tuple[int, ...]


class Unreachable(Exception):
    """Discord can't say right now."""


class People(Protocol):
    """Whoever knows the people of servers; the app hands one in, because rules know no Discord."""

    async def member(self, guild_id: int, user_id: int) -> Member | None:
        """Return a member, or None for who is not in the server any more; raises `Unreachable`."""

    async def names(self, guild_id: int, user_ids: Collection[int]) -> dict[int, str]:
        """Return what members are called, as far as it can be found out soon."""

    def roles(self, guild_id: int, role_ids: Collection[int]) -> dict[int, str]:
        """Return what roles are called."""

    def server(self, guild_id: int) -> str:
        """Return what a server is called, or nothing."""
