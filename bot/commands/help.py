"""`/help` and `/forget`."""

import discord
from discord import app_commands
from discord.app_commands import Choice

from bot.interactions.answers import answer, arguments
from bot.interactions.client import Bot
from bot.interactions.command_translation import described
from bot.interactions.custom_id_handlers import pressed
from worker.messages import help_messages
from worker.privacy import forgetting
from worker.protocol.custom_ids import Forget

TOPICS = ("verse", "lessons", "privacy", "teachers")


@app_commands.command(name="help", description=described("command.help.description"))
@app_commands.describe(topic=described("command.help.topic"))
@app_commands.choices(
    topic=[Choice(name=described(f"help.topic.{topic}.title"), value=topic) for topic in TOPICS]
)
async def help_(interaction: discord.Interaction[Bot], topic: str | None = None) -> None:
    """Show the overview, or the help on one topic."""
    settings = await interaction.client.guild_settings(interaction)
    mentions, locale = interaction.client.mentions, interaction.locale.value
    message = help_messages.help_(topic, settings.retention_days, mentions, locale)
    await answer(interaction, message, private=True)


@app_commands.command(description=described("command.forget.description"))
async def forget(interaction: discord.Interaction[Bot]) -> None:
    """Ask the person to confirm the removal of their data."""
    await answer(interaction, help_messages.confirm_forgetting(interaction.locale.value), private=True)


@pressed(Forget)
async def confirm_forgetting(interaction: discord.Interaction[Bot], _custom_id: Forget) -> None:
    """Remove the data of the person who pressed the button."""
    await interaction.response.defer()
    verses = await interaction.client.call(forgetting.forget, str(interaction.user.id))
    message = help_messages.forgotten(verses, interaction.locale.value)
    await interaction.edit_original_response(**arguments(message))
