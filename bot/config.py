"""Settings of an installation: config.yaml, overridden by the environment; a bad key is named by its path."""

import os
from collections.abc import Mapping
from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from bot.db import sqlite_file, sqlite_url
from bot.errors import UserError

DEFAULT_FILE = "config.yaml"


class ConfigUnusable(UserError):
    """A configuration that the bot can't start with."""

    text = "The configuration can't be used: {why} Mend it and start again; `config.example.yaml` shows every key."


class TokenMissing(UserError):
    """No token where one is needed."""

    text = (
        "There is no Discord token. Put it into DISCORD_TOKEN or under `token` in config.yaml; "
        "the README tells where to get it."
    )


class NoFile(UserError):
    """A database on a server where a file is needed."""

    text = (
        "The database is on a PostgreSQL server, which is saved and restored by its own tools: "
        "`pg_dump --format=custom` and `pg_restore`. Nothing was done; the guide for operators has the commands."
    )


class LogFormat(StrEnum):
    """How log lines look."""

    READABLE = "readable"
    JSON = "json"


class Level(StrEnum):
    """What is worth a log line."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LogConfig(_Part):
    """The log, which goes to stderr."""

    level: Level = Level.INFO
    format: LogFormat = LogFormat.READABLE


class BackupConfig(_Part):
    """The nightly copies of the SQLite file: when (UTC), where (beside the data by default) and how many are kept."""

    nightly: bool = True
    at: time = time(4, 30)
    folder: Path | None = None
    keep: int = Field(default=14, ge=1, le=1000)

    @field_validator("at", mode="before")
    @classmethod
    def _minutes(cls, value: Any) -> Any:
        # YAML reads an unquoted 14:30 as a number to the base of 60.
        return f"{value // 60:02}:{value % 60:02}" if isinstance(value, int) else value


class HealthConfig(_Part):
    """`/healthz` and `/metrics` for whoever watches the bot: off without a port (0 is any free one)."""

    host: str = "127.0.0.1"
    port: int | None = Field(default=None, ge=0, le=65_535)

    @field_validator("port", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if isinstance(value, str) and not value.strip() else value


class WebConfig(_Part):
    """The web part: off without a port (0 is any free one); calendars have addresses where `public_url` is set, too."""

    host: str = "127.0.0.1"
    port: int | None = Field(default=None, ge=0, le=65_535)
    public_url: str | None = None

    @field_validator("port", "public_url", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("public_url")
    @classmethod
    def _known_form(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise ValueError("must begin with https:// and name a host")
        if parts.query or parts.fragment:
            raise ValueError("must end with the host or a path")
        return value.strip().rstrip("/")


class Config(_Part):
    """Everything an installation can set."""

    token: SecretStr | None = None
    data_dir: Path = Path("data")
    database_url: SecretStr | None = None
    log: LogConfig = Field(default_factory=LogConfig)
    backup: BackupConfig = Field(default_factory=BackupConfig)
    web: WebConfig = Field(default_factory=WebConfig)
    health: HealthConfig = Field(default_factory=HealthConfig)

    @field_validator("token", "database_url", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        return SecretStr(database_address(value.get_secret_value()))

    @property
    def database(self) -> str:
        """The database's URL: PostgreSQL where one is given, else a file in the data folder."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return sqlite_url(self.data_dir.absolute() / "backline.sqlite3")

    @property
    def file(self) -> Path:
        """The file of an SQLite database; raises `NoFile` for a server's."""
        path = sqlite_file(self.database)
        if path is None:
            raise NoFile
        return path

    @property
    def backup_folder(self) -> Path:
        """Where the copies of the SQLite file go."""
        return (self.backup.folder or self.data_dir / "backups").absolute()

    @property
    def needed_token(self) -> str:
        """The token; raises `TokenMissing`."""
        if self.token is None:
            raise TokenMissing
        return self.token.get_secret_value().strip()


def database_address(given: str) -> str:
    """Return a database's URL with our driver; raises ValueError for another kind of database."""
    scheme, _, rest = given.partition("://")
    drivers = {"sqlite": "sqlite+aiosqlite", "postgres": "postgresql+asyncpg", "postgresql": "postgresql+asyncpg"}
    driver = drivers.get(scheme.partition("+")[0])
    if driver is None or not rest:
        raise ValueError("must begin with postgresql:// or sqlite://")
    return f"{driver}://{rest}"


def load(environment: Mapping[str, str] = os.environ, folder: Path | None = None) -> Config:
    """Read the file that BACKLINE_CONFIG names, or config.yaml if there is one, and let the environment override it.

    Raises `ConfigUnusable`, naming the key by its path.
    """
    named = environment.get("BACKLINE_CONFIG")
    path = Path(named) if named else (folder or Path.cwd()) / DEFAULT_FILE
    if named and not path.is_file():
        raise ConfigUnusable(why=f"the file {path} that BACKLINE_CONFIG names is not there.")
    raw = _read(path) if path.is_file() else {}
    for variable, key in (
        ("DISCORD_TOKEN", "token"),
        ("BACKLINE_DATABASE_URL", "database_url"),
        ("BACKLINE_DATA_DIR", "data_dir"),
    ):
        if environment.get(variable):
            raw[key] = environment[variable]
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        raise ConfigUnusable(why=_first_fault(error)) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigUnusable(why=f"{path} can't be read ({type(error).__name__}).") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" near line {mark.line + 1}" if mark else ""
        raise ConfigUnusable(why=f"{path} is no valid YAML{where}.") from None
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise ConfigUnusable(why=f"{path} must hold keys and values.")
    return raw


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        return f"the key `{where}` is not known."
    return f"`{where}`: {fault['msg'].removeprefix('Value error, ')}."
