"""Sends what is due: it claims rows, lines them up by channel, paces itself below Discord's limit, and marks."""

from bot.delivery.aim import Aim
from bot.delivery.detour import Detours
from bot.delivery.engine import Delivery
from bot.delivery.gate import Gate
from bot.delivery.people import DiscordPeople
from bot.delivery.post import Post

__all__ = ["Aim", "Delivery", "Detours", "DiscordPeople", "Gate", "Post"]
