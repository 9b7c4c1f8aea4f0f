"""The rehearsal without a browser: its story, its time, and the panel's requests."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.clock import utc_now
from rehearsal.alarm import apscheduler_follows
from rehearsal.house import House
from rehearsal.panel import TOKEN_HEADER, Panel
from rehearsal.stage import house_in
from rehearsal.story import walk
from rehearsal.try_this import TRY_THIS


@dataclass
class Opened:
    """A rehearsal that is open in this process, and a client at its panel."""

    house: House
    panel: Panel
    client: aiohttp.ClientSession

    def words(self, place: str) -> str:
        """Everything that was said in a place and can still be read there."""
        channel = self.house.world.places[place].channel
        messages = self.house.env.backend.messages.get(channel.id, {}).values()
        texts = [[message.content, *(part.get("content", "") for part in walk(message.components))]
                 for message in messages]  # fmt: skip
        return "\n".join(text for found in texts for text in found)

    async def ask(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Send a request to the panel, by default with its token."""
        sent = {TOKEN_HEADER: self.house.seat.token, **headers}
        method = "GET" if body is None else "POST"
        async with self.client.request(method, f"{self.panel.origin}{path}", json=body, headers=sent) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await answer.json() if is_json else await answer.text()


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Opened]:
    with apscheduler_follows():
        async with house_in(folder) as house, aiohttp.ClientSession() as client:
            panel = Panel(house)
            await panel.open(0)
            await house.open(0, panel.origin)
            yield Opened(house, panel, client)
            await panel.close()
            await house.close()


async def test_the_story_is_told_to_its_end(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with opened(tmp_path) as stage:
        assert [record.getMessage() for record in caplog.records if record.levelname != "INFO"] == []
        studio = stage.words("studio")
        assert "Drums for Lighthouse" in studio
        assert "**Coming (1)**" in studio and "**Maybe (1)**" in studio
        assert "First hold" in studio
        assert "An expense waits for approval" in stage.words("money")
        assert "Choose the nine songs" in stage.words("dm-pia")
        due = await stage.house.time.next_due()
        assert due is not None
        assert timedelta(0) < due - stage.house.env.now() < timedelta(seconds=75)
        assert abs(stage.house.env.now() - utc_now()) < timedelta(seconds=20)
        for messages in stage.house.env.backend.messages.values():
            assert not [message for message in messages.values() if message.flags & 64], "a whisper is left"


async def test_a_day_is_skipped_quickly_and_everything_due_is_sent(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        began = time.perf_counter()
        status, state = await stage.ask("/api/skip", {"to": "next"})
        assert status == 200
        assert "⏰ Back up the drum takes" in stage.words("studio")
        assert 0 < state["ahead"] < 75
        status, state = await stage.ask("/api/skip", {"seconds": 86_400})
        assert status == 200
        assert state["ahead"] > 86_400
        assert "⏰ Rehearsal room: bring your keys" in stage.words("general")
        assert time.perf_counter() - began < 20
        assert stage.house.env.now() - utc_now() > timedelta(hours=23)


async def test_everything_on_the_list_can_be_tried(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        for number, tried in enumerate(TRY_THIS):
            status, state = await stage.ask("/api/try", {"number": number})
            assert status == 200, f"/{tried.command}: {state}"
            assert state["place"] == tried.place
            assert state["person"] == tried.person


async def test_the_panel_switches_places_and_people(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        status, state = await stage.ask("/api/show", {"place": "dm-dee"})
        assert (status, state["place"], state["person"]) == (200, "dm-dee", "Dee")
        status, state = await stage.ask("/api/show", {"person": "Sam"})
        assert (state["place"], state["person"]) == ("dm-sam", "Sam")
        status, state = await stage.ask("/api/show", {"place": "studio", "person": "Eli"})
        assert (state["place"], state["person"]) == ("studio", "Eli")
        gists = [message["text"] for message in state["messages"]]
        assert "Sam: My voice is back. Can we do the vocals this week?" in gists
        assert any(gist.startswith("Backline: ✏️ Strings in the hall · #3 First hold, until") for gist in gists)
        _, state = await stage.ask("/api/show", {"place": "general"})
        assert any(
            message["text"].startswith("Backline: ✅ I'll remind you in #general") for message in state["messages"]
        )


SENSELESS = (
    ("show", {"place": "nowhere"}),
    ("show", {"person": "Nobody"}),
    ("show", []),
    ("skip", {"seconds": -1}),
    ("skip", {"seconds": True}),
    ("skip", {"seconds": 1e12}),
    ("skip", {}),
    ("try", {"number": 99}),
    ("try", {"number": "1"}),
    ("menu", {"name": "Dance", "message": "1"}),
    ("menu", {"name": 1, "message": None}),
)


async def test_only_the_page_of_the_address_may_act_and_only_sensibly(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        for path, body in SENSELESS:
            status, answer = await stage.ask(f"/api/{path}", body)
            assert status == 400, (path, body)
            assert answer["error"].endswith("."), (path, body)
        assert (await stage.ask("/"))[0] == 200
        assert (await stage.ask("/api/state", **{TOKEN_HEADER: "guess"}))[0] == 401
        assert (await stage.ask("/api/skip", {"seconds": 60}, **{TOKEN_HEADER: ""}))[0] == 401
        assert (await stage.ask("/", Host="rehearsal.example"))[0] == 403
        assert (await stage.ask("/api/skip", {"seconds": 60}, Origin="http://elsewhere.example"))[0] == 403
        async with stage.client.get(stage.panel.origin) as answer:
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        async with stage.client.get(f"{stage.house.chat}/") as answer:
            assert f"frame-ancestors {stage.panel.origin}" in answer.headers["Content-Security-Policy"]
            assert "X-Frame-Options" not in answer.headers


async def test_a_closed_chat_opens_again_at_its_address(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        address = stage.house.screen.url
        await stage.house.screen.close()
        await stage.house.beat()
        assert stage.house.session == 2
        assert stage.house.screen.url == address
        async with stage.client.get(address) as answer:
            assert answer.status == 200
