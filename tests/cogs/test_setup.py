"""Setting up a server, as its owner and others see it."""

import discord
import pytest

from tests.support.band import Band


async def test_a_new_server_is_greeted_with_a_button_that_sets_it_up(empty_band: Band) -> None:
    guild = empty_band.env.create_guild(name="New")
    channel = guild.create_text_channel("hello")
    # simcord announces a server before its channels; the greeting goes where writing is allowed.
    await empty_band.env.settle()
    await empty_band.bot.get_cog("setup").on_guild_join(empty_band.bot.get_guild(guild.id))  # type: ignore[union-attr, arg-type]
    greeting = empty_band.last_in(channel)
    assert "Backline" in greeting.text
    assert "Set up" in greeting.buttons


async def test_the_panel_opens_for_those_who_manage_the_server_only(empty_band: Band) -> None:
    shown = await empty_band.owner.slash("setup start")
    assert shown.is_private
    assert "Time zone and currency" in shown.buttons
    refused = await empty_band.singer.slash("setup start")
    assert "Only producers" in refused.text
    assert not refused.buttons


async def test_the_panel_saves_what_is_picked_and_typed(empty_band: Band) -> None:
    owner = empty_band.owner
    shown = await owner.slash("setup start")
    await owner.choose(shown, empty_band.producers, menu="setup:pick:producers")
    await owner.choose(shown, empty_band.treasurers, menu="setup:pick:money")
    await owner.choose(shown, empty_band.general, menu="setup:pick:announcements")
    form = await owner.press(shown, "Time zone and currency")
    saved = await owner.fill(form, timezone="berlin", currency="eur")
    assert "Europe/Berlin" in saved.text
    assert "EUR" in saved.text
    settings = (await owner.slash("setup show")).text
    for part in (empty_band.producers.mention, empty_band.treasurers.mention, empty_band.general.mention, "EUR"):
        assert part in settings


@pytest.mark.parametrize(
    ("timezone", "currency", "words"),
    [("Qwghlm", "EUR", "time zone"), ("Berlin", "QQQ", "currency"), ("san", "EUR", "San Juan")],
)
async def test_what_is_typed_wrong_in_the_form_is_told_and_nothing_is_kept(
    empty_band: Band, timezone: str, currency: str, words: str
) -> None:
    owner = empty_band.owner
    form = await owner.press(await owner.slash("setup start"), "Time zone and currency")
    refused = await owner.fill(form, timezone=timezone, currency=currency)
    assert words in refused.text
    assert "UTC" in (await owner.slash("setup show")).text


async def test_the_command_saves_and_undo_takes_it_back(band: Band) -> None:
    changed = await band.producer.slash("setup start", timezone="Asia/Tokyo", digest="weekly")
    assert "Asia/Tokyo" in changed.text
    assert "weekly" in changed.text
    undone = await band.producer.press(changed, "Undo")
    assert "Undone" in undone.text
    assert "Europe/Berlin" in (await band.producer.slash("setup show")).text


async def test_the_panels_buttons_work_after_a_restart(band: Band) -> None:
    shown = await band.owner.slash("setup start")
    await band.restart()
    form = await band.owner.press(shown, "Time zone and currency")
    await band.restart()
    assert "Asia/Tokyo" in (await band.owner.fill(form, timezone="tokyo", currency="JPY")).text


async def test_check_names_what_is_missing_channel_by_channel(empty_band: Band) -> None:
    assert "Nothing is set yet" in (await empty_band.owner.slash("setup check")).text
    await empty_band.set_up()
    assert "Everything is in place" in (await empty_band.owner.slash("setup check")).text
    empty_band.guild.create_text_channel(
        "cellar", overwrites={empty_band.guild.default_role: discord.PermissionOverwrite(send_messages=False)}
    )
    found = (await empty_band.owner.slash("setup check")).text
    assert "cellar" in found
    assert "Send Messages" in found


async def test_deleted_roles_and_channels_are_named(band: Band) -> None:
    band.env.backend.delete_role(band.guild.id, band.treasurers.id)
    band.env.backend.delete_channel(band.general.id)
    await band.env.settle()
    found = (await band.owner.slash("setup check")).text
    assert "money role was deleted" in found
    assert "announcements channel was deleted" in found
    assert "deleted" in (await band.owner.slash("setup show")).text


async def test_a_persons_own_time_zone(band: Band) -> None:
    suggestions = await band.singer.suggestions("me timezone", "timezone", "tok")
    assert ("Asia/Tokyo", "Asia/Tokyo") in suggestions
    saved = await band.singer.slash("me timezone", timezone="tokyo")
    assert "Asia/Tokyo" in saved.text
    assert saved.is_private
    assert "Undone" in (await band.singer.press(saved, "Undo")).text
    assert "nothing was changed" in (await band.singer.slash("me timezone", timezone="x" * 5000)).text


async def test_commands_are_published_only_when_they_changed(band: Band) -> None:
    def published() -> int:
        return sum(entry.method == "PUT" and entry.path.endswith("/commands") for entry in band.env.http_requests)

    assert published() == 1
    await band.restart()
    assert published() == 1
    assert band.bot.mention("setup start").startswith("</setup start:")
