"""The contract checker on what a real bot sends through simcord, which is all within the contract."""

import io
from datetime import timedelta
from typing import Any

import discord
import pytest
import simcord
from discord import app_commands, ui

from tests.support.contract import Contract


class Ask(ui.Modal, title="Cancel the session"):
    """A modal with both kinds of rows."""

    why = ui.TextInput[Any](label="Why", custom_id="why", max_length=200)
    room = ui.Label[Any](
        text="Room",
        component=ui.Select(
            custom_id="room", options=[discord.SelectOption(label="A"), discord.SelectOption(label="B")]
        ),
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Cancelled.", ephemeral=True)


class Card(ui.LayoutView):
    """A card as the bot shows them."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
        box: ui.Container[Any] = ui.Container(accent_colour=discord.Colour.blurple())
        box.add_item(ui.TextDisplay("## Studio A"))
        box.add_item(ui.Section("Fri 19:00", accessory=ui.Button(label="Show", custom_id="booking:show:1")))
        box.add_item(ui.Separator())
        box.add_item(ui.MediaGallery(discord.MediaGalleryItem("attachment://a.png")))
        box.add_item(ui.ActionRow(ui.Button(label="Book", custom_id="booking:book:1")))
        self.add_item(box)


def make_bot() -> discord.Client:
    bot = discord.Client(intents=discord.Intents.default(), allowed_mentions=discord.AllowedMentions.none())
    tree = app_commands.CommandTree(bot)
    bot.tree = tree  # type: ignore[attr-defined]

    @tree.command(description="Show a card")
    async def card(interaction: discord.Interaction, room: str) -> None:
        await interaction.response.defer(thinking=True)
        await interaction.followup.send(view=Card(), file=discord.File(io.BytesIO(b"png"), "a.png"))
        await interaction.followup.send(f"{room} <@{interaction.user.id}>", ephemeral=True)

    @card.autocomplete("room")
    async def rooms(_: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=f"Studio {each}{current}", value=each) for each in "AB"]

    @tree.command(description="Ask why")
    @app_commands.default_permissions(manage_guild=True)
    async def ask(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Ask())

    async def setup_hook() -> None:
        await tree.sync()

    bot.setup_hook = setup_hook  # type: ignore[method-assign]
    return bot


async def use_everything(env: simcord.Env) -> None:
    """Send by every road that the bot knows."""
    guild = env.create_guild()
    channel = guild.create_text_channel("studio")
    owner = guild.add_member(guild.owner)
    await env.settle()
    await owner.slash(channel, "card", room="A")
    await owner.autocomplete(channel, "card", "room", "x")
    shown = await owner.slash(channel, "ask")
    await owner.submit_modal(shown, {"why": "ill", "room": ["A"]})
    await talk(env, guild.id, channel.id)


async def talk(env: simcord.Env, guild_id: int, channel_id: int) -> None:
    guild, channel = env.bot.get_guild(guild_id), env.bot.get_channel(channel_id)
    assert guild is not None
    assert isinstance(channel, discord.TextChannel)
    embed = discord.Embed(title="Budget", description="x", colour=0x123456, timestamp=env.now())
    message = await channel.send("Due", embed=embed, nonce="r1-1")
    await message.edit(content="Done", embed=None)
    await message.reply("Thanks", mention_author=False)
    await message.pin()
    await message.add_reaction("✅")
    thread = await message.create_thread(name="Demo")
    await thread.send(poll=discord.Poll("Which?", timedelta(hours=24)).add_answer(text="One"))
    await guild.create_scheduled_event(
        name="Session",
        start_time=env.now() + timedelta(days=1),
        end_time=env.now() + timedelta(days=1, hours=2),
        location="Studio A",
        entity_type=discord.EntityType.external,
        privacy_level=discord.PrivacyLevel.guild_only,
    )
    await guild.create_role(name="Producer", permissions=discord.Permissions(send_messages=True))
    assert guild.owner_id is not None
    await (await env.bot.fetch_user(guild.owner_id)).send("Hello")


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract.load()


async def test_what_a_bot_sends_is_clean(contract: Contract) -> None:
    async with simcord.run(make_bot()) as env:
        now = env.now()
        await use_everything(env)
        sent = {f"{entry.method} {entry.path.split('/')[1]}" for entry in env.http_requests if entry.json is not None}
        assert {"POST channels", "PATCH channels", "POST interactions", "POST guilds", "PUT applications"} <= sent
        assert contract.check_log(env.http_requests, now=now) == []


async def test_what_simcord_takes_and_discord_does_not_is_reported(contract: Contract) -> None:
    async with simcord.run(make_bot()) as env:
        channel = env.create_guild().create_text_channel("studio")
        await env.settle()
        target = env.bot.get_channel(channel.id)
        assert isinstance(target, discord.TextChannel)
        await target.send(embed=discord.Embed(title="x", url="notaurl").add_field(name="", value="x"))
        faults = contract.check_log(env.http_requests)
    where = f"POST /channels/{channel.id}/messages"
    assert faults == [
        f"{where}: embeds[0].url: format is uri, got 'notaurl'",
        f"{where}: embeds[0].fields[0].name: is empty",
    ]
