"""Who may do what, and what the bot itself may do where it is asked."""

from typing import Any

import discord
from discord import app_commands

from worker.messages.catalog import Refusal
from worker.protocol.model_payloads import ModelIndex

TO_POST = ("view_channel", "send_messages", "embed_links", "attach_files")
"""The permissions without which the bot can keep no training message in a channel."""


def check_administrator(interaction: discord.Interaction[Any], role: int | None) -> None:
    """Let pass who may manage the server, and who has the role with the id `role` where one is set.

    Discord's own hiding of commands is only a default that servers change, so this is looked at
    each time (Discord: Application Commands, Permissions).

    Raises:
        app_commands.MissingRole: neither, where a role is set.
        app_commands.MissingPermissions: neither, where none is.
    """
    if interaction.permissions.manage_guild:
        return
    if role is None:
        raise app_commands.MissingPermissions(["manage_guild"])
    member = interaction.user
    if not isinstance(member, discord.Member) or member.get_role(role) is None:
        known = interaction.guild.get_role(role) if interaction.guild else None
        raise app_commands.MissingRole(known.name if known else role)


def check_own(interaction: discord.Interaction[Any], author: str, role: int | None) -> None:
    """Let pass the person with the id `author`, whose thing it is, and administrators as above.

    Raises:
        Refusal: neither.
    """
    if str(interaction.user.id) == author:
        return
    try:
        check_administrator(interaction, role)
    except app_commands.CheckFailure as error:
        raise Refusal("refusal.not_yours") from error


def check_can_post(interaction: discord.Interaction[Any]) -> None:
    """Let pass where the bot may post messages with embeds and files in the interaction's channel.

    Raises:
        app_commands.BotMissingPermissions: names what is missing.
    """
    needed = list(TO_POST)
    if isinstance(interaction.channel, discord.Thread):
        needed[needed.index("send_messages")] = "send_messages_in_threads"
    missing = [name for name in needed if not getattr(interaction.app_permissions, name)]
    if missing:
        raise app_commands.BotMissingPermissions(missing)


def check_model(reference: str, index: ModelIndex | None) -> None:
    """Let pass a model (NAME or NAME@VERSION) that the workers hold.

    Where no worker has published an index yet, everything passes: the worker looks again.

    Raises:
        Refusal: no such model; names those that exist.
    """
    if index is None or index.holds(reference):
        return
    known = [summary.reference for summary in index.versions[:10]]
    raise Refusal("refusal.unknown_model", model=reference[:80], known=known)
