"""Promises that are due: their reminder, its buttons, what it follows and what calls it off."""

from datetime import datetime

import pytest

from tests.support.band import Band, Person, Reply, Shown

DAY = 86400.0


@pytest.fixture
async def record(band: Band) -> Band:
    """A band whose money channel only the money roles read, with 10 songs of mixing at 350."""
    panel = await band.owner.slash("setup start")
    await band.owner.choose(panel, band.money, menu="setup:pick:money_channel")
    for role, may in ((band.guild.default_role, False), (band.treasurers, True), (band.producers, True)):
        band.overwrite(band.money, role, view_channel=may)
    band.overwrite(band.money, None, view_channel=True, send_messages=True)
    await band.producer.slash("project create", name="Harbour Lights", kind="other")
    await band.producer.slash("budget plan", category="mix", quantity="10", rate="€350")
    return band


async def promise(person: Person, due: str, **more: str) -> Reply:
    made = await person.slash("budget commit", amount="400", category="mix", what="Deposit", due=due, **more)
    assert "Promised" in made.text
    return made


async def days(band: Band, count: int) -> list[Shown]:
    """Let days pass; return what the money channel has read."""
    for _ in range(count):
        await band.env.advance_time(DAY)
    return band.said_in(band.money)


async def edited(band: Band, on: Reply, **values: str) -> Reply:
    form = await band.producer.press(on, "Edit")
    return await band.producer.fill(form, **{"amount": "400", "what": "Deposit", "due": "2026-01-05", **values})


async def test_a_promise_that_is_due_is_called_to_mind_in_the_money_channel(record: Band) -> None:
    made = await promise(record.producer, "5 Jan")
    invoice = await record.producer.fill(await record.producer.press(made, "Invoice"), amount="150")
    assert "€150.00" in invoice.text
    assert await days(record, 3) == []
    await record.restart()
    (told,) = await days(record, 3)
    assert told.pings == {record.producer.id}
    assert "**Deposit** · promise #1 · due 5 Jan 2026" in told.text and "**€250.00** to pay" in told.text
    producer = record.producer.in_channel(record.money)
    logged = await producer.fill(await producer.press(told, "Invoice"), amount="250")
    assert "€250.00" in logged.text
    refused = await record.treasurer.in_channel(record.money).press(told, "Snooze")
    assert "Only producers" in refused.text


async def test_it_can_be_put_off(record: Band) -> None:
    await promise(record.producer, "3 Jan")
    (told,) = await days(record, 3)
    producer = record.producer.in_channel(record.money)
    asked, other = await producer.press(told, "Snooze"), await producer.press(told, "Snooze")
    put_off = await producer.press(asked, "In 3 days")
    at = datetime.fromisoformat("2026-01-07T08:00+00:00")
    assert f"<t:{int(at.timestamp())}:F>" in put_off.text
    assert len(await days(record, 2)) == 1
    assert len(await days(record, 2)) == 2
    again = await producer.press(other, "Tomorrow")
    await producer.press(again, "Undo")
    assert len(await days(record, 3)) == 2


async def test_it_follows_the_day_and_is_called_off(record: Band) -> None:
    made = await promise(record.producer, "5 Jan")
    moved = await edited(record, made, due="2026-01-09", amount="€500", what="Mix deposit")
    assert "Changed" in moved.text and "€500.00" in moved.text and "due 9 Jan 2026" in moved.text
    assert await days(record, 6) == []
    assert "Mix deposit" in (await days(record, 3))[0].text
    gone = await promise(record.producer, "13 Jan")
    await record.producer.press(gone, "Cancel it")
    paid = await promise(record.producer, "13 Jan")
    await record.producer.fill(await record.producer.press(paid, "Invoice"), amount="400")
    dayless = await promise(record.producer, "13 Jan")
    assert "due" not in (await edited(record, dayless, due="")).text
    assert len(await days(record, 6)) == 1


async def test_what_is_edited_wrong_changes_nothing(record: Band) -> None:
    made = await promise(record.producer, "5 Jan")
    for wrong, words in (
        ({"amount": "lots"}, "as an amount"),
        ({"amount": "0"}, "above 0"),
        ({"amount": "£5"}, "counted in EUR"),
        ({"due": "soonish"}, "soonish"),
        ({"what": "\u200b"}, "at least one visible"),
    ):
        assert words in (await edited(record, made, **wrong)).text
    form = await record.producer.press(made, "Edit")
    await record.producer.press(made, "Cancel it")
    late = await record.producer.fill(form, amount="400", what="Deposit", due="")
    assert "cancelled already" in late.text


async def test_without_a_money_channel_it_comes_where_it_was_made_without_the_sum(band: Band) -> None:
    await band.producer.slash("project create", name="Harbour Lights", kind="other")
    await promise(band.producer, "3 Jan")
    for _ in range(3):
        await band.env.advance_time(DAY)
    told = band.last_in(band.studio)
    assert "Deposit" in told.text and "€" not in told.text and told.pings == {band.producer.id}
    opened = await band.producer.press(told, "Invoice")
    assert "€400.00" in (await band.producer.fill(opened, amount="400")).text
