"""Projects: making, finding and closing them, and the one that is meant when none is named."""

from datetime import date

import pytest

from bot.actor import Actor
from bot.errors import NotAllowed, NotFound
from bot.fuzzy import Ambiguous, NotQuite
from bot.models.project import Project, ProjectKind
from bot.money import read_amount
from bot.services import Services
from bot.services.project import (
    NameTaken,
    NameTooLong,
    NoName,
    NoProject,
    OtherCurrency,
    ProjectArchived,
    ReleaseNotADay,
)
from tests.support.cast import Cast


async def make(services: Services, actor: Actor, name: str, **more: object) -> Project:
    given = {"kind": ProjectKind.ALBUM, "release": None, "currency": None, "budget": None, **more}
    return await services.project.create(actor.again(), name, **given)  # type: ignore[arg-type]


async def test_a_project_has_a_number_the_servers_currency_and_its_budget(services: Services, cast: Cast) -> None:
    first = await make(services, cast.producer, "Harbour Lights", budget=read_amount("24k"), release=date(2027, 9, 3))
    second = await make(services, cast.producer, "Salt", currency="gbp", kind=ProjectKind.EP)
    assert (first.number, first.currency, first.budget_minor) == (1, "EUR", 2_400_000)
    assert (second.number, second.currency, second.budget_minor) == (2, "GBP", None)


async def test_the_budgets_currency_becomes_the_projects(services: Services, cast: Cast) -> None:
    assert (await make(services, cast.producer, "Salt", budget=read_amount("£8k"))).currency == "GBP"


async def test_a_budget_in_another_currency_than_named_is_refused(services: Services, cast: Cast) -> None:
    with pytest.raises(OtherCurrency):
        await make(services, cast.producer, "Salt", currency="GBP", budget=read_amount("€8k"))


@pytest.mark.parametrize(("name", "error"), [("", NoName), (" \u200b\u3164 ", NoName), ("x" * 5000, NameTooLong)])
async def test_names_that_no_list_could_show_are_refused(
    services: Services, cast: Cast, name: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await make(services, cast.producer, name)
    assert await services.project.listed(cast.producer) == []


async def test_names_are_kept_on_one_line_and_emoji_stay(services: Services, cast: Cast) -> None:
    project = await make(services, cast.producer, "  Night \n\u202e Ferry 👩‍🎤 ")
    assert project.name == "Night Ferry 👩‍🎤"


async def test_names_are_unique_among_open_projects(services: Services, cast: Cast) -> None:
    await make(services, cast.producer, "Salt")
    with pytest.raises(NameTaken):
        await make(services, cast.producer, "SALT")
    await services.project.archive(cast.act(cast.producer), "Salt")
    assert (await make(services, cast.producer, "salt")).number == 2


async def test_a_release_in_the_past_is_refused(services: Services, cast: Cast) -> None:
    with pytest.raises(ReleaseNotADay):
        await make(services, cast.producer, "Salt", release=date(2027, 2, 28))


async def test_members_may_not_make_change_close_or_bind(services: Services, cast: Cast) -> None:
    await make(services, cast.producer, "Salt")
    for refused in (
        make(services, cast.member, "Other"),
        services.project.edit(cast.member, "Salt", name="Pepper"),
        services.project.archive(cast.member, "Salt"),
        services.project.bind(cast.member, "Salt"),
    ):
        with pytest.raises(NotAllowed):
            await refused


async def test_the_project_meant_is_the_named_the_channels_or_the_only_one(services: Services, cast: Cast) -> None:
    assert await services.project.current(cast.member, None) is None
    salt = await make(services, cast.producer, "Salt")
    assert (await services.project.current(cast.member, None)).id == salt.id  # type: ignore[union-attr]
    pepper = await make(services, cast.producer, "Pepper")
    with pytest.raises(Ambiguous) as asked:
        await services.project.current(cast.member, None)
    assert [choice.value for choice in asked.value.choices] == ["#2", "#1"]
    await services.project.bind(cast.act(cast.producer), "Pepper")
    assert (await services.project.current(cast.member, None)).id == pepper.id  # type: ignore[union-attr]
    assert (await services.project.current(cast.member, "salt")).id == salt.id  # type: ignore[union-attr]
    elsewhere = cast.act(cast.member, channel_id=1)
    with pytest.raises(Ambiguous):
        await services.project.current(elsewhere, None)
    await services.project.bind(cast.act(cast.producer), None)
    with pytest.raises(Ambiguous):
        await services.project.current(cast.member, None)


@pytest.mark.parametrize("text", ["#1", "1", "harb", "HARBOUR LIGHTS"])
async def test_projects_are_found_by_number_and_beginning(services: Services, cast: Cast, text: str) -> None:
    await make(services, cast.producer, "Harbour Lights")
    await make(services, cast.producer, "Salt")
    assert (await services.project.shown(cast.member, text)).number == 1


async def test_a_name_that_is_only_alike_is_asked_about_and_never_taken(services: Services, cast: Cast) -> None:
    await make(services, cast.producer, "Harbour Lights 1")
    for text in ("Harbor Lights", "Harbour Lights 2"):
        with pytest.raises(NotQuite) as asked:
            await services.project.shown(cast.member, text)
        assert [choice.value for choice in asked.value.choices] == ["#1"]


async def test_unknown_and_foreign_projects_are_not_found(services: Services, cast: Cast) -> None:
    await make(services, cast.producer, "Salt")
    for text in ("#9", "Pepper", "{0.__class__}", "'; DROP TABLE project; --"):
        with pytest.raises(NotFound):
            await services.project.shown(cast.member, text)
    for text in ("#1", "Salt"):
        with pytest.raises(NotFound):
            await services.project.shown(cast.foreigner, text)
    with pytest.raises(NoProject):
        await services.project.shown(cast.foreigner, None)
    assert await services.project.listed(cast.foreigner, archived=True) == []
    assert await services.project.suggest(cast.foreigner, "") == []


async def test_closed_projects_take_no_work_but_can_be_seen_and_brought_back(services: Services, cast: Cast) -> None:
    await make(services, cast.producer, "Salt")
    await services.project.archive(cast.act(cast.producer), "Salt")
    with pytest.raises(ProjectArchived):
        await services.project.edit(cast.act(cast.producer), "#1", name="Pepper")
    assert (await services.project.shown(cast.member, "Salt")).archived_at is not None
    assert [choice.label for choice in await services.project.suggest(cast.member, "", archived=True)] == [
        "#1 Salt (archived)"
    ]
    assert (await services.project.archive(cast.act(cast.producer), "#1")).archived_at is None


async def test_editing_changes_what_is_given(services: Services, cast: Cast) -> None:
    await make(services, cast.producer, "Salt", budget=read_amount("100"))
    changed = await services.project.edit(cast.act(cast.producer), "Salt", name="Pepper", budget=read_amount("250.50"))
    assert (changed.name, changed.budget_minor, changed.kind) == ("Pepper", 25_050, ProjectKind.ALBUM)
