"""A call sheet as a PDF to print or keep: one or two pages, drawn off the event loop; it never holds money."""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)

from bot.services.callsheet_facts import Called, Sheet
from bot.services.callsheet_words import kind_of, songs_of
from bot.text import clock_on, day_on, former, short_day_on, zone_on
from bot.ui.callsheet_type import SANS, SANS_BOLD, prepare, typeset

# Where letters are written on US Letter; everywhere else on A4.
LETTER_LANDS = frozenset({"US", "CA", "MX", "PH", "CL", "CO", "VE", "GT", "CR", "PA", "DO", "SV", "NI", "HN"})
INK, FAINT, LINE, BAND, BRAND = (HexColor(f"#{value}") for value in ("1f2328", "656d76", "d0d7de", "f3f4f8", "4752c4"))
MARGIN, TOP, BOTTOM = 16 * mm, 14 * mm, 16 * mm
TWO_COLUMNS_FROM = 12
MENTION = re.compile(r"<(@!?|@&|#)([0-9]{15,21})>|<a?(:\w{2,32}:)[0-9]{15,21}>|<t:(-?[0-9]{1,12})(?::[a-zA-Z])?>")
TALLEST_SIDE = 110 * mm
_TURN = Lock()


def _style(name: str, size: float, **more: Any) -> ParagraphStyle:
    kept = {"fontName": SANS, "textColor": INK, "leading": size * 1.32, **more}
    return ParagraphStyle(name, fontSize=size, **kept)


TEXT = _style("text", 9.5)
STRONG = _style("strong", 9.5, fontName=SANS_BOLD)
QUIET = _style("quiet", 9.5, textColor=FAINT)
RIGHT = _style("right", 9.5, textColor=FAINT, alignment=2)
DATE = _style("date", 11, fontName=SANS_BOLD, alignment=2)
TITLE = _style("title", 19, fontName=SANS_BOLD, spaceAfter=2)
BIG = _style("big", 14, fontName=SANS_BOLD)
HEADING = _style("heading", 11, fontName=SANS_BOLD, textColor=BRAND, spaceBefore=9, spaceAfter=3)
LABEL = _style("label", 8.5, fontName=SANS_BOLD, textColor=BRAND)
SMALL_LABEL = _style("small label", 7.5, fontName=SANS_BOLD, textColor=FAINT)
FOOT = _style("foot", 7.5, textColor=FAINT)
FLUSH: list[Any] = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("VALIGN", (0, 0), (-1, -1), "TOP")]
PLAIN: list[Any] = [*FLUSH, ("TOPPADDING", (0, 0), (-1, -1), 0), ("BOTTOMPADDING", (0, 0), (-1, -1), 0)]
BOXED: list[Any] = [
    ("BACKGROUND", (0, 0), (-1, -1), BAND), ("LINEABOVE", (0, 0), (-1, 0), 1.5, BRAND),
    ("VALIGN", (0, 0), (-1, -1), "TOP"), ("TOPPADDING", (0, 0), (-1, -1), 6), ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
]  # fmt: skip
LINED: list[Any] = [
    *FLUSH, ("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """What members and roles are called, by their keys."""

    users: Mapping[int, str] = field(default_factory=dict)
    roles: Mapping[int, str] = field(default_factory=dict)

    def user(self, key: int) -> str:
        return self.users.get(key) or (former(key).capitalize() if key < 0 else f"Member {key}")

    def role(self, key: int) -> str:
        return self.roles.get(key, "a role")


@dataclass(frozen=True, slots=True)
class Print:
    """What is to be printed, for whom: a private copy has the contacts."""

    sheet: Sheet
    names: Names
    locale: str
    made_at: datetime
    has_contacts: bool = False

    @property
    def zone(self) -> ZoneInfo:
        return self.sheet.zone

    def hour(self, at: datetime) -> str:
        """Return a time of day, with its zone where a clock change makes that another one."""
        zone, usual = (zone_on(each, self.zone) for each in (at, self.sheet.facts.start))
        return f"{clock_on(at, self.zone)}{f' {zone}' if zone != usual else ''}"

    def other_day(self, at: datetime) -> str:
        """Return the date of what is not on the session's first day, else nothing."""
        first, there = (each.astimezone(self.zone).date() for each in (self.sheet.facts.start, at))
        return short_day_on(at, self.zone, self.locale) if there != first else ""

    def clock(self, at: datetime) -> str:
        """Return a time of day, with its date where that is another one."""
        return " ".join(filter(None, [self.other_day(at), self.hour(at)]))

    def readable(self, text: str) -> str:
        """Return a text with Discord's mentions and stamps in words."""
        return MENTION.sub(self._named, text)

    def _named(self, found: re.Match[str]) -> str:
        kind, key, emoji, unix = found.groups()
        if unix:
            try:
                return f"{day_on(at := _instant(int(unix)), self.zone, self.locale)}, {clock_on(at, self.zone)}"
            except (OverflowError, ValueError, OSError):
                return unix
        if emoji:
            return emoji
        if kind == "#":
            return "#channel"
        return f"@{self.names.role(int(key)) if kind == '@&' else self.names.user(int(key))}"


def page_of(locale: str) -> tuple[float, float]:
    """Return the size of paper that people of a locale print on, in points."""
    return LETTER if re.split("[-_]", locale)[-1].upper() in LETTER_LANDS else A4


def pdf(job: Print) -> bytes:
    """Return the document; one at a time, for its fonts are shared. Blocks: call it in a thread."""
    with _TURN:
        prepare()
        out = io.BytesIO()
        size = page_of(job.locale)
        width = size[0] - 2 * MARGIN
        inside = Frame(MARGIN, BOTTOM, width, size[1] - TOP - BOTTOM, 0, 0, 0, 0)
        document = BaseDocTemplate(
            out, pagesize=size, title=f"Call sheet {job.sheet.facts.what}", author="Backline",
            subject=f"Booking {job.sheet.facts.number}",
            pageTemplates=[PageTemplate("page", [inside], onPage=_footer(job))],
        )  # fmt: skip
        document.build(list(_story(job, width)))
        return out.getvalue()


def _story(job: Print, width: float) -> Iterator[Flowable]:
    yield from _head(job, width)
    yield from _place(job)
    yield from _side_by_side(_schedule(job, width / 2), _songs(job), width)
    yield from _people(job, width)
    row, booking = job.sheet.row, job.sheet.booking
    notes = "\n".join(filter(None, [booking.note, row.notes]))
    yield from _section("Gear", row.gear, job)
    yield from _section("Technical", row.technical, job)
    yield from _section("Needs", booking.needs, job)
    yield from _section("Notes", notes, job)
    if job.has_contacts:
        yield from _section("Contacts (private, do not pass on)", row.contacts, job)


def _head(job: Print, width: float) -> Iterator[Flowable]:
    sheet, facts = job.sheet, job.sheet.facts
    project = facts.project_name or ""
    day = f"day {sheet.day[0]} of {sheet.day[1]}" if sheet.day else ""
    about = " · ".join(filter(None, [project, day, kind_of(sheet.booking.kind)]))
    left = [_said("CALL SHEET", LABEL), _said(facts.what, TITLE), _said(about, QUIET)]
    zone, last = (zone_on(at, job.zone) for at in (facts.start, facts.end))
    hours = f"{clock_on(facts.start, job.zone)} - {clock_on(facts.end, job.zone)} {last}"
    if zone != last:
        hours = f"{clock_on(facts.start, job.zone)} {zone} - {clock_on(facts.end, job.zone)} {last}"
    ends = job.other_day(facts.end)
    right = [_said(day_on(facts.start, job.zone, job.locale), DATE), _said(hours, DATE)]
    right += [_said(f"ends {ends}", RIGHT)] if ends else []
    right += [_said("Not confirmed yet: only held", RIGHT)] if facts.state == "held" else []
    yield Table(
        [[left, right]], colWidths=[width * 0.6, width * 0.4], style=[*PLAIN, ("RIGHTPADDING", (-1, 0), (-1, -1), 0)]
    )
    yield Spacer(0, 3 * mm)
    times = [("GENERAL CALL", sheet.call_at), ("LOAD-IN", sheet.load_in_at)]
    times += [("DOWNBEAT", sheet.downbeat_at)] if sheet.downbeat_at else []
    times += [("EST. WRAP", sheet.wrap_at)]
    cells = [_time(job, label, at) for label, at in times]
    yield Table([cells], colWidths=[width / len(cells)] * len(cells), style=BOXED)
    yield Spacer(0, 3 * mm)


def _time(job: Print, label: str, at: datetime) -> list[Flowable]:
    day = job.other_day(at)
    return [_said(label, SMALL_LABEL), _said(job.hour(at), BIG), *([_said(day, QUIET)] if day else [])]


def _place(job: Print) -> Iterator[Flowable]:
    sheet = job.sheet
    where = ", ".join(filter(None, [sheet.facts.room_name, sheet.address])) or "No place is set yet"
    linked = typeset(where)
    if sheet.map_url:
        linked += f'   <a href="{sheet.map_url.replace("&", "&amp;")}" color="#4752c4"><u>Map</u></a>'
    lines = [_heading("Where"), Paragraph(linked, TEXT)]
    extra = (("Entrance", sheet.row.entrance), ("Parking", sheet.row.parking), ("Emergency", sheet.row.emergency))
    for label, text in extra:
        if text:
            lines.append(Paragraph(f"<b>{label}:</b> {typeset(job.readable(text))}", TEXT))
    yield KeepTogether(lines)


def _schedule(job: Print, width: float) -> list[Flowable]:
    rows = [[_said(job.clock(at), STRONG), _said(what)] for at, what in job.sheet.schedule]
    own = [_said(job.readable(job.sheet.row.schedule))] if job.sheet.row.schedule else []
    times = max(stringWidth(job.clock(at), SANS_BOLD, STRONG.fontSize) for at, _ in job.sheet.schedule) + 10
    return [_heading("Schedule"), Table(rows, colWidths=[times, width - times], style=PLAIN, hAlign="LEFT"), *own]


def _songs(job: Print) -> list[Flowable]:
    songs = songs_of(job.sheet)
    if not songs:
        return []
    return [_heading("Songs, in order"), *[_said(f"{n}.  {job.readable(song)}") for n, song in enumerate(songs, 1)]]


def _people(job: Print, width: float) -> Iterator[Flowable]:
    people, roles = job.sheet.people, job.sheet.facts.asked_roles
    asked = ", ".join(f"@{job.names.role(key)}" for key in roles)
    lead: list[Flowable] = [_heading("People")]
    lead += [_said(f"Asked as a whole: {asked}", QUIET)] if asked else []
    if not people:
        yield from [*lead, *([] if asked else [_said("Nobody is asked yet.", QUIET)])]
        return
    rows = [_person(job, person) for person in people]
    columns = 2 if len(rows) > TWO_COLUMNS_FROM else 1
    height = -(-len(rows) // columns)
    filled = [
        [*chain.from_iterable(_cell(rows, line + height * column) for column in range(columns))]
        for line in range(height)
    ]
    head = [_said(text, SMALL_LABEL) for text in ("CALL", "NAME", "PLAYS")] * columns
    share = width / columns
    table = Table(
        [head, *filled], colWidths=[share * 0.16, share * 0.4, share * 0.44] * columns, style=LINED, repeatRows=1
    )
    yield CondPageBreak(30 * mm)
    yield from [*lead, table]


def _cell(rows: Sequence[list[Any]], at: int) -> list[Any]:
    return rows[at] if at < len(rows) else ["", "", ""]


def _person(job: Print, person: Called) -> list[Any]:
    name = job.names.user(person.user_id) if person.user_id else person.name or ""
    style = STRONG if person.is_personal else TEXT
    return [_said(job.clock(person.at), style), _said(name), _said(job.readable(person.part or ""))]


def _section(heading: str, text: str | None, job: Print) -> Iterator[Flowable]:
    if text:
        yield CondPageBreak(20 * mm)
        yield _heading(heading)
        yield _said(job.readable(text))


def _side_by_side(left: list[Flowable], right: list[Flowable], width: float) -> Iterator[Flowable]:
    """Yield two blocks as columns where both are short, else one below the other, so that they may cross a page."""
    if not right or any(sum(each.wrap(width / 2, 10_000)[1] for each in side) > TALLEST_SIDE for side in (left, right)):
        yield from [*left, *right]
    else:
        yield Spacer(0, 3 * mm)
        yield Table([[left, right]], colWidths=[width / 2, width / 2], style=PLAIN)


def _footer(job: Print) -> Any:
    def draw(canvas: Canvas, document: Any) -> None:
        canvas.saveState()
        canvas.setStrokeColor(LINE)
        canvas.line(MARGIN, 12 * mm, document.pagesize[0] - MARGIN, 12 * mm)
        zone = f"Times are {job.zone.key} ({zone_on(job.sheet.facts.start, job.zone)})"
        made = f"{day_on(job.made_at, job.zone, job.locale)}, {clock_on(job.made_at, job.zone)}"
        words = f"#{job.sheet.facts.number} · {zone} · as of {made} · page {document.page}"
        line = Paragraph(typeset(words), FOOT)
        line.wrap(document.pagesize[0] - 2 * MARGIN, 10 * mm)
        line.drawOn(canvas, MARGIN, 7 * mm)
        canvas.restoreState()

    return draw


def _heading(text: str) -> Flowable:
    return Paragraph(typeset(text), HEADING)


def _said(text: str, style: ParagraphStyle | None = None) -> Paragraph:
    return Paragraph(typeset(text) or "-", style or TEXT)


def _instant(unix: int) -> datetime:
    return datetime.fromtimestamp(unix, UTC)
