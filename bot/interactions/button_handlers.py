"""Buttons under messages, which work after a restart of any part.

All that one needs to know stands in its custom id, `ACTION:ID` (and more, separated by colons; at most 100
characters), where ID is that of a record: nothing is kept in memory.
"""

from collections.abc import Awaitable, Callable
from re import Match
from typing import Any, Self

import discord
from discord import ui

from bot.interactions import error_handler

ID = r"(?P<record_id>[0-9a-f]{16})"
"""The part of a template that holds a record's id, which its function gets as `record_id`."""

Component = type[ui.DynamicItem[Any]]
"""A kind of button, as `discord.Client.add_dynamic_items` takes it."""


def pressed(template: str) -> Callable[[Callable[..., Awaitable[None]]], Component]:
    """Let a function answer each press of the buttons whose custom id matches.

    It gets the interaction, and what the template's named groups match as keyword arguments. What it raises
    is told to the person, in private.

    Args:
        template: a regular expression for the whole custom id.
    """

    def of(function: Callable[..., Awaitable[None]]) -> Component:
        class Pressed(ui.DynamicItem[ui.Item[Any]], template=template):
            def __init__(self, item: ui.Item[Any], match: Match[str]) -> None:
                super().__init__(item)
                self._match = match

            @classmethod
            async def from_custom_id(
                cls,
                interaction: discord.Interaction[Any],  # noqa: ARG003
                item: ui.Item[Any],
                match: Match[str],
                /,
            ) -> Self:
                return cls(item, match)

            async def callback(self, interaction: discord.Interaction[Any]) -> None:
                try:
                    await function(interaction, **self._match.groupdict())
                except Exception as error:
                    await error_handler.handle(interaction, error)

        return Pressed

    return of
