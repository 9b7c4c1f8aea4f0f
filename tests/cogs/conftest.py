"""Fixtures for tests of commands: a band that has what sessions need."""

import pytest

from tests.support.band import Band


@pytest.fixture
async def booked_band(band: Band) -> Band:
    """A band with a room at 60 an hour and a project with 24,000 to spend."""
    await band.producer.slash("room add", name="Room A", rate="60", buffer="30", cancellation="48h 50%, 24h 100%")
    await band.producer.slash("project create", name="Harbour Lights", kind="album", budget="24000")
    return band
