"""What a person has today, and a project at a glance: questions over everything else."""

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.models.project import Project


class HomeService:
    """Answers that draw on every stem."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def glance(self, _actor: Actor, _project: Project, _locale: str) -> list[str]:
        """Return a project's state in a few lines."""
        return []
