"""The web part: who is held back, what a broken part says, and a port that is taken."""

import logging
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from bot.web import PortTaken, Server
from bot.web.limits import Limit, address_of


class Parts:
    """A part that works, and one that breaks."""

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/fine/{secret}", self.fine), web.get("/broken/{secret}", self.broken)]

    async def fine(self, _request: web.Request) -> web.Response:
        return web.Response(text="fine")

    async def broken(self, _request: web.Request) -> web.Response:
        raise ValueError


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    found = Server("127.0.0.1", 0, lambda: 0.0)
    found.add(Parts())
    await found.start()
    yield found
    await found.stop()


async def ask(server: Server, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    url = f"http://127.0.0.1:{server.port}{path}"
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        return answer.status, await answer.text(), dict(answer.headers)


async def test_a_broken_part_is_logged_without_the_address(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        status, text, headers = await ask(server, "/broken/hidden-token")
        assert (await ask(server, "/fine/hidden-token"))[:2] == (200, "fine")
    assert (status, text) == (500, "Internal Server Error\n")
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Server"] == "Backline"
    assert "answering /broken/{secret} failed" in caplog.text
    assert "hidden-token" not in caplog.text


async def test_one_address_is_held_back_and_others_are_not(server: Server) -> None:
    proxied = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{server.port}/nothing"
        for _ in range(300):
            async with session.get(url, headers=proxied) as answer:
                assert answer.status == 404
    status, _, headers = await ask(server, "/fine/x", **proxied)
    assert (status, headers["Retry-After"]) == (429, "1")
    assert (await ask(server, "/fine/x", **{"X-Forwarded-For": "198.51.100.8"}))[0] == 200


async def test_a_taken_port_is_one_sentence(server: Server) -> None:
    second = Server("127.0.0.1", server.port, lambda: 0.0)
    with pytest.raises(PortTaken, match=r"Set another `web\.port`"):
        await second.start()
    await second.stop()


def test_a_bucket_fills_again() -> None:
    now = [0.0]
    limit = Limit(2, 10, lambda: now[0])
    assert [limit.wait("a") for _ in range(4)] == [0, 0, 10, 10]
    assert limit.wait("b") == 0
    now[0] = 7.5
    assert limit.wait("a") == 3
    now[0] = 10
    assert [limit.wait("a") for _ in range(2)] == [0, 10]
    now[0] = 1000
    assert [limit.wait("a") for _ in range(3)] == [0, 0, 10]


@pytest.mark.parametrize(
    ("peer", "told", "found"),
    [
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.2", "9.9.9.9, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("8.8.8.8", "198.51.100.1", "8.8.8.8"),
        ("2a00:1450:4001:81b::200e", None, "2a00:1450:4001:81b::/64"),
    ],
)
def test_who_asks_is_told_by_a_proxy_nearby_alone(peer: str, told: str | None, found: str) -> None:
    headers = {} if told is None else {"X-Forwarded-For": told}
    request = make_mocked_request("GET", "/", headers=headers).clone(remote=peer)
    assert address_of(request) == found
