"""Reads the times that people type: instants, intervals, durations and repeats, in six languages."""

from bot.when.errors import UnclearTime
from bot.when.reading import Reading, Want

__all__ = ["Reading", "UnclearTime", "Want"]
