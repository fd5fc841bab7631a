"""What Discord offers while somebody types a command."""

import discord
import redis
from discord import app_commands

from bot.interactions.client import Bot
from worker.messages import model_messages
from worker.protocol.model_payloads import ModelIndex
from worker.records import model_index

MAX_CHOICES = 25
"""Discord shows no more (Discord: Autocomplete, Select Options)."""


async def models(interaction: discord.Interaction[Bot], current: str) -> list[app_commands.Choice[str]]:
    """The models whose names hold what was typed so far, each with its figure on held-out text.

    None where the queue does not answer: a name can be typed without it.
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
    """What to show for each model, by its NAME@VERSION, the live one first, the latest next."""
    versions = [summary for summary in index.versions if part.lower() in summary.reference] if index else []
    versions.sort(key=lambda summary: (summary.live, summary.trained_at), reverse=True)
    return {
        summary.reference: model_messages.model_choice(summary, locale) for summary in versions[:MAX_CHOICES]
    }
