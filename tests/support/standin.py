"""A stand-in of Discord on the loopback: the routes and the gateway that a whole running bot needs."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiohttp import WSMsgType, web

APPLICATION = 4_100_000_000_000_000_001
GUILD = 4_200_000_000_000_000_001
CHANNEL = 4_300_000_000_000_000_001
OWNER = 4_400_000_000_000_000_001
MANAGE = str((1 << 5) | (1 << 10) | (1 << 11))
EVERYTHING = str((1 << 50) - 1)
DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID, HELLO, HEARTBEAT_ACK = 0, 1, 2, 6, 7, 9, 10, 11

JsonObject = dict[str, Any]


class StandIn:
    """Remembers what the bot asked for and lets a test act as a member."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, Any]] = []
        self.published: list[JsonObject] = []
        self.sockets: list[web.WebSocketResponse] = []
        # The servers and their only channels; each belongs to a shard by its number.
        self.channels = {GUILD: CHANNEL}
        # For each shard its connections: several while one process takes over from another.
        self.shards: dict[int, list[web.WebSocketResponse]] = {}
        self.acknowledged_again = 0
        self.count = 1
        self.identified: list[tuple[int, float]] = []
        self.max_concurrency = 1
        self.publications = 0
        # Until this is set, Discord keeps the bot waiting for the answer to a message.
        self.posting = asyncio.Event()
        self.posting.set()
        self._messages: dict[str, list[JsonObject]] = {}
        self.ready = asyncio.Event()
        self._ids = itertools.count(5_000_000_000_000_000_000)
        self._answers: dict[str, asyncio.Future[JsonObject]] = {}
        self._sequence = itertools.count(1)
        self.base = ""
        self.refuses_token = False
        self.resumed = 0

    @property
    def gateway(self) -> str:
        return f"{self.base.replace('http', 'ws')}/gateway"

    def shard_of(self, guild: int) -> int:
        return (guild >> 22) % self.count

    def open(self, shards: int, servers: int) -> list[int]:
        """Have so many servers, spread over so many shards; return them."""
        self.count = shards
        self.channels = {GUILD + (number << 22): CHANNEL + number for number in range(servers)}
        return list(self.channels)

    def posted(self, channel: int) -> list[JsonObject]:
        """Return the messages that the bot has sent into a channel, the newest first."""
        return self._messages.get(f"/channels/{channel}/messages", [])

    async def connected(self, *shards: int, within: float = 60.0) -> None:
        """Wait until exactly these shards are connected."""
        await until(lambda: set(self.shards) == set(shards), within)

    def is_doubled(self, *shards: int) -> bool:
        """Tell whether two processes have each of these shards."""
        return all(len(self.shards.get(shard, ())) == 2 for shard in shards)

    async def command(self, path: str, guild: int = GUILD, **options: str) -> JsonObject:
        """Type a slash command in a server and return the bot's first answer."""
        name, *inner = path.split()
        nested: list[JsonObject] = [{"name": key, "type": 3, "value": value} for key, value in options.items()]
        for part in reversed(inner):
            nested = [{"name": part, "type": 1, "options": nested}]
        return await self._interact(2, {"id": "1", "name": name, "type": 1, "options": nested}, guild)

    async def press(self, answer: JsonObject, label: str) -> JsonObject:
        """Press a button of an answer by its label."""
        custom_id = next(
            part["custom_id"] for part in parts(answer["data"]["components"]) if part.get("label") == label
        )
        message = {**self._message(answer["data"]), "flags": answer["data"].get("flags", 0)}
        return await self._interact(3, {"custom_id": custom_id, "component_type": 2}, GUILD, message=message)

    async def drop(self, code: int) -> None:
        """Close the gateway's connection, as Discord does now and then, and wait until the bot is back."""
        self.ready.clear()
        await self.sockets[-1].close(code=code)
        await asyncio.wait_for(self.ready.wait(), 20)

    async def ask_to_reconnect(self) -> None:
        self.ready.clear()
        await self._send(self.sockets[-1], RECONNECT, None)
        await asyncio.wait_for(self.ready.wait(), 20)

    async def invalidate(self) -> None:
        """Let the session end; the bot must begin another."""
        self.ready.clear()
        await self._send(self.sockets[-1], INVALID, False)  # noqa: FBT003 - Discord's own form
        await asyncio.wait_for(self.ready.wait(), 20)

    async def _interact(self, kind: int, data: JsonObject, guild: int, **more: Any) -> JsonObject:
        channel = self.channels[guild]
        key = str(next(self._ids))
        self._answers[f"token-{key}"] = asyncio.get_running_loop().create_future()
        user = {"id": str(OWNER), "username": "olga", "discriminator": "0", "global_name": "Olga", "avatar": None}
        member = {"user": user, "roles": [], "joined_at": "2026-01-01T00:00:00+00:00", "permissions": MANAGE,
                  "flags": 0, "deaf": False, "mute": False}  # fmt: skip
        payload = {"id": key, "application_id": str(APPLICATION), "type": kind, "token": f"token-{key}", "version": 1,
                   "guild_id": str(guild), "channel_id": str(channel), "channel": {"id": str(channel), "type": 0},
                   "member": member, "locale": "en-US", "guild_locale": "en-US", "app_permissions": EVERYTHING,
                   "entitlements": [], "authorizing_integration_owners": {"0": str(guild)}, "context": 0,
                   "attachment_size_limit": 10_485_760, "data": data, **more}  # fmt: skip
        for socket in list(self.shards[self.shard_of(guild)]):
            with suppress(ConnectionResetError):
                await self._send(socket, DISPATCH, payload, "INTERACTION_CREATE")
        return await asyncio.wait_for(self._answers[f"token-{key}"], 20)

    async def _send(self, socket: web.WebSocketResponse, code: int, data: Any, name: str | None = None) -> None:
        sequence = next(self._sequence) if code == DISPATCH else None
        await socket.send_str(json.dumps({"op": code, "d": data, "s": sequence, "t": name}))

    def _message(self, body: JsonObject) -> JsonObject:
        author = {"id": str(APPLICATION), "username": "Backline", "discriminator": "0", "avatar": None, "bot": True}
        return {"id": str(next(self._ids)), "channel_id": str(CHANNEL), "author": author, "content": "", "embeds": [],
                "timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": None, "tts": False, "mentions": [],
                "mention_everyone": False, "mention_roles": [], "attachments": [], "pinned": False, "type": 0,
                "components": body.get("components", []), "flags": body.get("flags", 0)}  # fmt: skip

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a REST route as Discord does, with its rate-limit headers."""
        body = await request.json() if request.can_read_body and "json" in request.content_type else None
        path = request.path.removeprefix("/api")
        if self.refuses_token:
            return web.Response(
                status=401, body=b'{"message": "401: Unauthorized", "code": 0}', content_type="application/json"
            )
        self.requests.append((request.method, path, body))
        if path.endswith("/messages"):
            return _json(await self._talk(request.method, path, body))
        if path.endswith("/callback") and body is not None:
            token = path.split("/")[3]
            if self._answers[token].done():
                self.acknowledged_again += 1
                return _json({"code": 40060, "message": "Interaction has already been acknowledged."}, status=400)
            self._answers[token].set_result(body)
            return _json(self._answered(path.split("/")[2], body))
        return _json(self._answer(request.method, path, body))

    async def _talk(self, method: str, path: str, body: Any) -> Any:
        """Take a message, one with a nonce only once, or return those of a channel."""
        said = self._messages.setdefault(path.removeprefix("/v10"), [])
        if method == "GET":
            return said
        same = [each for each in said if body.get("enforce_nonce") and each["nonce"] == body["nonce"]]
        if not same:
            said.insert(0, {**self._message(body), "nonce": body.get("nonce")})
        message = same[0] if same else said[0]
        await self.posting.wait()
        return message

    def _answered(self, interaction_id: str, body: JsonObject) -> JsonObject:
        about = {"id": interaction_id, "type": 2, "response_message_id": str(next(self._ids))}
        resource = {"type": body["type"], "message": self._message(body.get("data") or {})}
        return {"interaction": about, "resource": resource}

    def _answer(self, method: str, path: str, body: Any) -> Any:
        if path.endswith("/gateway/bot"):
            start = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": self.max_concurrency}
            return {"url": self.gateway, "shards": self.count, "session_start_limit": start}
        if path == "/users/@me":
            return {"id": str(APPLICATION), "username": "Backline", "discriminator": "0", "avatar": None, "bot": True}
        if path == "/oauth2/applications/@me":
            return {"id": str(APPLICATION), "name": "Backline", "description": "", "icon": None, "verify_key": "0",
                    "bot_public": True, "bot_require_code_grant": False, "flags": 0,
                    "owner": {"id": str(OWNER), "username": "olga", "discriminator": "0", "avatar": None}}  # fmt: skip
        if method == "PUT" and path.endswith("/commands"):
            common = {"application_id": str(APPLICATION), "version": "1", "default_member_permissions": None,
                      "description": ""}  # fmt: skip
            self.published = body
            self.publications += 1
            return [{"id": str(next(self._ids)), **common, **command} for command in body]
        return self._message(body or {})

    async def listen(self, request: web.Request) -> web.WebSocketResponse:
        """Be the gateway of one connection."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        await self._send(socket, HELLO, {"heartbeat_interval": 41_250})
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            said = json.loads(message.data)
            if said["op"] == HEARTBEAT:
                await self._send(socket, HEARTBEAT_ACK, None)
            elif said["op"] == RESUME:
                self.resumed += 1
                self.shards.setdefault(int(said["d"]["session_id"][1:]), []).append(socket)
                await self._send(socket, DISPATCH, {}, "RESUMED")
                self.ready.set()
            elif said["op"] == IDENTIFY:
                shard = (said["d"].get("shard") or [0, 1])[0]
                self.identified.append((shard, asyncio.get_running_loop().time()))
                self.shards.setdefault(shard, []).append(socket)
                await self._greet(socket, shard)
        left = {shard: [one for one in each if one is not socket] for shard, each in self.shards.items()}
        self.shards = {shard: each for shard, each in left.items() if each}
        return socket

    async def _greet(self, socket: web.WebSocketResponse, shard: int) -> None:
        user = self._answer("GET", "/users/@me", None)
        guilds = [guild for guild in self.channels if self.shard_of(guild) == shard]
        coming = [{"id": str(guild), "unavailable": True} for guild in guilds]
        await self._send(socket, DISPATCH, {"v": 10, "user": user, "guilds": coming, "session_id": f"s{shard}",
                                            "resume_gateway_url": self.gateway, "shard": [shard, self.count],
                                            "application": {"id": str(APPLICATION), "flags": 0}}, "READY")  # fmt: skip
        for guild in guilds:
            await self._send(socket, DISPATCH, _guild(guild, self.channels[guild]), "GUILD_CREATE")
        if len(self.shards) == self.count:
            self.ready.set()


def _guild(guild: int, channel_id: int) -> JsonObject:
    """Return a server with everything that the gateway tells of one."""
    channel = {"id": str(channel_id), "type": 0, "name": "studio", "position": 0, "permission_overwrites": []}
    role = {"id": str(guild), "name": "@everyone", "permissions": MANAGE, "position": 0, "color": 0, "hoist": False,
            "managed": False, "mentionable": False, "flags": 0}  # fmt: skip
    return {"id": str(guild), "name": "Night Ferry", "owner_id": str(OWNER), "roles": [role],
            "channels": [channel], "members": [], "emojis": [], "stickers": [], "threads": [],
            "features": [], "member_count": 2, "voice_states": [], "presences": [],
            "preferred_locale": "en-US", "premium_tier": 0, "verification_level": 0,
            "default_message_notifications": 0, "explicit_content_filter": 0, "mfa_level": 0,
            "nsfw_level": 0, "system_channel_id": None, "afk_timeout": 300,
            "stage_instances": [], "guild_scheduled_events": []}  # fmt: skip


async def until(is_so: Callable[[], bool | Awaitable[bool]], within: float = 40.0) -> None:
    """Wait until something about another process is so."""
    async with asyncio.timeout(within):
        while True:
            found = is_so()
            if await found if isinstance(found, Awaitable) else found:
                return
            await asyncio.sleep(0.01)


def parts(components: list[JsonObject]) -> list[JsonObject]:
    """Return every component of a message, the outer before the inner."""
    found = []
    for component in components:
        found.append(component)
        found += parts(component.get("components", []))
        found += parts([component[key] for key in ("accessory", "component") if component.get(key)])
    return found


def words(answer: JsonObject) -> str:
    """Return all the text of an answer."""
    return "\n".join(part["content"] for part in parts(answer["data"]["components"]) if part["type"] == 10)


@asynccontextmanager
async def standing_in() -> AsyncIterator[StandIn]:
    """Serve the stand-in on a free port of the loopback."""
    standin = StandIn()
    app = web.Application()
    app.router.add_get("/gateway", standin.listen)
    app.router.add_get("/gateway/", standin.listen)
    app.router.add_route("*", "/api/{rest:.*}", standin.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    standin.base = f"http://127.0.0.1:{port}"
    try:
        yield standin
    finally:
        for socket in standin.sockets:
            with suppress(ConnectionError):
                await socket.close()
        await runner.cleanup()


def _json(body: Any, status: int = 200) -> web.Response:
    limits = {
        "X-RateLimit-Limit": "50",
        "X-RateLimit-Remaining": "49",
        "X-RateLimit-Reset-After": "1",
        "X-RateLimit-Bucket": "x",
    }
    return web.Response(
        status=status, body=json.dumps(body).encode(), headers={**limits, "Content-Type": "application/json"}
    )
