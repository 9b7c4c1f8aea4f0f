"""A loopback stand-in for Discord's message routes, with nonces, limits and a log; run as a process of its own.

It is written on bare protocols, because a web framework would be slower than what is measured against it.
"""

import argparse
import asyncio
import json
import random
import re
import subprocess
import sys
import time
import urllib.request
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BOT_ID = 900_000_000_000_000_000
EPOCH_MS = 1_420_070_400_000
ROOT = Path(__file__).parents[2]
MESSAGES = re.compile(r"/channels/([0-9]+)/messages(?:\?|$)")
ANSWERS = re.compile(r"/interactions/([0-9]+)/[^/]+/callback")
# What a message with files says: one part of its form.
SAID = re.compile(rb'name="payload_json"[^{]*({.*?})\r\n--', re.DOTALL)
USER = {"id": str(BOT_ID), "username": "Backline", "discriminator": "0", "avatar": None, "bot": True, "flags": 0}
Answer = tuple[int, Any, list[str]]


@dataclass
class Rules:
    """What is enforced: requests per second over all routes, five messages per 5 s in some channels, a delay (s).

    In trouble, the channels' routes answer with a `status`, or not at all; every second request has its effect.
    """

    limit: int = 0
    throttled: list[int] = field(default_factory=list)
    delay: float = 0.0
    jitter: float = 0.0
    status: int = 0
    silent: bool = False


class Discord:
    """The state of the stand-in."""

    def __init__(self) -> None:
        self.rules = Rules()
        self.log: list[tuple[float, int, str, int]] = []
        self.messages: dict[int, list[dict[str, Any]]] = {}
        self.nonces: dict[str, dict[str, Any]] = {}
        self.answered: list[tuple[int, float]] = []
        self.refused = self.repeated = self.troubled = 0
        self._starts: deque[float] = deque()
        self._buckets: dict[int, deque[float]] = {}
        self._last = 0

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        """Answer one request as Discord would."""
        if path.startswith("/stub/"):
            return self._control(path, body)
        now = time.monotonic()
        if found := ANSWERS.search(path):  # no limit counts these
            self.answered.append((int(found[1]), now))
            return 200, {"interaction": {"id": found[1], "type": 2}}, []
        if self.rules.limit and not self._may_start(now):
            self.refused += 1
            wait = max(0.001, self._starts[0] + 1 - now)
            return 429, {"message": "slow down", "retry_after": wait, "global": True}, ["Via: 1.1 stub"]
        if "/channels" in path and (self.rules.status or self.rules.silent):
            self.troubled += 1
            if self.troubled % 2:
                self._act(method, path, body, now)
            return self.rules.status, {"message": "down"}, []
        return self._act(method, path, body, now)

    def _act(self, method: str, path: str, body: bytes, now: float) -> Answer:
        found = MESSAGES.search(path)
        if found and method == "POST":
            said = SAID.search(body)
            return self._send(int(found[1]), json.loads(said[1] if said else body), now)
        if found:
            after = re.search(r"[?&]after=([0-9]+)", path)
            since = int(after[1]) if after else 0
            return (
                200,
                [each for each in self.messages.get(int(found[1]), [])[::-1] if int(each["id"]) > since][:100],
                [],
            )
        return 200, self._other(path, body), []

    def _may_start(self, now: float) -> bool:
        while self._starts and now - self._starts[0] >= 1.0:
            self._starts.popleft()
        if len(self._starts) >= self.rules.limit:
            return False
        self._starts.append(now)
        return True

    def _send(self, channel: int, sent: dict[str, Any], now: float) -> Answer:
        headers: list[str] = []
        if channel in self.rules.throttled:
            bucket = self._buckets.setdefault(channel, deque())
            while bucket and now - bucket[0] >= 5.0:
                bucket.popleft()
            if len(bucket) >= 5:
                self.refused += 1
                return 429, {"message": "slow", "retry_after": bucket[0] + 5 - now, "global": False}, ["Via: 1.1 stub"]
            bucket.append(now)
            headers = _limits(5, 5 - len(bucket), bucket[0] + 5 - now, f"b{channel}")
        nonce = str(sent.get("nonce"))
        if sent.get("enforce_nonce") and nonce in self.nonces:
            self.repeated += 1
            return 200, self.nonces[nonce], headers
        message = self._message(channel, sent)
        self.nonces[nonce] = message
        self.messages.setdefault(channel, []).append(message)
        self.log.append((time.clock_gettime(time.CLOCK_REALTIME), channel, nonce, int(message["id"])))
        return 200, message, headers

    def _message(self, channel: int, sent: dict[str, Any]) -> dict[str, Any]:
        self._last = max(self._last + 1, (time.time_ns() // 1_000_000 - EPOCH_MS) << 22)
        return {
            "id": str(self._last), "channel_id": str(channel), "author": USER, "content": sent.get("content") or "",
            "timestamp": "2027-01-01T00:00:00+00:00", "edited_timestamp": None, "tts": False, "mention_everyone": False,
            "mentions": [], "mention_roles": [], "attachments": [], "embeds": [], "pinned": False, "type": 0,
            "components": sent.get("components") or [], "flags": sent.get("flags") or 0, "nonce": sent.get("nonce"),
        }  # fmt: skip

    def _other(self, path: str, body: bytes) -> Any:
        if path.endswith("/users/@me/channels"):
            who = json.loads(body)["recipient_id"]
            return {"id": str(int(who) + 1), "type": 1, "recipients": [{**USER, "id": str(who), "bot": False}]}
        if path.endswith("/users/@me"):
            return USER
        if "/applications/@me" in path or "/oauth2/" in path:
            return {
                "id": str(BOT_ID), "name": "Backline", "description": "", "bot_public": True, "flags": 0, "icon": None,
                "bot_require_code_grant": False, "verify_key": "", "owner": USER, "summary": "",
            }  # fmt: skip
        return []

    def _control(self, path: str, body: bytes) -> Answer:
        if path == "/stub/answered":
            answered, self.answered = self.answered, []
            return 200, answered, []
        if path == "/stub/forget":
            self.nonces.clear()
        if path == "/stub/rules":
            self.__init__()  # type: ignore[misc]
        if path in ("/stub/rules", "/stub/from-now"):
            self.rules = Rules(**json.loads(body))
        counts = {"refused": self.refused, "repeated": self.repeated, "troubled": self.troubled}
        return 200, {"log": self.log, **counts}, []


def _limits(limit: int, remaining: int, reset: float, bucket: str) -> list[str]:
    return [
        f"X-RateLimit-Limit: {limit}", f"X-RateLimit-Remaining: {remaining}", f"X-RateLimit-Reset-After: {reset:.3f}",
        f"X-RateLimit-Reset: {time.clock_gettime(time.CLOCK_REALTIME) + reset:.3f}", f"X-RateLimit-Bucket: {bucket}",
    ]  # fmt: skip


class Wire(asyncio.Protocol):
    """One connection: HTTP/1.1 with keep-alive and bodies of known length."""

    def __init__(self, discord: Discord) -> None:
        self._discord = discord
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].decode("latin-1")
            found = re.search(r"content-length:\s*([0-9]+)", head, re.IGNORECASE)
            whole = end + 4 + int(found[1] if found else 0)
            if len(self._buffer) < whole:
                return
            body, self._buffer = self._buffer[end + 4 : whole], self._buffer[whole:]
            method, path, _ = head.split(" ", 2)
            self._take(method, path, body)

    def _take(self, method: str, path: str, body: bytes) -> None:
        """Act on the request after half of the delay, and let the answer arrive after the other half."""
        rules = self._discord.rules
        delay = 0.0 if path.startswith("/stub/") else rules.delay + random.random() * rules.jitter  # noqa: S311
        if not delay:
            self._write(self._discord.answer(method, path, body))
            return
        loop = asyncio.get_running_loop()

        def act() -> None:
            answer = self._discord.answer(method, path, body)
            loop.call_later(delay / 2, self._write, answer)

        loop.call_later(delay / 2, act)

    def _write(self, answer: Answer) -> None:
        status, content, headers = answer
        if not status:
            return  # and the connection stays open
        raw = json.dumps(content).encode()
        lines = [f"HTTP/1.1 {status} X", "Content-Type: application/json", f"Content-Length: {len(raw)}", *headers]
        if not self._transport.is_closing():
            self._transport.write("\r\n".join([*lines, "", ""]).encode() + raw)  # type: ignore[attr-defined]


class Stub:
    """The stand-in as its user holds it: a process with an address."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.support.discord_stub"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    @property
    def base(self) -> str:
        """What takes the place of discord.py's base address."""
        return f"http://127.0.0.1:{self.port}/api/v10"

    def reset(self, **rules: Any) -> None:
        """Forget everything and enforce new rules."""
        self._ask("rules", json.dumps(rules).encode())

    def enforce(self, **rules: Any) -> None:
        """Enforce new rules from now on, and forget nothing."""
        self._ask("from-now", json.dumps(rules).encode())

    def forget(self) -> None:
        """Know no nonce any more, as Discord after a few minutes."""
        self._ask("forget", b"")

    def seen(self) -> dict[str, Any]:
        """Return the log of messages, as (wall clock, channel, nonce, id), and counts of other answers."""
        return dict(self._ask("log"))

    def answered(self) -> list[tuple[int, float]]:
        """Return when answers to interactions came in since the last call, by their ids, on the monotonic clock."""
        return [(key, at) for key, at in self._ask("answered")]

    def _ask(self, what: str, body: bytes | None = None) -> Any:
        address = f"http://127.0.0.1:{self.port}/stub/{what}"
        with urllib.request.urlopen(urllib.request.Request(address, data=body), timeout=10) as answer:
            return json.load(answer)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


async def serve(port: int) -> None:
    """Listen until killed; print the port."""
    discord = Discord()
    server = await asyncio.get_running_loop().create_server(lambda: Wire(discord), "127.0.0.1", port, backlog=2048)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    asyncio.run(serve(parser.parse_args().port))
