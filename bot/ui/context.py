"""From an interaction to the actor whom the rules know."""

from typing import TYPE_CHECKING, Any

import discord

from bot.actor import Actor
from bot.errors import UserError

if TYPE_CHECKING:
    from bot.app import Backline

    Interaction = discord.Interaction[Backline]
else:
    Interaction = discord.Interaction


class OnlyInServers(UserError):
    """A command in a direct message."""

    text = "This works inside a server only. Open your band's server and try it there."


async def actor_of(interaction: discord.Interaction[Any], guild_id: int | None = None) -> Actor:
    """Return who acts, with what the server's settings grant.

    In a direct message `guild_id` names the server that the pressed message belongs to; there the person acts
    for themselves, without any role. Raises `OnlyInServers` where no server is known.
    """
    here = interaction.guild_id or guild_id
    if here is None or (guild_id is not None and interaction.guild_id not in (None, guild_id)):
        raise OnlyInServers
    member = interaction.user
    roles = frozenset(role.id for role in member.roles) if isinstance(member, discord.Member) else frozenset[int]()
    manages = interaction.guild_id is not None and interaction.permissions.manage_guild
    seen = Actor(
        guild_id=here,
        user_id=member.id,
        role_ids=roles,
        channel_id=interaction.channel_id,
        locale=str(interaction.locale),
        manages_server=manages,
    )
    bot: Backline = interaction.client
    return await bot.services.settings.complete(seen)
