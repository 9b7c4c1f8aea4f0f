"""A room's overtime rule: read from what people type, said back in words, and reckoned (facts 4.2 and 4.3, R27)."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from bot.errors import UserError
from bot.models.room import Room, RoomUnit
from bot.money import Money, read_amount
from bot.services.project import exact_money
from bot.text import clip

HOUR = 60
DAY = 24 * HOUR
USUAL_MINUTES = {RoomUnit.HALF_DAY: 6 * HOUR, RoomUnit.DAY: 12 * HOUR}
NOTHING = frozenset(["none", "no", "no overtime", "none charged", "free", "-"])
HIGHEST_PERCENT = 1000
SHORTEST_STEP = 5
FLAGS = re.IGNORECASE
_NUMBER = r"([0-9]{1,4}(?:[.,][0-9]{1,3})?)"
_LENGTH = rf"{_NUMBER}\s*(hours?|hrs?|h|minutes?|mins?|m)?"
_STEPS = r"(?:steps?|increments?|units?|blocks?)"
_AFTER = re.compile(rf"\b(?:after|beyond|over|past|from)\s+(?:the\s+)?(?:first\s+)?{_LENGTH}(?![0-9%x]|:[0-9])", FLAGS)
_STEPPED = re.compile(
    rf"\b(?:(?:in|by|per)\s+)?{_LENGTH}[\s-]*{_STEPS}\b|\b(?:in|by)?\s*{_STEPS}\s+of\s+{_LENGTH}", FLAGS
)
_PER = re.compile(
    r"(?:\b(?:per|an?|each|every|by\s+the|for\s+each)|/)\s*(?:(?:started|begun|commenced|additional|extra|full)\s+)*"
    rf"(half[\s-]*hour|quarter[\s-]*hour|quarter|hour|hr|h|{_LENGTH})\b",
    FLAGS,
)
_FACTOR = re.compile(rf"\b{_NUMBER}\s*(?:x|\u00d7|times)|(?:\bx|\u00d7)\s*{_NUMBER}", FLAGS)
_WORDED = {"time and a half": "1.5x", "time-and-a-half": "1.5x", "double time": "2x", "half hour": "half-hour"}
_OF = (
    r"(?:\s*(?:of|from|on)\s+(?:the\s+|its\s+)?(day|half[\s-]*day|session|hourly|hour|daily)(?:'?s)?"
    r"(?:[\s-]*(?:rate|price|fee))?)"
)
_PERCENT = re.compile(rf"{_NUMBER}\s*(?:%|percent){_OF}?", FLAGS)
_MORE = re.compile(r"\+\s*([0-9]{1,3})\s*%|\b([0-9]{1,3})\s*%\s*(?:more|extra|on\s+top|surcharge)", FLAGS)
_FILLER = re.compile(
    r"\b(?:overtime|at|in|is|for|then|charged|billed|the|rate|hourly|plus|costs?|of|started|and|minimum)\b|(?<![0-9]),|,(?![0-9])|[;:@=]",
    FLAGS,
)
_UNITS = {
    "day": RoomUnit.DAY, "daily": RoomUnit.DAY, "hour": RoomUnit.HOUR, "hourly": RoomUnit.HOUR,
    "session": RoomUnit.SESSION,
}  # fmt: skip
_STEP_WORDS = {"hour": 60, "hr": 60, "h": 60, "halfhour": 30, "quarterhour": 15, "quarter": 15}


class NotOvertime(UserError):
    """An overtime rule that can't be read."""

    text = (
        "I can't read “{given}” as an overtime rule, so nothing was changed. Type it like `1.5x after 10h`, "
        "`10% of day rate per started hour after 12h`, `45/h in 15 min steps`, `30 min steps at 45`, or `none`."
    )


class OvertimeStep(UserError):
    """Steps that do not fit into an hour."""

    text = (
        "Overtime goes in steps that divide an hour, such as 15, 30 or 60 minutes, and “{given}” says {minutes}. "
        "Nothing was changed."
    )


class OvertimeOfOther(UserError):
    """A percentage of a rate that the room does not have."""

    text = (
        "The overtime speaks of the {named} rate, and “{room}” is priced per {unit}, so nothing was changed. "
        "Give the overtime as an amount, like `45/h after 10h`, or as a part of the {unit} rate."
    )


class OvertimeCurrency(UserError):
    """A new currency for the rate, while the overtime is an amount in the old one."""

    text = (
        "“{room}” charges an amount of overtime in {old}, so its rate can't change to {new} alone. "
        "Nothing was changed; give `overtime` anew in the same command."
    )


@dataclass(frozen=True, slots=True)
class Overtime:
    """What each started step beyond costs: per hour an amount in minor units, or a percentage of the rate for `unit`.

    Without `after_minutes` it counts from the booked end on.
    """

    step_minutes: int
    after_minutes: int | None = None
    rate_minor: int | None = None
    percent: Decimal | None = None
    unit: RoomUnit | None = None


def read_overtime(text: str, room: Room, locale: str = "en-US") -> Overtime:
    """Return the rule that a text says for a room.

    Raises `NotOvertime`, `OvertimeStep`, `OtherCurrency`, or what the amount in it lacks.
    """
    rest = " ".join(text.strip().split())
    given = clip(rest, 60)
    if rest.casefold().rstrip(".") in NOTHING:
        return Overtime(HOUR, rate_minor=0)
    for words, short in _WORDED.items():
        rest = re.sub(words, short, rest, flags=FLAGS)
    rest = _MORE.sub(lambda found: f"{100 + int(found[1] or found[2])}%", rest)
    rest, after = _cut(_AFTER, rest)
    rest, percent = _cut(_PERCENT, rest)
    rest, stepped = _cut(_STEPPED, rest)
    rest, factor = _cut(_FACTOR, rest)
    rest, per = _cut(_PER, rest)
    step = _step(stepped, per, given)
    rule = Overtime(step, _minutes(*after) if after else None)
    left = " ".join(_FILLER.sub(" ", rest).split())
    if percent or factor:
        if left or (percent and factor):
            raise NotOvertime(given=given)
        return _part(rule, room, percent, factor, per, given)
    if not left:
        raise NotOvertime(given=given)
    return _amount(rule, room, left, per or None, given, locale)


def _part(rule: Overtime, room: Room, percent: list[str], factor: list[str], per: list[str], given: str) -> Overtime:
    """Return a rule that charges a part of a rate; a bare percentage below 100 is of the room's own rate."""
    value = Decimal((percent or factor)[0].replace(",", ".")) * (1 if percent else 100)
    of = re.sub(r"[\s-]", "", percent[1]).casefold() if len(percent) > 1 else ""
    unit = RoomUnit.HALF_DAY if of == "halfday" else _UNITS.get(of)
    if unit is None:
        unit = RoomUnit.HOUR if factor or value >= 100 else room.unit  # noqa: PLR2004 - percent
        if percent and unit is RoomUnit.HOUR and value < 100:  # noqa: PLR2004 - a part of an hour's price, per hour?
            raise NotOvertime(given=given)
    if unit is not RoomUnit.HOUR and per:
        value *= Decimal(HOUR) / rule.step_minutes  # a part of the day rate for each of these steps
    if not 0 < value <= HIGHEST_PERCENT:
        raise NotOvertime(given=given)
    return Overtime(rule.step_minutes, rule.after_minutes, percent=round(value, 3), unit=unit)


def _amount(rule: Overtime, room: Room, left: str, per: list[str] | None, given: str, locale: str) -> Overtime:
    """Return a rule that charges an amount: for what it is said to be for, else for each step."""
    try:
        money = exact_money(read_amount(left, locale), room.currency)
    except UserError as unread:
        if any(sign.isdigit() for sign in left) and not re.search(r"[a-z]{4}", left, FLAGS):
            raise
        raise NotOvertime(given=given) from unread
    lasts = _per_minutes(per, given) if per else rule.step_minutes
    return Overtime(rule.step_minutes, rule.after_minutes, rate_minor=money.minor * HOUR // lasts)


def _cut(pattern: re.Pattern[str], text: str) -> tuple[str, list[str]]:
    """Return the text without what the pattern finds first, and the groups that were found."""
    found = pattern.search(text)
    if found is None:
        return text, []
    groups = [group for group in found.groups() if group is not None]
    return f"{text[: found.start()]} {text[found.end() :]}", groups


def _step(stepped: list[str], per: list[str], given: str) -> int:
    """Return the step: as said, else what the price is for, else an hour."""
    if not stepped:
        return _per_minutes(per, given) if per else HOUR
    return _fitting(_minutes(*stepped, bare=1), given)


def _per_minutes(per: list[str], given: str) -> int:
    word = re.sub(r"[\s-]", "", per[0]).casefold()
    return _STEP_WORDS[word] if word in _STEP_WORDS else _fitting(_minutes(*per[1:], bare=1), given)


def _fitting(minutes: int, given: str) -> int:
    if not SHORTEST_STEP <= minutes <= HOUR or HOUR % minutes:
        raise OvertimeStep(given=given, minutes=f"{minutes} min")
    return minutes


def _minutes(number: str, unit: str = "", *, bare: int = HOUR) -> int:
    """Return a length in minutes; a bare number is hours after `after`, and minutes for a step."""
    per = bare if not unit else HOUR if unit.casefold().startswith("h") else 1
    return int(Decimal(number.replace(",", ".")) * per)


def store(room: Room, rule: Overtime) -> None:
    """Keep a rule in the room's columns."""
    room.overtime_step_minutes, room.overtime_after_minutes = rule.step_minutes, rule.after_minutes
    room.overtime_rate_minor, room.overtime_percent = rule.rate_minor, rule.percent
    room.overtime_unit = rule.unit


def forget(room: Room) -> None:
    """Let a room have no overtime rule."""
    room.overtime_step_minutes = room.overtime_after_minutes = room.overtime_rate_minor = None
    room.overtime_percent = room.overtime_unit = None


def rule_of(room: Room) -> Overtime | None:
    """Return a room's rule; an older text without columns is read now, and None where it says nothing."""
    if room.overtime_step_minutes is not None:
        return Overtime(
            room.overtime_step_minutes, room.overtime_after_minutes, room.overtime_rate_minor,
            room.overtime_percent, room.overtime_unit,
        )  # fmt: skip
    if not room.overtime:
        return None
    try:
        rule = read_overtime(room.overtime, room)
        must_have_its_rate(room, rule)
    except UserError:
        return None
    return rule


def must_have_its_rate(room: Room, rule: Overtime | None) -> None:
    """Raise `OvertimeOfOther` for a part of a rate that the room does not have, such as a day's of one paid hourly."""
    if rule is None or rule.unit is None or rule.unit is room.unit:
        return
    if rule.unit is not RoomUnit.HOUR or room.unit is RoomUnit.SESSION:
        named = "hourly" if rule.unit is RoomUnit.HOUR else rule.unit.value
        raise OvertimeOfOther(named=named, room=room.name, unit=room.unit.value)


def included_of(room: Room) -> int | None:
    """Return how many minutes a day or half-day of the room has; None for what is not priced by such blocks."""
    if room.unit not in USUAL_MINUTES:
        return None
    rule = rule_of(room)
    return room.included_minutes or (rule and rule.after_minutes) or USUAL_MINUTES[room.unit]


def starts_after(room: Room, rule: Overtime) -> int | None:
    """Return after how many minutes overtime begins; None for from the booked end on, as in a lock-out of days."""
    if room.is_lockout and room.unit is RoomUnit.DAY:
        return None
    if rule.after_minutes is None and room.unit in USUAL_MINUTES:
        return room.included_minutes
    return rule.after_minutes


def hourly(room: Room, rule: Overtime) -> Decimal | None:
    """Return what an hour of overtime costs in minor units, not rounded; None where the room has no rate."""
    if rule.rate_minor is not None:
        return Decimal(rule.rate_minor)
    if room.rate_minor is None or rule.percent is None:
        return None
    base = Decimal(room.rate_minor)
    if rule.unit is RoomUnit.HOUR and room.unit is not RoomUnit.HOUR:
        base = base * HOUR / (included_of(room) or HOUR)
    return base * rule.percent / 100


def cost_of(room: Room, rule: Overtime, over_minutes: int) -> int | None:
    """Return what so many minutes of overtime cost: each started step whole, rounded half up once (R27)."""
    rate = hourly(room, rule)
    if rate is None:
        return None
    steps = -(-max(over_minutes, 0) // rule.step_minutes)
    return int((rate * steps * rule.step_minutes / HOUR).quantize(Decimal(1), ROUND_HALF_UP))


def in_words(room: Room, locale: str) -> str:
    """Return how a room's overtime is understood, with what one step costs; its own text where it is only a note."""
    rule = rule_of(room)
    if rule is None:
        return f"“{room.overtime}”, a note that I can't reckon with" if room.overtime else ""
    if rule.rate_minor == 0:
        return "none charged"
    step = "hour" if rule.step_minutes == HOUR else f"{rule.step_minutes} min"
    price = cost_of(room, rule, rule.step_minutes)
    shown = Money(price, room.currency).show(locale) if price is not None else ""
    after = starts_after(room, rule)
    since = f"after {length_in_words(after)}" if after else "from the booked end on"
    if rule.percent is None:
        return f"{shown} per started {step}, {since}"
    said = _share(rule)
    return f"{said} per started {step}{f', {shown}' if shown else ''}, {since}"


def _share(rule: Overtime) -> str:
    percent = rule.percent or Decimal(0)
    if rule.unit is RoomUnit.HOUR:
        return f"{_bare(percent / 100)} x the hourly rate"
    named = rule.unit.value if rule.unit else "room's"
    return f"{_bare(percent * rule.step_minutes / HOUR)} % of the {named} rate"


def _bare(number: Decimal) -> str:
    return f"{round(number, 3).normalize():f}"


def length_in_words(minutes: int) -> str:
    """Return minutes as hours and minutes: `2 h`, `1 h 30 min`."""
    hours, rest = divmod(minutes, HOUR)
    return " ".join(filter(None, [f"{hours} h" if hours else "", f"{rest} min" if rest else ""])) or "0 min"
