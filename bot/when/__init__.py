"""Reads the times that people type: instants, intervals, durations and repeats, in six languages."""

from bot.when.errors import UnclearTime
from bot.when.pace import read_ended_pace, read_pace
from bot.when.reader import read, warm
from bot.when.reading import Reading, Want
from bot.when.repeat import elapsed, expand

__all__ = ["Reading", "UnclearTime", "Want", "elapsed", "expand", "read", "read_ended_pace", "read_pace", "warm"]
