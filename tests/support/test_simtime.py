"""Our additions to simcord: virtual timers, APScheduler, crashes, lost answers, nonces, locales, closed doors."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import aiohttp
import discord
import pytest
import simcord
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from discord import app_commands

from tests.support import simtime
from tests.support.simtime import (
    UtcNow,
    apscheduler_follows,
    check_private_names,
    closed_dms,
    crash,
    dedupe_nonces,
    lose_answers,
    missing_names,
    running,
    set_locale,
)

ANY_CHANNEL = "/channels/*/messages"


class Bot(discord.Client):
    """A bot with one command, and whatever a test wants done when it starts."""

    def __init__(self, at_start: Callable[["Bot"], Awaitable[None]] | None = None) -> None:
        super().__init__(intents=discord.Intents.default())
        self.tree = app_commands.CommandTree(self)
        self.at_start = at_start
        self.ticks = 0

        @self.tree.command(description="Say which language this is")
        async def locale(interaction: discord.Interaction) -> None:
            await interaction.response.send_message(str(interaction.locale))

    async def setup_hook(self) -> None:
        await self.tree.sync()
        if self.at_start is not None:
            await self.at_start(self)


async def tick_each_second(bot: Bot) -> None:
    async def tick() -> None:
        while True:
            await asyncio.sleep(1)
            bot.ticks += 1

    bot.task = asyncio.create_task(tick())  # type: ignore[attr-defined]


def text_channel(env: simcord.Env, channel: simcord.ChannelHandle) -> discord.TextChannel:
    found = env.bot.get_channel(channel.id)
    assert isinstance(found, discord.TextChannel)
    return found


def contents(channel: simcord.ChannelHandle) -> list[str]:
    return [message.content for message in channel.history()]


async def studio(env: simcord.Env) -> simcord.ChannelHandle:
    channel = env.create_guild().create_text_channel("studio")
    await env.settle()
    return channel


def test_every_private_name_is_there() -> None:
    check_private_names()


def test_a_lost_name_is_told_clearly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        simtime, "PRIVATE_NAMES", ("simcord.env:Env._gone", "simcord.nowhere:x", "discord.utils:utcnow")
    )
    with pytest.raises(RuntimeError, match=r"simcord\.env:Env\._gone, simcord\.nowhere:x\. Adapt simtime\.py"):
        check_private_names()
    assert missing_names(["discord.http:HTTPClient.request"]) == []


async def test_timers_fire_only_when_time_is_advanced() -> None:
    bot = Bot(tick_each_second)
    async with running(bot, name="Backline") as env:
        member = env.create_guild().add_member(env.create_user("alice"))
        channel = env.guild.create_text_channel("studio")
        started = time.perf_counter()
        for _ in range(5):
            assert (await member.slash(channel, "locale")).acknowledged
        assert time.perf_counter() - started < 3
        assert bot.ticks == 0
        await env.advance_time(10)
        assert bot.ticks == 10
        assert bot.user is not None
        assert bot.user.name == "Backline"


async def test_apscheduler_follows_virtual_time() -> None:
    fired: list[tuple[str, datetime]] = []
    schedulers: list[AsyncIOScheduler] = []

    async def at_start(_: Bot) -> None:
        scheduler = AsyncIOScheduler(timezone=UTC, job_defaults={"misfire_grace_time": None})
        now = discord.utils.utcnow()

        async def note(kind: str) -> None:
            fired.append((kind, discord.utils.utcnow()))

        scheduler.add_job(note, "date", ["date"], run_date=now + timedelta(days=40))
        scheduler.add_job(note, "interval", ["interval"], days=30)
        scheduler.add_job(note, "cron", ["cron"], day=1, hour=3)
        scheduler.start()
        schedulers.append(scheduler)

    with apscheduler_follows():
        async with running(Bot(at_start), settle_timeout=30) as env:
            await env.advance_time(timedelta(days=90).total_seconds())
            schedulers[0].shutdown(wait=False)
    kinds = [kind for kind, _ in fired]
    assert (kinds.count("date"), kinds.count("interval"), kinds.count("cron")) == (1, 3, 3)
    assert ("date", datetime(2026, 2, 10, tzinfo=UTC)) in fired
    assert ("cron", datetime(2026, 3, 1, 3, tzinfo=UTC)) in fired


def test_outside_simcord_the_time_is_real() -> None:
    real = datetime.now(UTC)  # noqa: TID251 - this is what it is compared with
    assert abs(UtcNow.now(UTC) - real) < timedelta(seconds=5)
    assert UtcNow.now().tzinfo is None
    assert isinstance(real, UtcNow)


async def test_a_crash_cuts_work_in_the_middle() -> None:
    reached: list[str] = []

    async def work(_: Bot) -> None:
        async def slowly() -> None:
            reached.append("begun")
            await asyncio.sleep(10)
            reached.append("ended")

        reached.append("start")
        bot.task = asyncio.create_task(slowly())  # type: ignore[attr-defined]

    bot = Bot(work)
    async with running(bot) as env:
        channel = await studio(env)
        fresh = Bot()
        await crash(env, fresh)
        assert env.bot is fresh
        await env.advance_time(60)
        await text_channel(env, channel).send("alive")
        assert contents(channel) == ["alive"]
    assert reached == ["start", "begun"]


async def test_a_lost_answer_is_a_message_that_arrived() -> None:
    async with running(Bot()) as env:
        channel = await studio(env)
        with lose_answers(env, "POST", ANY_CHANNEL) as broken:
            with pytest.raises(aiohttp.ServerDisconnectedError):
                await text_channel(env, channel).send("once")
            await text_channel(env, channel).send("twice")
        assert broken == [f"/channels/{channel.id}/messages"]
        assert contents(channel) == ["once", "twice"]


async def test_a_broken_request_never_arrives() -> None:
    async with running(Bot()) as env:
        channel = await studio(env)
        with lose_answers(env, "*", ANY_CHANNEL, times=None, delivered=False, error=TimeoutError) as broken:
            for _ in range(2):
                with pytest.raises(TimeoutError):
                    await text_channel(env, channel).send("never")
        assert len(broken) == 2
        assert contents(channel) == []


async def test_a_lost_answer_of_an_interaction() -> None:
    async with running(Bot(), check_errors=False) as env:
        channel = await studio(env)
        member = env.guild.add_member(env.create_user("alice"))
        with lose_answers(env, "POST", "/interactions/*/*/callback"):
            result = await member.slash(channel, "locale")
        assert result.acknowledged
        assert len(env.errors) == 1


async def test_a_repeated_nonce_sends_once() -> None:
    async with running(Bot()) as env:
        channel = await studio(env)
        with lose_answers(env, "POST", ANY_CHANNEL), dedupe_nonces(env) as repeated:
            with pytest.raises(aiohttp.ServerDisconnectedError):
                await text_channel(env, channel).send("due", nonce="r1-1")
            await crash(env, Bot())
            again = await text_channel(env, channel).send("due", nonce="r1-1")
            await text_channel(env, channel).send("due", nonce="r1-2")
        assert repeated == ["r1-1"]
        assert contents(channel) == ["due", "due"]
        assert again.id == channel.history()[0].id
        assert len([entry for entry in env.http_requests if entry.path.endswith("/messages")]) == 3


async def test_a_repeated_nonce_after_the_window_sends_again() -> None:
    async with running(Bot()) as env:
        channel = await studio(env)
        with dedupe_nonces(env) as repeated:
            await text_channel(env, channel).send("due", nonce="r1-1")
            await env.advance_time(600)
            await text_channel(env, channel).send("due", nonce="r1-1")
        assert repeated == []
        assert contents(channel) == ["due", "due"]


async def test_a_repeated_nonce_of_a_deleted_message_is_not_found() -> None:
    async with running(Bot()) as env:
        channel = await studio(env)
        with dedupe_nonces(env):
            await (await text_channel(env, channel).send("due", nonce="r1-1")).delete()
            with pytest.raises(discord.NotFound) as refused:
                await text_channel(env, channel).send("due", nonce="r1-1")
        assert refused.value.code == 10008


async def test_each_person_has_a_language() -> None:
    async with running(Bot()) as env:
        channel = await studio(env)
        alice, bob = (env.guild.add_member(env.create_user(name)) for name in ("alice", "bob"))
        set_locale(env, alice, "de")
        answers = [await each.slash(channel, "locale") for each in (alice, bob)]
        assert [each.response and each.response.content for each in answers] == ["de", "en-US"]
        set_locale(env, alice, "fr")
        answer = await alice.slash(channel, "locale")
        assert answer.response is not None
        assert answer.response.content == "fr"


async def test_closed_doors_open_again() -> None:
    async with running(Bot()) as env:
        await studio(env)
        alice = env.guild.add_member(env.create_user("alice"))
        bob = env.guild.add_member(env.create_user("bob"))
        await env.settle()
        with closed_dms(alice):
            with pytest.raises(discord.Forbidden) as refused:
                await env.bot.get_partial_messageable(alice.user.dm_channel.id).send("psst")
            assert refused.value.code == 50007
            await env.bot.get_partial_messageable(bob.user.dm_channel.id).send("hello")
        await env.bot.get_partial_messageable(alice.user.dm_channel.id).send("hello")
        assert contents(alice.user.dm_channel) == contents(bob.user.dm_channel) == ["hello"]
