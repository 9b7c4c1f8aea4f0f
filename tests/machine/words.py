"""What the machine types: arguments for any option or field, drawn from what people type there."""

from random import Random

# Each server's word is in everything typed there, and in nothing typed in the other.
MARKS = ("Zephyrquill", "Obsidianbok")

# For each option or field: what sensible people type there, and what others do.
WHENS = (
    "tomorrow 7pm-10pm", "fri 19-22", "in 2 hours for 3h", "next tue 10am-1pm", "in 3 days 18:00-21:00", "sat 14-16",
    "tomorrow 9pm-2am", "next week monday 10-12", "in 20 minutes for 1h",
)  # fmt: skip
ODD_WHENS = ("yesterday 7pm-9pm", "29 March 2026 02:30-05:00", "25 October 2026 2:30am-5am", "31 Feb")
INSTANTS = (
    "tomorrow 5pm", "in 10 minutes", "fri 5pm", "in 2 days", "next monday 9am", "in 3 hours", "in 1 week",
    "in 1 minute",
)  # fmt: skip
ODD_INSTANTS = ("yesterday", "15 March 2026", "end of the month", "29 March 2026 02:30", "never", "2026-01-31 09:00")
RANGES, ODD_RANGES = ("today", "next 7 days", "this week", "next month"), ("2026", "last week", "all", "nonsense")
SUMS, ODD_SUMS = ("1200", "80", "1,200.50", "1.2k", "3.33"), ("0", "-5", "12.345", "100 CHF", "a lot", "99999999999999")
LENGTHS, ODD_LENGTHS = ("2h", "30 min", "3 hours", "90"), ("0", "4 days", "1h30", "soon")
HOURS, ODD_HOURS = ("mon-fri 18-23, sat 12-20", "mon 9-17"), ("never", "always", "25-26", "-")

Words = tuple[str, ...]
BY_NAME: dict[str, tuple[Words, Words]] = {
    "when": (WHENS, ODD_WHENS),
    **dict.fromkeys(("due", "start", "end", "hold", "until", "date", "release", "other"), (INSTANTS, ODD_INSTANTS)),
    **dict.fromkeys(("range", "within"), (RANGES, ODD_RANGES)),
    **dict.fromkeys(("amount", "rate", "cost", "budget", "extra", "fee"), (SUMS, ODD_SUMS)),
    "repeat": (
        ("every week", "every 2 weeks", "every tuesday", "every day"),
        ("every month", "every minute", "thrice"),
    ),
    **dict.fromkeys(("length", "minimum", "buffer", "included", "steps"), (LENGTHS, ODD_LENGTHS)),
    "timezone": (("Europe/Berlin", "tokyo", "America/New_York", "UTC", "auckland"), ("Mars",)),
    "currency": (("EUR", "USD", "JPY"), ("gbp", "XXX")),
    "quantity": (("1", "2", "10", "0.5"), ("-1", "12.3456", "x")),
    **dict.fromkeys(("weekly", "hours", "quiet_hours"), (HOURS, (*ODD_HOURS, "22-8"))),
    "lead_times": (("1d, 2h", "30 min"), ("none", "5 years")),
    "remind": (("1d, 2h", "7d"), ("none", "soon")),
    "overtime": (("10% per hour after 12h", "1.5x after 10h"), ("25 per 15 min", "none", "much")),
    "cancellation": (("48h 50%, 24h 100%", "7d 50%"), ("none", "200%")),
    "change": (("4h Room A", "600 mixing", "100"), ("2 days", "nothing")),
    "needs": (("drums, vocals", "guitar"), ("2 x vocals, piano", ",")),
}
ODD_TAILS = (
    " **bold** @everyone", " <@&1> `code`", " \u202eevil\u202c", " " + "x" * 90,
    " =SUM(A1)", " '; --", " {0} %s", "x" * 3000,
)  # fmt: skip
PEOPLE = frozenset({"who", "people", "paid_by", "payee"})
LOOKED_UP = frozenset(
    {"project", "room", "booking", "deadline", "reminder", "category", "source", "target", "template", "after", "scope"}
)


def typed(chance: Random, name: str, mark: str, mentions: list[str], *, sensible: bool) -> str:
    """Return something for an option of that name; `mark` is the server's word."""
    if name in PEOPLE:
        return " ".join(chance.sample(mentions, 1 if sensible else chance.randint(1, len(mentions))))
    if name in LOOKED_UP:
        return chance.choice([f"#{chance.randint(1, 9)}", mark, f"{mark} {chance.randint(1, 4)}", "me", "studio", "#0"])
    if name in BY_NAME and (sensible or chance.random() < 0.9):
        return chance.choice(BY_NAME[name][0 if sensible else 1])
    return f"{mark} {chance.randint(1, 9)}{'' if sensible else chance.choice(ODD_TAILS)}"
