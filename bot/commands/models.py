"""`/models`: what can write verses, and how good it is."""

import discord
from discord import app_commands

from bot.answers import answer
from bot.client import Bot
from worker import messages, queues


@app_commands.command()
async def models(interaction: discord.Interaction[Bot]) -> None:
    """List the models with their figures on held-out text, and say which one is live."""
    index = await interaction.client.ask(queues.model_index)
    await answer(interaction, messages.models(index), private=index is None)
