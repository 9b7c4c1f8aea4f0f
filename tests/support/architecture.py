"""The rules of the design about the source itself: who may import whom, sizes, docstrings, custom ids.

Sources are read with `ast`, and nothing is imported. Each rule takes the root of a tree and lists its faults.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
LAYERED = ("bot/**/*.py", "cogs/**/*.py", "rehearsal/**/*.py", "migrations/*.py")
SIZED = (*LAYERED, "tests/**/*.py")

HELPERS = ("clock", "money", "actor", "errors", "text", "fuzzy", "metrics", "trouble")
SETTING_UP = ("config", "logs", "migrate", "lock", "backup", "transfer")
PACKAGES = (
    "when",
    "drivers",
    "db",
    "news",
    "shards",
    "models",
    "services",
    "scheduler",
    "delivery",
    "web",
    "ui",
    "app",
)
OWN = ("bot", "cogs", "rehearsal", "migrations", "tests")

# The layers that each layer may import.
ALLOWED = {
    "helper": {"helper"},
    "when": {"helper", "when"},
    "drivers": {"helper", "drivers"},
    "db": {"helper", "when", "drivers", "db"},
    "news": {"helper", "db", "news"},
    "shards": {"helper", "db", "shards"},
    "models": {"helper", "when", "db", "models"},
    "services": {"helper", "when", "db", "models", "services"},
    "scheduler": {"helper", "scheduler"},
    "delivery": {"helper", "when", "services", "delivery"},
    "web": {"helper", "when", "services", "web"},
    "ui": {"helper", "when", "services", "ui"},
    "cogs": {"helper", "when", "models", "services", "ui", "app"},  # app for the type of the client that loads them
    "setup": {"helper", "db", "models", "setup"},
    "migrations": {"helper", "db", "models", "setup"},
}
EVERYTHING = {"app", "main", "rehearsal"}

# The layers or modules that may import a library.
LIBRARIES = {
    "discord": {"delivery", "ui", "cogs", *EVERYTHING},
    "sqlalchemy": {"db", "news", "shards", "models", "services", "bot.migrate", "bot.transfer", "migrations"},
    "asyncpg": {"drivers"},
    "aiosqlite": {"drivers"},
    "alembic": {"bot.migrate", "migrations"},
    "apscheduler": {"bot.scheduler"},
    "dateparser": {"when"},
    "dateutil": {"when", "models", "services", "ui"},
    "babel": {"bot.money", "bot.text"},
    "rapidfuzz": {"bot.fuzzy"},
    "PIL": {"ui"},
    "reportlab": {"ui"},
    "xlsxwriter": {"services"},
    "icalendar": {"services"},
    "prometheus_client": {"bot.metrics", "web"},
    "pydantic": {"bot.config"},
    "filelock": {"bot.lock"},
    "yaml": {"bot.config"},
    "aiohttp": {"web", "delivery", "bot.ui.respond", *EVERYTHING},
    "simcord": {"rehearsal"},
}

# A service may import only those to its left.
SERVICE_ORDER = (
    *("audit", "memo", "settings", "project", "availability", "room", "reminder", "budget", "deadline"),
    *("booking", "callsheet", "calendar", "event", "crew", "offer"),
    *("gear", "song", "mix", "brief", "split", "release", "undo", "digest", "data", "home"),
)


@dataclass(frozen=True)
class Import:
    """One imported module; `typing_only` inside `if TYPE_CHECKING:`."""

    module: str
    line: int
    typing_only: bool


@dataclass(frozen=True)
class Source:
    """One file of the tree."""

    root: Path
    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(self.root).as_posix()

    @property
    def module(self) -> str:
        parts = self.path.relative_to(self.root).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.name)

    def imports(self) -> list[Import]:
        guarded = {id(inner) for block in self._typing_blocks() for inner in ast.walk(block)}
        return [
            Import(module, node.lineno, id(node) in guarded)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for module in self._modules(node)
        ]

    def _typing_blocks(self) -> Iterator[ast.stmt]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
                yield from node.body

    def _modules(self, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
            return
        base = node.module or ""
        if node.level:
            package = self.module.split(".") if self.path.name == "__init__.py" else self.module.split(".")[:-1]
            base = ".".join([*package[: len(package) - node.level + 1], *([base] if base else [])])
        for alias in node.names:
            inner = f"{base}.{alias.name}"
            yield inner if self._is_module(inner) else base

    def _is_module(self, module: str) -> bool:
        place = self.root.joinpath(*module.split("."))
        return place.is_dir() or place.with_suffix(".py").is_file()


def sources(root: Path, patterns: tuple[str, ...] = SIZED) -> list[Source]:
    return [Source(root, path) for pattern in patterns for path in sorted(root.glob(pattern))]


def layer_of(module: str) -> str | None:
    """Return the layer of one of our modules; None for a module of `bot` that belongs to no layer."""
    top, _, rest = module.partition(".")
    if top != "bot":
        return top
    stem = rest.split(".")[0]
    if stem in ("", *HELPERS):
        return "helper"
    if stem in SETTING_UP:
        return "setup"
    if stem == "__main__":
        return "main"
    return stem if stem in PACKAGES else None


def layers(root: Path) -> list[str]:
    """The import table between our own modules."""
    faults = []
    for source in sources(root, LAYERED):
        layer = layer_of(source.module)
        if layer is None:
            faults.append(f"{source.name}: belongs to no layer; name it in tests/support/architecture.py")
            continue
        faults += [
            f"{source.name}:{each.line}: {layer} may not import {each.module}"
            for each in source.imports()
            if each.module.split(".")[0] in OWN and not each.typing_only and not _may(layer, each.module)
        ]
    return faults


def _may(layer: str, module: str) -> bool:
    target = layer_of(module)
    if target == "tests":
        return False
    if target == "rehearsal":
        return layer in {"rehearsal", "main"}
    return layer in EVERYTHING or target in ALLOWED.get(layer, set())


def libraries(root: Path) -> list[str]:
    """Who knows Discord, SQL and the other libraries; also under `if TYPE_CHECKING:`."""
    faults = []
    for source in sources(root, LAYERED):
        known = {layer_of(source.module), source.module}
        for each in source.imports():
            library = each.module.split(".")[0]
            if library in OWN or library in sys.stdlib_module_names:
                continue
            if library not in LIBRARIES:
                faults.append(f"{source.name}:{each.line}: {library} is not a library of the design")
            elif not known & LIBRARIES[library]:
                faults.append(f"{source.name}:{each.line}: {layer_of(source.module)} may not import {library}")
    return faults


def service_order(root: Path) -> list[str]:
    """A service calls only those to its left; `services/__init__.py` wires them all."""
    faults = []
    for source in sources(root, ("bot/services/*.py",)):
        if source.path.name == "__init__.py":
            continue
        stem = _stem(source.path.stem)
        if stem not in SERVICE_ORDER:
            faults.append(f"{source.name}: {stem} has no place in the order of services")
            continue
        for each in source.imports():
            other = _stem(each.module.rpartition(".")[2])
            called = each.module.startswith("bot.services.") and other in SERVICE_ORDER
            if called and SERVICE_ORDER.index(other) > SERVICE_ORDER.index(stem):
                faults.append(f"{source.name}:{each.line}: {stem} may not call {other}, which is to its right")
    return faults


def _stem(name: str) -> str:
    """`booking_price` is a part of `booking`."""
    first = name.split("_", maxsplit=1)[0]
    return first if first in SERVICE_ORDER else name


def sizes(root: Path) -> list[str]:
    """Files of at most 400 lines, functions of at most 50."""
    faults = []
    for source in sources(root):
        lines = len(source.text.splitlines())
        if lines > MAX_FILE_LINES:
            faults.append(f"{source.name}: has {lines} lines, {MAX_FILE_LINES} are allowed")
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > MAX_FUNCTION_LINES:
                    faults.append(f"{source.name}: {node.name} has {length} lines, {MAX_FUNCTION_LINES} are allowed")
    return faults


def docstrings(root: Path) -> list[str]:
    """Every module says what it is for; an empty `__init__.py` is for nothing but its folder."""
    return [
        f"{source.name}: has no docstring"
        for source in sources(root)
        if source.text.strip() and not ast.get_docstring(source.tree)
    ]


def custom_ids(root: Path) -> list[str]:
    """Each `stem:verb` has one handler: a method with `@press("stem:verb")`, or a DynamicItem's template."""
    seen: dict[str, str] = {}
    faults = []
    for source in sources(root, ("bot/**/*.py", "cogs/**/*.py")):
        for prefix, line in _prefixes(source.tree):
            place = f"{source.name}:{line}"
            if ":" not in prefix:
                faults.append(f"{place}: custom id {prefix!r} is no stem:verb")
            elif prefix in seen:
                faults.append(f"{place}: custom id {prefix!r} is taken by {seen[prefix]}")
            seen.setdefault(prefix, place)
    return faults


def _prefixes(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for call in node.decorator_list:
                if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] == "press" and call.args:
                    yield from _constant(call.args[0])
        if isinstance(node, ast.ClassDef):
            for keyword in node.keywords:
                if keyword.arg == "template":
                    yield from _constant(keyword.value)


def _constant(node: ast.expr) -> Iterator[tuple[str, int]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield ":".join(node.value.lstrip("^").split(":")[:2]), node.lineno
