"""What a session needs to be worth holding, such as `drums + vocals`, and who of those coming covers it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

MOST_NEEDS = 12
MOST_WORDS = 3
MOST_OF_ONE = 20
LONGEST_PART = 60
_BETWEEN = re.compile(r"\s*(?:[+,;&\n]|\band\b|\bund\b|\bet\b)\s*", re.IGNORECASE)
_EITHER = re.compile(r"\s*(?:[/|]|\bor\b|\boder\b|\bou\b)\s*", re.IGNORECASE)
_COUNT = re.compile(
    r"(?P<first>\d{1,2})\s*[x\u00d7]?\s+(?P<what>\S.*)|(?P<what2>\S.*?)\s*[x\u00d7]\s*(?P<last>\d{1,2})", re.IGNORECASE
)
_NUMBERS = {"the": 1, "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4}
# What the trade calls the same thing; the first of a line is what it is known as here.
_SAME = (
    "drums drum drummer drumkit kit schlagzeug",
    "percussion percussionist perc",
    "vocals vocal vox singer voice voices singing vocalist gesang",
    "guitar guitarist gtr gitarre",
    "bass bassist bass-guitar e-bass",
    "keys keyboard keyboardist keyboarder synth synths",
    "piano pianist klavier",
    "engineer eng tontechniker",
    "producer produzent",
    "strings string",
    "brass horns horn",
    "sax saxophone saxophonist",
    "violin violinist fiddle geige",
    "cello cellist",
    "trumpet trumpeter",
)
_KNOWN_AS = {word: line.split()[0] for line in _SAME for word in line.split()}


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that is needed: how many, and the parts that will do, any one of them."""

    parts: tuple[str, ...]
    count: int = 1

    @property
    def name(self) -> str:
        """Return it as somebody would type it."""
        either = " or ".join(self.parts)
        return f"{self.count} {either}" if self.count > 1 else either


@dataclass(frozen=True, slots=True)
class Cover:
    """How far a need is met: by those who are coming, and by those who may be."""

    need: Need
    user_ids: tuple[int, ...]
    maybe_ids: tuple[int, ...] = ()

    @property
    def missing(self) -> int:
        return max(0, self.need.count - len(self.user_ids))

    @property
    def lacks(self) -> str:
        """Say what is missing of it, empty where nothing is."""
        return replace(self.need, count=self.missing).name if self.missing else ""


def needs_of(text: str | None) -> tuple[Need, ...]:
    """Return the parts that a text asks for; what is longer than a part's name is a wish that nobody can tick off."""
    found: dict[tuple[str, ...], Need] = {}
    for item in _BETWEEN.split(text or ""):
        need = _need(item.strip(" .!"))
        if need is not None:
            key = tuple(_key(part) for part in need.parts)
            known = found.get(key)
            found[key] = replace(known, count=min(MOST_OF_ONE, known.count + need.count)) if known else need
    return tuple(found.values())[:MOST_NEEDS]


def parts_of(needs: Iterable[Need]) -> tuple[str, ...]:
    """Return every part that somebody may cover, each once, as it was typed."""
    found: dict[str, str] = {}
    for need in needs:
        for part in need.parts:
            found.setdefault(_key(part), part)
    return tuple(found.values())


def covered(
    needs: Sequence[Need], plays: Mapping[int, str], coming: Iterable[int], maybe: Iterable[int] = ()
) -> tuple[Cover, ...]:
    """Return who meets each need: somebody covers every part they play, and of two that are needed one at most."""
    coming, maybe = tuple(coming), tuple(maybe)

    def playing(need: Need, users: Iterable[int]) -> tuple[int, ...]:
        return tuple(user for user in users if any(is_played(part, plays.get(user)) for part in need.parts))

    return tuple(Cover(need, playing(need, coming), playing(need, maybe)) for need in needs)


def is_played(part: str, plays: str | None) -> bool:
    """Tell whether somebody who plays these, with commas between, covers a part: `lead guitar` covers `guitar`."""
    wanted = set(_key(part).split())
    return any(wanted <= set(_key(own).split()) for own in (plays or "").split(",") if own.strip())


def fitting(needs: Iterable[Need], plays: str | None) -> tuple[str, ...]:
    """Return those of the needed parts that somebody plays."""
    return tuple(part for part in parts_of(needs) if is_played(part, plays))


def _need(item: str) -> Need | None:
    count, what = _counted(item)
    parts = tuple(part for part in (piece.strip(" .") for piece in _EITHER.split(what)) if part)
    if not parts or not count or not all(_is_part(part) for part in parts):
        return None
    return Need(parts, min(count, MOST_OF_ONE))


def _is_part(text: str) -> bool:
    return len(text) <= LONGEST_PART and len(text.split()) <= MOST_WORDS and any(sign.isalpha() for sign in text)


def _counted(item: str) -> tuple[int, str]:
    """Return how many and of what: `2 guitars`, `2x guitar`, `guitars x2`, `two guitars`."""
    found = _COUNT.fullmatch(item)
    if found:
        return int(found["first"] or found["last"]), found["what"] or found["what2"]
    first, _, rest = item.partition(" ")
    return (_NUMBERS[first.casefold()], rest.strip()) if rest and first.casefold() in _NUMBERS else (1, item)


def _key(part: str) -> str:
    """Return what a part is compared by: its words as the trade knows them, `Drummer` and `drums` alike."""
    joined = part.casefold().replace("bass guitar", "bass")
    return " ".join(_word(word) for word in joined.split())


def _word(word: str) -> str:
    if word in _KNOWN_AS:
        return _KNOWN_AS[word]
    single = word[:-1] if len(word) > MOST_WORDS and word.endswith("s") and not word.endswith("ss") else word
    return _KNOWN_AS.get(single, single)
