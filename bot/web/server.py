"""The HTTP server: one port, headers that give nothing away, and no log of who asked for what."""

import logging
from typing import Any, Protocol

from aiohttp import web

from bot.errors import UserError
from bot.web.limits import Limit, Seconds, address_of

log = logging.getLogger(__name__)

HEADERS = {
    "Server": "Backline",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
# Many calendars ask from the few addresses of one provider, so an address may ask much more than one calendar.
BURST, EVERY = 300, 0.2
LARGEST_REQUEST = 4096
KEEPALIVE_SECONDS = 30


class PortTaken(UserError):
    """A port that can't be listened on."""

    text = (
        "The web part can't listen on {host} port {port}: {why}. Nothing was started. "
        "Set another `{key}` in config.yaml, or take it out to run without."
    )
    made_here = frozenset({"key"})


class Part(Protocol):
    """A feature's routes."""

    def routes(self) -> list[web.RouteDef]:
        """Return what is answered, and by whom."""


class Server:
    """Answers what its parts are for, and 404 to everything else. Parts are added before the start."""

    def __init__(self, host: str, port: int, seconds: Seconds, *, key: str = "web.port") -> None:
        self._host = host
        self._key = key
        self._port = port
        self._addresses = Limit(BURST, EVERY, seconds)
        self._app = web.Application(middlewares=[self._guard], client_max_size=LARGEST_REQUEST)
        self._app.on_response_prepare.append(_add_headers)
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int:
        """The port that is listened on, also where the configured one was 0 for any free one."""
        if self._runner is None or not self._runner.addresses:
            return self._port
        return int(self._runner.addresses[0][1])

    def add(self, part: Part) -> None:
        self._app.add_routes(part.routes())

    async def start(self) -> None:
        """Listen; raises `PortTaken`."""
        runner = web.AppRunner(self._app, access_log=None, keepalive_timeout=KEEPALIVE_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError as error:
            await runner.cleanup()
            why = error.strerror or type(error).__name__
            raise PortTaken(host=self._host, port=self._port, why=why, key=self._key) from None
        self._runner = runner
        log.info("web listens on %s port %s", self._host, self.port)

    async def stop(self) -> None:
        """Let what is being answered finish, and close the port."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Hold back who asks too much; what a part breaks on is logged by its route, never by the address asked for."""
        if wait := self._addresses.wait(address_of(request)):
            return too_often(wait)
        try:
            response: web.StreamResponse = await handler(request)
        except web.HTTPException as refused:
            return plain(
                refused.status,
                refused.reason,
                {key: refused.headers[key] for key in ("Allow",) if key in refused.headers},
            )
        except Exception:
            resource = request.match_info.route.resource
            log.exception("answering %s failed", resource.canonical if resource else "a request")
            return plain(500, "Internal Server Error")
        return response


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers[name] = value


def plain(status: int, text: str, headers: dict[str, str] | None = None) -> web.Response:
    """Return a line of text that nobody keeps."""
    return web.Response(status=status, text=f"{text}\n", headers={"Cache-Control": "no-store", **(headers or {})})


def too_often(wait: int) -> web.Response:
    return plain(429, "Too Many Requests", {"Retry-After": str(wait)})
