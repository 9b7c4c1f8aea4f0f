"""What a visitor may try first: what it shows, the command, and who types it in which channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Try:
    """One command; a `@Name` in an option stands for that member's mention."""

    words: str
    command: str
    person: str
    place: str
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def typed(self) -> str:
        """The command as one types it."""
        return " ".join([f"/{self.command}", *(f"{name}:{value}" for name, value in self.options.items())])


TRY_THIS = (
    Try(
        "Book a session",
        "booking new",
        "Pia",
        "studio",
        {"what": "Vocals for Lighthouse", "when": "sat 2pm-6pm", "room": "Room A", "people": "@Sam @Eli"},
    ),
    Try("See what is on", "booking list", "Sam", "studio"),
    Try("Find a free slot", "booking find", "Pia", "studio", {"length": "3h", "within": "next week", "room": "Room A"}),
    Try("What is left of the money?", "budget left", "Pia", "money"),
    Try(
        "Log an expense",
        "budget spend",
        "Dee",
        "money",
        {"amount": "48.50", "category": "Studio", "what": "Sticks and skins"},
    ),
    Try("Set a deadline", "deadline add", "Pia", "album", {"what": "Final lyrics", "due": "fri 6pm", "who": "@Sam"}),
    Try("Be reminded", "remind me", "Sam", "general", {"what": "Charge the recorder", "when": "in 1 minute"}),
    Try("My week", "today", "Sam", "general"),
)
