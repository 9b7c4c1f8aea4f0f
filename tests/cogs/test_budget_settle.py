"""Settling up as the members do it: sharing, Paid and Received, asking, taking back, and who reads what."""

import pytest

from bot.ui.components import buttons, card, good
from tests.support.band import Band, Person, Reply, Shown
from tests.support.simtime import at_once, closed_dms


@pytest.fixture
async def fronted(band: Band) -> Band:
    """Sam paid 189.99 and Dee 64.51 for all; Pia shares: the worked case's Ana, Ben and Cy."""
    await band.producer.slash("project create", name="Harbour Lights", kind="other")
    for person, amount in ((band.singer, "189.99"), (band.drummer, "64.51")):
        await band.producer.slash("budget spend", amount=amount, category="food", paid_by=person.mention)
    people = [band.singer.actor, band.drummer.actor, band.producer.actor]
    shown = await band.treasurer.slash("budget settle")
    await band.treasurer.choose(shown, *people, menu="budget:sharers:1")
    return band


async def settled(person: Person) -> Reply:
    return await person.slash("budget settle", project="Harbour Lights")


def alone(person: Person) -> Person:
    """Return the person in their direct messages with the bot."""
    return Person(person.env, person.actor.user, person.actor.user.dm_channel)


def buttons_for(shown: Shown, label: str) -> list[str]:
    return [part["custom_id"] for part in shown.components if part.get("label") == label]


async def press(person: Person, on: Reply, label: str, debtor: Person) -> Reply:
    """Press the button of the transfer that a debtor owes."""
    (to,) = [each for each in buttons_for(on.shown, label) if f":{debtor.id}:" in each]
    return Reply(person.env, await person.actor.click(on.shown.message, custom_id=to), on.shown.message)


async def test_who_shares_is_kept(fronted: Band) -> None:
    await fronted.restart()
    again = await settled(fronted.treasurer)
    assert again.is_private
    assert f"{fronted.singer.mention} paid €189.99, gets €105.15" in again.text
    assert f"{fronted.producer.mention} → {fronted.singer.mention} **€84.83**" in again.text
    assert f"{fronted.drummer.mention} → {fronted.singer.mention} **€20.32**" in again.text
    assert "Paid" not in again.buttons and "Ask them to pay" in again.buttons


async def test_both_sides_say_so_and_the_balances_follow(fronted: Band) -> None:
    shown = await settled(fronted.producer)
    paid = await press(fronted.producer, shown, "Paid", fronted.producer)
    assert f"**€84.83** · marked as paid, waits for {fronted.singer.mention}" in paid.text
    assert f"{fronted.producer.mention} paid €0.00, owes €84.83" in paid.text
    (told,) = fronted.told(fronted.singer)
    assert f"{fronted.producer.mention} has paid you **€84.83**. Press **Received**" in told.text
    await fronted.restart()
    confirmed = await alone(fronted.singer).press(told, "Received")
    assert "✅ Settled" in confirmed.text and "€84.83" in confirmed.text
    assert "✅ Settled" in fronted.told(fronted.producer)[0].text
    after = await settled(fronted.treasurer)
    assert f"{fronted.producer.mention} paid €0.00, is even" in after.text
    assert f"{fronted.singer.mention} paid €189.99, gets €20.32" in after.text
    assert f"✅ {fronted.producer.mention} paid {fronted.singer.mention} €84.83" in after.text
    await fronted.producer.slash("budget spend", amount="30", category="food", paid_by=fronted.drummer.mention)
    later = await settled(fronted.treasurer)
    assert f"{fronted.producer.mention} → {fronted.singer.mention} **€10.00**" in later.text
    assert f"{fronted.drummer.mention} → {fronted.singer.mention} **€0.32**" in later.text


async def test_what_was_said_can_be_undone_and_taken_back(fronted: Band) -> None:
    shown = await settled(fronted.producer)
    paid = await press(fronted.producer, shown, "Paid", fronted.producer)
    undone = await fronted.producer.press(paid, "Undo")
    assert "Undone" in undone.text
    assert "was taken back" in fronted.told(fronted.singer)[1].text
    assert "marked as paid" not in (await settled(fronted.treasurer)).text
    again = await press(fronted.producer, await settled(fronted.producer), "Paid", fronted.producer)
    done = await press(fronted.owner, await settled(fronted.owner), "Received", fronted.producer)
    assert "**Done**" in done.text and again.text
    back = await fronted.owner.press(done, "Take back")
    assert "**Done**" not in back.text and f"{fronted.producer.mention} → " in back.text
    assert "was taken back" in fronted.told(fronted.producer)[-1].text


async def test_only_the_two_and_producers_may_say_so(fronted: Band) -> None:
    shown = await settled(fronted.producer)
    (to,) = [each for each in buttons_for(shown.shown, "Paid") if f":{fronted.drummer.id}:" in each]
    channel = fronted.bot.get_partial_messageable(fronted.studio.id)
    public = await channel.send(view=card("A transfer", buttons(good("Paid", to))))
    stranger = Reply(fronted.env, await fronted.treasurer.actor.click(public, custom_id=to), public)
    assert f"Only {fronted.drummer.mention} can say that" in stranger.text and "€" not in stranger.text
    said = Reply(fronted.env, await fronted.drummer.actor.click(public, custom_id=to), public)
    assert "Noted" in said.text and said.is_private and "€" not in said.text
    twice = Reply(fronted.env, await fronted.drummer.actor.click(public, custom_id=to), public)
    assert "marked as paid already" in twice.text


async def test_a_transfer_that_has_changed_is_not_noted(fronted: Band) -> None:
    shown = await settled(fronted.producer)
    await fronted.producer.slash("budget spend", amount="30", category="food", paid_by=fronted.drummer.mention)
    late = await press(fronted.producer, shown, "Paid", fronted.producer)
    assert "What is owed has changed" in late.text
    assert fronted.told(fronted.singer) == []


async def test_two_who_press_at_once_settle_one_transfer(fronted: Band) -> None:
    shown = await settled(fronted.producer)
    other = await settled(fronted.owner)
    (pay,) = [each for each in buttons_for(shown.shown, "Paid") if f":{fronted.producer.id}:" in each]
    (got,) = [each for each in buttons_for(other.shown, "Received") if f":{fronted.producer.id}:" in each]
    await at_once(
        fronted.env,
        lambda: fronted.producer.actor.click(shown.shown.message, custom_id=pay),
        lambda: fronted.owner.actor.click(other.shown.message, custom_id=got),
    )
    after = await settled(fronted.treasurer)
    assert after.text.count("€84.83") == 1 and "**Done**" in after.text


async def test_asking_sends_each_debtor_their_own_transfer(fronted: Band) -> None:
    asked = await fronted.treasurer.press(await settled(fronted.treasurer), "Ask them to pay")
    assert asked.text.count("asked for, waits for") == 2 and "Ask them to pay" not in asked.buttons
    (mine,) = fronted.told(fronted.drummer)
    assert f"You owe {fronted.singer.mention} **€20.32**" in mine.text and "84.83" not in mine.text
    said = await alone(fronted.drummer).press(mine, "Paid")
    assert "Noted: you paid" in said.text
    undone = await alone(fronted.drummer).press(said, "Undo")
    assert "Undone" in undone.text
    assert "asked for" in (await settled(fronted.treasurer)).text
    gone = await fronted.treasurer.press(asked, "Undo")
    assert "Undone" in gone.text


async def test_who_takes_no_messages_reads_no_sum_in_the_channel(fronted: Band) -> None:
    with closed_dms(fronted.drummer.actor.user):
        await fronted.treasurer.press(await settled(fronted.treasurer), "Ask them to pay")
    told = next(shown for shown in fronted.said_in(fronted.general) if fronted.drummer.id in shown.pings)
    assert "You owe" in told.text and "20.32" not in told.text and "€" not in told.text
    said = await fronted.drummer.press(told, "Paid")
    assert "€" not in said.text and "Noted" in said.text


async def test_there_is_nobody_to_ask_twice_and_nothing_to_settle(fronted: Band) -> None:
    first, second = await settled(fronted.treasurer), await settled(fronted.treasurer)
    await fronted.treasurer.press(first, "Ask them to pay")
    assert "nobody was asked" in (await fronted.treasurer.press(second, "Ask them to pay")).text
    await fronted.producer.slash("project create", name="Empty", kind="other")
    empty = await fronted.treasurer.slash("budget settle", project="Empty")
    assert "Nobody has paid anything" in empty.text and "Ask them to pay" not in empty.buttons


async def test_many_transfers_have_pages(fronted: Band) -> None:
    for number in range(9):
        person = fronted._join(f"guest{number}", fronted.band)
        await fronted.producer.slash("budget spend", amount="0.01", category="food", paid_by=person.mention)
    shown = await settled(fronted.producer)
    assert shown.text.count("→") == 6 and "Next" in shown.buttons
    turned = await fronted.producer.press(shown, "Next")
    assert 0 < turned.text.count("→") <= 6
