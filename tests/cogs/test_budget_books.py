"""Mending, moving, promising, locking, imagining and settling a budget, as a band's people do."""

import pytest

from tests.support.band import Band, Person, Reply

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 30


@pytest.fixture
async def record(band: Band) -> Band:
    """A band with a project: 5 days of Room A at 650, 10 songs of mixing at 350."""
    await band.producer.slash("project create", name="Harbour Lights", kind="album")
    await band.producer.slash("budget plan", category="Studio", item="Room A", quantity="5", unit="day", rate="650")
    await band.producer.slash("budget plan", category="mix", quantity="10", rate="€350")
    return band


async def left(person: Person, **options: str) -> str:
    return (await person.slash("budget left", **options)).text.strip()


async def filled(person: Person, on: Reply, label: str, **values: str) -> Reply:
    """Press a button that opens a form, and send it."""
    return await person.fill(await person.press(on, label), **values)


async def test_expenses_are_listed_and_mended(record: Band) -> None:
    await record.singer.slash("budget spend", amount="80", category="mix", what="**Tape** @everyone")
    listed = await record.producer.slash("budget expenses", category="mix", status="approved")
    assert listed.is_private and r"\*\*Tape\*\*" in listed.text and "€80.00 approved" in listed.text
    shown = await record.producer.press(listed, "Show")
    edited = await filled(
        record.producer, shown, "Edit", amount="90", what="Tape", payee="Shop", date="yesterday", category="Room A"
    )
    assert "€90.00" in edited.text and "Studio / Room A" in edited.text and "31 Dec 2025" in edited.text
    refused = await filled(
        record.producer, shown, "Edit", amount="lots", what="Tape", payee="", date="today", category="Room A"
    )
    assert "as an amount" in refused.text
    await record.producer.press(edited, "Undo")
    assert "€3,420.00 left" in await left(record.producer, category="mix")
    back = await filled(record.producer, shown, "Refund", amount="30")
    assert "-€30.00" in back.text and "refund" in back.text
    assert "€3,450.00 left" in await left(record.producer, category="mix")
    refused = await filled(record.producer, shown, "Void", reason="no")
    assert "Void that refund first" in refused.text


async def test_members_list_their_own_expenses_and_edit_what_waits(record: Band) -> None:
    await record.producer.slash("budget spend", amount="500", category="mix", what="Secret fee")
    await record.singer.slash("budget spend", amount="180", category="mix", what="Strings")
    listed = await record.singer.slash("budget expenses")
    assert "Your expenses" in listed.text and "Strings" in listed.text and "Secret" not in listed.text
    shown = await record.singer.press(listed, "Show")
    edited = await filled(
        record.singer, shown, "Edit", amount="170", what="Strings", payee="", date="today", category="Post / Mixing"
    )
    assert "€170.00" in edited.text and "Pending" in edited.text
    assert "Nothing was logged yet" in (await record.drummer.slash("budget expenses")).text


async def test_a_producer_approves_from_the_list_and_the_question_shows_it(record: Band) -> None:
    question = (await record.singer.slash("budget spend", amount="180", category="mix")).messages[1]
    listed = await record.producer.slash("budget expenses", status="pending")
    decided = await record.producer.press(await record.producer.press(listed, "Show"), "Approve")
    assert "Approved" in decided.messages[0].text and decided.messages[0].is_private
    assert "was approved" in record.told(record.singer)[0].text
    await record.env.advance_time(5)
    assert not type(question)(record.env, question.message).buttons


async def test_money_is_moved(record: Band) -> None:
    moved = await record.producer.slash("budget transfer", amount="500", source="Room A", target="mix", reason="songs")
    assert "Moved €500.00 from Room A to Mixing" in moved.text and moved.is_private
    assert "€4,000.00 left" in await left(record.treasurer, category="mix")
    assert "€6,750.00 left** of €6,750.00" in await left(record.treasurer)
    await record.producer.press(moved, "Undo")
    assert "€3,500.00 left" in await left(record.treasurer, category="mix")
    too_much = await record.producer.slash("budget transfer", amount="9000", source="Room A", target="mix")
    assert "has €3,250.00 left" in too_much.text
    refused = await record.treasurer.slash("budget transfer", amount="5", source="Room A", target="mix")
    assert "Only producers" in refused.text and "€" not in refused.text


async def test_an_unknown_end_of_a_transfer_brings_a_menu(record: Band) -> None:
    asked = await record.producer.slash("budget transfer", amount="500", source="Room A", target="submarine")
    values = {option["value"] for option in asked.shown.options}
    assert "Post / Mixing" in values or len(values) == 10
    answered = await record.producer.choose(asked, sorted(values)[0])
    assert "Moved €500.00 from Room A" in answered.text


async def test_a_promise_is_invoiced_and_taken_back(record: Band) -> None:
    made = await record.producer.slash("budget commit", amount="400", category="mix", what="Deposit", due="14 Dec")
    assert made.is_private and "due 14 Dec 2026" in made.text
    invoice = await filled(record.producer, made, "Invoice", amount="150")
    assert "€150.00" in invoice.text
    assert "€3,100.00 left** of €3,500.00 for **Mixing** · €250.00 committed" in await left(
        record.treasurer, category="mix"
    )
    await record.restart()
    report = await record.treasurer.slash("budget show")
    promises = await record.treasurer.press(report, "Promises")
    assert "€400.00, €150.00 invoiced" in promises.text
    seen = await record.treasurer.press(promises, "Show")
    assert "Cancel it" not in seen.buttons
    gone = await record.producer.press(made, "Cancel it")
    assert "Cancelled" in gone.text and "Invoice" not in gone.buttons
    assert "€0.00 committed" in await left(record.treasurer, category="mix")
    await record.producer.press(gone, "Undo")
    assert "€250.00 committed" in await left(record.treasurer, category="mix")
    assert "Only producers" in (await record.singer.slash("budget commit", amount="4", category="mix")).text


async def test_the_gear_on_a_line(record: Band) -> None:
    lines = await record.producer.slash("budget show", category="studio")
    line = await record.producer.press(lines, "Line")
    estimated = await filled(record.producer, line, "Estimate", amount="4000", reason="more takes")
    assert "final cost €4,000.00 · variance €750.00 over" in estimated.text and "more takes" in estimated.text
    unreasoned = await filled(record.producer, line, "Estimate", amount="4000", reason="")
    assert "needs a reason" in unreasoned.text
    closed = await record.producer.press(line, "Close")
    assert "closed" in closed.text and "To complete €0.00" in closed.text
    assert "is closed" in (await record.producer.slash("budget spend", amount="5", category="Room A")).text
    opened = await record.producer.press(closed, "Open again")
    assert "closed" not in opened.text
    seen = await record.treasurer.press(await record.treasurer.slash("budget show", category="studio"), "Line")
    assert "Close" not in seen.buttons


async def test_a_category_is_left_out_of_the_contingency(record: Band) -> None:
    await record.producer.slash("budget plan", category="Contingency", quantity="10")
    lines = await record.producer.slash("budget show", category="post")
    changed = await record.producer.press(lines, "Leave out of contingency")
    assert "is left out of the contingency" in changed.text
    assert "€7,075.00 left" in await left(record.producer)
    await record.producer.press(changed, "Undo")
    assert "€7,425.00 left" in await left(record.producer)
    theirs = await record.treasurer.slash("budget show", category="post")
    assert "Leave out of contingency" not in theirs.buttons


async def test_a_locked_plan_shows_its_revisions(record: Band) -> None:
    locked = await record.producer.slash("budget lock")
    assert "is locked at €6,750.00" in locked.text and locked.is_private
    changed = await record.producer.slash("budget plan", category="Room A", quantity="6")
    assert "Revision 1 of the approved plan: +€650.00" in changed.text
    again = await record.producer.slash("budget lock")
    assert "locked already" in again.text
    revisions = await record.producer.press(locked, "Revisions")
    assert "Approved plan" in revisions.text and "Revision 1" in revisions.text and "€7,400.00" in revisions.text
    assert "Only producers" in (await record.treasurer.slash("budget lock")).text


async def test_what_would_be_writes_nothing(record: Band) -> None:
    imagined = await record.treasurer.slash("budget what-if", change="4d Room A")
    assert imagined.is_private and "Left €3,250.00 → **€650.00**" in imagined.text
    assert "Nothing was saved" in imagined.text
    assert "€6,750.00 left** of €6,750.00" in await left(record.treasurer)
    for change, words in (("lots", "as a change"), ("4h mix", "no rate per hour"), ("5 submarine", "I know no budget")):
        assert words in (await record.treasurer.slash("budget what-if", change=change)).text
    refused = await record.singer.slash("budget what-if", change="4d Room A")
    assert "money role" in refused.text and "€" not in refused.text


async def test_settling_among_those_who_share(record: Band) -> None:
    empty = await record.treasurer.slash("budget settle")
    assert "Nobody has paid anything" in empty.text
    for person, amount in ((record.singer, "189.99"), (record.drummer, "64.51")):
        await record.producer.slash("budget spend", amount=amount, category="food", paid_by=person.mention)
    settled = await record.treasurer.slash("budget settle")
    assert settled.is_private
    assert f"{record.drummer.mention} → {record.singer.mention} **€62.73**" in settled.text
    people = [record.singer.actor, record.drummer.actor, record.producer.actor]
    shared = await record.treasurer.choose(settled, *people, menu="budget:sharers:1")
    assert f"{record.singer.mention} paid €189.99, gets €105.15" in shared.text
    assert f"{record.producer.mention} → {record.singer.mention} **€84.83**" in shared.text
    assert f"{record.drummer.mention} → {record.singer.mention} **€20.32**" in shared.text
    assert "money role" in (await record.singer.slash("budget settle")).text


async def test_two_projects_bring_a_menu_for_every_command(record: Band) -> None:
    await record.producer.slash("project create", name="Winter Single")
    for command, options in (
        ("budget commit", {"amount": "5", "category": "studio"}),
        ("budget what-if", {"change": "5 studio"}),
        ("budget settle", {}),
        ("budget lock", {}),
        ("budget expenses", {}),
        ("budget show", {}),
    ):
        asked = await record.producer.slash(command, **options)
        assert "more than one project" in asked.text, command
        answered = await record.producer.choose(asked, "Harbour Lights")
        assert "more than one" not in answered.text, command


async def test_the_budget_as_files(record: Band) -> None:
    await record.producer.slash("budget spend", amount="80", category="mix", what="Tape")
    sent = await record.treasurer.slash("budget export", format="csv")
    assert sent.is_private
    files = sent.shown.message.attachments
    names = [file.filename for file in files]
    assert names == [f"harbour-lights-{each}.csv" for each in ("budget", "expenses", "commitments")]
    assert b"Tape" in await files[1].read() and b"pia" in await files[1].read()
    refused = await record.singer.slash("budget export")
    assert "money role" in refused.text and refused.is_private
