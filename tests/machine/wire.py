"""What the bot hands to Discord, watched: who may see it, how often it was sent, and whether Discord would take it."""

import io
import json
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import simcord
from simcord.backend.errors import BackendError
from simcord.http import router

from tests.support.contract import Contract
from tests.support.drawn import read_along
from tests.support.file_words import words_of
from tests.support.simtime import dedupe_nonces


class Errors(logging.Handler):
    """Keeps what was logged as an error, with the last line of its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it, unless it is of a connection that a killed bot left: with its process it would have gone."""
        if record.name.startswith("sqlalchemy.pool") and "garbage collector" in str(record.msg):
            return
        error = record.exc_info[1] if record.exc_info else None
        self.found.append(f"{record.name}: {record.msg}: {error!r}{_place(error)}")

    def take(self) -> list[str]:
        found, self.found = self.found, []
        return found


def _place(error: BaseException | None) -> str:
    """Say where in the bot an error arose."""
    trace, place = error.__traceback__ if error else None, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        if "/bot/" in code.co_filename or "/cogs/" in code.co_filename:
            place = f" at {code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} in {code.co_name}"
        trace = trace.tb_next
    return place


def _body(file: Any) -> bytes:
    """Return what a file holds, and leave it to be read again."""
    body: bytes = file.fp.read()
    file.fp.seek(-len(body), io.SEEK_CUR)
    return body


class Wire:
    """The requests since the last look, and every message that came to be by them."""

    def __init__(self, env: simcord.Env) -> None:
        self.env = env
        self.sent: Counter[str] = Counter()
        self.posted: list[tuple[int, int]] = []
        self.files: list[tuple[str, str, bytes]] = []
        self._repeated: list[str] = []

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch what is posted into channels; a repeated nonce gets the first message back, as on Discord."""
        with (
            read_along(),
            dedupe_nonces(self.env) as self._repeated,
            mock.patch.object(router, "dispatch", self._noting(router.dispatch)),
        ):
            yield

    def _noting(self, dispatch: Any) -> Any:
        def noting(backend: Any, method: str, path: str, **rest: Any) -> Any:
            before = len(self._repeated)
            self.files += [(path, file.filename, _body(file)) for file in rest.get("files") or ()]
            answer = dispatch(backend, method, path, **rest)
            if method == "POST" and path.startswith("/channels/") and path.endswith("/messages"):
                self.posted.append((int(answer["channel_id"]), int(answer["id"])))
                body = rest.get("json")
                nonce = str((body if isinstance(body, dict) else {}).get("nonce", ""))
                if nonce.startswith("r") and len(self._repeated) == before:
                    self.sent[nonce] += 1
            return answer

        return noting

    def take(self) -> list[Any]:
        """Return the requests since the last look, and forget them."""
        log = self.env.backend.http_requests
        found = list(log)
        log.clear()
        return found

    def faults(self, requests: list[Any], guild: int | None, foreign: dict[int, set[str]]) -> Iterator[str]:
        """Yield what Discord would refuse, what one server would see of another, and reminders that came twice.

        `guild` is where the step happened; `foreign` lists for each server what no message there may hold.
        """
        yield from Contract.load().check_log(requests)
        for request in requests:
            shown = json.dumps(request.json, ensure_ascii=False, default=str)
            for place in self._readers(request.path, guild):
                yield from (
                    f"server {place} sees {word!r} in {shown[:500]}" for word in foreign[place] if word in shown
                )
        files, self.files = self.files, []
        for path, name, body in files:
            told = [name, *words_of(body)]
            for place in self._readers(path, guild):
                found = ((word, words) for word in foreign[place] for words in told if word in words)
                yield from (f"server {place} sees {word!r} in the file {name}: {words[:500]}" for word, words in found)
        yield from (f"{nonce} was sent {count} times" for nonce, count in self.sent.items() if count > 1)

    def _readers(self, path: str, guild: int | None) -> list[int]:
        """Return the one server whose people read what a request brings, or nothing where more than one may."""
        kind, _, rest = path.strip("/").partition("/")
        if kind in ("interactions", "webhooks"):
            return [] if guild is None else [guild]
        if kind == "guilds":
            return [int(rest.split("/")[0])]
        if kind != "channels":
            return []
        try:
            channel = self.env.backend.get_channel(int(rest.split("/")[0]))
        except BackendError:
            return []
        if channel.guild_id is not None:
            return [channel.guild_id]
        guilds = self.env.backend.guilds.values()
        homes = [
            one.id for one in guilds if (set(channel.recipient_ids) - {self.env.backend.bot_user.id}) & set(one.members)
        ]
        return homes if len(homes) == 1 else []
