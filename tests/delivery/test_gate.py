"""The brake: never more starts in a window than allowed, in order, and answers to people pass."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from bot.delivery import gate as brake
from bot.delivery.gate import Gate, Place, patience
from tests.support.jumping import in_no_time


def crowded(arrivals: list[float], most: int, window: float) -> bool:
    """Tell whether any window holds more than may be in it."""
    arrivals = sorted(arrivals)
    return any(later - first < window for first, later in zip(arrivals, arrivals[most:], strict=False))


async def send(gate: Gate, arrivals: list[float], way: float, back: float) -> None:
    """Take a place, arrive after a while, and be answered after another."""
    loop = asyncio.get_running_loop()
    place = await gate.enter()
    await asyncio.sleep(way)
    arrivals.append(loop.time())
    await asyncio.sleep(back)
    place.answered()


def test_even_with_delays_no_window_is_crowded() -> None:
    async def play() -> None:
        gate, arrivals, chance = Gate(5, 0.21), [], random.Random(7)  # noqa: S311
        ways = [0.001 + chance.random() ** 4 * 0.15 for _ in range(40)]
        await asyncio.gather(*(send(gate, arrivals, way, 0.002) for way in ways))
        assert len(arrivals) == 40
        assert not crowded(arrivals, 5, 0.2)

    in_no_time(play())


def test_without_delays_it_loses_no_time() -> None:
    async def play() -> None:
        loop, gate, arrivals = asyncio.get_running_loop(), Gate(10, 0.1), []
        began = loop.time()
        await asyncio.gather(*(send(gate, arrivals, 0.0, 0.0) for _ in range(50)))
        assert loop.time() - began == pytest.approx(0.4, abs=0.05)

    in_no_time(play())


def test_who_came_first_goes_first() -> None:
    async def play() -> None:
        gate, order = Gate(1, 0.01), []

        async def one(number: int) -> None:
            place = await gate.enter()
            order.append(number)
            place.answered()

        await asyncio.gather(*(one(number) for number in range(8)))
        assert order == list(range(8))

    in_no_time(play())


async def test_who_gives_up_waiting_takes_no_place() -> None:
    gate = Gate(1, 0.02)
    (await gate.enter()).answered()
    waiting = [asyncio.create_task(gate.enter()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    waiting[1].cancel()
    place = await asyncio.wait_for(waiting[2], 1)
    place.answered()
    (await asyncio.wait_for(gate.enter(), 1)).answered()


async def test_an_answer_that_never_comes_gives_its_place_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brake, "LONGEST_ANSWER", 0.02)
    gate = Gate(1, 0.01)
    late = await gate.enter()
    second = await asyncio.wait_for(gate.enter(), 1)
    assert isinstance(second, Place)
    late.answered()
    waiting = asyncio.create_task(gate.enter())
    await asyncio.sleep(0.015)
    assert not waiting.done(), "an answer after all frees no second place"
    await asyncio.wait_for(waiting, 1)


@asynccontextmanager
async def discord(answer: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    """Answer every request on the loopback; yield the address."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/v10"
    await runner.cleanup()


async def test_silence_is_ended_and_waiting_for_a_place_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brake, "SILENT_SECONDS", 0.5)

    async def answer(request: web.Request) -> web.Response:
        if request.path.endswith("silent"):
            await asyncio.sleep(60)
        return web.json_response({})

    trace = Gate(1, 0.6).trace()
    async with discord(answer) as base, aiohttp.ClientSession(trace_configs=[trace]) as session:
        async with patience():
            for _ in range(2):
                await (await session.post(f"{base}/channels/1/messages")).read()
        with pytest.raises(TimeoutError):
            async with patience():
                await session.post(f"{base}/channels/1/silent")


async def test_an_http_session_waits_but_answers_to_people_do_not() -> None:
    seen: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.path)
        if request.path.endswith("broken"):
            assert request.transport is not None
            request.transport.close()
        return web.json_response({})

    loop = asyncio.get_running_loop()
    trace = Gate(2, 1.0).trace()
    async with discord(answer) as base, aiohttp.ClientSession(trace_configs=[trace]) as session:
        await (await session.post(f"{base}/channels/1/messages")).read()
        with pytest.raises(aiohttp.ClientError):
            await session.post(f"{base}/channels/1/broken")
        began = loop.time()
        await (await session.post(f"{base}/interactions/1/abc/callback")).read()
        await (await session.patch(f"{base}/webhooks/1/abc/messages/@original")).read()
        assert loop.time() - began < 0.8
        await (await session.post(f"{base}/channels/2/messages")).read()
        assert loop.time() - began > 0.1
        await (await session.post(f"{base}/channels/3/messages")).read()
    assert len(seen) == 6
