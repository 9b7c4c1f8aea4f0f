"""Refusals: exceptions whose text is the sentence a person reads."""

from typing import ClassVar

from bot.text import plain


class UserError(Exception):
    """Something the person can mend; subclasses stand beside the rule they speak for.

    `text` says what was wrong, what was kept and what to do next, with named placeholders that the
    keyword arguments fill, so that a translation can replace it as a whole. Values are shown as typed:
    markdown and mentions in them are escaped, except in those that the class lists in `made_here`.
    """

    text: ClassVar[str] = "That did not work, and nothing was changed."
    made_here: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, **values: object) -> None:
        self.values = values
        safe = {
            key: plain(value) if isinstance(value, str) and key not in self.made_here else value
            for key, value in values.items()
        }
        super().__init__(self.text.format_map(safe))


class NotFound(UserError):
    """A name or number that this server does not have; foreign ids end here too."""

    text = "I can't find {kind} “{given}” in this server. Pick one from the list that appears while you type."


class NotAllowed(UserError):
    """The person lacks the role for what they asked."""

    text = "Only {who} can do that here, so nothing was changed. Ask one of them, or see `/setup show` for the roles."
