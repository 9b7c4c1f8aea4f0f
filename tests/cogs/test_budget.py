"""`/budget` as a band's people use it: planning, looking, spending and approving."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.ui.budget_options import NotAPastDay, read_past_day
from tests.support.band import Band, Person, Reply, Shown

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 30
MONEY_SIGNS = ("€", "£", "$")


@pytest.fixture
async def record(band: Band) -> Band:
    """A band with a project: 5 days of Room A at 650, 10 songs of mixing at 350."""
    await band.producer.slash("project create", name="Harbour Lights", kind="album")
    await band.producer.slash("budget plan", category="Studio", item="Room A", quantity="5", unit="day", rate="650")
    await band.producer.slash("budget plan", category="mix", quantity="10", rate="€350")
    return band


def shows_no_money(*shown: Shown | Reply) -> bool:
    return not any(sign in each.text for each in shown for sign in MONEY_SIGNS)


async def left(person: Person, **options: str) -> str:
    return (await person.slash("budget left", **options)).text.strip()


async def test_planning_a_line(band: Band) -> None:
    await band.producer.slash("project create", name="Harbour Lights")
    reply = await band.producer.slash(
        "budget plan", category="Studio", item="**Room** A", quantity="5", unit="day", rate="650"
    )
    assert reply.is_private
    assert "Planned" in reply.text and r"\*\*Room\*\* A · €3,250.00" in reply.text
    assert "5 days x €650.00" in reply.text
    changed = await band.producer.slash("budget plan", category="**Room** A", rate="€700")
    assert "Changed" in changed.text and "€3,500.00" in changed.text
    undone = await band.producer.press(changed, "Undo")
    assert "Undone" in undone.text
    assert "€3,250.00 left" in await left(band.producer)


async def test_a_category_of_ones_own(record: Band) -> None:
    reply = await record.producer.slash("budget plan", category="Merch", item="Shirts", quantity="100", rate="8.50")
    assert "in the new category **Merch**" in reply.text
    assert await left(record.producer, category="merch") == (
        "💶 **€850.00 left** of €850.00 for **Merch** · €0.00 committed · nothing at risk"
    )


async def test_what_is_left_is_one_line_with_its_rows_on_a_button(record: Band) -> None:
    await record.producer.slash("budget spend", amount="500", category="mixing")
    reply = await record.treasurer.slash("budget left", category="mix")
    assert reply.is_private
    assert reply.text.strip() == (
        "💶 **€3,000.00 left** of €3,500.00 for **Mixing** · €0.00 committed · nothing at risk"
    )
    rows = await record.treasurer.press(reply, "Show rows")
    assert rows.is_private and "Post · Harbour Lights" in rows.text
    assert "10 songs x €350.00" in rows.text
    assert "€6,250.00 left** of €6,750.00 for **Harbour Lights**" in await left(record.treasurer)


async def test_the_report_is_short_lines_and_leads_to_the_lines(record: Band) -> None:
    await record.producer.slash("budget plan", category="Contingency", rate="10%")
    await record.producer.slash("budget spend", amount="1000", category="Room A")
    report = await record.treasurer.slash("budget show")
    assert report.is_private
    assert "Planned €6,750.00 · actual €1,000.00 · committed €0.00" in report.text
    assert "To complete €5,750.00 · final cost €6,750.00 · variance €0.00" in report.text
    assert "Contingency €675.00 · headroom €675.00" in report.text
    assert "```" not in report.text and max(map(len, report.text.splitlines())) <= 80
    lines = await record.treasurer.press(report, "Lines")
    assert lines.is_private and "Set aside €675.00" in lines.text and "10 %" in lines.text
    one = await record.treasurer.slash("budget show", category="studio")
    assert "**Room A** · €2,250.00 left" in one.text and "Mixing" not in one.text


async def test_a_report_of_many_categories_has_pages(record: Band) -> None:
    for number in range(12):
        await record.producer.slash("budget plan", category=f"Extra {number:02}", item="E" * 100, rate="1000000000")
    report = await record.producer.slash("budget show")
    assert "Page 1 of 2" in report.text
    turned = await record.producer.press(report, "Next")
    assert "Page 2 of 2" in turned.text and "Extra 11" in turned.text


async def test_members_see_no_money(record: Band) -> None:
    await record.producer.slash("budget spend", amount="500", category="mixing")
    for command in ("budget left", "budget show"):
        refused = await record.singer.slash(command)
        assert "money role" in refused.text and shows_no_money(refused) and refused.is_private
    planned = await record.singer.slash("budget plan", category="Studio", rate="5")
    assert "Only producers" in planned.text
    assert "Only producers" in (await record.treasurer.slash("budget plan", category="Studio", rate="5")).text
    names = [name for name, _ in await record.singer.suggestions("budget spend", "category", "mix", amount="5")]
    assert names[0] == "Post / Mixing"


async def test_an_ambiguous_category_brings_a_menu_that_runs_the_command(record: Band) -> None:
    await record.producer.slash("budget plan", category="Engineers", item="Room A", rate="10")
    asked = await record.treasurer.slash("budget left", category="room a")
    assert "more than one" in asked.text
    answered = await record.treasurer.choose(asked, "Engineers / Room A")
    assert "€10.00 left" in answered.text


async def test_categories_are_suggested_before_it_is_clear_which_project_is_meant(record: Band) -> None:
    await record.producer.slash("project create", name="Second Record", kind="ep")
    names = [name for name, _ in await record.singer.suggestions("budget left", "category", "mix")]
    assert names[0] == "Post / Mixing"
    assert await record.singer.suggestions("budget left", "category", "mix", project="no such") == []


async def test_an_unknown_category_is_answered_with_suggestions(record: Band) -> None:
    asked = await record.singer.slash("budget spend", amount="5", category="submarine")
    assert "I know no budget category or line “submarine”" in asked.text and len(asked.shown.options) > 2
    answered = await record.singer.choose(asked, asked.shown.options[0]["value"])
    assert "Logged" in answered.text


async def test_a_member_logs_a_small_expense(record: Band) -> None:
    reply = await record.singer.slash(
        "budget spend", amount="80", category="travel", what="Taxi @everyone", payee="Cab & Co", date="yesterday",
        paid_by=record.singer.mention,
    )  # fmt: skip
    assert reply.is_private and len(reply.messages) == 1
    assert "€80.00" in reply.text and "Cab & Co" in reply.text and record.singer.mention in reply.text
    assert "31 Dec 2025" in reply.text and "Approved" in reply.text
    assert not reply.shown.pings and "Void" not in reply.buttons
    undone = await record.singer.press(reply, "Undo")
    assert "Undone" in undone.text
    assert "€6,750.00 left" in await left(record.producer)


async def test_a_large_expense_waits_and_the_producers_are_asked_once(record: Band) -> None:
    reply = await record.singer.slash("budget spend", amount="180.50", category="mix", what="Deposit")
    mine, question = reply.messages
    assert mine.is_private and "€180.50" in mine.text and "Pending" in mine.text
    assert not question.is_private and question.pings == {record.producers.id}
    assert shows_no_money(question) and "Deposit" in question.text
    assert "€180.50 waiting for approval" in await left(record.treasurer)
    refused = await record.drummer.press(question, "Approve")
    assert "Only producers" in refused.text and refused.is_private
    looked = await record.drummer.press(question, "Amount")
    assert "money role" in looked.text and shows_no_money(looked)
    assert "€180.50" in (await record.producer.press(question, "Amount")).text
    await record.restart()
    decided = await record.producer.press(question, "Approve")
    redrawn, receipt = decided.messages
    (told,) = record.told(record.singer)
    assert redrawn.id == question.id and "Approved by" in redrawn.text and shows_no_money(redrawn)
    assert "Your expense #1 **Deposit** was approved by" in told.text and shows_no_money(told)
    assert receipt.is_private and "€180.50" in receipt.text
    assert "€3,319.50 left" in await left(record.treasurer, category="mix")


async def test_of_two_producers_at_once_one_decides(record: Band) -> None:
    """The question still has its buttons for the second one, who is told what the first decided."""
    question = (await record.singer.slash("budget spend", amount="180", category="mix")).messages[1]
    record.env.inject_error("POST", "/interactions/*/*/callback", status=404, code=10062, message="Unknown", times=1)
    await record.producer.actor.click(question.message, custom_id=question.buttons["Reject"])
    late = await record.owner.press(question, "Approve")
    assert "Expense #1 is rejected already, so nothing was changed" in late.text and late.is_private
    assert "€3,500.00 left" in await left(record.treasurer, category="mix")


async def test_a_rejected_expense_does_not_count(record: Band) -> None:
    question = (await record.singer.slash("budget spend", amount="180", category="mix")).messages[1]
    await record.producer.press(question, "Reject")
    assert "rejected, so it does not count" in record.told(record.singer)[0].text
    assert "€3,500.00 left" in await left(record.treasurer, category="mix")


async def test_taking_a_decision_back_asks_again(record: Band) -> None:
    question = (await record.singer.slash("budget spend", amount="180", category="mix")).messages[1]
    decided = await record.producer.press(question, "Approve")
    await record.producer.press(decided, "Undo")
    await record.env.advance_time(5)
    again = Shown(record.env, question.message)
    assert {"Approve", "Reject"} <= set(again.buttons)
    assert "€180.00 waiting for approval" in await left(record.treasurer)


async def test_without_a_producer_role_nobody_is_pinged(empty_band: Band) -> None:
    await empty_band.owner.slash("setup start", currency="EUR")
    await empty_band.owner.slash("project create", name="Solo")
    reply = await empty_band.singer.slash("budget spend", amount="500", category="Studio")
    assert not reply.messages[1].pings
    assert "Approved" in (await empty_band.owner.press(reply.messages[1], "Approve")).text


async def test_a_producer_voids_with_a_reason(record: Band) -> None:
    reply = await record.producer.slash("budget spend", amount="500", category="mix")
    form = await record.producer.press(reply, "Void")
    voided = await record.producer.fill(form, reason="typed <@1> twice")
    assert "Void" in voided.text and "Reason: typed" in voided.text
    assert "€3,500.00 left" in await left(record.treasurer, category="mix")
    undone = await record.producer.press(voided, "Undo")
    assert "Undone" in undone.text
    assert "€3,000.00 left" in await left(record.treasurer, category="mix")


async def test_a_receipt_is_kept_and_shown_to_who_may_see_it(record: Band) -> None:
    reply = await record.singer.slash("budget spend", amount="20", category="mix", receipt=("bill.png", PNG))
    await record.restart()
    shown = await record.singer.press(reply, "Receipt")
    assert shown.is_private
    assert [file.filename for file in shown.shown.message.attachments] == ["receipt-1.png"]
    pdf = await record.producer.slash("budget spend", amount="20", category="mix", receipt=("x.png", b"%PDF-1.7"))
    opened = await record.producer.press(pdf, "Receipt")
    assert [file.filename for file in opened.shown.message.attachments] == ["receipt-2.pdf"]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (("photo.png", b"MZ\x90\0 a program"), "is no PDF, PNG, JPEG, WEBP or HEIC inside"),
        (("scan.pdf", b"%PDF-" + b"0" * 10 * 1024 * 1024), "at most 10"),
    ],
)
async def test_what_is_no_receipt_is_refused(record: Band, file: tuple[str, bytes], words: str) -> None:
    reply = await record.singer.slash("budget spend", amount="20", category="mix", receipt=file)
    assert words in reply.text and "Nothing was logged" in reply.text.replace("nothing", "Nothing")
    assert "€3,500.00 left" in await left(record.treasurer, category="mix")


async def test_another_currency_asks_for_its_rate(record: Band) -> None:
    asked = await record.producer.slash("budget spend", amount="£600", category="arranger", receipt=("b.png", PNG))
    assert "what 1 GBP costs in EUR" in asked.text
    form = await record.producer.press(asked, "Enter the rate")
    wrong = await record.producer.fill(form, rate="zero")
    assert "as a rate" in wrong.text
    form = await record.producer.press(asked, "Enter the rate")
    logged = await record.producer.fill(form, rate="1.2750")
    assert "€765.00" in logged.text and "£600.00 at a rate of 1.275" in logged.text and "Receipt" in logged.buttons


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"amount": "lots"}, "as an amount"),
        ({"amount": "-5"}, "amounts go from 0"),
        ({"amount": "NaN"}, "as an amount"),
        ({"amount": "5.125"}, "EUR has 2 decimals"),
        ({"amount": "\u0665\u0660"}, "as an amount"),
        ({"amount": "1.000.00,5"}, "as an amount"),
        ({"amount": "10000000000001"}, "amounts go from 0"),
        ({"amount": "80 XXQ"}, "I don't know the currency"),
        ({"amount": "0"}, "above 0"),
        ({"amount": "5", "rate": "1.2"}, "needs no `rate`"),
        ({"amount": "£5", "rate": "0"}, "as a rate"),
        ({"amount": "5", "date": "tomorrow"}, "as a day up to today"),
        ({"amount": "5", "date": "soonish"}, "as a day up to today"),
        ({"amount": "5", "paid_by": "@nobody"}, "is no member"),
        ({"amount": "5", "what": "x" * 5000}, "at most 200"),
        ({"amount": "5", "what": "\u200b"}, "at least one visible"),
        ({"amount": "5", "project": "Unheard of"}, "I can't find project"),
    ],
)
async def test_bad_input_gets_a_sentence_and_changes_nothing(record: Band, options: dict[str, str], words: str) -> None:
    reply = await record.producer.slash("budget spend", category="mix", **options)
    assert words in reply.text and reply.is_private
    assert "€3,500.00 left" in await left(record.treasurer, category="mix")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"category": "x" * 5000, "rate": "5"}, "at most 60"),
        ({"category": "🎸" * 61, "rate": "5"}, "at most 60"),
        ({"category": "\u3164", "rate": "5"}, "at least one visible"),
        ({"category": "Studio", "item": "i" * 101}, "at most 100"),
        ({"category": "Studio", "quantity": "many"}, "as a quantity"),
        ({"category": "Studio", "quantity": "5", "unit": "percent", "rate": "5"}, "A percentage is one number"),
        ({"category": "Studio", "unit": "hour", "rate": "10%"}, "A percentage is one number"),
        ({"category": "Studio", "quantity": "5", "rate": "10%"}, "A percentage is one number"),
        ({"category": "Studio", "rate": "ten%"}, "as a quantity"),
        ({"category": "mix", "rate": "$5"}, "counted in EUR"),
        ({"category": "mix"}, "nothing to change"),
    ],
)
async def test_bad_plans_get_a_sentence_and_change_nothing(record: Band, options: dict[str, str], words: str) -> None:
    reply = await record.producer.slash("budget plan", **options)
    assert words in reply.text and reply.is_private
    assert "€6,750.00 left** of €6,750.00" in await left(record.treasurer)


async def test_an_archived_project_takes_no_money_but_can_be_read(record: Band) -> None:
    await record.producer.slash("project archive", project="Harbour Lights")
    refused = await record.producer.slash("budget spend", amount="5", category="mix", project="Harbour Lights")
    assert "is archived" in refused.text
    assert "There is no project" in (await record.producer.slash("budget spend", amount="5", category="mix")).text
    assert "€6,750.00 left" in await left(record.treasurer, project="Harbour Lights")


async def test_another_server_has_its_own_money(record: Band) -> None:
    other = await Band(record.env, "Day Train").set_up()
    assert "There is no project" in (await other.producer.slash("budget left")).text
    asked = await other.producer.slash("budget left", project="Harbour Lights")
    assert "I can't find project" in asked.text
    assert await other.producer.suggestions("budget left", "category", "mix") == []


async def test_two_projects_bring_a_menu(record: Band) -> None:
    await record.producer.slash("project create", name="Winter Single", budget="900")
    asked = await record.treasurer.slash("budget left")
    answered = await record.treasurer.choose(asked, "Winter Single")
    assert "€900.00 left** of €900.00 for **Winter Single**" in answered.text


async def test_yen_and_dinars(band: Band) -> None:
    for currency, amount, shown in (("JPY", "12000", "¥12,000 left"), ("KWD", "1.250", "KWD 1.250 left")):
        await band.producer.slash("project create", name=currency, currency=currency)
        await band.producer.slash("budget plan", category="Studio", rate=amount, project=currency)
        assert shown in (await left(band.producer, project=currency)).replace("\xa0", " ")
    refused = await band.producer.slash("budget plan", category="Studio", rate="10.5", project="JPY")
    assert "JPY has no decimals" in refused.text


@pytest.mark.parametrize(
    ("text", "day"),
    [("today", "2027-03-01"), ("yesterday", "2027-02-28"), ("3 days ago", "2027-02-26"), ("friday", "2027-02-26"),
     ("last monday", "2027-02-22"), ("14 nov", "2026-11-14"), ("2020-02-29", "2020-02-29"), ("28 feb", "2027-02-28"),
     ("14 Nov 2026", "2026-11-14"), ("1 march", "2027-03-01")],
)  # fmt: skip
def test_days_that_have_been(text: str, day: str) -> None:
    now = datetime(2027, 3, 1, 9, tzinfo=UTC)
    assert read_past_day(text, now=now, zone=ZoneInfo("Europe/Berlin")) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "2 march", "2027-03-02", "in 3 days", "next friday", "soon", "x" * 300]
)
def test_days_that_have_not_been(text: str) -> None:
    with pytest.raises(NotAPastDay):
        read_past_day(text, now=datetime(2027, 3, 1, 9, tzinfo=UTC), zone=ZoneInfo("Europe/Berlin"))


async def test_days_are_echoed_while_typing(record: Band) -> None:
    typed = {"amount": "5", "category": "mix"}
    assert await record.singer.suggestions("budget spend", "date", "yesterday", **typed) == [
        ("Wed 31 Dec 2025", "2025-12-31")
    ]
    (unread,) = await record.singer.suggestions("budget spend", "date", "soonish", **typed)
    assert unread[0].startswith("⚠ I can't read")
    assert await record.singer.suggestions("budget spend", "date", "", **typed) == []
