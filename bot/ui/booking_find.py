"""How found times look, and when people can."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from discord import ui

from bot.services.availability_hours import Span
from bot.services.booking_find import Finding
from bot.text import plain, stamp_range
from bot.ui import theme
from bot.ui.booking_card import length, mentions
from bot.ui.components import Block, card, good, row

MOST_PEOPLE = 10


def finding_card(finding: Finding, lasting: timedelta, memo: int) -> ui.LayoutView:
    """Return the best times, each with **Book**, or who stands in the way."""
    title = f"### 🔎 {length(lasting)} for everybody"
    if not finding.offers:
        return card(title, _blocked(finding), accent=theme.WARN)
    blocks: list[Block] = [title]
    for offer in finding.offers:
        room = f"\n{theme.ROOM} {plain(offer.room_name)}" if offer.room_name else ""
        to = f"booking:pick:{memo}:{int(offer.start.timestamp())}:{offer.room_number or 0}"
        blocks.append(row(f"{stamp_range(offer.start, offer.end)}{room}", good("Book", to)))
    return card(*blocks)


def _blocked(finding: Finding) -> str:
    """Say without whom there would be a time."""
    who = mentions(finding.user_ids, finding.role_ids)
    rooms = ", ".join(plain(name) for name in finding.rooms)
    text = "There is no time when everybody and a room are free."
    if who:
        text += f"\nWithout one of these there would be: {who}."
    if rooms:
        text += f"\nIn another place there would be; taken all the time: {rooms}."
    if not who and not rooms:
        text += "\nIt fails on more than one of them. Look further ahead with `within`, or for a shorter time."
    return text


def free_card(free: dict[int, list[Span]], within: Span, zone: ZoneInfo) -> ui.LayoutView:
    """Return when people can, day by day, without saying why not otherwise."""
    blocks: list[Any] = ["### 🗓️ Who can when"]
    day = within[0].astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    while day < within[1]:
        after = (day + timedelta(days=1)).replace(fold=0)
        lines = [f"<@{key}>: {_hours(spans, (day, after), within)}" for key, spans in [*free.items()][:MOST_PEOPLE]]
        blocks.append("\n".join([f"**<t:{int(max(day, within[0]).timestamp())}:D>**", *lines]))
        day = after
    more = len(free) - MOST_PEOPLE
    return card("\n".join(blocks), f"-# and {more} people more" if more > 0 else None)


def _hours(spans: Sequence[Span], day: Span, within: Span) -> str:
    start, end = max(day[0], within[0]), min(day[1], within[1])
    free = [(max(begin, start), min(finish, end)) for begin, finish in spans if begin < end and start < finish]
    if not free:
        return "✖️"
    if free == [(start, end)]:
        return "✔️ any time"
    return ", ".join(f"<t:{int(begin.timestamp())}:t>-<t:{int(finish.timestamp())}:t>" for begin, finish in free)
