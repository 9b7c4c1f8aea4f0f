"""Money is seen by the money roles only: every budget command, button, suggestion and message, as a member (R35)."""

import re

import pytest

from bot.ui.components import button, buttons, card
from tests.support.band import Band, Reply, Shown

# What stands in the books below, in any way of writing it; none of these is what the member typed.
SECRETS = re.compile(r"[€£$]|3[.,]?250|650|3[.,]?500|350|777|432|85 %")


@pytest.fixture
async def record(band: Band) -> Band:
    """Books with all there is: a plan, an expense, a promise, a fronted bill and a lock."""
    await band.producer.slash("project create", name="Harbour Lights", kind="other")
    await band.producer.slash("budget plan", category="Studio", item="Room A", quantity="5", unit="day", rate="650")
    await band.producer.slash("budget plan", category="mix", quantity="10", rate="€350")
    await band.producer.slash("budget spend", amount="777", category="mix", what="Deposit")
    await band.producer.slash("budget spend", amount="432", category="food", paid_by=band.producer.mention)
    await band.producer.slash("budget commit", amount="777", category="Room A", what="Second half")
    await band.producer.slash("budget lock")
    return band


def says_no_sum(reply: Reply | Shown) -> bool:
    shown = reply.messages if isinstance(reply, Reply) else [reply]
    words = [each.text for each in shown]
    words += [str(part.get("label", "")) for each in shown for part in (*each.components, *each.options)]
    files = [file for each in shown for file in each.message.attachments]
    return not files and not any(SECRETS.search(re.sub(r"<[@#t][^>]*>", "", text)) for text in words)


COMMANDS: list[tuple[str, dict[str, str]]] = [
    ("left", {}),
    ("left", {"category": "mix"}),
    ("left", {"category": "submarine"}),
    ("show", {}),
    ("show", {"category": "studio"}),
    ("plan", {"category": "mix", "rate": "1"}),
    ("expenses", {}),
    ("expenses", {"category": "mix", "status": "approved"}),
    ("commit", {"amount": "1", "category": "mix"}),
    ("transfer", {"amount": "9999", "source": "Room A", "target": "mix"}),
    ("lock", {}),
    ("what-if", {"change": "1 mix"}),
    ("settle", {}),
    ("export", {}),
]


async def test_no_command_shows_a_member_money(record: Band) -> None:
    for command, options in COMMANDS:
        reply = await record.singer.slash(f"budget {command}", **options)
        assert reply.is_private, command
        assert says_no_sum(reply), (command, reply.text)


async def test_no_button_of_a_card_shows_a_member_money(record: Band) -> None:
    """Every button that a money role's own cards carry, pressed by somebody without the role."""
    cards = [
        await record.treasurer.slash("budget left", category="mix"),
        await record.treasurer.slash("budget show"),
        await record.treasurer.slash("budget expenses"),
        await record.treasurer.slash("budget settle"),
        await record.producer.slash("budget commit", amount="1", category="mix"),
        await record.producer.slash("budget spend", amount="1", category="mix", receipt=("a.pdf", b"%PDF-1")),
    ]
    lines = await record.treasurer.press(cards[1], "Lines")
    cards += [lines, await record.treasurer.press(lines, "Line"), await record.treasurer.press(cards[2], "Show")]
    pressed = {}
    for each in cards:
        pressed.update({to: label for message in each.messages for label, to in message.buttons.items()})
    channel = record.bot.get_partial_messageable(record.studio.id)
    for to, label in pressed.items():
        if to.startswith("undo:"):
            continue
        public = await channel.send(view=card("Buttons", buttons(button(label, to))))
        result = await record.singer.actor.click(public, custom_id=to)
        if result.modal is None:
            assert says_no_sum(Reply(record.env, result, None if result.response else public)), (label, to)
        else:
            assert not SECRETS.search(str(result.modal)), (label, to)


async def test_no_suggestion_shows_a_member_money(record: Band) -> None:
    for command, option in (("left", "category"), ("spend", "category"), ("transfer", "source"), ("show", "project")):
        more = {"spend": {"amount": "5"}, "transfer": {"amount": "5", "target": "mix"}}.get(command, {})
        found = await record.singer.suggestions(f"budget {command}", option, "", **more)
        assert found and not any(SECRETS.search(name) for name, _ in found), command


async def test_what_a_member_logs_is_all_they_see(record: Band) -> None:
    small = await record.singer.slash("budget spend", amount="12.34", category="mix", what="Strings")
    assert "€12.34" in small.text
    assert says_no_sum(await record.drummer.slash("budget expenses"))
    large = await record.singer.slash("budget spend", amount="2000", category="mix", what="Desk")
    mine, question = large.messages
    assert "€2,000.00" in mine.text and says_no_sum(question)
    await record.producer.press(question, "Approve")
    assert all(says_no_sum(told) for told in record.told(record.singer))
    for channel in (record.general, record.studio):
        assert all(says_no_sum(shown) for shown in record.said_in(channel) if not shown.is_private)
