"""Fixtures for tests of rules: a room, a project, and bookings made in one call."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.actor import Actor
from bot.models.project import ProjectKind
from bot.money import read_amount
from bot.services import Services
from bot.services.booking import Ask, Outcome, Preview
from tests.support.cast import Cast
from tests.support.sessions import START, Previewed, Taken


@pytest.fixture
async def room(services: Services, producer: Actor) -> str:
    """Room A: 60 an hour, half an hour between bookings, half of it under 48 h and all of it under 24 h."""
    rate = read_amount("60")
    place = await services.room.add(producer, "Room A", rate=rate, buffer="30", cancellation="48h 50%, 24h 100%")
    return f"#{place.number}"


@pytest.fixture
async def project(services: Services, cast: Cast) -> str:
    made = await services.project.create(
        cast.act(cast.producer), "Harbour Lights", kind=ProjectKind.ALBUM, release=None, currency=None,
        budget=read_amount("1000"),
    )  # fmt: skip
    return f"#{made.number}"


@pytest.fixture
def previewed(services: Services, cast: Cast, room: str) -> Previewed:
    async def preview(
        actor: Actor, what: str = "Vocals", start: datetime = START, hours: float = 3, **more: Any
    ) -> Preview:
        ask = Ask(what, start, start + timedelta(hours=hours), **{"room": room, **more})
        return await services.booking.preview(cast.act(actor), ask)

    return preview


@pytest.fixture
def booked(services: Services, cast: Cast, previewed: Previewed) -> Taken:
    async def book(actor: Actor, *given: Any, reason: str | None = None, **more: Any) -> Outcome:
        draft = await previewed(actor, *given, **more)
        return await services.booking.book(cast.act(actor), draft.facts.booking.id, reason)

    return book


@pytest.fixture
def held(services: Services, cast: Cast, previewed: Previewed) -> Taken:
    async def hold(actor: Actor, *given: Any, **more: Any) -> Outcome:
        draft = await previewed(actor, *given, **more)
        return await services.booking.hold(cast.act(actor), draft.facts.booking.id)

    return hold
