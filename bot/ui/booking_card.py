"""How a booking looks: its preview, its card for everybody, its line in a list, and the panel behind its gear."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import discord
from discord import ui

from bot.actor import Actor
from bot.money import Money
from bot.services.booking import BookingFacts, Preview
from bot.services.booking_checks import hours_of
from bot.services.booking_quorum import Cover
from bot.text import clip, echo, plain, short, stamp, stamp_range
from bot.ui import theme
from bot.ui.components import Block, bad, button, buttons, card, good, main, rule
from bot.when import Reading

MOST_NAMES = 30
MOST_IN_MENU = 25
MOST_CLASHES = 6
MOST_PER_PART = 5
MOST_DATES = 12
RANKS = {1: "First", 2: "Second", 3: "Third"}


def booking_card(facts: BookingFacts, price: str = "") -> ui.LayoutView:
    """Return the card that everybody sees; the price is only for a private one (R35)."""
    booking = facts.booking
    about = [
        _state(facts),
        stamp_range(facts.start, facts.end),
        _really(facts),
        f"{theme.ROOM} {plain(facts.room_name)}{f', {plain(facts.address)}' if facts.address else ''}"
        if facts.room_name
        else "",
        price,
        _needs(facts),
        f"Reason: {plain(booking.reason)}" if booking.reason and facts.state == "cancelled" else "",
    ]
    blocks: list[Block] = [f"### {_glyph(facts)} {title(facts)}", "\n".join(filter(None, about))]
    blocks.append(plain(booking.note) if booking.note else None)
    if facts.is_closed:
        came = f"**Came ({len(facts.came)})** {mentions(facts.came)}".rstrip()
        blocks += [rule(), came, f"Afterwards: {plain(booking.close_note)}" if booking.close_note else None]
    elif booking.is_active:
        blocks += [rule(), "\n".join(_people(facts)), _answers(booking.id)]
    blocks.append(f"-# Booked by <@{booking.created_by}>")
    return card(*blocks, accent=_accent(facts))


def _needs(facts: BookingFacts) -> str:
    """Return what a session needs, part by part with who covers it while it is ahead."""
    cover = facts.cover if facts.booking.is_active and not facts.is_closed else ()
    if not cover:
        return f"Needs: {plain(facts.booking.needs)}" if facts.booking.needs else ""
    met = sum(not part.missing for part in cover)
    head = f"**Needs: {'all covered' if met == len(cover) else f'{met} of {len(cover)} covered'}**"
    return "\n".join([head, *(_part(part) for part in cover)])


def _part(cover: Cover) -> str:
    glyph = theme.OK if not cover.missing else "▫️"
    who = mentions(cover.user_ids[:MOST_PER_PART])
    some = f", {cover.missing} more" if cover.missing and cover.user_ids else ""
    maybe = f", maybe {mentions(cover.maybe_ids[:MOST_PER_PART])}" if cover.missing and cover.maybe_ids else ""
    return f"{glyph} {plain(cover.need.name)}{f': {who}' if who else ''}{some}{maybe}"


def _really(facts: BookingFacts) -> str:
    """Return the real in and out of a closed session, where they are not the booked ones."""
    start, end = facts.booking.actual_start_at, facts.booking.actual_end_at
    if start is None or end is None or (start, end) == (facts.start, facts.end):
        return ""
    return f"Really: {stamp_range(start, end)}"


def title(facts: BookingFacts) -> str:
    return f"**{plain(facts.what)}** · #{facts.number}"


def summary(facts: BookingFacts, verb: str, *actions: ui.Button[Any], more: str = "") -> ui.LayoutView:
    """Return the private answer to a change: what it is now, and what can be done about it."""
    where = f"{theme.ROOM} {plain(facts.room_name)}" if facts.room_name else ""
    lines = [f"{theme.OK} {verb}: {title(facts)}", stamp_range(facts.start, facts.end), where, more]
    return card("\n".join(filter(None, lines)), buttons(*actions) if actions else None, accent=theme.GOOD)


def preview_card(actor: Actor, preview: Preview, locale: str) -> ui.LayoutView:
    """Return what booking a draft would mean, with **Book**, **Hold** and **Cancel**."""
    facts, key = preview.facts, preview.facts.booking.id
    lines = [
        stamp_range(facts.start, facts.end),
        f"{theme.ROOM} {plain(facts.room_name)}" if facts.room_name else "No room",
        f"{theme.PROJECT} {plain(facts.project_name)}" if facts.project_name else "",
        f"{_kind(facts)} · lasts {length(facts.end - facts.start)}",
        f"Asked: {mentions(facts.asked_users, facts.asked_roles)}" if facts.asked_users or facts.asked_roles else "",
        f"Needs: {plain(facts.booking.needs)}" if facts.booking.needs else "",
        plain(facts.booking.note) if facts.booking.note else "",
    ]
    return card(
        f"### Preview: {plain(facts.what)}",
        "\n".join(filter(None, lines)),
        _costs(actor, preview, locale),
        _dates(preview),
        _clashes(preview),
        f"-# Nothing is booked yet. A hold lasts {_hold(preview)}{_queue(preview.rank)}.",
        buttons(good("Book", f"booking:book:{key}"), main("Hold", f"booking:hold:{key}"), _drop(key)),
        accent=theme.WARN if preview.clashes else theme.BRAND,
    )


def sure_card(preview: Preview) -> ui.LayoutView:
    """Ask whether somebody means a session of more than a day."""
    hours = hours_of(preview.facts.end - preview.facts.start)
    text = f"{theme.WARNING} That would last **{hours} hours**: {stamp_range(preview.facts.start, preview.facts.end)}. "
    key = preview.facts.booking.id
    yes = main(f"Yes, {hours} hours", f"booking:sure:{key}")
    return card(f"{text}Is that what you mean? Nothing is booked yet.", buttons(yes, _drop(key)), accent=theme.WARN)


def gear_panel(facts: BookingFacts) -> ui.LayoutView:
    """Return what the maker and producers can change, to be seen by them alone."""
    key = facts.booking.id
    users = [
        _default(user, discord.SelectDefaultValueType.user) for user in facts.asked_users[:MOST_IN_MENU] if user > 0
    ]
    roles = [_default(role, discord.SelectDefaultValueType.role) for role in facts.asked_roles[:MOST_IN_MENU]]
    confirm = good("Confirm", f"booking:confirm:{key}") if facts.state == "held" else None
    waits = facts.waiting or facts.asked_roles
    nudge = button("Nudge", f"booking:nudge:{key}:{facts.booking.guild_id}", emoji="🙋") if waits else None
    return card(
        f"### {theme.SETTINGS} {title(facts)}",
        stamp_range(facts.start, facts.end),
        buttons(
            button("Edit", f"booking:words:{key}"),
            button("Move", f"booking:times:{key}"),
            confirm,
            button("Call sheet", f"callsheet:show:{key}"),
            bad("Cancel booking", f"booking:end:{key}"),
        ),
        "Who is asked:" if nudge is None else ui.Section("Who is asked:", accessory=nudge),
        ui.ActionRow(
            ui.UserSelect(
                custom_id=f"booking:users:{key}", placeholder="Members", min_values=0, max_values=MOST_IN_MENU,
                default_values=users,
            )
        ),
        ui.ActionRow(
            ui.RoleSelect(
                custom_id=f"booking:roles:{key}", placeholder="Roles", min_values=0, max_values=MOST_IN_MENU,
                default_values=roles,
            )
        ),
    )  # fmt: skip


def fee_card(facts: BookingFacts, cost: str, to: str) -> ui.LayoutView:
    """Ask whether to cancel although it costs money."""
    text = f"{theme.WARNING} Cancelling {title(facts)} now {cost} Cancel it?"
    return card(text, buttons(bad("Yes", to), button("No", "booking:keep")), accent=theme.WARN)


def price_line(facts: BookingFacts, price: Money, locale: str) -> str:
    """Return what a booking costs, and once it is closed what came on top; only for a private card (R35)."""
    parts = [("overtime", facts.booking.overtime_minor), ("extra", facts.booking.extra_minor)]
    beyond = [(name, Money(minor, price.currency)) for name, minor in parts if minor]
    if not beyond:
        return f"{theme.MONEY} Price: **{price.show(locale)}**"
    whole = Money(price.minor + sum(money.minor for _, money in beyond), price.currency)
    added = " + ".join(f"{money.show(locale)} {name}" for name, money in beyond)
    return f"{theme.MONEY} Cost: **{whole.show(locale)}** = {price.show(locale)} + {added}"


def line(facts: BookingFacts) -> str:
    """Return a booking in two lines, for lists, with the way to its card."""
    booking = facts.booking
    room = f" · {plain(clip(facts.room_name, 40))}" if facts.room_name else ""
    first = f"{_glyph(facts)} **{plain(clip(facts.what, 60))}** · #{facts.number}{room}"
    held = f" · hold {booking.rank}" if facts.state == "held" else ""
    coming = f" · {len(facts.coming)} coming" if facts.coming else ""
    coming += f" · lacks {plain(clip(', '.join(facts.lacks), 60))}" if facts.lacks else ""
    start, lasted = facts.start, _rough(facts)
    if facts.is_closed:
        start = facts.booking.actual_start_at or start
        lasted = length((facts.booking.actual_end_at or facts.end) - start) or lasted
        coming = f" · closed, {len(facts.came)} came"
    link = ""
    if booking.channel_id and booking.message_id:
        link = f" · [card](https://discord.com/channels/{booking.guild_id}/{booking.channel_id}/{booking.message_id})"
    return f"{first}\n{short(start)} (<t:{int(start.timestamp())}:R>), {lasted}{held}{coming}{link}"


def spoken(actor: Actor, start: datetime, end: datetime, now: datetime) -> str:
    """Return an interval in words that read back to the same times, for buttons and options."""
    reading = Reading(kind="interval", start=start, end=end)
    return echo(reading, actor.zone, actor.locale, now).partition(" · ")[0]


def mentions(users: Sequence[int], roles: Sequence[int] = ()) -> str:
    """Return members and roles as mentions, the first thirty of many."""
    every = [*(f"<@&{key}>" for key in roles), *(f"<@{key}>" for key in users)]
    more = f" and {len(every) - MOST_NAMES} more" if len(every) > MOST_NAMES else ""
    return " ".join(every[:MOST_NAMES]) + more


def length(span: timedelta) -> str:
    """Return a length in hours and minutes, or in days from two days on."""
    minutes = int(span.total_seconds()) // 60
    days, hours = minutes // 1440, minutes // 60
    if days > 1:
        return f"{days} days" + (f" {minutes % 1440 // 60} h" if minutes % 1440 >= 60 else "")  # noqa: PLR2004
    return " ".join(filter(None, [f"{hours} h" if hours else "", f"{minutes % 60} min" if minutes % 60 else ""]))


def _rough(facts: BookingFacts) -> str:
    return length(facts.end - facts.start) or "under a minute"


def _kind(facts: BookingFacts) -> str:
    return "Session" if facts.booking.kind == "other" else facts.booking.kind.value.capitalize()


def _glyph(facts: BookingFacts) -> str:
    if facts.is_closed:
        return theme.CLOSED
    return {"confirmed": theme.BOOKED, "held": theme.HELD}.get(facts.state, theme.CANCELLED)


def _accent(facts: BookingFacts) -> int:
    if facts.is_closed:
        return theme.QUIET
    return {"confirmed": theme.GOOD, "held": theme.WARN}.get(facts.state, theme.QUIET)


def _state(facts: BookingFacts) -> str:
    booking, until = facts.booking, ""
    state = {"cancelled": "Cancelled", "released": "Released", "draft": "Taken back"}.get(facts.state, "Confirmed")
    if facts.is_closed:
        state = "Closed"
    elif facts.state == "held":
        order = RANKS.get(booking.rank or 1, f"{booking.rank}th")
        state = f"{order} hold"
        until = f", until {short(booking.hold_until_at)}" if booking.hold_until_at else ""
        until += " (challenged)" if booking.challenger_id else ""
    project = f" · {theme.PROJECT} {plain(facts.project_name)}" if facts.project_name else ""
    return f"**{state}**{until} · {_kind(facts)}{project}"


def _people(facts: BookingFacts) -> list[str]:
    asked = mentions(facts.asked_users, facts.asked_roles)
    said = (("Coming", facts.coming), ("Maybe", facts.maybe), ("Can't", facts.cant))
    lines = [f"Asked: {asked}"] if asked else []
    answers = [f"**{label} ({len(users)})** {mentions(users)}".rstrip() for label, users in said]
    lines += answers if any(users for _, users in said) else [" · ".join(answers)]
    return [*lines, f"-# No answer yet: {mentions(facts.waiting)}"] if facts.waiting else lines


def _answers(key: int) -> ui.ActionRow[Any]:
    return buttons(
        good("Coming", f"booking:coming:{key}"),
        button("Maybe", f"booking:maybe:{key}"),
        bad("Can't", f"booking:cant:{key}"),
        button("⚙", f"booking:gear:{key}"),
    )


def _costs(actor: Actor, preview: Preview, locale: str) -> str:
    """Return the price and what it leaves, for those who may see money (R35)."""
    quote = preview.quote
    if not actor.sees_money or preview.facts.booking.room_id is None:
        return ""
    if quote.price is None:
        return f"{theme.MONEY} The room has no price. Set one with `/room edit`."

    def show(money: Money) -> str:
        return f"**{money.show(locale)}**"

    lines = [f"{theme.MONEY} Price: {show(quote.price)}"]
    if quote.line_name is not None:
        left = f"Leaves {show(quote.line)} of" if quote.line is not None else "Nothing is planned yet for"
        lines.append(f"{left} {plain(quote.line_name)}")
    if quote.project is not None and preview.facts.project_name is not None:
        lines.append(f"Leaves {show(quote.project)} of {plain(preview.facts.project_name)}")
    if quote.held is not None:
        lines.append(f"{show(quote.held)} if every other hold is confirmed too")
    return "\n".join(lines)


def _dates(preview: Preview) -> str:
    """Return the dates of a repeat: those that are free, and what is in the way of the others."""
    if not preview.dates:
        return ""
    free = [date for date in preview.dates if date.is_free]
    shown = ", ".join(short(date.start) for date in free[:MOST_DATES])
    more = f" and {len(free) - MOST_DATES} more, until {short(free[-1].start)}" if len(free) > MOST_DATES else ""
    lines = [f"🔁 **{len(free)} of {len(preview.dates)} dates are free**: {shown}{more}"]
    taken = [date for date in preview.dates if not date.is_free]
    lines += [
        f"- {short(date.start)}: {next(hit for hit in date.clashes if hit.is_hard).line}"
        for date in taken[:MOST_CLASHES]
    ]
    lines += [f"- and {len(taken) - MOST_CLASHES} more that are taken"] if len(taken) > MOST_CLASHES else []
    return "\n".join([*lines, f"**Book** and **Hold** take the {len(free)} free ones."] if taken else lines)


def series_card(text: str, one: str, every: str) -> ui.LayoutView:
    """Ask whether a change goes for one session of a repeat or for those after it, too."""
    choice = buttons(main("This one", one), main("This and following", every), button("Neither", "booking:keep"))
    return card(f"{theme.WARNING} {text}", choice, accent=theme.WARN)


def _clashes(preview: Preview) -> str:
    if not preview.clashes:
        return ""
    lines = [f"- {clash.line}" for clash in preview.clashes[:MOST_CLASHES]]
    more = len(preview.clashes) - MOST_CLASHES
    lines += [f"- and {more} more"] if more > 0 else []
    return "\n".join([f"{theme.WARNING} **Clashes** (booking over them needs a reason)", *lines])


def _hold(preview: Preview) -> str:
    begins = preview.hold_until >= preview.facts.start
    return "until the session begins" if begins else f"until {stamp(preview.hold_until)}"


def _queue(rank: int) -> str:
    return f", as hold number {rank} for that time" if rank > 1 else ""


def _drop(key: int) -> ui.Button[Any]:
    return button("Cancel", f"booking:drop:{key}")


def _default(key: int, kind: discord.SelectDefaultValueType) -> discord.SelectDefaultValue:
    return discord.SelectDefaultValue(id=key, type=kind)
