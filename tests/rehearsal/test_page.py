"""The rehearsal in a real browser: a visitor picks commands, presses, fills forms, switches and reloads."""

import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.support.chromium import chromium
from tests.support.rehearsing import Rehearsal, Visitor

# One rehearsal and one browser serve all tests of this file: to start them takes longer than the tests do.
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    with Rehearsal(tmp_path_factory.mktemp("rehearsal"), "--port", "0") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(browser: Browser, rehearsal: Rehearsal) -> AsyncIterator[Visitor]:
    """A visitor who has just opened the address, in #studio as Pia."""
    page = await browser.new_page(viewport={"width": 1280, "height": 860})
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    visitor = await Visitor(page, rehearsal).arrive()
    await visitor.act_as("Pia")
    await visitor.go_to("studio")
    yield visitor
    await page.close()
    assert faults == []
    assert "ERROR" not in rehearsal.log


async def test_a_command_is_picked_and_answered(visitor: Visitor) -> None:
    await visitor.pick_command("room list")
    await visitor.send()
    await visitor.see("Rooms")
    await visitor.see("Room A")
    await visitor.see("€60.00 per hour")


async def test_options_are_suggested_before_and_while_typing(visitor: Visitor) -> None:
    await visitor.pick_command("room show")
    await expect(visitor.chat.get_by_role("option", name="Big Hall")).to_be_visible()
    await expect(visitor.chat.get_by_role("option", name="Room A")).to_be_visible()
    await visitor.fill_option("room", "hal")
    await expect(visitor.chat.get_by_role("option", name="Room A")).to_be_hidden()
    await visitor.chat.get_by_role("option", name="Big Hall").click()
    await visitor.send()
    await visitor.see("€480.00 per day")


async def test_a_button_is_pressed(visitor: Visitor) -> None:
    await visitor.pick_command("room add")
    await visitor.fill_option("name", "Broom cupboard")
    await visitor.send()
    await visitor.see("Broom cupboard")
    await visitor.chat.get_by_role("button", name="Undo").last.click()
    await visitor.see("Undone")


async def test_a_form_is_filled(visitor: Visitor) -> None:
    await visitor.pick_command("setup start")
    await visitor.send()
    await visitor.chat.get_by_role("button", name="Time zone and currency").last.click()
    zone = visitor.chat.get_by_role("textbox", name=re.compile("^Time zone"))
    await expect(zone).to_have_value("Europe/Berlin")
    await zone.fill("lisbon")
    await visitor.chat.get_by_role("button", name="Submit").click()
    await visitor.see("Time zone Europe/Lisbon")
    await visitor.chat.get_by_role("button", name="Undo").last.click()
    await visitor.see("Undone")


async def test_another_member_sees_what_they_may(visitor: Visitor) -> None:
    await visitor.act_as("Sam")
    await visitor.pick_command("room show")
    await visitor.fill_option("room", "Room A")
    await visitor.send()
    await visitor.see("Gap between bookings: 30 min")
    assert "€60" not in await visitor.messages.inner_text()
    await visitor.act_as("Pia")
    await expect(visitor.messages).not_to_contain_text("Sam used")


async def test_channels_and_direct_messages_are_switched(visitor: Visitor) -> None:
    await visitor.go_to("album")
    await visitor.box.fill("Mixes are up")
    await visitor.send()
    await visitor.see("Mixes are up")
    await visitor.go_to("dm-sam")
    await expect(visitor.page.get_by_label("Acting as")).to_have_value("Sam")
    await expect(visitor.messages).not_to_contain_text("Mixes are up")
    await visitor.go_to("album")
    await visitor.see("Mixes are up")


async def test_a_reload_keeps_place_and_history(visitor: Visitor) -> None:
    await visitor.go_to("general")
    await visitor.act_as("Dee")
    await visitor.box.fill("Who has my sticks?")
    await visitor.send()
    await visitor.see("Who has my sticks?")
    await visitor.page.reload()
    await visitor.see("Who has my sticks?")
    await expect(visitor.heading).to_have_text("general")
    await expect(visitor.page.get_by_label("Acting as")).to_have_value("Dee")


async def test_a_reminder_arrives_by_itself(visitor: Visitor) -> None:
    await visitor.pick_command("remind channel")
    await visitor.fill_option("what", "Tune the piano")
    await visitor.chat.get_by_role("button", name=re.compile("options|more")).click()
    await visitor.chat.get_by_role("option").filter(has_text="when").click()
    await visitor.fill_option("when", "in 5 seconds")
    await visitor.send()
    await visitor.see("I'll remind you")
    await visitor.see("⏰ Tune the piano")


async def test_what_is_suggested_is_tried_with_one_press(visitor: Visitor) -> None:
    await visitor.page.get_by_role("button", name="Try it: What is left of the money?").click()
    await expect(visitor.heading).to_have_text("money")
    await visitor.see("of €24,000.00 for Harbour Lights")


async def test_a_message_menu_opens_its_form(visitor: Visitor) -> None:
    await visitor.go_to("general")
    picker = visitor.page.get_by_label("Message", exact=True)
    await expect(picker).to_contain_text("Dee: Does it also carry my kick drum?")
    await picker.select_option(label="Dee: Does it also carry my kick drum?")
    await visitor.page.get_by_role("button", name="Make a deadline").click()
    form = visitor.chat.get_by_role("dialog")
    await expect(form).to_be_visible()
    await form.get_by_role("textbox", name=re.compile("due|when", re.IGNORECASE)).fill("in 3 days at 6pm")
    await form.get_by_role("button", name="Submit").click()
    await visitor.see("Does it also carry my kick drum? · #")


async def test_time_is_skipped(visitor: Visitor) -> None:
    await visitor.page.get_by_role("button", name="+1 h").click()
    await expect(visitor.page.locator("#ahead")).to_contain_text("1 h")


async def test_the_chat_alone_works_too(browser: Browser, rehearsal: Rehearsal) -> None:
    page = await browser.new_page()
    await page.goto(rehearsal.chat)
    await expect(page.get_by_label("Viewing as")).to_contain_text("Sam")
    await expect(page.get_by_label("Message", exact=True)).to_be_visible()
    await page.close()


async def test_a_narrow_screen_has_everything(browser: Browser, rehearsal: Rehearsal) -> None:
    page = await browser.new_page(viewport={"width": 360, "height": 740})
    visitor = await Visitor(page, rehearsal).arrive()
    await page.get_by_label("Channel", exact=True).select_option("studio")
    await expect(visitor.heading).to_have_text("studio")
    await page.get_by_role("button", name="Tools").click()
    await expect(page.get_by_role("button", name="Next reminder")).to_be_visible()
    await page.get_by_role("button", name="Chat").click()
    await expect(visitor.box).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await page.close()
