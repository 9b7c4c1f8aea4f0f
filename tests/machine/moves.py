"""The moves of the machine: what people, their server and the time do, each drawn from one seed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any
from unittest import mock

import discord
from discord import AppCommandOptionType as Kind
from discord import app_commands
from simcord.backend.errors import BackendError, SetupError

from tests.machine.words import LOOKED_UP, MARKS, typed
from tests.machine.world import Form, Spot, World
from tests.support.band import Person, Shown

BUTTON, TEXT_MENU, MENUS, TEXT_FIELD = 2, 3, {3, 5, 6, 7, 8}, 4
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(64)
STEPS = (60, 60, 600, 600, 3_600, 3_600, 3_600, 6 * 3_600, 6 * 3_600, 86_400, 86_400, 3 * 86_400)
AT_ONCE = 21_600
SENSIBLE = 0.75
GOES_ON = 0.6
# Which commands people type more often than others, so that there is something to press.
OFTEN = (
    "booking new", "booking new", "booking new", "booking new", "booking confirm", "booking move", "booking close",
    "booking cancel", "booking challenge", "budget spend", "budget spend", "budget spend", "budget transfer",
    "budget plan", "budget commit", "deadline add", "deadline add", "deadline move", "deadline done", "remind me",
    "remind channel",
)  # fmt: skip
# What makes a command worth more: options that sensible people fill in more often than not.
FAVOURED = {
    "booking new": ("room", "people", "hold"), "remind me": ("repeat",), "remind channel": ("repeat",),
    "deadline add": ("who", "remind"), "budget spend": ("paid_by",), "booking close": ("cost",),
    "budget commit": ("due",),
}  # fmt: skip
# The colours of the buttons that people press rather than others: what makes of a preview something that counts.
DECISIVE = (discord.ButtonStyle.primary.value, discord.ButtonStyle.success.value)


@dataclass(frozen=True)
class Typing:
    """Somebody who types a command, sensibly or not."""

    chance: Random
    band: int
    person: Person
    command: str
    sensible: bool


class Moves:
    """Everything that may happen next in a world; `said` is the last move in words."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.said = ""
        self.made = 0

    async def play(self, move: str, seed: int) -> None:
        """Make a move; raises `Broken` when something does not hold after it."""
        chance = Random(seed)  # noqa: S311 - a game, no secret
        self.said = move
        self.made += 1
        await getattr(self, move)(chance)

    def _someone(self, chance: Random, band: int) -> Person:
        """Return a member, mostly in the studio's channel while there is one."""
        people = self.world.people[band]
        # Producers run the desk: they and the money act more often than those who are asked.
        person = chance.choice(people if chance.random() < 0.5 else people[:3])
        channels = {channel.id: channel for channel in person.actor.guild.channels.values()}
        if person.channel.id in channels and chance.random() < 0.6:
            return person
        return person.in_channel(chance.choice(list(channels.values())))

    # ------------------------------------------------------------- commands

    async def command(self, chance: Random) -> None:
        """Somebody types a slash command with some of its options."""
        band = chance.randrange(2)
        person = self._someone(chance, band)
        command = self._some_command(chance)
        options = await self._options(chance, band, person, command)
        self.said = f"{MARKS[band]} {person.actor.name} /{command.qualified_name} {options}"
        await self.world.person_does(
            band, person.actor, partial(person.actor.slash, person.channel, command.qualified_name, **options)
        )
        if chance.random() < GOES_ON:
            await self._go_on(chance, person)

    async def _go_on(self, chance: Random, person: Person) -> None:
        """Let somebody press the main button of what was answered, as most people do with a preview."""
        for spot in self.world.spots[-1:]:
            try:
                shown = Shown(self.world.env, _At(spot))
            except BackendError:  # there was no answer to press on, and what was last before it is deleted
                return
            onward = [part for part in _pressable(shown, {BUTTON}) if part.get("style") in DECISIVE]
            if onward and spot.reader in (None, person.id):
                await self._press(chance, spot, shown, onward[0])

    def _some_command(self, chance: Random) -> Any:
        tree = self.world.bot.tree
        found = {one.qualified_name: one for one in tree.walk_commands() if isinstance(one, app_commands.Command)}
        name = chance.choice(OFTEN) if chance.random() < 0.4 else chance.choice(sorted(found))
        return found[name]

    async def _options(self, chance: Random, band: int, person: Person, command: Any) -> dict[str, Any]:
        """Fill in a command's options: sensibly more often than not."""
        sensible = chance.random() < SENSIBLE
        generous = chance.choice((0.1, 0.3, 0.5) if sensible else (0.15, 0.4, 0.8))
        options: dict[str, Any] = {}
        for option in command.parameters:
            favoured = sensible and option.display_name in FAVOURED.get(command.qualified_name, ())
            if option.required or chance.random() < (0.5 if favoured else generous):
                typing = Typing(chance, band, person, command.qualified_name, sensible)
                value = await self._value(typing, option, options)
                if value is not None:
                    options[option.display_name] = value
        return options

    async def _value(self, typing: "Typing", option: Any, given: dict[str, Any]) -> Any:
        chance, guild = typing.chance, typing.person.actor.guild
        if option.choices:
            return chance.choice(option.choices).value
        if option.type is Kind.string:
            often = 0.95 if typing.sensible and option.name in LOOKED_UP else 0.2
            found = None
            if option.autocomplete and chance.random() < often:
                found = await self._suggested(typing, option.display_name, given)
            return found or self._typed(chance, typing.band, option.name, sensible=typing.sensible)
        pools: dict[Kind, Any] = {
            Kind.boolean: (True, False),
            Kind.role: list(guild.roles.values()),
            Kind.channel: list(guild.channels.values()),
            Kind.attachment: (("a.png", PICTURE), ("b.exe", b"MZ"), ("c.txt", b"")),
            Kind.user: [someone.actor for someone in self.world.people[typing.band]],
        }
        return chance.choice(pools[option.type])

    async def _suggested(self, typing: "Typing", option: str, given: dict[str, Any]) -> str | None:
        """Type a bit into an option and take what is suggested; a part of the other server's word finds nothing."""
        chance, band, person = typing.chance, typing.band, typing.person
        text = "" if typing.sensible else chance.choice(["", MARKS[band][:4], "#", MARKS[1 - band][:6], "fri"])
        try:
            found = await person.actor.autocomplete(person.channel, typing.command, option, text, **given)
        except (SetupError, BackendError):
            return None
        self.said = f"{MARKS[band]} {person.actor.name} types {text!r} into {option} of /{typing.command} {given}"
        await self.world.look(band, by_person=True)
        return chance.choice(found)["value"] if found else None

    def _typed(self, chance: Random, band: int, name: str, *, sensible: bool) -> str:
        mentions = [person.mention for person in self.world.people[band]]
        mentions += [] if sensible else [f"<@&{self.world.bands[band].band.id}>", "<@1>", "nobody"]
        return typed(chance, name, MARKS[band], mentions, sensible=sensible)

    async def context_menu(self, chance: Random) -> None:
        """Somebody says something, and makes a reminder or a deadline of it."""
        band = chance.randrange(2)
        person = self._someone(chance, band)
        menus = self.world.bot.tree.get_commands(type=discord.AppCommandType.message)
        menu = chance.choice(sorted(menu.name for menu in menus))
        self.said = f"{MARKS[band]} {person.actor.name} takes {menu!r} on a message"
        try:
            message = await person.actor.send(
                person.channel, f"{MARKS[band]} by {chance.choice(['friday', 'tomorrow 5pm', ''])}"
            )
        except (SetupError, BackendError):
            self.world.refused += 1
            return
        await self.world.person_does(
            band, person.actor, partial(person.actor.context_menu, person.channel, menu, message)
        )

    # -------------------------------------------------------------- messages

    async def press(self, chance: Random) -> None:
        """Somebody presses a button under a new or an old message, perhaps one that is somebody else's."""
        await self._use(chance, {BUTTON})

    async def choose(self, chance: Random) -> None:
        """Somebody chooses in a menu."""
        await self._use(chance, MENUS)

    async def _use(self, chance: Random, kinds: set[int]) -> None:
        spots = self.world.spots
        recent = spots[-chance.choice((2, 4, 16)) :] if chance.random() < 0.75 else spots
        for spot in chance.sample(recent, len(recent)):
            try:
                shown = Shown(self.world.env, _At(spot))
            except BackendError:
                spots.remove(spot)
                continue
            parts = _pressable(shown, kinds)
            if parts:
                decisive = [part for part in parts if part.get("style") in DECISIVE]
                await self._press(chance, spot, shown, chance.choice(decisive * 3 + parts))
                return
        await self.command(chance)

    async def _press(self, chance: Random, spot: Spot, shown: Shown, part: dict[str, Any]) -> None:
        person = self._reader(chance, spot)
        if person is None:
            return
        if part.get("style") in DECISIVE and spot.reader is None and chance.random() < 0.5:
            person = self._reader(chance, spot, most=3) or person
        times = 2 if chance.random() < 0.15 else 1
        name = part.get("label") or "a menu"
        self.said = f"{MARKS[spot.band]} {person.name} presses {name!r} {part['custom_id']}, {times}x"
        if part["type"] == BUTTON:
            act: Callable[[], Awaitable[Any]] = partial(person.click, shown.message, custom_id=part["custom_id"])
        else:
            picked = self._picked(chance, spot.band, part)
            self.said += f" = {picked}"
            act = partial(person.select, shown.message, picked, custom_id=part["custom_id"])
        for before in range(times):
            await self.world.person_does(spot.band, person, act, is_step=not before)

    def _reader(self, chance: Random, spot: Spot, most: int | None = None) -> Any:
        """Return somebody who sees the message: a member, or a user where it is a direct message.

        `most` narrows it to the first of the members, who may decide.
        """
        people = [one for one in self.world.people[spot.band][:most] if spot.reader in (None, one.id)]
        if not people:
            return None
        actor = chance.choice(people).actor
        return actor.user if self.world.env.backend.get_channel(spot.channel_id).guild_id is None else actor

    def _picked(self, chance: Random, band: int, part: dict[str, Any]) -> list[Any]:
        guild = self.world.bands[band].guild
        members = [person.actor for person in self.world.people[band]]
        roles, channels = list(guild.roles.values()), list(guild.channels.values())
        options = [option["value"] for option in part.get("options", ())]
        pool: list[Any] = {3: options, 5: members, 6: roles, 7: [*members, *roles], 8: channels}[part["type"]]
        least = part.get("min_values", 1)
        most = min(part.get("max_values", 1), len(pool))
        return chance.sample(pool, chance.randint(min(least, most), most))

    async def fill(self, chance: Random) -> None:
        """Somebody sends a form that opened a while ago, and perhaps sends it again."""
        if not self.world.forms:
            await self.press(chance)
            return
        form = self.world.forms[-1] if chance.random() < 0.8 else chance.choice(self.world.forms)
        values = {}
        for field in _fields(form.result.modal or {}):
            value = self._field(chance, form, field)
            if value is not None:
                values[field["custom_id"]] = value
        self.said = f"{MARKS[form.band]} {form.person.name} sends {(form.result.modal or {}).get('custom_id')} {values}"
        if chance.random() < 0.7:
            self.world.forms.remove(form)
        await self.world.person_does(form.band, form.person, partial(form.person.submit_modal, form.result, values))

    def _field(self, chance: Random, form: Form, field: dict[str, Any]) -> Any:
        if field["type"] in MENUS:
            return self._picked(chance, form.band, field)
        if field["type"] != TEXT_FIELD:
            return None
        kept = field.get("value")
        text = (
            kept
            if kept and chance.random() < 0.4
            else self._typed(chance, form.band, field["custom_id"], sensible=chance.random() < SENSIBLE)
        )
        return text[: field.get("max_length") or 4000] or MARKS[form.band]

    # ------------------------------------------------------ the server and time

    async def staff(self, chance: Random) -> None:
        """A member gets or loses a role, leaves, or comes back."""
        band = chance.randrange(2)
        world, guild = self.world, self.world.bands[band].guild
        person = chance.choice(world.people[band])
        what = chance.choice(("leaves", "comes back", "gets a role", "loses its roles", "gets a role"))
        self.said = f"{MARKS[band]} {person.actor.name} {what}"
        if what == "leaves" and len(world.people[band]) > 3:
            guild.remove_member(person.actor)
            world.people[band].remove(person)
            world.away[band].append(person)
        elif what == "comes back" and world.away[band]:
            back = world.away[band].pop()
            guild.add_member(back.actor.user)
            world.people[band].append(back)
        elif what == "gets a role":
            role = chance.choice([one for one in guild.roles.values() if one.name != "@everyone"])
            world.env.backend.add_member_role(guild.id, person.id, role.id)
        elif what == "loses its roles":
            for key in list(world.env.backend.get_member(guild.id, person.id).role_ids):
                world.env.backend.remove_member_role(guild.id, person.id, key)
        await self._settled()

    async def channels(self, chance: Random) -> None:
        """A channel is deleted, made or closed to the bot, or a message is deleted."""
        band = chance.randrange(2)
        world, guild = self.world, self.world.bands[band].guild
        channel = chance.choice(list(guild.channels.values()))
        what = chance.choice(("deleted", "made", "closed", "opened", "rid of a message", "rid of a message"))
        self.said = f"{MARKS[band]} #{channel.name} is {what}"
        if what == "deleted" and channel.name != "studio" and len(guild.channels) > 3:
            world.env.backend.delete_channel(channel.id)
        elif what == "made":
            guild.create_text_channel(f"{MARKS[band].lower()}-{chance.randrange(1000)}")
        elif what in ("closed", "opened"):
            name = chance.choice(("send_messages", "view_channel", "attach_files"))
            world.bands[band].overwrite(channel, None, **{name: what == "opened"})
        elif world.spots:
            spot = chance.choice(world.spots)
            if spot.message_id in world.env.backend.messages.get(spot.channel_id, {}):
                world.env.backend.delete_message(spot.channel_id, spot.message_id)
            world.spots.remove(spot)
        await self._settled()

    async def _settled(self) -> None:
        await self.world.env.settle()
        await self._stepped()

    async def _stepped(self) -> None:
        """Count what no person of the band did, and look."""
        self.world.steps += 1
        await self.world.look(None, by_person=False)

    async def wait(self, chance: Random) -> None:
        """Time goes by, from a minute to a week."""
        seconds = chance.choice(STEPS) * chance.uniform(0.5, 1.0)
        self.said = f"{timedelta(seconds=round(seconds))} go by"
        while seconds > 0:
            await self.world.env.advance_time(min(seconds, AT_ONCE))
            seconds -= AT_ONCE
        await self._stepped()

    async def restart(self, chance: Random) -> None:
        """The bot is stopped and started, or killed."""
        band = self.world.bands[0]
        if chance.random() < 0.5:
            self.said = "the bot restarts"
            await band.restart()
        else:
            self.said = "the bot is killed"
            await band.crash()
        await self._stepped()

    async def kill_at_work(self, chance: Random) -> None:
        """The bot is killed while it works on a command; whatever it answered, nothing half-done stays."""
        world, band = self.world, chance.randrange(2)
        person = self._someone(chance, band)
        command = self._some_command(chance)
        options = await self._options(chance, band, person, command)
        turns = chance.randint(1, 60)
        typed_in = f"{MARKS[band]} {person.actor.name} /{command.qualified_name} {options}"
        self.said = f"the bot is killed {turns} turns into {typed_in}"

        async def a_while(**_: object) -> None:
            for _turn in range(turns):
                await asyncio.sleep(0)

        try:
            with mock.patch.object(world.env, "_settle_internal", a_while):
                result = await person.actor.slash(person.channel, command.qualified_name, **options)
        except (SetupError, BackendError):
            world.refused += 1
            return
        world.steps += 1
        await world.bands[0].crash()
        world.keep(band, person.actor, result)
        await world.look(band, by_person=True)


class _At:
    """Where a message stands, as `Shown` asks for it."""

    def __init__(self, spot: Spot) -> None:
        self.channel_id, self.id = spot.channel_id, spot.message_id


def _pressable(shown: Shown, kinds: set[int]) -> list[dict[str, Any]]:
    """List the buttons or menus of a message that can be used now."""
    parts = [part for part in shown.components if part.get("type") in kinds and "custom_id" in part]
    return [part for part in parts if not part.get("disabled")]


def _fields(part: dict[str, Any]) -> list[dict[str, Any]]:
    """List the fields of a form, however deep."""
    inner = [*part.get("components", ()), *([part["component"]] if part.get("component") else [])]
    own = [part] if "custom_id" in part and part.get("type") in {TEXT_FIELD, *MENUS} else []
    return [*own, *(field for one in inner for field in _fields(one))]
