"""Checks recorded requests against Discord's official OpenAPI document and the rules it lacks.

`Contract.check()` takes what discord.py hands to its transport (ids as ints, attachments as 0, 1, ...), and
returns one line for each fault, such as `embeds[0].fields: maxItems is 25, got 26`. The document is the
specification of shapes; `contract_rules` holds what only Discord's prose says. Properties that the document
does not know are never refused, because Discord ignores them.
"""

import json as jsonlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Protocol, Self

from jsonschema.protocols import Validator

from tests.support import contract_rules as rules
from tests.support.contract_schema import SchemaBook, faults_of

DOCUMENT = Path(__file__).parents[1] / "data" / "discord-openapi.json"
METHODS = ("get", "put", "post", "patch", "delete")
MAX_FILES = 10

# Routes that Discord serves and its document leaves out.
UNDOCUMENTED = {("GET", "/applications/{application_id}/skus")}


class Request(Protocol):
    """One entry of simcord's request log, as far as it is needed here."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def json(self) -> Any: ...


@dataclass(frozen=True)
class Operation:
    """One method on one path of the document; its validators are compiled when first used."""

    method: str
    template: str
    book: SchemaBook
    body: dict[str, Any] | None
    body_required: bool
    parameters: dict[str, dict[str, Any]]

    @cached_property
    def segments(self) -> list[str]:
        return self.template.strip("/").split("/")

    @cached_property
    def validator(self) -> Validator | None:
        return None if self.body is None else self.book.validator(self.body)

    @cached_property
    def path_validators(self) -> dict[int, tuple[str, Validator]]:
        """Where the path holds a parameter, and what it must look like."""
        found = {}
        for place, segment in enumerate(self.segments):
            schema = self.parameters.get(segment.strip("{}")) if segment.startswith("{") else None
            if schema is not None and schema.get("type") != "integer":
                found[place] = (segment, self.book.validator(schema))
        return found

    def match(self, segments: list[str]) -> int | None:
        """Return how many segments agree literally, or None when the path is another one."""
        literal = 0
        for mine, given in zip(self.segments, segments, strict=True):
            if mine == given:
                literal += 1
            elif not mine.startswith("{"):
                return None
        return literal


class Contract:
    """Discord's document as something a request can be held against."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._book = SchemaBook(document["components"]["schemas"])
        self._operations: dict[tuple[str, int], list[Operation]] = {}
        for operation in _operations(document, self._book):
            self._operations.setdefault((operation.method, len(operation.segments)), []).append(operation)

    @classmethod
    @cache
    def load(cls, path: Path = DOCUMENT) -> Self:
        """Read the document once; whoever asks again shares it with everything compiled so far."""
        return cls(jsonlib.loads(path.read_text(encoding="utf-8")))

    def check(self, method: str, path: str, json: Any = None, *, now: datetime | None = None) -> list[str]:
        """List what Discord would refuse in this request; with `now`, also events that start in the past."""
        segments = path.split("?", 1)[0].strip("/").split("/")
        operation = self._find(method.upper(), segments)
        if operation is None:
            return [f"{method.upper()} {path}: no such route in Discord's document"]
        body, faults = _unpack(json)
        for place, (name, validator) in operation.path_validators.items():
            faults += [f"{name}{fault}" for fault in faults_of(validator, segments[place], root="")]
        if body is None:
            return [*faults, "body: is required"] if operation.body_required else faults
        if operation.validator is not None:
            faults += faults_of(operation.validator, body)
        rule = rules.RULES.get((operation.method, operation.template))
        if rule is not None:
            faults += rule(body, now)
        return list(dict.fromkeys(faults))

    def check_log(self, log: Iterable[Request], *, now: datetime | None = None) -> list[str]:
        """Check a whole log, such as `env.http_requests`; each line names the request first.

        The log does not say when a request was made, so `now` should be the instant at which the test began.
        """
        return [
            f"{entry.method} {entry.path}: {fault}"
            for entry in log
            for fault in self.check(entry.method, entry.path, entry.json, now=now)
        ]

    def _find(self, method: str, segments: list[str]) -> Operation | None:
        matches = [
            (literal, operation)
            for operation in self._operations.get((method, len(segments)), ())
            if (literal := operation.match(segments)) is not None
        ]
        return max(matches, key=lambda match: match[0])[1] if matches else None


def _operations(document: dict[str, Any], book: SchemaBook) -> Iterator[Operation]:
    for template, item in document["paths"].items():
        shared = item.get("parameters", [])
        for method in METHODS:
            if method not in item:
                continue
            details = item[method]
            named = [*shared, *details.get("parameters", [])]
            parameters = {each["name"]: each["schema"] for each in named if each.get("in") == "path"}
            request = details.get("requestBody", {})
            body = _body_schema(request.get("content", {}))
            yield Operation(method.upper(), template, book, body, bool(request.get("required")), parameters)
    for method, template in UNDOCUMENTED:
        yield Operation(method, template, book, None, False, {})  # noqa: FBT003 - no body is required


def _body_schema(content: dict[str, Any]) -> dict[str, Any] | None:
    for kind in ("application/json", "multipart/form-data"):
        if kind in content:
            schema: dict[str, Any] = content[kind]["schema"]
            return schema
    return None


def _unpack(json: Any) -> tuple[Any, list[str]]:
    """Return the JSON body of a request, also out of a multipart form, and what is wrong with its files."""
    if isinstance(json, dict) and isinstance(json.get("payload_json"), str):
        return jsonlib.loads(json["payload_json"]), _count_files(json)
    if isinstance(json, list) and json and all(isinstance(part, dict) and "name" in part for part in json):
        for part in json:
            if part["name"] == "payload_json":
                return jsonlib.loads(part["value"]), _count_files(part["name"] for part in json)
    return json, []


def _count_files(names: Iterable[str]) -> list[str]:
    count = sum(name.startswith("file") for name in names)
    return [f"files: maxItems is {MAX_FILES}, got {count}"] if count > MAX_FILES else []
