"""What stands in one session's block of the week: its number always, then its name, time, room and answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.services.booking_facts import BookingFacts
from bot.ui.drawing import BOLD, BRIGHT, FAINT, INK, REGULAR, Pen, fitting, length, wrapped
from bot.ui.week_layout import Piece, hours

TEXT = 24
TIGHT = 20
SMALL = 21
LINE = 28
PAD = 6
STRIPE = 6
LEAST_TAIL = 3  # letters of a broken word that go on in the next line
MOST_LINES = 10
FILLS = {
    "confirmed": ("#1d5a41", "#3fbf86"),
    "held": ("#54400f", "#f0b232"),
    "cancelled": ("#2b2d31", "#d64545"),
}
LIGHT = "#f6e3b0"
HYPHENS = "-/_"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a block."""

    words: str
    size: int = TEXT
    ink: str = INK
    face: str = REGULAR
    is_name: bool = False


def draw_block(pen: Pen, piece: Piece, box: tuple[float, float, float, float], zone: ZoneInfo) -> None:
    """Draw a session's piece: its colour says what is certain, a stripe and a struck name say it without colour."""
    fill, edge = FILLS[piece.facts.state]
    left, top, right, bottom = box
    pen.box(box, fill, outline=edge, line=2)
    _stripe(pen, piece.facts, (left, top, left + STRIPE, bottom), edge)
    y = top + PAD + LINE / 2 - 2
    gone = piece.facts.state == "cancelled"
    for line in lines_of(piece, inner_width(right - left), int((bottom - top - PAD) // LINE), zone):
        x = left + STRIPE + PAD
        pen.text((x, y), line.words, size=line.size, ink=FAINT if gone else line.ink, face=line.face)
        if gone and line.is_name:
            pen.line((x, y + 1), (x + length(line.words, size=line.size, face=line.face), y + 1), edge, width=2)
        y += LINE


def inner_width(width: float) -> float:
    """Return how wide the words in a block of a width may be."""
    return width - STRIPE - PAD - 4


def _stripe(pen: Pen, facts: BookingFacts, box: tuple[float, float, float, float], ink: str) -> None:
    """Draw the left edge: whole for what is certain, broken for a hold, none for what is cancelled."""
    left, top, right, bottom = box
    if facts.state == "confirmed":
        pen.draw.rectangle((left + 2, top + 4, right, bottom - 4), fill=ink)
    elif facts.state == "held":
        y = top + 5
        while y < bottom - 4:
            pen.draw.rectangle((left + 2, y, right, min(y + 10, bottom - 4)), fill=ink)
            y += 18


def lines_of(piece: Piece, width: float, count: int, zone: ZoneInfo) -> list[Line]:
    """Return what fits into so many lines of a width in pixels; the number is never cut."""
    facts = piece.facts
    number = f"#{facts.number}" if piece.begins else f"\u21b3#{facts.number}"
    title = " ".join(facts.what.split())
    if count <= 1:
        alone = length(f"{number} ...", face=BOLD, size=SMALL) > width
        words = number if alone else fitting(f"{number} {title}", width, size=SMALL, face=BOLD)
        return [Line(words, SMALL, BRIGHT, BOLD, is_name=True)]
    head = _head(number, facts, width, zone if piece.begins else None)
    size = TEXT if all(length(word, size=TEXT) <= width for word in title.split()) else TIGHT
    lines = [head, *(Line(words, size, BRIGHT, is_name=True) for words in broken(title, width, count - 1, size=size))]
    if not piece.begins:  # it is all said on the day before
        return lines
    return [*lines, *_rest(facts, width, zone, has_time="-" in head.words)][:count]


def wanted_lines(piece: Piece, width: float, zone: ZoneInfo) -> int:
    """Return how many lines it takes to say everything."""
    return len(lines_of(piece, width, MOST_LINES, zone))


def _head(number: str, facts: BookingFacts, width: float, zone: ZoneInfo | None) -> Line:
    """Return the number, with what fits beside it: whether it is a hold, and its hours in a zone."""
    hold = " hold" if facts.state == "held" else ""
    time = f" {hours(facts.start, facts.end, zone)}" if zone else ""
    for words in (f"{number}{hold}{time}", f"{number}{hold}"):
        if length(words, size=SMALL, face=BOLD) <= width:
            return Line(words, SMALL, LIGHT if hold else BRIGHT, BOLD)
    return Line(number, SMALL, BRIGHT, BOLD)


def _rest(facts: BookingFacts, width: float, zone: ZoneInfo, *, has_time: bool) -> Iterator[Line]:
    if not has_time:
        for words in broken(hours(facts.start, facts.end, zone), width, 2, size=SMALL):
            yield Line(words, SMALL)
    for words in broken(facts.room_name or "", width, 2, size=SMALL):
        yield Line(words, SMALL)
    signs = answers(facts)
    while signs and length(" ".join(signs), size=SMALL) > width:
        signs = signs[:-1]
    if signs:
        yield Line(" ".join(signs), SMALL)


def answers(facts: BookingFacts) -> list[str]:
    """Return the answers as signs with counts: coming, maybe, can't, and asked without an answer."""
    counts = (
        ("\u2713", len(facts.coming)), ("?", len(facts.maybe)), ("\u2717", len(facts.cant)),
        ("\u2026", len(facts.waiting)),
    )  # fmt: skip
    return [f"{sign}{count}" for sign, count in counts if count]


def broken(words: str, width: float, most: int, *, size: int = TEXT) -> list[str]:
    """Return words in lines of a width; a word that is too long for one goes on in the next."""
    parts: list[str] = []
    for word in words.split():
        rest = word
        while length(rest, size=size) > width and len(rest) > 1:
            cut = _fits(rest, width, size)
            parts.append(rest[:cut] if rest[cut - 1] in HYPHENS or cut == 1 else f"{rest[:cut]}-")
            rest = rest[cut:]
        parts.append(rest)
    lines = wrapped(" ".join(parts), width, lines=most, size=size)
    return [line for line in lines if length(line, size=size)]


def _fits(word: str, width: float, size: int) -> int:
    """Return how many letters of a word stay in a line; a cut after a hyphen of its own is better."""
    cut = 1
    while cut < len(word) and length(f"{word[: cut + 1]}-", size=size) <= width:
        cut += 1
    own = max(word.rfind(sign, 0, cut + 1) for sign in HYPHENS) + 1
    if own > 1:
        return own
    return max(LEAST_TAIL, len(word) - LEAST_TAIL) if len(word) - cut < LEAST_TAIL < cut else cut
