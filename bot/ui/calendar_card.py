"""How calendar addresses look in Discord, and how to put one into the usual apps."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

import discord
from discord import ui

from bot.services.calendar import Address, AddressKnown, File, Subject
from bot.text import plain, stamp
from bot.ui import theme
from bot.ui.components import bad, button, buttons, card, main, notice, undo

GOOGLE = "https://calendar.google.com/calendar/render?cid="
OUTLOOK = "https://outlook.live.com/calendar/0/addfromweb?url="
LINK_LIMIT = 512
HOW = (
    "**Apple** · open the second address, or *File → New Calendar Subscription*\n"
    "**Google** · on a computer: *Other calendars → + → From URL*; it looks about twice a day\n"
    "**Outlook** · *Add calendar → Subscribe from web*\n"
    "**Thunderbird** · *New Calendar → On the Network*, without a user name"
)


def address_card(address: Address, base: str, *, change_id: int) -> ui.LayoutView:
    """Return the one message that ever shows an address."""
    url = f"{base}/calendar/{address.token}.ics"
    webcal = f"webcal://{url.partition('://')[2]}"
    return card(
        f"### {theme.CALENDAR} {plain(address.subject.label)}",
        f"```\n{url}\n```\n```\n{webcal}\n```",
        f"{theme.WARNING} Whoever has this address sees what you see, without money and notes. It is shown only now; "
        "`/calendar reset` makes it useless.",
        HOW,
        buttons(_link("Google", GOOGLE + quote(webcal, safe="")), _link("Outlook", OUTLOOK + quote(url, safe="")),
                undo(change_id)),
        accent=theme.GOOD,
    )  # fmt: skip


def _link(label: str, url: str) -> ui.Button[Any] | None:
    """Return a button to a web page, or None where the page's address would be too long for one."""
    if len(url) > LINK_LIMIT:
        return None
    return ui.Button(label=label, url=url, style=discord.ButtonStyle.link)


def known_card(known: AddressKnown) -> ui.LayoutView:
    """Return the answer to asking for an address a second time."""
    read = (
        f"-# Last asked for by an app: {stamp(known.read_at)}" if known.read_at else "-# No app has asked for it yet."
    )
    renew = main("New address", f"calendar:renew:{known.feed_id}:{known.serial}")
    return card(f"{theme.WARNING} {known}", read, buttons(renew, _stop(known.feed_id, known.serial)), accent=theme.WARN)


def reset_card(subject: Subject, feed_id: int, serial: int, read_at: datetime | None) -> ui.LayoutView:
    """Ask before an address is made useless."""
    used = f"An app asked for it {stamp(read_at)}." if read_at else "No app has asked for it yet."
    renew = main("New address", f"calendar:renew:{feed_id}:{serial}") if subject.archived_at is None else None
    return card(
        f"### {theme.CALENDAR} {plain(subject.label)}\n"
        f"{used} Once it is reset, apps with the old address stop being updated. Is that what you want?",
        buttons(renew, _stop(feed_id, serial), button("Keep it", f"calendar:keep:{feed_id}")),
        accent=theme.WARN,
    )


def _stop(feed_id: int, serial: int) -> ui.Button[Any]:
    return bad("Stop it, no new one", f"calendar:stop:{feed_id}:{serial}")


def stopped_card(subject: Subject, change_id: int) -> ui.LayoutView:
    named = plain(subject.label)
    text = f"{theme.OK} Your address for “{named}” is useless from now on. `/calendar link` makes a new one."
    return notice(text, accent=theme.GOOD, actions=buttons(undo(change_id)))


def kept_card() -> ui.LayoutView:
    return notice("Nothing was changed: the address works as before.")


def off_card(subject: Subject) -> ui.LayoutView:
    """Return the answer where this installation serves no calendars."""
    return card(
        f"{theme.WARNING} Calendar addresses are switched off here: whoever runs me has not set `web.port` and "
        f"`web.public_url`. What I can give you is “{plain(subject.label)}” as a file, as it is now.",
        buttons(main("File", f"calendar:file:{subject.kind.value}:{subject.id}", emoji="📅")),
        accent=theme.WARN,
    )


def file_card(made: File, name: str) -> ui.LayoutView:
    """Return the message that carries a file."""
    start, end = int(made.start.timestamp()), int(made.end.timestamp())
    entries = "1 entry" if made.count == 1 else f"{made.count:,} entries"
    return card(
        f"### {theme.CALENDAR} {plain(made.subject.label)}\n{entries}, <t:{start}:d> - <t:{end}:d>. "
        "A file does not update itself; `/calendar link` does.",
        ui.File(f"attachment://{name}"),
    )
