"""Discord's unwritten rules for component trees: rows, layouts, selects and modals."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

Component = dict[str, Any]
Placed = tuple[str, Component]

ROW, BUTTON, STRING_SELECT, TEXT_INPUT, TEXT = 1, 2, 3, 4, 10
SELECTS = {3, 5, 6, 7, 8}
LAYOUT_TYPES = {9, 10, 12, 13, 14, 17}
LINK, PREMIUM = 5, 6
MAX_NESTED = 40
MAX_ROWS = 5
MAX_LAYOUT_TEXT = 4000


def walk(tree: list[Component], at: str) -> Iterator[Placed]:
    """Yield every component with its path, also those inside rows, containers, sections and labels."""
    for number, component in enumerate(tree):
        yield from _descend(component, f"{at}[{number}]")


def _descend(component: Component, at: str) -> Iterator[Placed]:
    yield at, component
    children = component.get("components")
    if isinstance(children, list):
        yield from walk([each for each in children if isinstance(each, dict)], f"{at}.components")
    for key in ("accessory", "component"):
        if isinstance(component.get(key), dict):
            yield from _descend(component[key], f"{at}.{key}")


def message(tree: list[Component], at: str, *, layout: bool) -> Iterator[str]:
    """Check the components of a message; `layout` tells a Components V2 message from one of plain rows."""
    where = f"{at}components"
    placed = list(walk(tree, where))
    yield from _common(placed)
    if len(placed) > MAX_NESTED:
        yield f"{where}: number of nested components is {MAX_NESTED}, got {len(placed)}"
    if layout:
        yield from _layout_text(placed, where)
        return
    if len(tree) > MAX_ROWS:
        yield f"{where}: number of rows is {MAX_ROWS}, got {len(tree)}"


def modal(tree: list[Component], at: str) -> Iterator[str]:
    """Check the components of a modal."""
    placed = list(walk(tree, f"{at}components"))
    yield from _common(placed)
    for where, component in placed:
        if component.get("type") == ROW and len(component.get("components") or ()) > 1:
            yield f"{where}: a row of a modal holds one input"
        if component.get("type") == TEXT_INPUT:
            yield from _text_input(component, where)


def _common(placed: list[Placed]) -> Iterator[str]:
    yield from _unique(placed, "custom_id")
    yield from _unique(placed, "id")
    for where, component in placed:
        kind = component.get("type")
        if kind == ROW:
            yield from _row(component, where)
        elif kind == BUTTON:
            yield from _button(component, where)
        elif kind in SELECTS:
            yield from _select(component, where)


def _unique(placed: list[Placed], key: str) -> Iterator[str]:
    counts = Counter(component[key] for _, component in placed if component.get(key))
    seen = set()
    for where, component in placed:
        value = component.get(key)
        if value and counts[value] > 1:
            if value in seen:
                yield f"{where}.{key}: {value!r} is used twice"
            seen.add(value)


def _layout_text(placed: list[Placed], where: str) -> Iterator[str]:
    texts = [component.get("content") for _, component in placed if component.get("type") == TEXT]
    total = sum(len(text) for text in texts if isinstance(text, str))
    if total > MAX_LAYOUT_TEXT and any(len(text or "") <= MAX_LAYOUT_TEXT for text in texts):
        yield f"{where}: total of text is {MAX_LAYOUT_TEXT}, got {total}"


def _row(row: Component, where: str) -> Iterator[str]:
    kinds = [each.get("type") for each in row.get("components") or () if isinstance(each, dict)]
    if len(kinds) > 1 and any(kind in SELECTS for kind in kinds):
        yield f"{where}: a row holds one select and nothing else"


def _button(button: Component, where: str) -> Iterator[str]:
    style = button.get("style")
    owed, banned = {
        LINK: ("url", ("custom_id", "sku_id")),
        PREMIUM: ("sku_id", ("custom_id", "url", "label", "emoji")),
    }.get(style if isinstance(style, int) else 0, ("custom_id", ("url", "sku_id")))
    if not button.get(owed):
        yield f"{where}: {owed} is required for this style"
    for key in banned:
        if button.get(key):
            yield f"{where}.{key}: is not allowed for this style"
    if style != PREMIUM and not (button.get("label") or "").strip() and not button.get("emoji"):
        yield f"{where}: a button needs a label or an emoji"


def _select(select: Component, where: str) -> Iterator[str]:
    fewest, most = (1 if select.get(key) is None else select[key] for key in ("min_values", "max_values"))
    if isinstance(fewest, int) and isinstance(most, int) and fewest > most:
        yield f"{where}: min_values is above max_values"
    if select.get("type") != STRING_SELECT:
        return
    options = [each for each in select.get("options") or () if isinstance(each, dict)]
    counts = Counter(option.get("value") for option in options)
    for value, count in counts.items():
        if count > 1:
            yield f"{where}.options: value {value!r} is used {count} times"
    chosen = sum(bool(option.get("default")) for option in options)
    if isinstance(most, int) and chosen > most:
        yield f"{where}.options: number of defaults is {most}, got {chosen}"


def _text_input(field: Component, where: str) -> Iterator[str]:
    fewest, most = field.get("min_length") or 0, field.get("max_length") or MAX_LAYOUT_TEXT
    if fewest > most:
        yield f"{where}: min_length is above max_length"
    given = field.get("value")
    if isinstance(given, str) and len(given) > most:
        yield f"{where}.value: max_length is {most}, got {len(given)}"
