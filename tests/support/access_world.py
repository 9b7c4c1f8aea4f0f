"""The two servers of the access tests, filled through the commands that people would use."""

import re
from pathlib import Path

from tests.support.access import CONTACT, NAME, Doors
from tests.support.band import Band, Person, Reply

HOUR = 3600
# Seconds that one act may take before simcord gives up: only so that a busy machine fails nothing.
PATIENCE = 60
RECEIPT = ("bill.pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF")
MONEY_NOTE = "Mind the bill of 7,777.77"


async def two_servers(band: Band, path: Path) -> Doors:
    """Fill a band's server with one of everything, and set up another one with nothing in it."""
    far = await Band(band.env, "Far Shore").set_up()
    doors = Doors(band, far, path)
    sam, dee, pia = band.singer, band.drummer, band.producer
    doors.names = {
        "sam": sam.mention, "sam_id": sam.id, "dee_id": dee.id, "pia_id": pia.id, "guild": band.guild.id,
        "theo_id": band.treasurer.id, "role_id": band.band.id, "money_id": band.money.id,
    }  # fmt: skip
    band.env.settle_timeout = PATIENCE
    band.bot.calendar_base = "https://desk.example/backline"
    await _rooms_and_sessions(doors)
    await _books(doors)
    await _plans(doors)
    for _ in range(5):
        await band.env.advance_time(HOUR)
    await _begun(doors)
    doors.keep()
    return doors


async def _done(reply: Reply) -> Reply:
    assert not reply.text.lstrip("# ").startswith("⚠"), reply.text
    return reply


async def _slash(who: Person, command: str, /, **options: object) -> Reply:
    return await _done(await who.slash(command, **options))


async def _rooms_and_sessions(doors: Doors) -> None:
    band, names = doors.band, doors.names
    pia, sam = band.producer, band.singer
    await _slash(pia, "room add", name=f"Room {NAME}", rate="777.77", cancellation="720h 50%, 24h 100%")
    await _slash(pia, "project create", name=f"Harbour {NAME}", kind="other", budget="77777.77")
    await _book(pia, f"Vocals {NAME}", "1 jan 2026 03:00-05:00", people=sam.mention, project="#1")
    await _book(pia, f"Drums {NAME}", "20 jan 2026 14:00-18:00", people=sam.mention, project="#1", needs="drums")
    await _done((await doors.press("P", "booking:coming:2", reset=False)).reply)
    await _book(pia, f"Bass {NAME}", "25 jan 2026 14:00-18:00", "Hold")
    await _book(sam, f"Keys {NAME}", "25 jan 2026 15:00-19:00", "Hold")
    sheet = {"contacts": f"Engineer Zoe +49 {CONTACT}"}
    await _done((await doors.press("P", "callsheet:save:2:contacts", fields=sheet, reset=False)).reply)
    await _done((await doors.press("P", "callsheet:person:2:0:0", fields={"name": f"Joe {NAME}"}, reset=False)).reply)
    typed = {"call": "99:99", "downbeat": "", "wrap": "", "schedule": ""}
    refused = (await doors.press("P", "callsheet:save:2:times", fields=typed, reset=False)).reply
    names["typed"] = _memo(refused, "callsheet:again")
    draft = await _slash(pia, "booking new", what=f"Draft {NAME}", when="5 jan 2026 14:00-18:00", project="#1")
    names["draft"] = _memo(draft, "booking:book")
    found = await _slash(pia, "booking find", length="2h", within="6 jan 2026")
    names["found"] = next(to for to in found.buttons.values() if to.startswith("booking:pick")).partition(":pick:")[2]
    await _slash(sam, "availability away", when="9 jan 2026", note=f"Dentist {NAME}")
    await _slash(sam, "calendar link")
    await _slash(sam, "me reminders", quiet_hours="22-8")


async def _book(who: Person, what: str, when: str, label: str = "Book", **more: str) -> None:
    preview = await _slash(who, "booking new", what=what, when=when, room="#1", **more)
    await _done(await who.press(preview, label))


def _memo(reply: Reply, verb: str) -> str:
    """Return the number of what a button remembers."""
    to = next(to for to in reply.buttons.values() if to.startswith(verb))
    return to.split(":")[-1]


async def _books(doors: Doors) -> None:
    band, names = doors.band, doors.names
    pia, sam, dee = band.producer, band.singer, band.drummer
    await _slash(pia, "budget plan", category="Studio", item=f"Live {NAME}", quantity="5", unit="day", rate="777.77")
    await _slash(pia, "budget plan", category="mix", quantity="10", rate="377.77")
    await _slash(pia, "budget plan", category="food", item=f"Catering {NAME}", quantity="1")
    await _slash(
        pia, "budget spend", amount="1777.77", category="mix", what=f"Desk {NAME}", paid_by=sam.mention, receipt=RECEIPT
    )
    await _slash(sam, "budget spend", amount="55.55", category="mix", what=f"Strings {NAME}", receipt=RECEIPT)
    await _slash(dee, "budget spend", amount="555.55", category="mix", what=f"Amp {NAME}", receipt=RECEIPT)
    await _slash(pia, "budget commit", amount="777.77", category="mix", what=f"Second half {NAME}", due="1 mar 2026")
    abroad = await _slash(pia, "budget spend", amount="77.77 USD", category="mix")
    names["rerun"] = _memo(abroad, "budget:rate")
    people = [str(each.id) for each in (sam, dee, pia, band.treasurer)]
    await _done((await doors.press("P", "budget:sharers:1", people, reset=False)).reply)
    settled = await _slash(pia, "budget settle")
    owed = re.findall(r"budget:got:[0-9:]+|budget:pay:[0-9:]+", str(settled.shown.components))
    names["debt"] = next(to for to in owed if f":{dee.id}:" in to).split(":", 2)[2]
    mine, theirs = (next(to for to in owed if f":{who.id}:" in to).split(":", 2)[2] for who in (pia, band.treasurer))
    await _done((await doors.press("P", f"budget:pay:{mine}", reset=False)).reply)
    await _done((await doors.press("m", f"budget:got:{theirs}", reset=False)).reply)
    await _done((await doors.press("P", "budget:kept:1", fields={"name": f"Plan {NAME}"}, reset=False)).reply)


async def _plans(doors: Doors) -> None:
    band = doors.band
    pia, sam = band.producer, band.singer
    await _slash(pia, "deadline add", what=f"Lyrics {NAME}", due="18 jan 2026", who=sam.mention)
    await _slash(pia, "deadline add", what=f"Master {NAME}", due="19 jan 2026", after="#1")
    await _slash(pia, "deadline add", what=f"Sleeve {NAME}", due="19 jan 2026")
    await _slash(pia, "deadline done", deadline="#3")
    moved = await _slash(pia, "deadline move", deadline="#1", due="22 jan 2026")
    doors.names["shift"] = next(to for to in moved.buttons.values() if to.startswith("deadline:shift")).split(":")[2]
    await _slash(pia, "remind me", what=MONEY_NOTE, when="1 jan 2026 05:30")
    await _slash(pia, "remind channel", what=f"Rent {NAME}", when="1 jan 2026 05:40", repeat="every day", mention="me")
    await _slash(sam, "remind me", what=f"Capo {NAME}", when="1 jan 2026 05:50", repeat="every day")
    await _slash(pia, "remind channel", what=f"Van {NAME}", when="20 jan 2026 12:00")
    await _slash(pia, "remind pause", reminder="#4")
    long = await pia.slash("remind me", what="x" * 1900, when="2 jan 2026 05:50")
    doors.names["long"] = _memo(long, "remind:shorten")


async def _begun(doors: Doors) -> None:
    """Begin what only time makes possible: the close of a session that is over, and a change to take back."""
    band, names = doors.band, doors.names
    close = (await doors.press("P", "booking:asplanned:1:{guild}".format_map(names), reset=False)).reply
    names["close"] = _memo_at(close, "booking:doclose")
    for name, number in (("bill", 1), ("rent", 2), ("capo", 3)):
        names[name] = doors.one(f"select id from reminder where number = {number}")  # noqa: S608 - a number of ours
    asked = (await doors.press("P", "booking:endwhy:2", fields={"reason": "Flu"}, reset=False)).reply
    names["ending"] = _memo(asked, "booking:fee")
    await _done((await doors.press("M", "budget:rows:1:0", reset=False)).reply)
    names["books"] = doors.one("select max(id) from memo where kind = 'list'")
    await _done((await doors.press("P", "data:expense:1", reset=False)).reply)
    names["history"] = doors.one("select max(id) from memo where kind = 'list'")
    shown = await _slash(band.producer, "availability show")
    names["shared"] = _memo(shown, "availability:share")
    shelf = await _slash(band.producer, "budget template", template=f"Plan {NAME}")
    names["template"] = _memo(shelf, "budget:away")
    undo = await _slash(band.producer, "me timezone", timezone="Berlin")
    names["change"] = next(to for to in undo.buttons.values() if to.startswith("undo:")).split(":")[2]


def _memo_at(reply: Reply, verb: str, place: int = 2) -> str:
    to = next(to for to in reply.buttons.values() if to.startswith(verb))
    return to.split(":")[place]
