"""How a call sheet looks in Discord: in its channel, for one person alone, and the panel behind its gear."""

from typing import Any
from zoneinfo import ZoneInfo

import discord
from discord import ui

from bot.services.callsheet import Posted, Sheet
from bot.services.callsheet_words import body, contacts, title
from bot.text import clip, clock_on, plain, stamp_range, zone_on
from bot.ui import theme
from bot.ui.components import Block, button, buttons, card, inert, main, rule, select, select_option
from bot.ui.press import modal, text_field

MOST_IN_MENU = 25
# Up to this many characters a field of a form is one line high.
LINE = 300
LATE = f"{theme.WARNING} Somebody is called less than 30 minutes before the downbeat."


def posted_view(posted: Posted, file: str | None) -> ui.LayoutView:
    """Return a sheet in its channel as it is now, with its PDF; one that is off has neither file nor buttons."""
    on = posted.is_on
    return public(posted.text, posted.sheet.booking.id if on else None, file if on else None)


def public(text: str, booking_id: int | None, file: str | None = None) -> ui.LayoutView:
    """Return a sheet's message for everybody, as it is delivered; without a booking it has no buttons."""
    container: ui.Container[Any] = ui.Container(accent_colour=theme.BRAND if booking_id else theme.QUIET)
    container.add_item(ui.TextDisplay(text))
    if booking_id is not None:
        container.add_item(buttons(*actions(booking_id)))
    return inert(container, *([enclosed(file)] if file else []))


def enclosed(file: str) -> ui.File[Any]:
    """Return what shows an attached file in a message."""
    return ui.File(f"attachment://{file}")


def pdf_card(sheet: Sheet, file: str, *, has_contacts: bool) -> ui.LayoutView:
    """Return the PDF for one person, saying whether it can be passed on."""
    note = "This copy has the contacts: keep it among the session's people." if has_contacts else "Without contacts."
    text = f"📄 {title(sheet)}\n-# {note if sheet.row.contacts else 'To print or keep.'}"
    return inert(ui.TextDisplay(text), enclosed(file))


def actions(booking_id: int) -> list[ui.Button[Any]]:
    """Return the buttons under a sheet that everybody sees."""
    return [
        button("PDF", f"callsheet:pdf:{booking_id}", emoji="📄"),
        button("Contacts", f"callsheet:contacts:{booking_id}", emoji="☎️"),
        button("⚙", f"callsheet:gear:{booking_id}"),
    ]


def private_card(sheet: Sheet, *, has_contacts: bool, can_edit: bool) -> ui.LayoutView:
    """Return a sheet for one person, with the contacts where those concern them."""
    key = sheet.booking.id
    extra: list[Block] = [rule(), contacts(sheet)] if has_contacts and sheet.row.contacts else []
    actions_ = [
        main("PDF", f"callsheet:pdf:{key}", emoji="📄"),
        button("Edit", f"callsheet:gear:{key}", emoji="⚙️") if can_edit else None,
        button("Share", f"callsheet:share:{key}", emoji="📣"),
    ]
    return card(body(sheet), *extra, buttons(*actions_))


def panel(sheet: Sheet, said: str = "", *more: ui.Button[Any]) -> ui.LayoutView:
    """Return what the maker and producers can type on a sheet, seen by them alone; `said` is what just happened."""
    key = sheet.booking.id
    named = [person for person in sheet.people if person.user_id is None][:MOST_IN_MENU]
    menu = None
    if named:
        options = [select_option(f"{person.name} {person.part or ''}".strip(), str(person.row_id)) for person in named]
        menu = select(f"callsheet:named:{key}", options, "Change somebody who is named only")
    return card(
        said,
        buttons(*more) if more else None,
        f"### {theme.SETTINGS} Call sheet: {title(sheet)}",
        stamp_range(sheet.facts.start, sheet.facts.end),
        LATE if sheet.late else None,
        _filled(sheet),
        buttons(
            button("Times", f"callsheet:form:{key}:times", emoji="🕒"),
            button("Place", f"callsheet:form:{key}:place", emoji="🚪"),
            button("Songs and gear", f"callsheet:form:{key}:music", emoji="🎵"),
            button("Contacts", f"callsheet:form:{key}:contacts", emoji="☎️"),
            button("Add a name", f"callsheet:add:{key}", emoji="🙋"),
        ),
        "Who plays what, and who is called at another time:",
        ui.ActionRow(ui.UserSelect(custom_id=f"callsheet:who:{key}", placeholder="Pick a member")),
        menu,
        buttons(button("Show the sheet", f"callsheet:show:{key}")),
    )


def _filled(sheet: Sheet) -> str:
    """Say what is typed on the sheet already, in one line."""
    row = sheet.row
    parts = [
        ("times", row.call_minutes, row.load_in_minutes, row.downbeat_minutes, row.wrap_minutes, row.schedule),
        ("place", row.address, row.entrance, row.parking, row.emergency),
        ("songs", row.songs), ("gear", row.gear), ("technical", row.technical), ("notes", row.notes),
        ("contacts", row.contacts), (f"{len(sheet.rows)} people", *sheet.rows),
    ]  # fmt: skip
    typed = [str(name) for name, *values in parts if any(value is not None for value in values)]
    return (
        f"-# Typed so far: {', '.join(typed)}. What is empty is worked out."
        if typed
        else ("-# Nothing is typed yet: every time is worked out from the booking.")
    )


def times_form(sheet: Sheet, zone: ZoneInfo, typed: dict[str, str]) -> ui.Modal:
    """Ask for the times, in the typist's own zone."""
    row, name = sheet.row, zone_on(sheet.facts.start, zone)

    def at(minutes: int | None, when: Any) -> str:
        return clock_on(when, zone) if minutes is not None and when is not None else ""

    def hint(when: Any) -> str:
        return f"{clock_on(when, zone)} unless you say so" if when else "19:30, or 30 min after"

    fields = [
        ("call", f"General call ({name})", at(row.call_minutes, sheet.call_at), hint(sheet.call_at)),
        ("load_in", f"Load-in ({name})", at(row.load_in_minutes, sheet.load_in_at), hint(sheet.load_in_at)),
        ("downbeat", f"Downbeat ({name})", at(row.downbeat_minutes, sheet.downbeat_at), hint(sheet.downbeat_at)),
        ("wrap", f"Estimated wrap ({name})", at(row.wrap_minutes, sheet.wrap_at), hint(sheet.wrap_at)),
    ]
    items = [text_field(label, key, value=typed.get(key, value), hint=text) for key, label, value, text in fields]
    own = text_field("Schedule in place of the breaks", "schedule", value=typed.get("schedule", row.schedule or ""),
                     limit=1000, long=True)  # fmt: skip
    return modal(f"Times of #{sheet.facts.number}", f"callsheet:save:{sheet.booking.id}:times", *items, own)


FORMS: dict[str, tuple[str, tuple[tuple[str, str, str, int], ...]]] = {
    "place": ("Place", (
        ("address", "Address, if not the room's", "", 300), ("entrance", "Entrance", "Back door, ring twice", 300),
        ("parking", "Parking", "Behind the house, 3 places", 300),
        ("emergency", "Nearest hospital, emergency", "", 300),
    )),
    "music": ("Songs and gear", (
        ("songs", "Songs in order, one per line", "", 1500),
        ("gear", "Gear: what is there, what to bring", "House kit, two amps; bring snares", 1000),
        ("technical", "Technical", "48 kHz / 24 bit, click, 4 cue mixes, scratch vocal", 1000),
        ("notes", "Notes", "", 1000),
    )),
    "contacts": ("Contacts", (
        ("contacts", "Only the session's people see them", "Engineer: Max, +49 151 2345678", 1000),
    )),
}  # fmt: skip


def texts_form(sheet: Sheet, which: str, typed: dict[str, str]) -> ui.Modal:
    """Ask for one of the groups of texts, with what is there already."""
    heading, fields = FORMS[which]
    items = [
        text_field(
            label, key, value=typed.get(key, getattr(sheet.row, key) or ""), hint=hint, limit=limit, long=limit > LINE
        )
        for key, label, hint, limit in fields
    ]
    return modal(f"{heading} of #{sheet.facts.number}", f"callsheet:save:{sheet.booking.id}:{which}", *items)


def person_form(
    sheet: Sheet, zone: ZoneInfo, *, user_id: int = 0, row_id: int = 0, typed: dict[str, str] | None = None
) -> ui.Modal:
    """Ask what a member, or somebody who is named only, plays and when they are called."""
    row = next((row for row in sheet.rows if (user_id and row.user_id == user_id) or row.id == row_id), None)
    given = typed or {}
    person = next((each for each in sheet.people if row is not None and each.row_id == row.id), None)
    at = clock_on(person.at, zone) if person is not None and person.is_personal else ""
    name = zone_on(sheet.facts.start, zone)
    hint = f"{clock_on(sheet.call_at, zone)}, the general call, unless you say so"
    items = [
        text_field("Plays or does", "part", value=given.get("part", row.part if row else "") or "", limit=80,
                   hint="drums"),
        text_field(f"Called at ({name})", "call", value=given.get("call", at), hint=hint),
    ]  # fmt: skip
    if not user_id:
        was = given.get("name", row.name if row else "") or ""
        items.insert(0, text_field("Name; empty takes them off" if row else "Name", "name", value=was, limit=80))
    to = f"callsheet:person:{sheet.booking.id}:{user_id}:{row_id}"
    return modal(f"On the sheet of #{sheet.facts.number}", to, *items)


def contacts_card(sheet: Sheet) -> ui.LayoutView:
    """Return the contacts, for one whom they concern."""
    return card(f"### ☎️ {title(sheet)}", plain(sheet.row.contacts or ""), accent=theme.QUIET)


def refused(sentence: str, to: str) -> ui.LayoutView:
    """Return a refusal that keeps what was typed: its button opens the form again."""
    return card(f"{theme.WARNING} {clip(sentence, 1500)}", buttons(main("Edit again", to)), accent=theme.WARN)


def calling(users: tuple[int, ...], roles: tuple[int, ...]) -> discord.AllowedMentions:
    """Return the permission to notify exactly these members and roles."""
    return discord.AllowedMentions(
        everyone=False,
        users=[discord.Object(key) for key in users if key > 0],
        roles=[discord.Object(key) for key in roles],
    )
