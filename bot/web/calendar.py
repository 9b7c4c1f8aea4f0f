"""`/calendar/<token>.ics`: the calendars that other apps subscribe to."""

import hashlib

from aiohttp import ETag, web

from bot.services.calendar import CalendarService, Feed, People, Unreachable
from bot.web.limits import Limit, Seconds
from bot.web.server import plain, too_often

# Apps look every few minutes at most; a burst is somebody setting one up.
BURST, EVERY = 20, 30.0
SOON = "300"
PATH = "/calendar/{token}.ics"


class FeedRoutes:
    """Answers with feeds. An address that does not work is 404 on the same way, whatever is wrong with it."""

    def __init__(self, calendars: CalendarService, people: People, seconds: Seconds) -> None:
        self._calendars = calendars
        self._people = people
        self._tokens = Limit(BURST, EVERY, seconds)

    def routes(self) -> list[web.RouteDef]:
        return [web.get(PATH, self.feed)]

    async def feed(self, request: web.Request) -> web.StreamResponse:
        """Return the calendar, or 304 where the app has it already; the limit counts before anything is looked up."""
        token = request.match_info["token"]
        if wait := self._tokens.wait(hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()):
            return too_often(wait)
        try:
            found = await self._calendars.feed(token, self._people)
        except Unreachable:
            return plain(503, "Service Unavailable", {"Retry-After": SOON})
        if found is None:
            return plain(404, "Not Found")
        response = web.Response(status=304) if _has(request, found) else _whole(request, found)
        response.etag = ETag(found.etag, is_weak=True)  # weak: zipped or not, it is the same calendar
        response.last_modified = found.changed_at
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Vary"] = "Accept-Encoding"
        return response


def _has(request: web.Request, found: Feed) -> bool:
    """Tell whether the app has this already: by the tag, or by the time where it sends no tag (RFC 9110, 13.2.2)."""
    if request.if_none_match is not None:
        return any(tag.value in (found.etag, "*") for tag in request.if_none_match)
    since = request.if_modified_since
    return since is not None and found.changed_at <= since


def _whole(request: web.Request, found: Feed) -> web.Response:
    headers = {"Content-Disposition": 'inline; filename="backline.ics"'}
    body = found.body
    if "gzip" in request.headers.get("Accept-Encoding", "").lower():
        body, headers["Content-Encoding"] = found.zipped, "gzip"
    return web.Response(body=body, headers=headers, content_type="text/calendar", charset="utf-8")
