"""Forms that a person fills in; what is sent works after a restart of any part, as buttons do."""

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from bot.interactions import error_handler

Values = dict[str, str]
"""What was filled in, by the fields' custom ids; of a select the first choice, "" where there is none."""


@dataclass(frozen=True)
class Form:
    """A kind of form: the regular expression of its custom ids, and the function that takes what is sent."""

    template: re.Pattern[str]
    take: Callable[..., Awaitable[None]]


def submitted(template: str) -> Callable[[Callable[..., Awaitable[None]]], Form]:
    """Let a function take what is sent by the forms whose custom id matches.

    It gets the interaction, the `Values`, and what the template's named groups match as keyword arguments.
    What it raises is told to the person, in private.
    """
    return lambda take: Form(re.compile(template), take)


async def open_form(
    interaction: discord.Interaction[Any], custom_id: str, title: str, *fields: ui.Label[Any]
) -> None:
    """Answer with a form of at most five fields (Discord: Modal); it has to be the first answer.

    Raises:
        discord.HTTPException: Discord does not take it.
    """
    modal = ui.Modal(title=title, custom_id=custom_id)
    for field in fields:
        modal.add_item(field)
    modal.stop()  # so that discord.py does not keep it for an answer that may never come
    await interaction.response.send_modal(modal)


async def dispatch(interaction: discord.Interaction[Any], forms: Iterable[Form]) -> None:
    """Hand what was sent to the form that it belongs to, where it is one of these."""
    data: Any = interaction.data
    for form in forms:
        if match := form.template.fullmatch(data["custom_id"]):
            try:
                await form.take(interaction, dict(_values(data["components"])), **match.groupdict())
            except Exception as error:
                await error_handler.handle(interaction, error)


def _values(components: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Custom id and value of each field (Discord: Modal Submit Data Structure)."""
    for label in components:
        field = label["component"]
        chosen = field.get("values") or [""]
        yield field["custom_id"], field.get("value", chosen[0])
