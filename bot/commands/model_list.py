"""`/models`: what can write verses, and how good it is."""

import discord
import redis
from discord import app_commands

from bot.interactions.answers import answer, arguments
from bot.interactions.button_handlers import pressed
from bot.interactions.client import Bot
from bot.interactions.command_translation import described
from worker.messages import model_messages
from worker.messages.catalog import Refusal
from worker.protocol.model_payloads import ModelIndex
from worker.records import model_index


@app_commands.command(description=described("command.models.description"))
async def models(interaction: discord.Interaction[Bot]) -> None:
    """List the models with their figures on held-out text, and say which one is live."""
    index = await interaction.client.ask(interaction, _index)
    await answer(interaction, model_messages.models(index, locale=interaction.locale.value), private=False)


@pressed(r"models:(?P<page>\d{1,4})")
async def turn(interaction: discord.Interaction[Bot], page: str) -> None:
    """Show another page of the list; anybody may."""
    index = await interaction.client.ask(interaction, _index)
    message = model_messages.models(index, int(page), interaction.locale.value)
    await interaction.response.edit_message(**arguments(message))


def _index(connection: redis.Redis) -> ModelIndex:
    """The models that the workers hold.

    Raises:
        Refusal: no worker has published any yet.
    """
    index = model_index.load(connection)
    if index is None:
        raise Refusal("refusal.no_models")
    return index
