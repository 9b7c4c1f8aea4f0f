"""What the browser shows: one channel of the offline Discord, seen by one of its people."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import simcord
from simcord.backend.errors import SetupError
from simcord.preview import Preview

from rehearsal.env import RehearsalEnv
from rehearsal.server import MendedServer
from rehearsal.world import Place, World

LANGUAGE, ZONE = "en-GB", "Europe/Berlin"
WIDTH, HEIGHT = 960, 720
# `in 5 minutes` on the page is as old as the last time it was drawn.
REDRAW_SECONDS = 20.0
MOST_RECORDS = 5_000

Answer = dict[str, Any]
Action = Callable[[], Awaitable[Answer]]


class PortTaken(Exception):
    """Another program listens on the port."""


@dataclass
class Seat:
    """Where the visitor looks, as whom, and the token that lets them in; it outlives a closed page."""

    world: World
    place: Place
    acting: simcord.MemberActor
    token: str

    @classmethod
    def first(cls, world: World) -> "Seat":
        return cls(world, world.opening, world.people["Pia"], secrets.token_urlsafe(32))

    @property
    def viewers(self) -> tuple[Any, ...]:
        """Those who may look, the acting one first, as whom a fresh tab opens; a direct message is its owner's."""
        if self.place.owner is not None:
            return (self.place.owner.user,)
        return (self.acting, *(actor for actor in self.world.people.values() if actor is not self.acting))


class Screen(Preview):
    """simcord's page, able to turn to another channel and to show what the bot did by itself.

    `around` is given every action of a page and does it at the right moment.
    """

    def __init__(
        self, env: RehearsalEnv, seat: Seat, framed_by: str, port: int, around: Callable[[Action], Awaitable[Answer]]
    ) -> None:
        super().__init__(
            env,
            seat.place.channel,
            seat.viewers,
            layout="channel",
            display="responsive",
            width=WIDTH,
            height=HEIGHT,
            locale=LANGUAGE,
            timezone=ZONE,
            presentation_time=None,
            assets=None,
            port=port,
        )
        self._env = env
        self._seat = seat
        self._around = around
        self._drawn = (0, 0.0)
        self.capability = seat.token
        self._server = MendedServer(self, port, framed_by)

    async def open(self) -> None:
        """Serve the page; raises `PortTaken`."""
        try:
            await self.__aenter__()
        except SetupError as error:
            raise PortTaken(str(error)) from error

    @property
    def is_closed(self) -> bool:
        """Whether somebody pressed `End preview session`."""
        return self._closed

    async def _action(self, context_id: str | None, body: Any) -> Answer:
        """Do what a page asks for, although it may have been drawn anew since the page last looked."""
        stock = super()._action

        async def act() -> Answer:
            page = self._pages.get(context_id or "")
            given = body
            if page is not None and isinstance(body, Mapping) and "published_revision" in body:
                given = {**body, "published_revision": page.revision}
            answer = await stock(context_id, given)
            if page is not None and not answer["rejected"] and given["kind"] == "viewer":
                self._seat.acting = self._seat.world.actor(page.viewer.id)
                self.viewers = self._seat.viewers
            self.redraw_if_stale(but=page)
            return answer

        return await self._around(act)

    def take_seat(self) -> None:
        """Turn every open tab to the seat's place, as the acting member."""
        self.channel, self.viewers = self._seat.place.channel, self._seat.viewers
        for page in tuple(self._pages.values()):
            self._clear_page_assets(page)
            self._redact_page_receipts(page)
            self._reset_queries(page)
            page.viewer, page.channel_id = self.viewers[0], self.channel.id
            page.generation += 1
            page.target_id = self._initial_target(page.viewer, page.channel_id)
            page.window_end_id = None
            page.modal = page.modal_handle = None
            page.status = "current"
            self._publish(page, reason="navigation")

    def open_form(self, result: simcord.InteractionResult) -> None:
        """Show a form that something outside the page has opened to its opener."""
        for page in tuple(self._pages.values()):
            if result.modal is not None and page.viewer.id == self._seat.acting.id:
                page.modal, page.modal_handle = result, f"m_{secrets.token_urlsafe(12)}"

    def redraw(self, but: Any = None) -> None:
        """Publish the state of the world to every open tab."""
        backend = self._env.backend
        for records in (backend.transcript, backend.http_requests):
            del records[:-MOST_RECORDS]
        self._drawn = len(backend.transcript), self._env.now().timestamp()
        self._advance_presentation_time()
        for page in tuple(self._pages.values()):
            if page is not but:
                self._publish(page, reason="refresh")

    def redraw_if_stale(self, but: Any = None) -> None:
        """Redraw when the bot has said something since, or when `in 5 minutes` has become old."""
        records, at = self._drawn
        if len(self._env.backend.transcript) != records or self._env.now().timestamp() - at > REDRAW_SECONDS:
            self.redraw(but)
