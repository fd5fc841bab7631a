"""Handlers of buttons and forms, found by the custom id that Discord sends back.

A custom id holds everything that its handler needs (`worker.protocol.custom_ids`), so buttons and forms work
after a restart of any part.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import discord
from discord import app_commands, ui

from bot.interactions import error_handler
from worker.messages.catalog import Refusal
from worker.protocol.custom_ids import CustomId

log = logging.getLogger(__name__)

Id = TypeVar("Id", bound=CustomId)

Values = dict[str, str]
"""The values of a form by the custom ids of its fields. A select has its first choice, "" without one."""


@dataclass(frozen=True)
class Handler:
    """Answers the interactions of one kind, presses or submitted forms, with one type of custom id."""

    kind: discord.InteractionType
    custom_ids: type[CustomId]
    answer: Callable[[discord.Interaction[Any], Any], Awaitable[None]]


def pressed(
    custom_ids: type[Id],
) -> Callable[[Callable[[discord.Interaction[Any], Id], Awaitable[None]]], Handler]:
    """Make a function the handler of the buttons with custom ids of this type.

    The function takes the interaction and the custom id. The person reads its errors in private.
    """
    return lambda function: Handler(discord.InteractionType.component, custom_ids, function)


def submitted(
    custom_ids: type[Id],
) -> Callable[[Callable[[discord.Interaction[Any], Id, Values], Awaitable[None]]], Handler]:
    """Make a function the handler of the forms with custom ids of this type.

    The function takes the interaction, the custom id, and the values. The person reads its errors in private.
    """

    def handler(function: Callable[[discord.Interaction[Any], Id, Values], Awaitable[None]]) -> Handler:
        async def submit(interaction: discord.Interaction[Any], custom_id: Id) -> None:
            data: Any = interaction.data
            await function(interaction, custom_id, dict(_values(data["components"])))

        return Handler(discord.InteractionType.modal_submit, custom_ids, submit)

    return handler


def _values(components: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Custom id and value of each field (Discord: Modal Submit Data Structure)."""
    for label in components:
        field = label["component"]
        chosen = field.get("values") or [""]
        yield field["custom_id"], field.get("value", chosen[0])


async def dispatch(interaction: discord.Interaction[Any], handlers: Iterable[Handler]) -> None:
    """Call the handler of a button or a form. A custom id that no handler parses is logged and refused.

    Commands and autocompletion are left to discord.py.
    """
    kinds = (discord.InteractionType.component, discord.InteractionType.modal_submit)
    if interaction.type not in kinds:
        return
    if interaction.guild_id is None:
        await error_handler.handle(interaction, app_commands.NoPrivateMessage())
        return
    data: Any = interaction.data
    for handler in handlers:
        if handler.kind is not interaction.type:
            continue
        custom_id = handler.custom_ids.parse(data["custom_id"])
        if custom_id is not None:
            try:
                await handler.answer(interaction, custom_id)
            except Exception as error:
                await error_handler.handle(interaction, error)
            return
    log.info("No handler for the %s %a", interaction.type.name, data["custom_id"])
    await error_handler.handle(interaction, Refusal("refusal.button_unknown"))


async def open_form(
    interaction: discord.Interaction[Any], custom_id: CustomId, title: str, *fields: ui.Label[Any]
) -> None:
    """Answer with a form of at most five fields (Discord: Modal). No other answer may come before it.

    Raises:
        discord.HTTPException: Discord refuses the form.
    """
    modal = ui.Modal(title=title, custom_id=str(custom_id))
    for field in fields:
        modal.add_item(field)
    modal.stop()  # otherwise discord.py keeps the form until it is submitted, perhaps forever
    await interaction.response.send_modal(modal)
