"""Settings: who may set them, what they grant, and zones as people type them."""

import pytest

from bot.errors import NotAllowed
from bot.fuzzy import Ambiguous
from bot.money import UnknownCurrency
from bot.services import Services
from bot.services.settings import NotAZone, read_zone, suggest_zones
from tests.support.cast import Cast


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("lond", "Europe/London"),
        ("EST", "America/New_York"),
        ("cet", "Europe/Berlin"),
        ("utc", "UTC"),
    ],
)
def test_zones_people_type(text: str, zone: str) -> None:
    assert read_zone(text) == zone


@pytest.mark.parametrize("text", ["", "   ", "Qwghlm", "x" * 5000, "Europe/Nowhere"])
def test_what_is_no_zone_is_refused(text: str) -> None:
    with pytest.raises(NotAZone, match="nothing was changed"):
        read_zone(text)


def test_several_cities_are_never_guessed() -> None:
    with pytest.raises(Ambiguous):
        read_zone("San")


def test_suggestions_begin_with_popular_zones_and_follow_what_is_typed() -> None:
    assert suggest_zones("")[0] == "Europe/Berlin"
    assert len(suggest_zones("")) == 25
    assert suggest_zones("pst")[0] == "America/Los_Angeles"
    assert "Asia/Tokyo" in suggest_zones("tok")
    assert suggest_zones("Asia/To") == ["Asia/Tokyo", "Asia/Tomsk"]


async def test_settings_are_kept_and_given_to_the_actor(services: Services, cast: Cast) -> None:
    assert str(cast.member.zone) == "Europe/Berlin"
    assert (cast.producer.is_producer, cast.producer.sees_money) == (True, True)
    assert (cast.treasurer.is_producer, cast.treasurer.sees_money) == (False, True)
    assert (cast.member.is_producer, cast.member.sees_money) == (False, False)


async def test_only_what_is_given_changes(services: Services, cast: Cast) -> None:
    await services.settings.start(cast.producer, currency="usd")
    settings = await services.settings.of(cast.producer.guild_id)
    assert (settings.currency, settings.timezone) == ("USD", "Europe/Berlin")


async def test_members_may_not_set_up(services: Services, cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await services.settings.start(cast.member, currency="USD")


async def test_bad_values_change_nothing(services: Services, cast: Cast) -> None:
    with pytest.raises(UnknownCurrency):
        await services.settings.start(cast.producer, timezone="Paris", currency="QQQ")
    settings = await services.settings.of(cast.producer.guild_id)
    assert (settings.timezone, settings.currency) == ("Europe/Berlin", "EUR")


async def test_another_server_has_its_own_settings(services: Services, cast: Cast) -> None:
    settings = await services.settings.of(cast.foreigner.guild_id)
    assert (settings.timezone, settings.currency) == ("UTC", "USD")
    assert not await services.settings.is_set_up(cast.foreigner.guild_id)
    assert await services.settings.is_set_up(cast.producer.guild_id)


async def test_a_persons_own_zone_goes_before_the_servers(services: Services, cast: Cast) -> None:
    assert await services.settings.set_zone(cast.member, "tokyo") == "Asia/Tokyo"
    assert str((await services.settings.complete(cast.member)).zone) == "Asia/Tokyo"
    assert str((await services.settings.complete(cast.other)).zone) == "Europe/Berlin"
    await services.settings.set_zone(cast.act(cast.member), "lisbon")
    assert str((await services.settings.complete(cast.member)).zone) == "Europe/Lisbon"
