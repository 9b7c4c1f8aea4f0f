"""Text that nobody means well with: what breaks encodings, markup, formulas, queries, templates, paths and patience."""

# ruff: noqa: RUF001 - letters that look like others are what this is about
import random
from collections.abc import Iterator

LONGEST = 5000
SEED = 20270301

ODD = (
    "\x00", "\x07bell", "\x1b[31mred", "\r\n\r\nX-Header: 1", "\u0085\u2028\u2029", "\ufeff", "\u200b\u200d\u2060",
    "\x7f",
    "\u202egnp.exe", "\u2066\u2067\u2068abc\u2069", "\u061c\u200f\u200e", "\ufdd0\uffff\U0010ffff", "\ue000", "\ufffd",
    "Z̴̡̛͇̘͇͎̥̊͂̓͠a̷̢͓̱̳͗͋̃͝l̷̨̛͇̠g̵̡̛̖̈́͠o̶͎̱̔͗", "é" + "\u0301" * 60, "👩‍👩‍👧‍👦🏳️‍🌈🇩🇪🇩", "ﷺ﷽𒐫꧅", "İıſK", "ǅ ﬃ", "٣٤:٥٦", "１２：３０",
    "\ud800", "a\udfffb", "\ud83d", "\ude00\ud83d",
)  # fmt: skip
MARKUP = (
    "**bold", "||spoiler||", "```\nblock", "`code", "# Title", "-# small", "> quote", ">>> all",
    "[a](https://example.com)",
    "<https://example.com>", "https://example.com/`x`", "<t:1:R>", "</setup start:1>", "<:a:1>", "<id:home>",
    "~~__*_|\\",
    "@everyone", "@here", "<@{theo}>", "<@!{theo}>", "<@&{money_role}>", "<#1>", "@\u200beveryone",
    "<@-3>", "<@99999999999999999999>",
)  # fmt: skip
CODE = (
    "=1+1", "+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x","y")', "\t=1", "\r=1", "\n=1",
    "＝1+1",
    "'; DROP TABLE booking; --", "' OR '1'='1", "%' AND 1=1 --", "\\'; --", "%_[]^", "NULL", "None", "undefined", "NaN",
    "inf", "-0", "1e309", "9" * 400, "0x1F", "1" + "," + "0" * 30, "-5", "5.05.05", "1/0", "٣", "½", "1_000",
    "{0.__class__}", "{text}", "{}", "{0}", "%s%n%x", "%(name)s", "${7*7}", "{{7*7}}", "{% raw %}", "<%= 1 %>", "#{1}",
    "$(reboot)", "`reboot`", "| cat", "; ls", "&& ls", "<script>alert(1)</script>", "<!--", "]]>", "&lt;&amp;", "&#0;",
    "../../etc/passwd", "..\\..\\x", "/dev/null", "C:\\con\\nul", "file:///etc/passwd", "a\x00.pdf", "BEGIN:VEVENT",
    "END:VCALENDAR", "x\\nDTSTART:1", ";:,\\", "(a+)+$", "((((((((((", "a" * 300 + "!", "\\u0000", "__proto__",
)  # fmt: skip
ALMOST = (
    "fri 7pm", "fri 7pm-10pm", "99:99", "31 feb", "0", "#1", "#0", "#-1", "#99999999999999999999", "line:1",
    "project:1",
    "1 jan 0001", "31 dec 9999", "every 0 days", "every 99999999 years", "in 999999999 hours", "for 1e9 h", "-1 day",
    "48h 50%", "1000h 1000%, 1h -5%", "mon-mon 0-0", "1.5x after 10h", "mix", "Room Zanzibar", "me", "<@1>", "22-22",
    "7d, 7d, 7d", "1 eur", "€€€", "5 XXX", "1.2k k", "0.001", "tomorrow " * 300, "fri," * 500, "1,2,3," * 400, "24:00",
)  # fmt: skip
ATOMS = (*ODD, *MARKUP, *CODE, *ALMOST)


def mixtures(count: int, *, seed: int = SEED) -> Iterator[str]:
    """Yield so many strings that are mixed of the atoms, the same ones every time."""
    # What is drawn only has to be the same each time.
    chance = random.Random(seed)  # noqa: S311
    for number in range(count):
        yield _mixed(chance, number)


def _mixed(chance: random.Random, number: int) -> str:
    parts = chance.choices(ATOMS, k=1 + chance.randrange(6))
    mixed = chance.choice(["", " ", "\n", ", ", "-", "\u200b", "=", ":"]).join(parts)
    if number % 10 == 0:
        mixed *= LONGEST // len(mixed) + 1
    if number % 7 == 0:
        mixed = "".join(chr(chance.randrange(0x20, 0x3000)) for _ in range(chance.randrange(1, 200))) + mixed
    return mixed[:LONGEST]
