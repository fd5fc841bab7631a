"""Hands the messages that `worker.messages` composes, as Discord's JSON, to discord.py."""

from typing import Any

import discord

from worker import messages
from worker.payloads import ReplyTo


def arguments(message: messages.Body) -> dict[str, Any]:
    """The keyword arguments with which discord.py's send and edit methods take `message`.

    Mentions need no argument: the client allows none in anything it sends.
    """
    return {
        "content": message.get("content"),
        "embeds": [discord.Embed.from_dict(embed) for embed in message.get("embeds", [])],
    }


async def answer(interaction: discord.Interaction[Any], message: messages.Body, private: bool) -> None:
    """Make `message` the answer to the interaction: the first one, or an edit of the one it has.

    `private` decides who sees a first answer; an edit leaves that as it is.

    Raises:
        discord.HTTPException: Discord does not take it.
    """
    if interaction.response.is_done():
        await interaction.edit_original_response(**arguments(message))
    else:
        await interaction.response.send_message(**arguments(message), ephemeral=private)


async def tell(interaction: discord.Interaction[Any], sentence: str) -> None:
    """Answer with one sentence, privately where nothing was answered yet.

    Raises:
        discord.HTTPException: Discord does not take it.
    """
    await answer(interaction, messages.problem(sentence), private=True)


def reply_to(interaction: discord.Interaction[Any]) -> ReplyTo:
    """Where a worker finds the interaction's first answer, and until when it may edit it."""
    return ReplyTo(
        application_id=str(interaction.application_id),
        token=interaction.token,
        locale=interaction.locale.value,
        expires_at=interaction.expires_at.timestamp(),
    )
