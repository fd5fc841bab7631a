"""`/models`: the model versions with their figures."""

import discord
import redis
from discord import app_commands

from bot.interactions.answers import answer, arguments
from bot.interactions.client import Bot
from bot.interactions.command_translation import described
from bot.interactions.custom_id_handlers import pressed
from worker.messages import model_messages
from worker.messages.catalog import Refusal
from worker.protocol.custom_ids import ModelPage
from worker.protocol.model_payloads import ModelIndex
from worker.records import model_index


@app_commands.command(description=described("command.models.description"))
async def models(interaction: discord.Interaction[Bot]) -> None:
    """List the model versions with their figures on held-out text, and mark the live one."""
    index = await interaction.client.ask(interaction, _index)
    await answer(interaction, model_messages.models(index, locale=interaction.locale.value), private=False)


@pressed(ModelPage)
async def turn(interaction: discord.Interaction[Bot], custom_id: ModelPage) -> None:
    """Show another page of the list, for everybody who asks."""
    index = await interaction.client.ask(interaction, _index)
    message = model_messages.models(index, custom_id.page, interaction.locale.value)
    await interaction.response.edit_message(**arguments(message))


def _index(connection: redis.Redis) -> ModelIndex:
    """The model versions of the workers.

    Raises:
        Refusal: no worker has published them yet.
    """
    index = model_index.load(connection)
    if index is None:
        raise Refusal("refusal.no_models")
    return index
