"""The look: a few colours and glyphs, the same everywhere."""

BRAND = 0x5865F2
GOOD = 0x2E9E6B
WARN = 0xE0A030
BAD = 0xD64545
QUIET = 0x80848E

BOOKED = "🎙️"
HELD = "✏️"
CANCELLED = "🚫"
CLOSED = "🏁"
MONEY = "💶"
DEADLINE = "📌"
CALENDAR = "📅"
DONE = "✅"
REMINDER = "⏰"
PROJECT = "💿"
ROOM = "🚪"
SETTINGS = "⚙️"
WARNING = "⚠️"
OK = "✅"
MISSING = "❌"
EMPTY = "—"
