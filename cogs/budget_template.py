"""What people press on budget templates, on lines that lack a rate, and for a budget's files."""

from typing import Any

from discord import ui
from discord.ext import commands

from bot.actor import Actor
from bot.app import Backline
from bot.models.project import ProjectKind
from bot.money import Amount, read_amount
from bot.services.budget_files import FileFormat
from bot.services.budget_plan import Plan
from bot.services.budget_template_rows import kind_name
from bot.text import plain
from bot.ui import theme
from bot.ui.budget_card import planned_card
from bot.ui.budget_files import send_files
from bot.ui.budget_template_card import loaded_card, shelf_card, unpriced_row
from bot.ui.components import button, buttons, main, notice, undo
from bot.ui.context import actor_of
from bot.ui.lists import PAGE, Listing, Row, listing
from bot.ui.press import Press, UnknownButton, modal, press, text_field
from bot.ui.respond import reply, update


class BudgetTemplateCog(commands.Cog):
    """The buttons and forms of budget templates and of a budget's files."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot

    @press("budget:files")
    async def press_files(self, pressed: Press) -> None:
        kind = pressed.args[-1]
        if kind not in [each.value for each in FileFormat]:
            raise UnknownButton
        await send_files(pressed.interaction, f"#{pressed.number()}", FileFormat(kind))

    @press("budget:shelf")
    async def choose_template(self, pressed: Press) -> None:
        """Show another template in place."""
        actor = await actor_of(pressed.interaction)
        shelf = await self.bot.services.budget_template.look(actor, pressed.number(), pressed.values[0])
        await update(pressed.interaction, shelf_card(shelf, await self._locale(actor)))

    @press("budget:load")
    async def load(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        number = pressed.number()
        loaded, report = await self.bot.services.budget_template.load(actor, number, pressed.args[-1])
        actions = [undo(actor.change_id), button("Show rows", f"budget:rows:{number}:0", emoji="📊")]
        if report.unpriced:
            actions.insert(1, main("Fill in rates", f"budget:unpriced:{number}", emoji="✏️"))
        await update(pressed.interaction, loaded_card(loaded, report, await self._locale(actor), *actions))

    @press("budget:keep")
    async def open_keep(self, pressed: Press) -> None:
        (await actor_of(pressed.interaction)).must_produce()
        form = modal(
            "Save this plan as a template",
            f"budget:kept:{pressed.number()}",
            text_field("Its name", "name", hint="A kind's name, such as Album, takes its place", needed=True, limit=60),
        )
        await pressed.interaction.response.send_modal(form)

    @press("budget:kept")
    async def keep(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        saved = await self.bot.services.budget_template.save(actor, pressed.number(), pressed.fields.get("name", ""))
        kinds = [kind_name(kind).casefold() for kind in ProjectKind]
        use = "Load it into a project with `/budget template`."
        if saved.name.casefold() in kinds:
            use = f"Every new project of the kind {plain(saved.name)} begins with it."
        text = f"{theme.OK} Saved the template **{plain(saved.name)}** with {len(saved.lines)} lines. {use}"
        await reply(pressed.interaction, notice(text, accent=theme.GOOD, actions=buttons(undo(actor.change_id))))

    @press("budget:away")
    async def put_away(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        gone = await self.bot.services.budget_template.put_away(actor, pressed.args[-1])
        text = f"{theme.OK} Put the template **{plain(gone.name)}** away. The plans it was loaded into stay."
        await update(pressed.interaction, notice(text, accent=theme.GOOD, actions=buttons(undo(actor.change_id))))

    @press("budget:unpriced")
    async def press_unpriced(self, pressed: Press) -> None:
        await self.bot.lists.show(pressed.interaction, "budget-unpriced", {"project": pressed.number()})

    @press("budget:price")
    async def open_price(self, pressed: Press) -> None:
        """Open a form with how many there are of a line, and what one costs."""
        actor = await actor_of(pressed.interaction)
        actor.must_produce()
        found = (await self.bot.services.budget.line(actor, pressed.number())).line
        assert found is not None  # noqa: S101 - line() returns one or raises
        unit = "" if found.line.unit.value == "flat" else f" ({found.line.unit.value})"
        form = modal(
            found.line.item,
            f"budget:priced:{pressed.number()}",
            text_field(f"How many{unit}", "quantity", value=f"{found.line.quantity.normalize():f}", needed=True),
            text_field("What one costs", "rate", hint="650", needed=True, limit=40),
        )
        await pressed.interaction.response.send_modal(form)

    @press("budget:priced")
    async def price(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        locale = await self._locale(actor)
        rate: Amount = read_amount(pressed.fields.get("rate", ""), locale)
        wish = Plan(f"line:{pressed.number()}", None, pressed.fields.get("quantity"), None, rate)
        project = (await self.bot.services.budget.line(actor, pressed.number())).report.project
        planned = await self.bot.services.budget.plan(actor, wish, f"#{project.number}")
        more = button("More rates", f"budget:unpriced:{project.number}", emoji="✏️")
        await reply(pressed.interaction, planned_card(planned, locale, undo(actor.change_id), more))

    @listing("budget-unpriced")
    async def unpriced(self, actor: Actor, query: dict[str, Any], page: int) -> Listing:
        found = (await self.bot.services.budget.left(actor, None, f"#{query['project']}")).report
        names = {each.category.id: each.category.name for each in found.categories}
        lines = found.unpriced
        rows = [
            Row(unpriced_row(each, names[each.line.category_id]), self._price(actor, each.line.id))
            for each in lines[page * PAGE : (page + 1) * PAGE]
        ]
        title = f"Lines without a rate · {plain(found.project.name)}"
        return Listing(title, rows, len(lines), "Every planned line has its rate.", can_share=False)

    def _price(self, actor: Actor, line_id: int) -> ui.Button[Any] | None:
        return button("Rate", f"budget:price:{line_id}", emoji="✏️") if actor.is_producer else None

    async def _locale(self, actor: Actor) -> str:
        return (await self.bot.services.settings.of(actor.guild_id)).locale


async def setup(bot: Backline) -> None:
    await bot.add_cog(BudgetTemplateCog(bot))
