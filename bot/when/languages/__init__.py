"""The languages that times are read in, one table file each; a new one is listed here."""

from dataclasses import replace
from functools import lru_cache

from bot.text import learn
from bot.when.languages import de, en, es, fr, ja, pt
from bot.when.lexicon import Table

TABLES = {table.code: table for table in (en.TABLE, de.TABLE, fr.TABLE, es.TABLE, pt.TABLE, ja.TABLE)}

for _table in TABLES.values():
    learn(_table.code, _table.says)

# Languages without a table are read in English, with the names of their months from dateparser.
MONTHS_ONLY = {
    "bg", "cs", "da", "el", "fi", "hi", "hr", "hu", "id", "it", "ko", "lt", "nl", "pl", "ro", "ru", "sv", "th", "tr",
    "nb", "uk", "vi", "zh",
}  # fmt: skip


def table_for(locale: str) -> Table:
    """Return the table of a Discord locale code."""
    code = locale.partition("-")[0]
    return TABLES[code] if code in TABLES else _months_only("nb" if code == "no" else code)


@lru_cache(maxsize=64)
def _months_only(code: str) -> Table:
    english = TABLES["en"]
    return replace(english, months_from=(code, "en")) if code in MONTHS_ONLY else english
