"""Discord's schemas made ready for jsonschema: references resolved, unions picked by type, quirks mended.

jsonschema alone would try every member of a union and report the faults of all of them, so unions become
keywords of our own: `nullable`, `byType` (the property that tells the members apart) and `anyBranch`.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

Schema = dict[str, Any]
Faults = Iterator[ValidationError]

MAX_SNOWFLAKE = 2**63 - 1
MAX_CONTENT = 2000
MAX_MODAL_ROWS = 5
LONGEST_ECHO = 40
MEDIA_CHANNEL = 16
FORUM_CHANNEL = 15
FORWARD = 1
PERMISSIONS = {"allow", "deny", "permissions", "default_member_permissions"}
DISCRIMINATORS = ("type", "entity_type", "trigger_type")

formats = FormatChecker(formats=())


@formats.checks("snowflake")
def _is_snowflake(value: object) -> bool:
    """Accept what discord.py sends: decimal text, and plain ints too."""
    if isinstance(value, str):
        return re.fullmatch(r"0|[1-9][0-9]{0,18}", value) is not None and int(value) <= MAX_SNOWFLAKE
    return not isinstance(value, int) or 0 <= value <= MAX_SNOWFLAKE


@formats.checks("bitfield")
def _is_bitfield(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"[0-9]+", value) is not None


@formats.checks("date-time", raises=ValueError)
def _is_datetime(value: object) -> bool:
    return not isinstance(value, str) or ("T" in value and datetime.fromisoformat(value).tzinfo is not None)


@formats.checks("uri")
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"(https?|discord|attachment)://[^\s/]\S*", value) is not None


@formats.checks("int32")
def _is_int32(value: object) -> bool:
    return not isinstance(value, int) or -(2**31) <= value < 2**31


@formats.checks("int64")
def _is_int64(value: object) -> bool:
    return not isinstance(value, int) or -(2**63) <= value < 2**63


def _down(validator: Validator, instance: Any, schema: Schema, step: str | int | None = None) -> Faults:
    """Do what `Validator.descend` does, without making a validator for each step: it takes a tenth of the time."""
    for keyword, value in schema.items():
        rule = validator.VALIDATORS.get(keyword)
        for error in (rule(validator, value, instance, schema) or ()) if rule else ():
            error._set(validator=keyword, validator_value=value, instance=instance, schema=schema)
            if step is not None:
                error.path.appendleft(step)
            yield error


def _properties(validator: Validator, properties: dict[str, Schema], instance: Any, _schema: Schema) -> Faults:
    if isinstance(instance, dict):
        for name, schema in properties.items():
            if name in instance:
                yield from _down(validator, instance[name], schema, name)


def _others(validator: Validator, inner: Schema, instance: Any, schema: Schema) -> Faults:
    if isinstance(instance, dict):
        known = schema.get("properties", {})
        for name, value in instance.items():
            if name not in known:
                yield from _down(validator, value, inner, name)


def _items(validator: Validator, inner: Schema, instance: Any, _schema: Schema) -> Faults:
    if isinstance(instance, list):
        for number, item in enumerate(instance):
            yield from _down(validator, item, inner, number)


def _all(validator: Validator, parts: list[Schema], instance: Any, _schema: Schema) -> Faults:
    for part in parts:
        yield from _down(validator, instance, part)


def _nullable(validator: Validator, inner: Schema, instance: Any, _schema: Schema) -> Faults:
    if instance is not None:
        yield from _down(validator, instance, inner)


def _by_type(validator: Validator, union: Schema, instance: Any, _schema: Schema) -> Faults:
    key, cases = union["key"], union["cases"]
    if not isinstance(instance, dict):
        yield ValidationError("not an object", validator="type", validator_value="object", instance=instance)
    elif (given := instance.get(key)) in cases:
        yield from _down(validator, instance, cases[given])
    else:
        yield ValidationError(
            "unknown kind", validator="enum", validator_value=sorted(cases), instance=given, path=[key]
        )


def _any_branch(validator: Validator, branches: list[Schema], instance: Any, _schema: Schema) -> Faults:
    """Report the faults of the member that fits best, unless one fits entirely."""
    best: list[ValidationError] | None = None
    for branch in branches:
        errors = list(_down(validator, instance, branch))
        if not errors:
            return
        if best is None or _misfit(errors) < _misfit(best):
            best = errors
    yield from best or ()


def _misfit(errors: list[ValidationError]) -> tuple[bool, int]:
    return any(error.validator == "type" and not error.path for error in errors), len(errors)


UnionValidator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "properties": _properties,
        "additionalProperties": _others,
        "items": _items,
        "allOf": _all,
        "nullable": _nullable,
        "byType": _by_type,
        "anyBranch": _any_branch,
    },
)


class SchemaBook:
    """The named schemas of the document, each made ready once, when first needed."""

    def __init__(self, schemas: dict[str, Schema]) -> None:
        self._schemas = schemas
        self._ready: dict[str, Schema] = {}

    def validator(self, schema: Schema) -> Validator:
        ready: Validator = UnionValidator(self.normal(schema), format_checker=formats)
        return ready

    def normal(self, schema: Schema) -> Schema:
        """Return a schema without references that validates faster and says more."""
        if "$ref" in schema:
            return self._named(schema["$ref"].rsplit("/", 1)[-1])
        out = {key: value for key, value in schema.items() if key in _PLAIN}
        if "properties" in schema:
            out["properties"] = {name: self._property(name, each) for name, each in schema["properties"].items()}
            out["required"] = [name for name in schema.get("required", []) if not _is_upload(schema, name)]
        for key in ("items", "additionalProperties"):
            if isinstance(schema.get(key), dict):
                out[key] = self.normal(schema[key])
        return {**out, **self._alternatives(schema)}

    def _alternatives(self, schema: Schema) -> Schema:
        out: Schema = {}
        for key in ("oneOf", "anyOf"):
            out.update(self._union(schema[key]) if key in schema else {})
        if "enum" in schema:
            out["enum"] = _with_media_channel(schema["enum"])
        elif "allOf" in schema:
            out["allOf"] = [self.normal(each) for each in schema["allOf"]]
        return out

    def _named(self, name: str) -> Schema:
        if name not in self._ready:
            ready: Schema = {}
            self._ready[name] = ready  # before the recursion, because schemas may hold themselves
            ready.update(self.normal(_mend(name, self._schemas[name])))
        return self._ready[name]

    def _property(self, name: str, schema: Schema) -> Schema:
        out = self.normal(schema)
        if name in PERMISSIONS and "integer" in out.get("type", ()):
            return {**out, "type": ["integer", "string", "null"], "format": "bitfield"}
        return out

    def _union(self, options: list[Schema]) -> Schema:
        if all("const" in option for option in options):
            return {"enum": [option["const"] for option in options]}
        rest = [option for option in options if option != {"type": "null"}]
        inner = self._members(rest)
        return inner if len(rest) == len(options) else {"nullable": inner}

    def _members(self, options: list[Schema]) -> Schema:
        if len(options) == 1:
            return self.normal(options[0])
        raw = [self._raw(option) for option in options]
        for key in DISCRIMINATORS:
            kinds = [each.get("properties", {}).get(key, {}).get("enum") for each in raw]
            if all(kinds):
                cases = {kind: self.normal(option) for option, own in zip(options, kinds, strict=True) for kind in own}
                return {"byType": {"key": key, "cases": cases}}
        return {"anyBranch": [self.normal(option) for option in options]}

    def _raw(self, schema: Schema) -> Schema:
        return self._schemas[schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema


_PLAIN = {
    *("type", "const", "format", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"),
}


def _mend(name: str, schema: Schema) -> Schema:
    """Correct what the document says differently from what bots may send."""
    if name == "SnowflakeType":
        return {"type": ["string", "integer"], "format": "snowflake"}
    if name == "MessageReferenceType":
        return {**schema, "oneOf": [*schema["oneOf"], {"const": FORWARD}]}
    if name == "ChannelTypes":
        return {**schema, "oneOf": [*schema["oneOf"], {"const": MEDIA_CHANNEL}]}
    properties = schema.get("properties", {})
    if "content" in properties and "embeds" in properties:
        content = {**properties["content"], "maxLength": MAX_CONTENT}
        return {**schema, "properties": {**properties, "content": content}}
    if name == "ModalInteractionCallbackRequestData":
        components = {**properties["components"], "maxItems": MAX_MODAL_ROWS}
        return {**schema, "properties": {**properties, "components": components}}
    return schema


def _with_media_channel(values: list[Any]) -> list[Any]:
    """Add the media channel, which the document forgets, wherever forums and news may be named."""
    lacks = {0, 2, FORUM_CHANNEL} <= set(values) and MEDIA_CHANNEL not in values
    return [*values, MEDIA_CHANNEL] if lacks else values


def _is_upload(schema: Schema, name: str) -> bool:
    """Tell the parts of a form that hold a file; the request log has no files."""
    return bool(schema["properties"].get(name, {}).get("contentEncoding") == "binary")


def faults_of(validator: Validator, instance: Any, root: str = "body") -> list[str]:
    """List one line for each fault that jsonschema finds; `root` names the instance as a whole."""
    return [f"{_where(error.path) or root}: {_what(error)}" for error in validator.iter_errors(instance)]


def _where(path: Iterable[str | int]) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _what(error: ValidationError) -> str:
    limit: Any = error.validator_value
    given: Any = error.instance
    rule = error.validator
    if rule == "required":
        return error.message.replace("'", "").replace(" is a required property", " is required")
    if rule in {"maxItems", "minItems", "maxLength", "minLength", "maxProperties", "minProperties"}:
        return f"{rule} is {limit}, got {len(given)}"
    if rule == "enum":
        return f"must be one of {', '.join(map(str, limit))}, got {_short(given)}"
    if rule == "type":
        return f"type is {limit if isinstance(limit, str) else ' or '.join(limit)}, got {_short(given)}"
    if rule == "uniqueItems":
        return "items must be unique"
    return f"{rule} is {limit}, got {_short(given)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_ECHO else f"{text[:LONGEST_ECHO]}…"
