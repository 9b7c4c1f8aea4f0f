"""Who is asking: everything a rule may know about a person, without Discord."""

import secrets
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from bot.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class Actor:
    """A person acting in one server, at one moment.

    `change_id` names everything this act writes, so that it can be undone as a whole.
    """

    guild_id: int
    user_id: int
    role_ids: frozenset[int] = frozenset()
    channel_id: int | None = None
    locale: str = "en-US"
    manages_server: bool = False
    is_producer: bool = False
    sees_money: bool = False
    zone: ZoneInfo = field(default=ZoneInfo("UTC"))
    change_id: int = field(default_factory=lambda: secrets.randbits(62))

    def must_produce(self) -> None:
        """Raise `NotAllowed` unless the person is a producer."""
        if not self.is_producer:
            raise NotAllowed(who="producers")

    def must_see_money(self) -> None:
        """Raise `NotAllowed` unless the person may see money (R35)."""
        if not self.sees_money:
            raise NotAllowed(who="people with the money role")

    def again(self) -> "Actor":
        """Return the same person for a new act, with a change of its own."""
        return replace(self, change_id=secrets.randbits(62))
