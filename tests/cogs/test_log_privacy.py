"""The log as an operator reads it: what people wrote, sums, contacts and tokens are never in it, whatever fails."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from unittest import mock

import pytest
from sqlalchemy.exc import IntegrityError

from bot import logs
from bot.config import LogConfig, LogFormat
from bot.db import Database
from bot.delivery.post import Post
from tests.support.band import Band, Reply

WORDS, SUM, CONTACT, TOKEN = "Xyzzy", "4711.11", "+49 555 0199", "mfa.plugh"
MARKED = f"{WORDS} {SUM} {CONTACT} {TOKEN} \x1b[31m =1+1 %s {{0}} <@1>"
UNEXPECTED = "Something went wrong"
SECRETS = (WORDS, "4711", "555 0199", TOKEN)


@contextmanager
def logged(form: LogFormat) -> Iterator[io.StringIO]:
    """Send the log where the program would, at its usual level, and give what an operator would read."""
    root = logging.getLogger()
    kept, level, told = root.handlers, root.level, io.StringIO()
    noisy = {
        name: logger.level for name, logger in root.manager.loggerDict.items() if isinstance(logger, logging.Logger)
    }
    root.handlers = []
    try:
        with mock.patch.object(sys, "stderr", told):
            logs.start(LogConfig(format=form))
        yield told
    finally:
        root.handlers = kept
        root.setLevel(level)
        for name, was in noisy.items():
            logging.getLogger(name).setLevel(was)


def broken(*_args: object, **_options: object) -> Any:
    """Fail as a driver does: what people typed is in its words, and in those of its cause."""
    cause = ValueError(MARKED)
    raise IntegrityError(f"insert {MARKED}", {"what": MARKED}, cause) from cause


async def typed_everywhere(band: Band) -> Reply:
    """Type the marked text into every kind of thing that keeps text, and into what can't read it.

    Returns how adding a room was answered.
    """
    pia, sam = band.producer, band.singer
    await pia.slash("remind me", what=MARKED, when="tomorrow 9:00")
    await pia.slash("remind channel", what=MARKED, when=MARKED)
    await pia.slash("deadline add", what=MARKED, due="10 jan 2026", who=MARKED)
    await pia.slash("project create", name=MARKED, kind="ep", budget=SUM)
    added = await pia.slash("room add", name=MARKED, rate=SUM, address=CONTACT, cancellation="48h 50%")
    await pia.slash("room add", name=MARKED, rate=SUM, address=CONTACT, cancellation=MARKED)
    await pia.slash("booking new", what=MARKED, when="10 jan 2026 14:00-18:00", room=MARKED, note=MARKED)
    await pia.slash("booking new", what=MARKED, when="10 jan 2026 14:00-18:00", needs=MARKED)
    await pia.slash("budget spend", amount=SUM, category="mix", what=MARKED, payee=CONTACT)
    await sam.slash("availability away", when="9 jan 2026", note=MARKED)
    await sam.slash("calendar link", scope=MARKED)
    await pia.suggestions("remind edit", "reminder", MARKED)
    await pia.suggestions("booking new", "when", MARKED)
    form = await pia.slash("remind edit", reminder="#1")
    if form.result.modal is not None:
        await pia.fill(form, what=MARKED, when=MARKED, repeat=MARKED)
    return added


async def fail_alone() -> None:
    """Let a task fail that nobody waits for: only asyncio itself ever speaks of it."""

    async def failing() -> None:
        broken()

    loop = asyncio.get_running_loop()
    task = asyncio.create_task(failing())
    await asyncio.wait([task])
    loop.default_exception_handler(
        {"message": "Task exception was never retrieved", "future": task, "exception": task.exception()}
    )


FAULTS: dict[str, Callable[[Band], Any]] = {
    "nothing": lambda _: nullcontext(),
    "writing": lambda _: mock.patch.multiple(Database, write=broken, write_at_once=broken),
    "reading": lambda _: mock.patch.object(Database, "read", broken),
    "settings": lambda band: mock.patch.object(band.bot.services.settings, "complete", broken),
}


@pytest.mark.parametrize("form", list(LogFormat))
async def test_what_people_write_is_in_no_log(booked_band: Band, form: LogFormat) -> None:
    band = booked_band
    with logged(form) as told:
        for name, fault in FAULTS.items():
            with fault(band):
                added = await typed_everywhere(band)
            if name in ("writing", "settings"):  # whoever typed it reads no more than the log tells
                assert UNEXPECTED in added.text and not any(secret in added.text for secret in SECRETS)
        with mock.patch.object(Post, "_try", broken):
            for _ in range(2):
                await band.env.advance_time(86_400)
        await fail_alone()
    lines = told.getvalue()
    for kind in ("unexpected error", "exception in autocomplete", "could not be delivered", "was never retrieved"):
        assert kind in lines
    assert [line for line in lines.splitlines() if any(secret in line for secret in SECRETS)] == []
    if form is LogFormat.JSON:
        assert all(json.loads(line)["level"] for line in lines.splitlines())
