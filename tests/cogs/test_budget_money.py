"""The money channel: choosing it, what waits for approval, warnings that come once, and answers that find their way."""

import pytest
from sqlalchemy import func, select

from bot.models.reminder import Reminder, ReminderKind, ReminderState
from tests.support.band import Band, Person, Reply, Shown
from tests.support.simtime import at_once, closed_dms


@pytest.fixture
async def record(band: Band) -> Band:
    """A band with a project: 5 days of Room A at 650, 10 songs of mixing at 350."""
    await band.producer.slash("project create", name="Harbour Lights", kind="other")
    await band.producer.slash("budget plan", category="Studio", item="Room A", quantity="5", unit="day", rate="650")
    await band.producer.slash("budget plan", category="mix", quantity="10", rate="€350")
    return band


@pytest.fixture
async def desk(record: Band) -> Band:
    """The same band with a money channel that only the money roles can read."""
    await choose_channel(record)
    for role, may in ((record.guild.default_role, False), (record.treasurers, True), (record.producers, True)):
        record.overwrite(record.money, role, view_channel=may)
    record.overwrite(record.money, None, view_channel=True, send_messages=True)
    return record


async def choose_channel(band: Band) -> Reply:
    panel = await band.owner.slash("setup start")
    return await band.owner.choose(panel, band.money, menu="setup:pick:money_channel")


async def spend(person: Person, amount: str, category: str = "mix", **more: str) -> Reply:
    return await person.slash("budget spend", amount=amount, category=category, **more)


async def test_the_channel_is_chosen_shown_and_checked(record: Band) -> None:
    assert "No money channel is set" in (await record.owner.slash("setup check")).text
    assert "Money channel: not set" in (await record.owner.slash("setup show")).text
    chosen = await choose_channel(record)
    assert record.money.mention in (await record.owner.slash("setup show")).text
    open_ = await record.owner.slash("setup check")
    assert "Everybody can read the money channel" in open_.text and "No money channel" not in open_.text
    record.overwrite(record.money, record.guild.default_role, view_channel=False)
    closed = await record.owner.slash("setup check")
    assert "I can't write in the money channel" in closed.text and "View Channel" in closed.text
    record.overwrite(record.money, None, view_channel=True, send_messages=True, attach_files=True)
    assert "Everything is in place" in (await record.owner.slash("setup check")).text
    await record.owner.press(chosen, "Undo")
    assert "Money channel: not set" in (await record.owner.slash("setup show")).text
    record.overwrite(record.money, record.guild.default_role, view_channel=True)
    await choose_channel(record)
    record.env.backend.delete_channel(record.money.id)
    assert "The money channel was deleted" in (await record.owner.slash("setup check")).text


async def test_what_waits_is_asked_for_in_the_money_channel(desk: Band) -> None:
    reply = await spend(desk.singer, "180", what="Deposit")
    assert len(reply.messages) == 1 and "A producer must approve it" in reply.text
    (question,) = desk.said_in(desk.money)
    assert question.pings == {desk.producers.id} and "Deposit" in question.text and "€" not in question.text
    await desk.restart()
    producer = desk.producer.in_channel(desk.money)
    decided = await producer.press(question, "Approve")
    assert decided.messages[0].id == question.id and "Approved by" in decided.messages[0].text
    (told,) = desk.told(desk.singer)
    assert "Your expense #1 **Deposit** was approved by" in told.text and "€" not in told.text


async def test_a_closed_money_channel_does_not_swallow_the_question(desk: Band) -> None:
    desk.overwrite(desk.money, None, send_messages=False)
    reply = await spend(desk.singer, "180", what="Deposit")
    assert "waits for approval" in reply.messages[1].text and "Approve" in reply.messages[1].buttons


async def test_the_answer_finds_whoever_takes_no_messages(record: Band) -> None:
    question = (await spend(record.singer, "180", what="Deposit")).messages[1]
    with closed_dms(record.singer.actor.user):
        await record.producer.press(question, "Reject")
    told = record.last_in(record.studio)
    assert told.pings == {record.singer.id} and "rejected, so it does not count" in told.text


async def test_of_two_presses_at_once_one_decides(record: Band) -> None:
    question = (await spend(record.singer, "180")).messages[1]
    yes, no = question.buttons["Approve"], question.buttons["Reject"]
    both = await at_once(
        record.env,
        lambda: record.producer.actor.click(question.message, custom_id=yes),
        lambda: record.owner.actor.click(question.message, custom_id=no),
    )
    words = [Reply(record.env, each, question.message).text for each in both]
    refused = [text for text in words if "already, so nothing was changed" in text]
    assert len(refused) == 1 and all(words)
    await record.env.advance_time(5)
    assert not Shown(record.env, question.message).buttons
    (told,) = record.told(record.singer)
    state = "approved" if "Expense #1 is approved already" in refused[0] else "rejected"
    assert f"was {state}" in told.text


async def test_warnings_come_once_to_the_money_channel(desk: Band) -> None:
    await spend(desk.producer, "2000")
    assert desk.said_in(desk.money) == []
    await spend(desk.singer, "90")
    assert desk.said_in(desk.money) == []
    await spend(desk.producer, "800")
    (first,) = desk.said_in(desk.money)
    assert "**Mixing** · Post · Harbour Lights" in first.text and "82 % is used" in first.text
    assert "€2,890.00 of €3,500.00" in first.text and not first.pings
    await spend(desk.producer, "100")
    await desk.restart()
    await spend(desk.producer, "50")
    await desk.env.advance_time(60)
    assert len(desk.said_in(desk.money)) == 1
    line = await desk.treasurer.in_channel(desk.money).press(first, "Line")
    assert line.is_private and "10 songs x €350.00" in line.text
    desk.overwrite(desk.money, desk.guild.default_role, view_channel=True)
    refused = await desk.singer.press(first, "Line")
    assert "money role" in refused.text and "€" not in refused.text
    await spend(desk.producer, "1000")
    assert "€540.00 over its plan" in desk.said_in(desk.money)[1].text
    assert len(desk.said_in(desk.money)) == 2


async def test_a_member_who_causes_a_warning_is_told_no_sums(desk: Band) -> None:
    await spend(desk.producer, "2750")
    reply = await spend(desk.singer, "60")
    assert "Mixing" in desk.last_in(desk.money).text
    assert "of €3,500.00" not in reply.text


async def test_without_the_channel_who_causes_it_is_told(record: Band) -> None:
    reply = await spend(record.producer, "3000")
    assert "85 % is used" in reply.text and reply.is_private
    promised = await record.producer.slash("budget commit", amount="700", category="mix")
    assert "€200.00 over its plan" in promised.text
    moved = await record.producer.slash("budget transfer", amount="2000", source="Room A", target="Publicist")
    assert "%" not in moved.text
    await spend(record.producer, "1000", "Room A")
    moved = await record.producer.slash("budget transfer", amount="100", source="Room A", target="Publicist")
    assert "86 % is used" in moved.text
    planned = await record.producer.slash("budget plan", category="Room A", rate="700")
    assert "is used" not in planned.text and "over its plan" not in planned.text
    assert record.said_in(record.money) == []


async def test_a_warning_goes_elsewhere_without_sums(desk: Band) -> None:
    desk.overwrite(desk.money, None, view_channel=True, send_messages=False)
    await spend(desk.producer, "3000")
    warned, closed = [shown.text for shown in desk.said_in(desk.general)]
    assert "There is a budget warning" in warned and "€" not in warned + closed
    assert f"I lack **Send Messages** in {desk.money.mention}" in closed


async def test_a_session_that_is_confirmed_warns_too(desk: Band) -> None:
    await desk.producer.slash("room add", name="Room A", rate="650", unit="day")
    for day in ("2026-02-03", "2026-02-04", "2026-02-05", "2026-02-06", "2026-02-09"):
        preview = await desk.producer.slash("booking new", what="Drums", when=f"{day} 10am-6pm", room="Room A")
        booked = await desk.producer.press(preview, "Book")
        assert "Drums" in booked.text
    warned = [shown.text for shown in desk.said_in(desk.money)]
    assert ["80 % is used" in warned[0], "All of its plan is used" in warned[1]] == [True, True]
    preview = await desk.producer.slash("booking new", what="More", when="2026-02-10 10am-6pm", room="Room A")
    await desk.producer.press(preview, "Hold")
    assert "€650.00 more is on hold; confirming that would take it to €650.00 over" in desk.last_in(desk.money).text
    assert len(desk.said_in(desk.money)) == 3


async def test_what_is_undone_before_it_leaves_is_not_said(desk: Band) -> None:
    desk.env.inject_error("POST", f"/channels/{desk.money.id}/messages", status=503, code=0, message="", times=None)
    logged = await spend(desk.producer, "3000")
    await desk.producer.press(logged, "Undo")
    desk.env.backend.faults.clear()
    await desk.env.advance_time(60)
    assert desk.said_in(desk.money) == []
    await spend(desk.producer, "3000")
    assert len(desk.said_in(desk.money)) == 1
    async with desk.bot.db.read() as session:
        kinds = Reminder.kind == ReminderKind.OVERAGE, Reminder.state == ReminderState.PLANNED
        assert await session.scalar(select(func.count()).select_from(Reminder).where(*kinds)) == 0


async def test_a_warning_survives_a_crash(desk: Band) -> None:
    desk.env.inject_error("POST", f"/channels/{desk.money.id}/messages", status=503, code=0, message="", times=None)
    await spend(desk.producer, "3000")
    await desk.crash()
    desk.env.backend.faults.clear()
    await desk.env.advance_time(120)
    assert len(desk.said_in(desk.money)) == 1


async def test_what_is_left_for_a_room_without_a_line_of_its_own(record: Band) -> None:
    await record.producer.slash("room add", name="Basement", rate="650", unit="day")
    assert "I know no budget category" in (await record.treasurer.slash("budget left", category="Basement")).text
    preview = await record.producer.slash("booking new", what="Drums", when="2026-02-03 10am-6pm", room="Basement")
    await record.producer.press(preview, "Book")
    told = await record.treasurer.slash("budget left", category="basement")
    assert "for **Room A** · €650.00 committed" in told.text


async def test_who_books_a_line_full_is_told_in_the_answer_if_they_see_money(record: Band) -> None:
    await record.producer.slash("room add", name="Room A", rate="650", unit="day")
    held = await record.producer.slash("booking new", what="Drums", when="1 feb - 4 feb", room="Room A")
    done = await record.producer.press(await record.producer.press(held, "Yes, 96 hours"), "Hold")
    assert "Held" in done.text and "is used" not in done.text
    first = await record.producer.slash("booking confirm", booking="Drums")
    assert "**80 % is used**: €2,600.00 of €3,250.00 spent or promised" in first.text and first.is_private
    preview = await record.singer.slash("booking new", what="Bass", when="10 feb 10:00-18:00", room="Room A")
    booked = await record.singer.press(preview, "Book")
    assert "Booked" in booked.text and "€" not in booked.text
