"""How found times look."""

from datetime import timedelta

from discord import ui

from bot.services.booking_find import Finding
from bot.text import plain, stamp_range
from bot.ui import theme
from bot.ui.booking_card import length, mentions
from bot.ui.components import Block, card, good, row


def finding_card(finding: Finding, lasting: timedelta, memo: int) -> ui.LayoutView:
    """Return the best times, each with **Book**, or who stands in the way."""
    title = _title(finding, lasting)
    if not finding.offers:
        return card(title, _blocked(finding), accent=theme.WARN)
    blocks: list[Block] = [title]
    for offer in finding.offers:
        named = offer.room_name if finding.only_room is None else None
        room = f"\n{theme.ROOM} {plain(named)}" if named else ""
        to = f"booking:pick:{memo}:{int(offer.start.timestamp())}:{offer.room_number or 0}"
        blocks.append(row(f"{stamp_range(offer.start, offer.end)}{room}", good("Book", to)))
    return card(*blocks)


def _title(finding: Finding, lasting: timedelta) -> str:
    """Say what was looked for: how long, where if there is no choice, and for whom if anybody was named."""
    where = f" in {plain(finding.only_room)}" if finding.only_room else ""
    users, roles = finding.asked
    whom = f"\nFor {mentions(users, roles)}" if users or roles else ""
    return f"### 🔎 {length(lasting)}{where}{whom}"


def _blocked(finding: Finding) -> str:
    """Say without whom there would be a time."""
    who = mentions(finding.user_ids, finding.role_ids)
    rooms = ", ".join(plain(name) for name in finding.rooms)
    room = f"{plain(finding.only_room)}" if finding.only_room else "a room"
    everybody = "everybody and " if any(finding.asked) else ""
    text = f"There is no time when {everybody}{room} {'are' if everybody else 'is'} free."
    if who:
        text += f"\nWithout one of these there would be: {who}."
    if rooms:
        text += f"\nIn another place there would be; taken all the time: {rooms}."
    if not who and not rooms:
        text += "\nIt fails on more than one of them." if everybody else ""
        text += " Look further ahead with `within`, or for a shorter time."
    return text
