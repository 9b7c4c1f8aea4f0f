"""Configuration: files and variables that work, and what is said of those that don't."""

from datetime import time
from pathlib import Path

import pytest

from bot.config import Config, ConfigUnusable, Level, LogFormat, NoFile, TokenMissing, load


def write(folder: Path, text: str) -> Path:
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return folder


def test_nothing_is_needed_but_a_token(tmp_path: Path) -> None:
    config = load({"DISCORD_TOKEN": "a.b.c", "BACKLINE_DATA_DIR": str(tmp_path)}, tmp_path)
    assert config.needed_token == "a.b.c"  # noqa: S105 - no real one
    assert config.database == f"sqlite+aiosqlite:///{tmp_path}/backline.sqlite3"


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    write(tmp_path, "token: from-file\ndatabase_url: postgresql://u:p@h/one\nlog: {level: debug, format: json}\n")
    config = load({"DISCORD_TOKEN": "from.the.environment"}, tmp_path)
    assert config.needed_token == "from.the.environment"  # noqa: S105 - no real one
    assert config.database == "postgresql+asyncpg://u:p@h/one"
    assert (config.log.level, config.log.format) == (Level.DEBUG, LogFormat.JSON)
    url = {"BACKLINE_DATABASE_URL": "sqlite:////tmp/x.db"}
    assert load(url, tmp_path).database == "sqlite+aiosqlite:////tmp/x.db"


@pytest.mark.parametrize("written", ['"14:30"', "14:30"])
def test_backups_have_a_time_and_a_place(tmp_path: Path, written: str) -> None:
    write(tmp_path, f"data_dir: {tmp_path}\nbackup: {{at: {written}, keep: 3}}\n")
    config = load({}, tmp_path)
    assert (config.backup.at, config.backup.keep) == (time(14, 30), 3)
    assert config.backup_folder == tmp_path / "backups"
    assert config.file == tmp_path / "backline.sqlite3"
    with pytest.raises(NoFile, match="pg_dump"):
        assert load({"BACKLINE_DATABASE_URL": "postgresql://u:p@h/one"}, tmp_path).file


def test_the_named_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "other.yaml"
    path.write_text("token: x.y.z", encoding="utf-8")
    assert load({"BACKLINE_CONFIG": str(path)}).needed_token == "x.y.z"  # noqa: S105 - no real one
    with pytest.raises(ConfigUnusable, match="is not there"):
        load({"BACKLINE_CONFIG": str(tmp_path / "none.yaml")})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tokn: x", "`tokn` is not known"),
        ("log: {colour: red}", "`log.colour` is not known"),
        ("log: {level: loud}", "`log.level`"),
        ("data_dir: [1, 2]", "`data_dir`"),
        ("database_url: mysql://h/db", "must begin with postgresql"),
        ("- a\n- b", "keys and values"),
        ("token: 'unclosed", "no valid YAML near line"),
    ],
)
def test_a_bad_key_is_named_by_its_path_and_never_its_value(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigUnusable) as refused:
        load({"DISCORD_TOKEN": "very.secret.token"}, write(tmp_path, text))
    assert words in str(refused.value).replace("\\", "")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("text", ["", "token: ''", "token: '   '"])
def test_an_empty_token_is_said_to_be_missing(tmp_path: Path, text: str) -> None:
    with pytest.raises(TokenMissing, match="DISCORD_TOKEN"):
        _ = load({}, write(tmp_path, text)).needed_token


def test_secrets_are_not_shown() -> None:
    config = Config.model_validate({"token": "very.secret.token", "database_url": "postgresql://u:hidden@h/d"})
    assert "secret" not in repr(config)
    assert "hidden" not in repr(config)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigUnusable, match="can't be read"):
        load({}, tmp_path)


def test_the_web_part_is_off_until_it_has_a_port(tmp_path: Path) -> None:
    assert load({}, tmp_path).web.port is None
    write(tmp_path, "web: {port: 8787, public_url: 'https://desk.example.org/band/'}")
    web = load({}, tmp_path).web
    assert (web.host, web.port, web.public_url) == ("127.0.0.1", 8787, "https://desk.example.org/band")


def test_watchers_are_off_until_they_have_a_port_and_then_on_this_machine_only(tmp_path: Path) -> None:
    assert load({}, tmp_path).health.port is None
    write(tmp_path, "health: {port: 8788}")
    health = load({}, tmp_path).health
    assert (health.host, health.port) == ("127.0.0.1", 8788)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("web: {port: 70000}", "web.port"),
        ("web: {public_url: desk.example.org}", "must begin with https://"),
        ("web: {public_url: 'ftp://desk.example.org'}", "must begin with https://"),
        ("web: {public_url: 'https://u:p@desk.example.org'}", "must begin with https://"),
        ("web: {public_url: 'https://desk.example.org/?a=b'}", "must end with the host"),
    ],
)
def test_a_web_part_that_can_not_be_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigUnusable, match=words):
        load({}, write(tmp_path, text))
