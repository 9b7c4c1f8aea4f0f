"""Options as people type them: times, amounts, people and names, with what to suggest while they type."""

import asyncio
import re
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import discord
from discord import app_commands

from bot.actor import Actor
from bot.errors import UserError
from bot.fuzzy import Choice
from bot.money import Amount, read_amount
from bot.services.settings import currency_choices, suggest_zones
from bot.services.settings_quiet import leads_text, quiet_text, read_leads
from bot.text import clip, echo
from bot.ui.context import actor_of
from bot.ui.respond import Offer
from bot.when import Reading, UnclearTime, Want, read, read_ended_pace, read_pace

CHOICE_LIMIT = 100
MOST_PEOPLE = 50
MOST_ASKED_ABOUT = 5
_UNCHANGED = re.compile(r",? (?:so|and) nothing was changed(?=\.)| Nothing was changed\.")
# What a release is called in the six languages.
RELEASE_WORDS = (
    "release", "veröffentlichung", "sortie", "lanzamiento", "lançamento", "発売日", "発売", "リリース日", "リリース",
)  # fmt: skip
USUAL_REPEATS = ("every day", "every week", "every 2 weeks", "every month", "every friday 5pm", "every weekday 9am")
ENDS = re.compile(r"until|times", re.I)
NO_REPEAT = frozenset(["none", "off", "no", "never"])
GONE_PEOPLE = (10007, 10013)
SLOWEST_SUGGESTION = 1.5
Autocomplete = Callable[[discord.Interaction[Any], str], Coroutine[Any, Any, list[app_commands.Choice[str]]]]
Typed = int | float | str


class NoRelease(UserError):
    """A time counted from a release whose date is not known here."""

    text = (
        "“{given}” counts from a release, and I know no release date here, so nothing was changed. "
        "Pick the project, set its date with `/project edit`, or give the day itself, like `5 dec 18:00`."
    )


class NotPeople(UserError):
    """Words where mentions belong."""

    text = (
        "I can only take mentions of members and roles here, and “{given}” is none. "
        "Type @ and pick them. Nothing was changed."
    )


class TooManyPeople(UserError):
    """More people than one card can hold."""

    text = "That is more than {limit} people, so nothing was changed. Mention a role instead."


class NotHere(UserError):
    """A member who left, or a role that was deleted."""

    text = "{who} is not in this server any more, so nothing was changed. Mention somebody who is."
    made_here = frozenset({"who"})


@dataclass(frozen=True, slots=True)
class People:
    """Members and roles that were mentioned, in the order they were typed."""

    users: tuple[int, ...] = ()
    roles: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.users or self.roles)


def near(unclear: UnclearTime, option: str, actor: Actor, now: datetime) -> Offer:
    """Return the refusal of a time that can't be read, with those that may have been meant to be picked."""
    texts = [echo(item, actor.zone, actor.locale, now) for item in unclear.suggestions]
    return Offer(str(unclear), option=option, choices=[Choice(text, _typed(text)) for text in texts])


class When(app_commands.Transformer):
    """A time in free text, read in the typist's zone and language (see `bot.when`)."""

    def __init__(self, want: Want, option: str = "when") -> None:
        self._want: Want = want
        self._option = option

    async def transform(self, interaction: discord.Interaction[Any], value: str, /) -> Reading:
        actor = await actor_of(interaction)
        now = interaction.client.clock.now()
        try:
            return await self._read(interaction, actor, value)
        except UnclearTime as unclear:
            raise near(unclear, self._option, actor, now) from unclear

    async def autocomplete(
        self, interaction: discord.Interaction[Any], typed: Typed, /
    ) -> list[app_commands.Choice[Typed]]:
        """Echo how the text is read, the other good readings, or why it can't be read."""
        value = str(typed)
        if not value.strip():
            return []
        actor = await actor_of(interaction)
        now = interaction.client.clock.now()
        try:
            reading = await self._read(interaction, actor, value)
            texts = [echo(item, actor.zone, actor.locale, now) for item in (reading, *reading.alternatives)]
        except UnclearTime as unclear:
            texts = [echo(item, actor.zone, actor.locale, now) for item in unclear.suggestions]
            if not texts:
                return [_warning(unclear, value)]
        except NoRelease as missing:
            return [_warning(missing, value)]
        return [
            app_commands.Choice(name=clip(text, CHOICE_LIMIT), value=clip(_typed(text), CHOICE_LIMIT))
            for text in texts[:25]
        ]

    async def _read(self, interaction: discord.Interaction[Any], actor: Actor, value: str) -> Reading:
        """Read the text; only one that speaks of the release waits for its date.

        Raises `UnclearTime`, and `NoRelease` where a phrase counts from a release that nobody knows.
        """
        now = interaction.client.clock.now()
        spoken = [word for word in RELEASE_WORDS if word in value.casefold()]
        if not spoken:
            return read(value, want=self._want, now=now, zone=actor.zone, locale=actor.locale)
        release = await _release(interaction, actor)
        if release is None:
            raise NoRelease(given=clip(value, 60))
        midnight = datetime.combine(release, time(), actor.zone)
        anchors = dict.fromkeys(spoken, midnight)
        return read(value, want=self._want, now=now, zone=actor.zone, locale=actor.locale, anchors=anchors)


async def _release(interaction: discord.Interaction[Any], actor: Actor) -> date | None:
    """Return the release date of the project that the command or the channel names, if there is one."""
    named = getattr(interaction.namespace, "project", None)
    try:
        project = await interaction.client.services.project.current(actor, named if isinstance(named, str) else None)
    except UserError:
        return None
    return None if project is None else project.release_on


def _warning(error: UserError, value: str) -> app_commands.Choice[Typed]:
    """Return the choice that says why a text can't be read; it sends the text as it is."""
    return app_commands.Choice(name=clip(f"⚠ {_bare(str(error))}", CHOICE_LIMIT), value=clip(value, CHOICE_LIMIT))


class Repeat(When):
    """How something repeats: a bare interval that a time beside it anchors, or a repeat with its own days and hour.

    With `can_end` the words for none are an empty rule.
    """

    def __init__(self, *, can_end: bool = False) -> None:
        super().__init__("recurrence", "repeat")
        self._can_end = can_end

    async def transform(self, interaction: discord.Interaction[Any], value: str, /) -> Reading:
        rrule = await self._pace(interaction, value)
        if rrule is None or (not rrule and not self._can_end):
            return await super().transform(interaction, value)
        return Reading("recurrence", rrule=rrule)

    async def autocomplete(
        self, interaction: discord.Interaction[Any], value: Typed, /
    ) -> list[app_commands.Choice[Typed]]:
        typed = str(value).strip()
        usual = (*USUAL_REPEATS, "none") if self._can_end else USUAL_REPEATS
        if typed and await self._pace(interaction, typed) is None:
            return await super().autocomplete(interaction, value)
        return [
            app_commands.Choice(name=item, value=item) for item in ([clip(typed, CHOICE_LIMIT)] if typed else usual)
        ]

    async def _pace(self, interaction: discord.Interaction[Any], value: str) -> str | None:
        """Return the rule of a bare interval, with or without an end, or None for anything else."""
        rrule = bare_repeat(value, str(interaction.locale))
        if rrule is None and ENDS.search(value):
            return ended_repeat(value, await actor_of(interaction), interaction.client.clock.now())
        return rrule


def bare_repeat(text: str, locale: str) -> str | None:
    """Return the rule of an interval without days or hour, an empty one for `none`, and None for anything else."""
    return "" if text.strip().casefold() in NO_REPEAT else read_pace(text, locale)


def ended_repeat(text: str, actor: Actor, now: datetime) -> str | None:
    """Return the rule of an interval without days or hour that ends, or None for anything else."""
    return read_ended_pace(text, actor.locale, now=now, zone=actor.zone)


def begins(repeat: Reading | None) -> datetime | None:
    """Return when a repeat comes first if it says an hour; one of days alone leaves that to the time beside it."""
    return repeat.first if repeat is not None and repeat.precision != "day" else None


class Sum(app_commands.Transformer):
    """An amount of money in free text, with the separators of the server's locale."""

    async def transform(self, interaction: discord.Interaction[Any], value: str, /) -> Amount:
        settings = await interaction.client.services.settings.of(interaction.guild_id or 0)
        return read_amount(value, settings.locale)


class Who(app_commands.Transformer):
    """Mentions of members and roles."""

    async def transform(self, interaction: discord.Interaction[Any], value: str, /) -> People:
        rest = re.sub(r"<@[!&]?[0-9]{15,20}>|[,;&+\s]|\b(?:and|me)\b", "", value, flags=re.I)
        if rest:
            raise NotPeople(given=clip(rest, 40))
        users = [int(found) for found in re.findall(r"<@!?([0-9]{15,20})>", value)]
        if re.search(r"(?<![<@!&0-9a-z])me(?![0-9a-z>])", value, flags=re.I):
            users.append(interaction.user.id)
        roles = [int(found) for found in re.findall(r"<@&([0-9]{15,20})>", value)]
        people = People(tuple(dict.fromkeys(users)), tuple(dict.fromkeys(roles)))
        if len(people.users) + len(people.roles) > MOST_PEOPLE:
            raise TooManyPeople(limit=MOST_PEOPLE)
        return people


async def must_be_here(interaction: discord.Interaction[Any], people: People) -> People:
    """Return the people; raises `NotHere` for a role that was deleted or a member who left.

    A crowd is not asked about one by one: whoever left it is simply not reached.
    """
    guild = interaction.guild
    if guild is None:
        return people
    for role in people.roles:
        if guild.get_role(role) is None:
            raise NotHere(who=f"<@&{role}>")
    others = [user for user in people.users if user != interaction.user.id]
    if len(others) <= MOST_ASKED_ABOUT:
        await asyncio.gather(*(member_of(interaction, user) for user in others))
    return people


async def member_of(interaction: discord.Interaction[Any], user_id: int) -> discord.Member | None:
    """Return a member, or None where Discord does not say; raises `NotHere`."""
    if interaction.guild is None:
        return None
    try:
        return await interaction.guild.fetch_member(user_id)
    except discord.HTTPException as error:
        if error.code in GONE_PEOPLE:
            raise NotHere(who=f"<@{user_id}>") from None
        return None


def suggest(stem: str, **more: Any) -> Autocomplete:
    """Return an autocomplete that asks a stem's service for what the person may mean."""

    async def complete(interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        actor = await actor_of(interaction)
        service = getattr(interaction.client.services, stem)
        try:
            found = await asyncio.wait_for(service.suggest(actor, current, **more), SLOWEST_SUGGESTION)
        except TimeoutError:
            return []
        return as_choices(found)

    return complete


def as_choices(found: Sequence[Choice]) -> list[app_commands.Choice[str]]:
    """Return autocomplete entries within Discord's limits."""
    return [
        app_commands.Choice(name=clip(item.label, CHOICE_LIMIT), value=item.value[:CHOICE_LIMIT]) for item in found[:25]
    ]


async def suggest_zone(_interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
    """Suggest time zones: popular ones, then by city or abbreviation."""
    return [app_commands.Choice(name=name.replace("_", " "), value=name) for name in suggest_zones(current)]


async def suggest_quiet(_interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
    """Echo how quiet hours are read, or suggest usual ones."""
    return _echoed(current, quiet_text, ("22-8", "23-9", "mon-fri 22-7, sat-sun 0-10", "off", "default"))


async def suggest_leads(_interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
    """Echo how lead times are read, or suggest usual ones."""
    usual = ("7d, 2d, 1d, 2h", "1d, 2h", "2h", "none", "default")
    return _echoed(current, lambda text: leads_text(read_leads(text)), usual)


def _echoed(typed: str, read_as: Callable[[str], str], usual: Sequence[str]) -> list[app_commands.Choice[str]]:
    """Return how a text is read, or why it is not; the usual ones while there is none."""
    value = clip(typed, CHOICE_LIMIT)
    if not typed.strip() or typed.strip().casefold() in usual:
        return [app_commands.Choice(name=item, value=item) for item in usual if item.startswith(typed.strip().lower())]
    try:
        return [app_commands.Choice(name=clip(read_as(typed), CHOICE_LIMIT), value=value)]
    except UserError as unclear:
        return [app_commands.Choice(name=clip(f"⚠ {_bare(str(unclear))}", CHOICE_LIMIT), value=value)]


async def suggest_currency(_interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
    return as_choices(currency_choices(current))


def choices_of(words: Any) -> list[app_commands.Choice[str]]:
    """Return an enum's words as choices with a capitalised label: `Half-day` for `half-day`, `EP` for `ep`."""
    return [
        app_commands.Choice(name="EP" if word.value == "ep" else word.value.capitalize(), value=word.value)
        for word in words
    ]


def _typed(text: str) -> str:
    """Return the part of an echo that reads back to the same value."""
    return text.partition(" · ")[0]


def _bare(text: str) -> str:
    """Return a refusal for a hint: nothing is sent yet, so nothing is said about what was changed."""
    text = _UNCHANGED.sub("", text)
    return text.replace("`", "").replace("\\", "")
