"""Backline: the production desk for a band's Discord server."""

__version__ = "0.1.0"
