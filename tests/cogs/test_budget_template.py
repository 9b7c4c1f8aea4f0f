"""Budget templates and a budget's files, as a producer meets them."""

import io

import pytest
from openpyxl import load_workbook

from bot.services.budget_export import File
from tests.support.band import Band, Person, Reply


@pytest.fixture
async def album(band: Band) -> Band:
    """A band with a new album, whose lines came with its kind."""
    await band.producer.slash("project create", name="Harbour Lights", kind="album")
    return band


async def filled(person: Person, on: Reply, label: str, **values: str) -> Reply:
    return await person.fill(await person.press(on, label), **values)


async def test_a_new_project_has_the_lines_of_its_kind_to_be_priced(band: Band) -> None:
    started = await band.producer.slash("project create", name="Salt", kind="ep")
    assert "with the budget template EP" in started.text
    assert "€0.00 left** of €0.00" in (await band.producer.slash("budget left")).text
    lines = await band.producer.press(started, "Fill in rates")
    assert lines.is_private and "no rate yet" in lines.text and "Page 1 of" in lines.text
    wrong = await filled(band.producer, lines, "Rate", quantity="many", rate="650")
    assert "as a quantity" in wrong.text
    wrong = await filled(band.producer, lines, "Rate", quantity="2", rate="lots")
    assert "as an amount" in wrong.text
    priced = await filled(band.producer, lines, "Rate", quantity="2", rate="650")
    assert "€1,300.00" in priced.text and "x €650.00" in priced.text
    await band.restart()
    again = await band.producer.press(priced, "More rates")
    assert again.text.count("no rate yet") == 8
    await band.producer.press(priced, "Undo")
    assert "€0.00 left** of €0.00" in (await band.producer.slash("budget left")).text


async def test_undoing_a_new_project_takes_its_lines_along(band: Band) -> None:
    started = await band.producer.slash("project create", name="Salt", kind="single")
    assert "Undone" in (await band.producer.press(started, "Undo")).text
    plain = await band.producer.slash("project create", name="Pepper")
    assert "template" not in plain.text and "Fill in rates" not in plain.buttons


async def test_a_template_is_seen_before_it_is_loaded(band: Band) -> None:
    await band.producer.slash("project create", name="Harbour Lights")
    await band.producer.slash("budget plan", category="Mixing", quantity="12", rate="350")
    shelf = await band.producer.slash("budget template", kind="album")
    assert shelf.is_private and "Template Album for Harbour Lights" in shelf.text
    assert "Tracking room 5 days" in shelf.text and "in the plan already" in shelf.text
    assert "**Contingency** 10 % of everything but Promotion" in shelf.text
    assert "€4,200.00 left** of €4,200.00" in (await band.producer.slash("budget left")).text
    other = await band.producer.choose(
        shelf, next(each["label"] for each in shelf.shown.options if "Live" in each["label"])
    )
    assert "Sound system 1 day" in other.text
    await band.restart()
    loaded = await band.producer.press(shelf, "Load")
    assert "Loaded 24 lines" in loaded.text and "€4,200.00 planned, €420.00 set aside" in loaded.text
    again = await band.producer.slash("budget template", kind="live")
    assert "All of its 25 lines are in the plan already" in again.text and "Load" not in again.buttons
    await band.producer.press(loaded, "Undo")
    assert "€4,200.00 left** of €4,200.00" in (await band.producer.slash("budget left")).text


async def test_a_locked_plan_takes_no_template(album: Band) -> None:
    shelf = await album.producer.slash("budget template")
    await album.producer.slash("budget plan", category="Studio", item="Room A", quantity="5", rate="650")
    await album.producer.slash("budget lock")
    refused = await album.producer.press(shelf, "Load")
    assert "is locked, so no template was loaded" in refused.text
    seen = await album.producer.slash("budget template", kind="live")
    assert "is locked" in seen.text and "Load" not in seen.buttons


async def test_a_plan_becomes_the_bands_own_template(album: Band) -> None:
    await album.producer.slash("budget plan", category="Studio", item="Room A", quantity="5", unit="day", rate="650")
    shelf = await album.producer.slash("budget template")
    saved = await filled(album.producer, shelf, "Save this plan as a template", name="Our *way*")
    assert r"Saved the template **Our \*way\***" in saved.text
    await album.producer.slash("project create", name="Next")
    names = await album.producer.suggestions("budget template", "template", "our")
    assert names[0] == ("Our *way*", "Our *way*")
    own = await album.producer.slash("budget template", template="our", project="Next")
    assert "Room A 5 days x €650.00" in own.text
    loaded = await album.producer.press(own, "Load")
    assert "€3,250.00 planned" in loaded.text
    gone = await album.producer.press(await album.producer.slash("budget template", template="our", project="Next"),
                                      "Put it away")  # fmt: skip
    assert "away" in gone.text
    assert "can't find" in (await album.producer.slash("budget template", template="our *way*", project="Next")).text
    await album.producer.press(gone, "Undo")
    await filled(album.producer, shelf, "Save this plan as a template", name="album")
    third = await album.producer.slash("project create", name="Third", kind="album")
    assert "€3,250.00" in (await album.producer.slash("budget left", project="Third")).text and "template" in third.text


async def test_templates_are_for_producers(album: Band) -> None:
    for person in (album.treasurer, album.singer):
        assert "Only producers" in (await person.slash("budget template", kind="live")).text
    theirs = await album.treasurer.press(await album.treasurer.slash("budget show"), "Fill in rates")
    assert "no rate yet" in theirs.text and "Rate" not in theirs.buttons


async def test_lines_without_a_rate_stay_out_of_the_report(album: Band) -> None:
    empty = await album.producer.slash("budget show")
    assert "have no rate yet" in empty.text and "Creative" not in empty.text
    await album.producer.slash("budget plan", category="Studio", item="Room A", quantity="5", rate="650")
    report = await album.treasurer.slash("budget show")
    assert "Studio" in report.text and "Creative" not in report.text
    lines = await album.treasurer.press(report, "Lines")
    assert "Room A" in lines.text and "5 days · no rate yet" in lines.text


async def test_the_budget_as_a_workbook(album: Band) -> None:
    await album.producer.slash("budget plan", category="Studio", item="Room A", quantity="5", rate="650")
    await album.producer.slash(
        "budget spend", amount="80", category="mix", what="=1+1", paid_by=album.singer.mention
    )  # fmt: skip
    sent = await album.treasurer.slash("budget export")
    (file,) = sent.shown.message.attachments
    assert sent.is_private and file.filename == "harbour-lights-budget.xlsx"
    sheet = load_workbook(io.BytesIO(await file.read()))["Expenses"]
    assert (sheet["D5"].value, sheet["E5"].value, sheet["E5"].data_type) == ("sam", "=1+1", "s")
    report = await album.treasurer.slash("budget show")
    for label, name in (("XLSX", "harbour-lights-budget.xlsx"), ("CSV", "harbour-lights-budget.csv")):
        pressed = await album.treasurer.press(report, label)
        assert pressed.is_private and pressed.shown.message.attachments[0].filename == name
    assert "money role" in (await album.singer.slash("budget export", format="csv")).text


async def test_files_that_no_message_carries_are_refused_with_a_sentence(
    album: Band, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = b"0" * 26 * 1024 * 1024
    monkeypatch.setattr("bot.services.budget_export_xlsx.File", lambda name, _: File(name, large))
    refused = await album.treasurer.slash("budget export")
    assert "The workbook has 26.0 MB, and this server takes files up to" in refused.text
    assert "as CSV" in refused.text and not refused.shown.message.attachments
