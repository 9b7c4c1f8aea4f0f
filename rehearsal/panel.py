"""The page around the chat: channels, members, message menus and time, served on loopback only."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp import web
from simcord.backend.errors import SetupError

from rehearsal.env import as_message
from rehearsal.house import House
from rehearsal.story import walk
from rehearsal.try_this import TRY_THIS
from rehearsal.world import PEOPLE

STATIC = Path(__file__).with_name("static")
FILES = {"/": "panel.html", "/panel.css": "panel.css", "/panel.js": "panel.js"}
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
TOKEN_HEADER = "X-Rehearsal-Token"  # noqa: S105 - a header's name
HOST = "127.0.0.1"
MESSAGE_COMMAND = 3
NEWEST_MESSAGES = 12
MESSAGE_LETTERS = 70
FURTHEST_SKIP = timedelta(days=31).total_seconds()

Handler = Callable[[dict[str, Any]], Awaitable[None]]


class Wrong(Exception):
    """A request that makes no sense, in a sentence for the page."""


class Panel:
    """One page and a few requests; each needs the token that the page gets in its address."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._world = house.world
        self._time = house.time
        self._seat = house.seat
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def origin(self) -> str:
        return f"http://{HOST}:{self._port}"

    @property
    def url(self) -> str:
        """The address with its token: whoever holds it may act in the rehearsal."""
        return f"{self.origin}/#{self._seat.token}"

    async def open(self, port: int) -> None:
        """Serve the panel, on another free port where the wanted one is taken."""
        app = web.Application(middlewares=[self._guard])
        for path in FILES:
            app.router.add_get(path, self._file)
        app.router.add_get("/api/state", self._state)
        for path, handler in (("show", self._show), ("skip", self._skip), ("menu", self._menu), ("try", self._try)):
            app.router.add_post(f"/api/{path}", self._answering(handler))
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, HOST, port).start()
        except OSError:
            await web.TCPSite(self._runner, HOST, 0).start()
        self._port = int(self._runner.addresses[0][1])

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Turn away other hosts' names, other pages and requests without the token; add the safety headers."""
        if request.host not in {f"{HOST}:{self._port}", f"localhost:{self._port}"}:
            raise web.HTTPForbidden
        if request.headers.get("Origin", self.origin) not in {self.origin, f"http://localhost:{self._port}"}:
            raise web.HTTPForbidden
        if request.path.startswith("/api/") and request.headers.get(TOKEN_HEADER) != self._seat.token:
            raise web.HTTPUnauthorized
        response = await handler(request)
        response.headers["Content-Security-Policy"] = (
            f"default-src 'self'; frame-src {self._house.chat}; img-src 'self' data:; "
            "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
        )
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    async def _file(self, request: web.Request) -> web.Response:
        path = STATIC / FILES[request.path]
        return web.Response(text=path.read_text(encoding="utf-8"), content_type=TYPES[path.suffix])

    def _answering(self, work: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Return a handler that does the work and answers with the new state, or with a sentence."""

        async def answer(request: web.Request) -> web.Response:
            try:
                await work(_object(await request.text()))
            except (Wrong, SetupError) as error:
                return web.json_response({"error": str(error)}, status=HTTPStatus.BAD_REQUEST)
            return await self._state(request)

        return answer

    async def _show(self, body: dict[str, Any]) -> None:
        place = self._world.places.get(str(body.get("place", self._seat.place.key)))
        actor = self._world.people.get(str(body.get("person", self._world.name_of(self._seat.acting.id))))
        if place is None or actor is None:
            raise Wrong("There is no such channel or member.")
        if place.owner is not None and "place" not in body:
            place = self._world.places[f"dm-{actor.name}"]
        await self._house.show(place, actor)

    async def _skip(self, body: dict[str, Any]) -> None:
        if body.get("to") == "next":
            due = await self._time.next_due()
            if due is None:
                raise Wrong("No reminder is planned. Make one, such as `/remind me`.")
            await self._house.run(lambda: self._time.skip_to(due))
            return
        seconds = body.get("seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= FURTHEST_SKIP:
            raise Wrong("Skip between one second and a month.")
        await self._house.run(lambda: self._time.skip(timedelta(seconds=seconds)))

    async def _menu(self, body: dict[str, Any]) -> None:
        """Use a message's context menu as the acting member."""
        seat = self._seat
        stored = self._world.env.backend.messages.get(seat.place.channel.id, {}).get(_number(body.get("message")))
        if stored is None or body.get("name") not in self._menus():
            raise Wrong("This message or menu is not there any more.")

        async def use() -> None:
            message = as_message(self._world.env, stored)
            result = await seat.acting.context_menu(seat.place.channel, body["name"], message)
            self._house.screen.open_form(result)

        await self._house.run(use)

    async def _try(self, body: dict[str, Any]) -> None:
        """Send one of the suggested commands as its person, in its channel."""
        number = body.get("number")
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(TRY_THIS):
            raise Wrong("There is no such thing to try.")
        tried = TRY_THIS[number]
        actor, place = self._world.people[tried.person], self._world.places[tried.place]
        options = {name: self._world.with_mentions(value) for name, value in tried.options.items()}
        await self._house.show(place, actor)

        async def use() -> None:
            self._house.screen.open_form(await actor.slash(place.channel, tried.command, **options))

        await self._house.run(use)

    async def _state(self, _request: web.Request) -> web.Response:
        seat, now = self._seat, self._world.env.now()
        due = await self._time.next_due()
        return web.json_response(
            {
                "chat": f"{self._house.chat}/",
                "session": self._house.session,
                "places": [
                    {"key": place.key, "label": place.label, "dm": place.owner is not None}
                    for place in self._world.places.values()
                ],
                "people": [{"name": name, "role": role} for name, (role, _) in PEOPLE.items()],
                "place": seat.place.key,
                "person": self._world.name_of(seat.acting.id),
                "now": now.isoformat(),
                "ahead": self._time.ahead.total_seconds(),
                "due": due.isoformat() if due else None,
                "menus": self._menus(),
                "messages": self._messages() if self._menus() else [],
                "tries": [{"words": tried.words, "typed": tried.typed, "person": tried.person} for tried in TRY_THIS],
            }
        )

    def _menus(self) -> list[str]:
        """Name the bot's context menus for messages; there are none in direct messages."""
        if self._seat.place.owner is not None:
            return []
        return sorted(
            name
            for commands in self._world.env.backend.commands.values()
            for name, kind in commands
            if kind == MESSAGE_COMMAND
        )

    def _messages(self) -> list[dict[str, str]]:
        """Show the newest messages of the channel that everybody sees, newest first."""
        stored = self._world.env.backend.messages.get(self._seat.place.channel.id, {})
        seen = [message for _, message in sorted(stored.items(), reverse=True) if not message.flags & 64]
        return [{"id": str(message.id), "text": self._gist(message)} for message in seen[:NEWEST_MESSAGES]]

    def _gist(self, message: Any) -> str:
        texts = [message.content, *(part.get("content", "") for part in walk(message.components))]
        words = f"{self._world.name_of(message.author_id)}: " + self._world.readable("\n".join(texts))
        return words if len(words) <= MESSAGE_LETTERS else f"{words[: MESSAGE_LETTERS - 1]}…"


def _object(text: str) -> dict[str, Any]:
    """Return the JSON object that a page sent; raises `Wrong`."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise Wrong("This request can't be read.")
    return found


def _number(value: Any) -> int:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else 0
