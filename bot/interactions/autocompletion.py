"""Suggestions while a person types a command."""

import discord
import redis
from discord import app_commands

from bot.interactions.client import Bot
from worker.messages import model_messages
from worker.protocol.model_payloads import ModelIndex
from worker.records import model_index

MAX_CHOICES = 25
"""Discord's limit (Discord: Autocomplete, Select Options)."""


async def models(interaction: discord.Interaction[Bot], current: str) -> list[app_commands.Choice[str]]:
    """The model versions whose names or languages contain the typed text, each with its loss.

    There are no suggestions if Redis does not answer. A person can still type a name.
    """
    try:
        index = await interaction.client.ask(interaction, model_index.load)
    except (TimeoutError, redis.RedisError):
        return []
    return [
        app_commands.Choice(name=shown, value=reference)
        for reference, shown in offered(index, interaction.locale.value, current).items()
    ]


def offered(index: ModelIndex | None, locale: str, part: str = "") -> dict[str, str]:
    """The label of each model version by its NAME@VERSION: the live one first, then the newest."""
    versions = [
        summary
        for summary in (index.versions if index else ())
        if part.lower() in model_messages.named(summary, locale).lower()
    ]
    versions.sort(key=lambda summary: (summary.live, summary.trained_at), reverse=True)
    return {
        summary.reference: model_messages.model_choice(summary, locale) for summary in versions[:MAX_CHOICES]
    }
