"""What the bot says over HTTP, off unless a port is configured: `Server` with the routes that its parts add."""

from bot.web.calendar import FeedRoutes
from bot.web.health import HealthRoutes, Pulse
from bot.web.server import PortTaken, Server

__all__ = ["FeedRoutes", "HealthRoutes", "PortTaken", "Pulse", "Server"]
