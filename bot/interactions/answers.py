"""Answers to interactions: messages as Discord's JSON (`worker.messages`), sent with discord.py."""

from typing import Any

import aiohttp
import discord
from discord import ui

from shakelm.errors import ShakelmError
from worker.messages import discord_json, notices
from worker.protocol.job_request import ReplyTo

UNSENT = (discord.DiscordException, aiohttp.ClientError, OSError)
"""What discord.py raises if a message does not reach Discord, or if Discord refuses it."""


def arguments(message: discord_json.Body) -> dict[str, Any]:
    """The message as keyword arguments of discord.py's send and edit methods.

    Mentions need no argument, because the client allows none in any message.
    """
    taken = {
        "content": message.get("content"),
        "embeds": [discord.Embed.from_dict(embed) for embed in message.get("embeds", [])],
    }
    return taken | ({"view": _view(message["components"])} if "components" in message else {})


def _view(rows: list[dict[str, Any]]) -> ui.View:
    """Rows of buttons (Discord: Component Reference) as discord.py's view."""
    view = ui.View(timeout=None)
    for number, row in enumerate(rows):
        for button in row["components"]:
            view.add_item(_button(button, number))
    view.stop()  # otherwise discord.py keeps the view; presses go to `custom_id_handlers`
    return view


def _button(button: dict[str, Any], row: int) -> ui.Button[ui.View]:
    return ui.Button(
        style=discord.ButtonStyle(button["style"]),
        label=button["label"],
        custom_id=button["custom_id"],
        disabled=button.get("disabled", False),
        row=row,
    )


async def answer(interaction: discord.Interaction[Any], message: discord_json.Body, private: bool) -> None:
    """Send the first answer to an interaction, or edit the answer that it has.

    Args:
        interaction: what to answer.
        message: the answer.
        private: whether only the person sees a first answer. An edit does not change that.

    Raises:
        discord.HTTPException: Discord refuses the message.
    """
    if interaction.response.is_done():
        await interaction.edit_original_response(**arguments(message))
    else:
        await interaction.response.send_message(**arguments(message), ephemeral=private)


async def answer_privately(interaction: discord.Interaction[Any], message: discord_json.Body) -> None:
    """Answer so that only the person sees it, even after another answer.

    A public answer is deleted. A message whose button was pressed stays as it is.

    Raises:
        discord.HTTPException: Discord refuses the message.
    """
    if interaction.response.type == discord.InteractionResponseType.channel_message:
        first = await interaction.original_response()
        if first.flags.ephemeral:
            await answer(interaction, message, private=True)
            return
        await interaction.delete_original_response()
    elif interaction.response.type not in _OF_THE_PRESSED_MESSAGE:
        await answer(interaction, message, private=True)
        return
    await interaction.followup.send(**arguments(message), ephemeral=True)


_OF_THE_PRESSED_MESSAGE = (
    discord.InteractionResponseType.deferred_message_update,
    discord.InteractionResponseType.message_update,
)


async def tell(interaction: discord.Interaction[Any], error: ShakelmError) -> None:
    """Answer with the sentence of an error, in private.

    Raises:
        discord.HTTPException: Discord refuses the message.
    """
    await answer_privately(interaction, notices.problem(error, interaction.locale.value))


def reply_to(interaction: discord.Interaction[Any]) -> ReplyTo:
    """The address of the interaction's first answer, and the time until which a worker may edit it."""
    return ReplyTo(
        application_id=str(interaction.application_id),
        token=interaction.token,
        locale=interaction.locale.value,
        expires_at=interaction.expires_at.timestamp(),
    )
