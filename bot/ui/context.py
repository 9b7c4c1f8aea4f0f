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


class NotInServer(UserError):
    """A press in a direct message by somebody who has left the band's server."""

    text = "You are not in that server any more, so nothing was changed."


async def actor_of(interaction: discord.Interaction[Any], guild_id: int | None = None) -> Actor:
    """Return who acts, with what the server's settings grant.

    In a direct message `guild_id` names the server that the pressed message belongs to, and that server is asked for
    the person's roles. Raises `OnlyInServers` where no server is known, and `NotInServer`.
    """
    here = interaction.guild_id or guild_id
    if here is None or (guild_id is not None and interaction.guild_id not in (None, guild_id)):
        raise OnlyInServers
    member = interaction.user if interaction.guild_id is not None else await _member(interaction, here)
    roles = frozenset(role.id for role in member.roles) if isinstance(member, discord.Member) else frozenset[int]()
    manages = _manages(interaction, member)
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


async def _member(interaction: discord.Interaction[Any], guild_id: int) -> discord.Member | discord.User:
    """Return the person as a member of the server; raises `NotInServer`.

    Where Discord does not say, they act for themselves, without any role.
    """
    guild = interaction.client.get_guild(guild_id)
    if guild is None:
        return interaction.user
    try:
        member: discord.Member = await guild.fetch_member(interaction.user.id)
    except discord.NotFound:
        raise NotInServer from None
    except discord.HTTPException:
        return interaction.user
    return member


def _manages(interaction: discord.Interaction[Any], member: discord.Member | discord.User) -> bool:
    if interaction.guild_id is not None:
        return interaction.permissions.manage_guild
    return isinstance(member, discord.Member) and member.guild_permissions.manage_guild


def lacking_to_write(channel: Any, granted: discord.Permissions, *more: str) -> list[str]:
    """Return which permissions to write in a channel or thread are missing, and of `more`, as Discord names them."""
    sending = "send_messages_in_threads" if isinstance(channel, discord.Thread) else "send_messages"
    return [name.replace("_", " ").title() for name in ("view_channel", sending, *more) if not getattr(granted, name)]
