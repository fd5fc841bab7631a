"""Checks of permissions, and of the models that people name."""

from typing import Any

import discord
from discord import app_commands

from bot.interactions.client import Bot
from worker.messages.catalog import Refusal
from worker.protocol.model_payloads import ModelIndex
from worker.records import model_index

TO_POST = ("view_channel", "send_messages", "embed_links", "attach_files")
"""The permissions that the bot needs to keep a training's message in a channel."""


def check_administrator(interaction: discord.Interaction[Any], role: int | None) -> None:
    """Pass for teachers: members with the permission Manage Server, or with the role whose id is `role`.

    Discord hides commands only by default, and guilds can change that. So each use is checked (Discord:
    Application Commands, Permissions).

    Raises:
        app_commands.MissingRole: the member has neither, and `role` is set.
        app_commands.MissingPermissions: the member lacks the permission, and `role` is None.
    """
    if interaction.permissions.manage_guild:
        return
    if role is None:
        raise app_commands.MissingPermissions(["manage_guild"])
    member = interaction.user
    if not isinstance(member, discord.Member) or member.get_role(role) is None:
        known = interaction.guild.get_role(role) if interaction.guild else None
        raise app_commands.MissingRole(known.name if known else role)


def is_teacher(interaction: discord.Interaction[Any], role: int | None) -> bool:
    """Whether the person passes `check_administrator`."""
    try:
        check_administrator(interaction, role)
    except app_commands.CheckFailure:
        return False
    return True


def check_own(interaction: discord.Interaction[Any], author: str, role: int | None) -> None:
    """Pass for the person with the id `author`, and for teachers (see `check_administrator`).

    Raises:
        Refusal: the person is neither.
    """
    if str(interaction.user.id) == author:
        return
    try:
        check_administrator(interaction, role)
    except app_commands.CheckFailure as error:
        raise Refusal("refusal.not_yours") from error


def check_guild(interaction: discord.Interaction[Any], guild: str | None) -> None:
    """Pass for what belongs to the interaction's guild; a custom id can name a record of any other.

    Records of former versions may have no guild (None).

    Raises:
        Refusal: it belongs to another guild, so here it does not exist.
    """
    if guild is not None and guild != str(interaction.guild_id):
        raise Refusal("refusal.record_gone")


def check_can_post(interaction: discord.Interaction[Any]) -> None:
    """Pass if the bot may post messages with embeds and files in the interaction's channel.

    Raises:
        app_commands.BotMissingPermissions: names the missing permissions.
    """
    needed = list(TO_POST)
    if isinstance(interaction.channel, discord.Thread):
        needed[needed.index("send_messages")] = "send_messages_in_threads"
    missing = [name for name in needed if not getattr(interaction.app_permissions, name)]
    if missing:
        raise app_commands.BotMissingPermissions(missing)


async def check_known_model(interaction: discord.Interaction[Bot], model: str | None) -> None:
    """Pass for None, and for a model (NAME or NAME@VERSION) that the workers have.

    A request takes only a well-formed name, so this check comes before the request.

    Raises:
        Refusal: there is no such model. The sentence names some that exist.
        TimeoutError, redis.RedisError: the queue cannot be reached.
    """
    if model is not None:
        check_model(model, await interaction.client.ask(interaction, model_index.load))


def check_model(reference: str, index: ModelIndex | None) -> None:
    """Pass for a model (NAME or NAME@VERSION) in the index.

    Without an index, every name passes. The worker checks again.

    Raises:
        Refusal: there is no such model. The sentence names some that exist.
    """
    if index is None or index.holds(reference):
        return
    known = [summary.reference for summary in index.versions[:10]]
    raise Refusal("refusal.unknown_model", model=reference[:80], known=known)
