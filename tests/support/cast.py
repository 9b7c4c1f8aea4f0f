"""Actors for tests of rules: the people of one server, and one of another."""

from dataclasses import dataclass, replace

from bot.actor import Actor
from bot.services import Services

GUILD, OTHER_GUILD = 900_000_000_000_000_001, 900_000_000_000_000_002
PRODUCERS, MONEY = 800_000_000_000_000_001, 800_000_000_000_000_002
STUDIO = 700_000_000_000_000_001


@dataclass(frozen=True)
class Cast:
    """`act` gives an actor a fresh change, as each command does."""

    services: Services
    producer: Actor
    treasurer: Actor
    member: Actor
    other: Actor
    foreigner: Actor

    @classmethod
    async def of(cls, services: Services) -> "Cast":
        owner = Actor(GUILD, 100_000_000_000_000_001, channel_id=STUDIO, manages_server=True)
        owner = await services.settings.complete(owner)
        await services.settings.start(
            owner, timezone="Europe/Berlin", currency="EUR", producer_role_id=PRODUCERS, money_role_id=MONEY
        )

        async def person(number: int, *roles: int, guild: int = GUILD, manages: bool = False) -> Actor:
            seen = Actor(guild, 100_000_000_000_000_000 + number, frozenset(roles), STUDIO, manages_server=manages)
            return await services.settings.complete(seen)

        return cls(
            services,
            producer=await person(2, PRODUCERS),
            treasurer=await person(3, MONEY),
            member=await person(4),
            other=await person(5),
            foreigner=await person(2, guild=OTHER_GUILD, manages=True),
        )

    def act(self, actor: Actor, **changes: object) -> Actor:
        return replace(actor.again(), **changes)  # type: ignore[arg-type]
