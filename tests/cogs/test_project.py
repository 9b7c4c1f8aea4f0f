"""Projects, as the people of a band see them."""

from tests.support.band import Band


async def test_a_project_from_start_to_archive(band: Band) -> None:
    started = await band.producer.slash(
        "project create", name="Harbour Lights", kind="album", release="9 April 2027", budget="24k"
    )
    for part in ("Harbour Lights", "#1", "Album in EUR", "09 Apr 2027", "€24,000.00"):
        assert part in started.text
    assert "Salt" in (await band.producer.slash("project edit", project="harb", name="Salt", kind="ep")).text
    listed = (await band.singer.slash("project list")).text
    assert "Salt" in listed
    assert "EP" in listed
    assert "Archived" in (await band.producer.slash("project archive", project="Salt")).text
    assert "Brought back" in (await band.producer.slash("project archive", project="#1")).text


async def test_undo_puts_a_new_project_away(band: Band) -> None:
    started = await band.producer.slash("project create", name="Salt")
    assert "Undone" in (await band.producer.press(started, "Undo")).text
    assert "archived" in (await band.producer.slash("project list")).text
    again = await band.producer.slash("project create", name="Pepper")
    await band.env.advance_time(601)
    assert "10 minutes" in (await band.producer.press(again, "Undo")).text


async def test_the_budget_is_for_those_who_may_see_money(band: Band) -> None:
    await band.producer.slash("project create", name="Salt", budget="24k")
    assert "€24,000.00" in (await band.treasurer.slash("project show")).text
    assert "24,000" not in (await band.singer.slash("project show")).text


async def test_a_bound_channel_means_its_project(band: Band) -> None:
    await band.producer.slash("project create", name="Salt")
    await band.producer.slash("project create", name="Pepper")
    asked = await band.singer.slash("project show")
    assert "Which one do you mean" in asked.text
    assert "Salt · #1" in (await band.singer.choose(asked, "Salt")).text
    assert "now means **Pepper**" in (await band.producer.slash("project bind", project="Pepper")).text
    assert "Pepper · #2" in (await band.singer.slash("project show")).text
    elsewhere = band.singer.in_channel(band.general)
    assert "Which one do you mean" in (await elsewhere.slash("project show")).text
    assert "no project now" in (await band.producer.slash("project bind")).text


async def test_the_release_is_echoed_while_it_is_typed(band: Band) -> None:
    [(label, value), *_] = await band.producer.suggestions("project create", "release", "9 April 2027", name="Salt")
    assert "9 Apr 2027" in label.replace("09", "9")
    assert "2027" in value
    refused = await band.producer.slash("project create", name="Salt", release="yesterday")
    assert "nothing was changed" in refused.text


async def test_without_projects_the_way_on_is_told(band: Band) -> None:
    assert "/project create" in (await band.singer.slash("project show")).text
    assert "/project create" in (await band.singer.slash("project list")).text
    assert "can't find" in (await band.singer.slash("project show", project="#7")).text
