"""How often somebody may ask, in memory and bounded."""

import ipaddress
import math
from collections import OrderedDict
from collections.abc import Callable

from aiohttp import web

MOST_KNOWN = 20_000
ROUNDING = 1e-6
Seconds = Callable[[], float]


class Limit:
    """A bucket for each key: `burst` at once, and one more every `every` seconds."""

    def __init__(self, burst: int, every: float, seconds: Seconds) -> None:
        self._burst = burst
        self._every = every
        self._seconds = seconds
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def wait(self, key: str) -> int:
        """Take one and return 0, or return how many seconds to wait for the next."""
        now = self._seconds()
        full_at = max(self._full_at.get(key, now), now) + self._every
        over = full_at - now - self._burst * self._every
        if over > ROUNDING:
            return math.ceil(over)
        self._full_at[key] = full_at
        self._full_at.move_to_end(key)
        while len(self._full_at) > MOST_KNOWN:
            self._full_at.popitem(last=False)
        return 0


def address_of(request: web.Request) -> str:
    """Return who asks: behind a proxy on the same machine or network what that proxy says, of IPv6 the network."""
    peer = _parsed(request.remote or "")
    if peer is not None and (peer.is_loopback or peer.is_private):
        told = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        peer = _parsed(told) or peer
    if isinstance(peer, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((peer, 64), strict=False))
    return str(peer)


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
