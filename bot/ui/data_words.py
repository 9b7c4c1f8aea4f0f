"""A change in words: who did what, when, and what went from what to what."""

import re
from datetime import datetime

from bot.actor import Actor
from bot.money import Money
from bot.services.data import Step
from bot.text import clip, plain, short

MOST_CHANGES = 4
VALUE_LIMIT = 60
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+\+00:00")


def told(step: Step, actor: Actor) -> str:
    """Return a change as two lines of a list; amounts are in it, so it is for money roles (R35)."""
    number = f" #{step.number}" if step.number else ""
    name = f" “{plain(clip(step.name, VALUE_LIMIT))}”" if step.name else ""
    others = f" · and {step.more} more {'record' if step.more == 1 else 'records'}" if step.more else ""
    return f"{_head(step)}\n-# {step.kind}{number}{name} · {_changes(step, actor)}{others}"


def told_of_one(step: Step, actor: Actor) -> str:
    """Return a change of a record that the list is about."""
    return f"{_head(step)}\n-# {_changes(step, actor)}"


def _head(step: Step) -> str:
    verb = step.verb.replace(".", " ")
    return f"{short(step.at)} · <@{step.actor_id}> · **{plain(verb)}**"


def _changes(step: Step, actor: Actor) -> str:
    changes = [_change(field, old, new, step, actor) for field, (old, new) in step.changes.items()]
    left = len(changes) - MOST_CHANGES
    said = "; ".join(changes[:MOST_CHANGES]) + (f"; {left} more" if left > 0 else "")
    return f"new: {said}" if step.is_new else said


def _change(field: str, old: object, new: object, step: Step, actor: Actor) -> str:
    label = field.removesuffix("_minor").removesuffix("_at").removesuffix("_id").replace("_", " ")
    before = "" if step.is_new else f"{_value(field, old, step, actor)} → "
    return f"{label} {before}{_value(field, new, step, actor)}"


def _value(field: str, value: object, step: Step, actor: Actor) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, str):
        if INSTANT.fullmatch(value):
            return short(datetime.fromisoformat(value))
        return plain(clip(value, VALUE_LIMIT))
    if isinstance(value, int) and not isinstance(value, bool):
        return _number(field, value, step, actor)
    return plain(clip(str(value), VALUE_LIMIT))


def _number(field: str, value: int, step: Step, actor: Actor) -> str:
    if field == "user_id" or field.endswith("_by"):
        return f"<@{value}>"
    if field.endswith("role_id"):
        return f"<@&{value}>"
    if field.endswith("_minor") and step.currency:
        return Money(value, step.currency).show(actor.locale)
    return str(value)
