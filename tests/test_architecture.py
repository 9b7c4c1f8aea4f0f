"""The source keeps the rules of the design; each rule is shown to catch what breaks it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import architecture as rules

ROOT = Path(__file__).parents[1]
Rule = Callable[[Path], list[str]]
RULES = [rules.layers, rules.libraries, rules.service_order, rules.sizes, rules.docstrings, rules.custom_ids]


def plant(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_source_keeps_the_rule(rule: Rule) -> None:
    assert rule(ROOT) == []


def test_the_rules_see_the_source() -> None:
    names = {source.name for source in rules.sources(ROOT)}
    assert {"bot/errors.py", "tests/test_architecture.py", "tests/support/architecture.py"} <= names


GOOD = {
    "bot/__init__.py": "",
    "bot/errors.py": "class UserError(Exception): ...",
    "bot/money.py": "from babel.numbers import format_currency\nfrom bot.errors import UserError",
    "bot/when/__init__.py": "from bot.when.words import x",
    "bot/when/words.py": "import dateparser\nfrom bot import errors",
    "bot/drivers.py": "import aiosqlite\nimport asyncpg",
    "bot/db.py": "import sqlalchemy\nfrom bot.drivers import reach\nfrom bot.errors import UserError",
    "bot/models/booking.py": "from sqlalchemy.orm import Mapped\nfrom bot.db import Base",
    "bot/services/__init__.py": "from bot.services import undo, booking",
    "bot/services/booking.py": "from bot.services import budget, memo\nfrom .reminder import plan",
    "bot/services/budget.py": "import sqlalchemy",
    "bot/services/memo.py": "",
    "bot/services/undo.py": "from bot.services.booking import x",
    "bot/services/booking_price.py": "from bot.services.booking import x\nfrom bot.services.budget import y",
    "bot/services/reminder.py": "",
    "bot/scheduler.py": "from apscheduler.schedulers.asyncio import AsyncIOScheduler",
    "bot/delivery.py": "import discord, aiohttp\nfrom bot.services import Services",
    "bot/web.py": "from aiohttp import web\nfrom bot.services import Services",
    "bot/ui/card.py": "import discord\nimport typing\nif typing.TYPE_CHECKING:\n    from bot.app import Backline",
    "bot/config.py": "import yaml, pydantic\nfrom bot.db import sqlite_url",
    "bot/app.py": "import discord\nfrom bot import scheduler, delivery, web\nfrom bot.ui import card",
    "bot/__main__.py": "def rehearse():\n    from rehearsal.stage import main",
    "cogs/booking.py": "from discord.ext import commands\nfrom bot.services import Services\nfrom bot.ui import card",
    "rehearsal/stage.py": "import simcord\nfrom bot.app import Backline\nfrom rehearsal import people",
    "rehearsal/people.py": "",
    "migrations/env.py": "from alembic import context\nfrom bot.db import Base\nfrom bot import models",
}


@pytest.mark.parametrize("rule", [rules.layers, rules.libraries, rules.service_order, rules.custom_ids])
def test_what_the_design_allows_is_clean(tmp_path: Path, rule: Rule) -> None:
    assert rule(plant(tmp_path, GOOD)) == []


LAYER_FAULTS = {
    "a helper and the database": ("bot/money.py", "from bot.db import Base", "helper may not import bot.db"),
    "when and the services": ("bot/when/words.py", "import bot.services.memo", "when may not import bot.services.memo"),
    "models and services": ("bot/models/booking.py", "from bot import services", "models may not import bot.services"),
    "services and ui": ("bot/services/memo.py", "from bot.ui import card", "services may not import bot.ui.card"),
    "services and cogs": ("bot/services/memo.py", "from cogs.booking import x", "services may not import cogs.booking"),
    "a relative road": ("bot/services/memo.py", "from ..ui.card import x", "services may not import bot.ui.card"),
    "scheduler and services": (
        "bot/scheduler.py",
        "from bot.services import memo",
        "scheduler may not import bot.services",
    ),
    "delivery and models": ("bot/delivery.py", "from bot.db import Database", "delivery may not import bot.db"),
    "web and ui": ("bot/web.py", "from bot.ui import card", "web may not import bot.ui.card"),
    "ui and models": ("bot/ui/card.py", "from bot.models import booking", "ui may not import bot.models.booking"),
    "ui and the app": ("bot/ui/card.py", "from bot.app import Backline", "ui may not import bot.app"),
    "a cog and a cog": ("cogs/song.py", "from cogs.booking import x", "cogs may not import cogs.booking"),
    "a cog and the database": ("cogs/song.py", "from bot.db import Database", "cogs may not import bot.db"),
    "a cog and the scheduler": ("cogs/song.py", "from bot import scheduler", "cogs may not import bot.scheduler"),
    "the app and the rehearsal": ("bot/app.py", "import rehearsal.stage", "app may not import rehearsal.stage"),
    "inside a function": (
        "bot/app.py",
        "def f():\n    from rehearsal import stage",
        "app may not import rehearsal.stage",
    ),
    "tests": ("bot/app.py", "from tests.support import needs", "app may not import tests.support"),
    "a stranger": ("bot/misc.py", "", "belongs to no layer"),
}


@pytest.mark.parametrize(("name", "text", "fault"), LAYER_FAULTS.values(), ids=LAYER_FAULTS)
def test_a_forbidden_import_is_caught(tmp_path: Path, name: str, text: str, fault: str) -> None:
    (found,) = rules.layers(plant(tmp_path, {**GOOD, "tests/support/x.py": "", name: text}))
    assert found.startswith(name)
    assert fault in found


LIBRARY_FAULTS = {
    "discord in a service": ("bot/services/memo.py", "import discord", "services may not import discord"),
    "discord for types": (
        "bot/services/memo.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import discord",
        "services may not import discord",
    ),
    "discord in a helper": ("bot/money.py", "from discord import utils", "helper may not import discord"),
    "discord in the scheduler": ("bot/scheduler.py", "import discord", "scheduler may not import discord"),
    "discord in web": ("bot/web.py", "import discord", "web may not import discord"),
    "sql in a cog": ("cogs/booking.py", "from sqlalchemy import select", "cogs may not import sqlalchemy"),
    "sql in ui": ("bot/ui/card.py", "import sqlalchemy.orm", "ui may not import sqlalchemy"),
    "sql in delivery": ("bot/delivery.py", "import sqlalchemy", "delivery may not import sqlalchemy"),
    "sql in the app": ("bot/app.py", "import sqlalchemy", "app may not import sqlalchemy"),
    "apscheduler elsewhere": ("bot/app.py", "import apscheduler.job", "app may not import apscheduler"),
    "dateparser elsewhere": ("bot/ui/card.py", "import dateparser", "ui may not import dateparser"),
    "babel elsewhere": ("bot/ui/card.py", "import babel", "ui may not import babel"),
    "simcord in the bot": ("bot/app.py", "import simcord", "app may not import simcord"),
    "a new library": ("bot/app.py", "import requests", "requests is not a library of the design"),
}


@pytest.mark.parametrize(("name", "text", "fault"), LIBRARY_FAULTS.values(), ids=LIBRARY_FAULTS)
def test_a_forbidden_library_is_caught(tmp_path: Path, name: str, text: str, fault: str) -> None:
    (found,) = rules.libraries(plant(tmp_path, {**GOOD, name: text}))
    assert found.startswith(name)
    assert fault in found


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("bot/services/budget.py", "from bot.services.booking import x", "budget may not call booking"),
        ("bot/services/memo.py", "from bot.services import budget", "memo may not call budget"),
        ("bot/services/booking.py", "from . import undo", "booking may not call undo"),
        ("bot/services/budget_report.py", "from bot.services import booking_price", "budget may not call booking"),
        ("bot/services/gossip.py", "", "gossip has no place in the order of services"),
    ],
)
def test_a_service_that_calls_to_its_right_is_caught(tmp_path: Path, name: str, text: str, fault: str) -> None:
    (found,) = rules.service_order(plant(tmp_path, {**GOOD, name: text}))
    assert found.startswith(name)
    assert fault in found


@pytest.mark.parametrize("name", ["bot/x.py", "cogs/x.py", "rehearsal/x.py", "migrations/x.py", "tests/cogs/x.py"])
def test_a_long_file_and_a_long_function_are_caught(tmp_path: Path, name: str) -> None:
    body = "\n".join(["def f():", *["    pass"] * 50, *["# more"] * 350])
    assert rules.sizes(plant(tmp_path, {name: body})) == [
        f"{name}: has 401 lines, 400 are allowed",
        f"{name}: f has 51 lines, 50 are allowed",
    ]


def test_files_and_functions_at_the_limit_pass(tmp_path: Path) -> None:
    body = "\n".join(["async def f():", *["    pass"] * 49, *["# more"] * 350])
    assert rules.sizes(plant(tmp_path, {"bot/x.py": body})) == []


def test_long_migrations_pass(tmp_path: Path) -> None:
    assert rules.sizes(plant(tmp_path, {"migrations/versions/0001.py": "# table\n" * 500})) == []


def test_a_missing_docstring_is_caught(tmp_path: Path) -> None:
    files = {"bot/x.py": "import re", "cogs/y.py": '"""Says what it is for."""', "cogs/__init__.py": ""}
    assert rules.docstrings(plant(tmp_path, files)) == ["bot/x.py: has no docstring"]


def test_a_custom_id_used_twice_is_caught(tmp_path: Path) -> None:
    files = {
        "cogs/booking.py": "@press('booking:coming')\nasync def coming(): ...",
        "cogs/song.py": "@ui.press('booking:coming')\nasync def coming(): ...",
        "bot/ui/confirm.py": "class Confirm(DynamicItem, template=r'booking:coming:(?P<id>[0-9]+)'): ...",
    }
    assert rules.custom_ids(plant(tmp_path, files)) == [
        "cogs/booking.py:1: custom id 'booking:coming' is taken by bot/ui/confirm.py:1",
        "cogs/song.py:1: custom id 'booking:coming' is taken by bot/ui/confirm.py:1",
    ]


def test_a_custom_id_without_a_verb_is_caught(tmp_path: Path) -> None:
    files = {"cogs/booking.py": "@press('booking')\nasync def coming(): ..."}
    assert rules.custom_ids(plant(tmp_path, files)) == ["cogs/booking.py:1: custom id 'booking' is no stem:verb"]


def test_an_empty_tree_passes(tmp_path: Path) -> None:
    assert [fault for rule in RULES for fault in rule(tmp_path)] == []
