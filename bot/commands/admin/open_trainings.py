"""Commands for the trainings of a guild, whatever became of their messages."""

import discord
import redis
from discord import app_commands

from bot.commands.admin.announcements import announce
from bot.commands.admin.group import AdministratorsOnly
from bot.commands.admin.training_buttons import order_training
from bot.interactions.answers import answer
from bot.interactions.autocompletion import MAX_CHOICES
from bot.interactions.client import Bot
from bot.interactions.command_translation import described
from worker.messages import training_messages
from worker.messages.catalog import Refusal
from worker.protocol.training_payloads import Order, Training
from worker.trainings import training_records

training = AdministratorsOnly(name="training", description=described("command.admin.training.description"))


@training.command(name="list", description=described("command.admin.training.list.description"))
async def list_(interaction: discord.Interaction[Bot]) -> None:
    """Show the trainings of this guild that run or wait, in private."""
    found = await interaction.client.ask(interaction, _open, str(interaction.guild_id))
    await answer(interaction, training_messages.overview(found, interaction.locale.value), private=True)


async def _suggest(interaction: discord.Interaction[Bot], current: str) -> list[app_commands.Choice[str]]:
    """The open trainings whose names contain the typed text. None if Redis does not answer."""
    try:
        found = await interaction.client.ask(interaction, _open, str(interaction.guild_id))
    except (TimeoutError, redis.RedisError):
        return []
    locale = interaction.locale.value
    return [
        app_commands.Choice(name=training_messages.choice(one, locale), value=one.id)
        for one in found
        if current.lower() in one.request.name
    ][:MAX_CHOICES]


@training.command(description=described("command.admin.training.stop.description"))
@app_commands.describe(training=described("command.admin.training.stop.training"))
@app_commands.autocomplete(training=_suggest)
async def stop(interaction: discord.Interaction[Bot], training: app_commands.Range[str, 1, 64]) -> None:
    """End a training, and keep the best epoch so far."""
    ended = await _order(interaction, training, "stop")
    await announce(interaction, "announcement.training_stopped", name=ended.request.name)


@training.command(description=described("command.admin.training.cancel.description"))
@app_commands.describe(training=described("command.admin.training.cancel.training"))
@app_commands.autocomplete(training=_suggest)
async def cancel(interaction: discord.Interaction[Bot], training: app_commands.Range[str, 1, 64]) -> None:
    """Take a training out of the queue, or end it and keep nothing."""
    ended = await _order(interaction, training, "cancel")
    await announce(interaction, "announcement.training_cancelled", name=ended.request.name)


async def _order(interaction: discord.Interaction[Bot], wanted: str, order: Order) -> Training:
    """Give an order to the training with this id or name, and show the training in private.

    Raises:
        Refusal: no such training runs or waits in this guild.
    """
    bot = interaction.client
    await interaction.response.defer(ephemeral=True)
    found = await bot.call(_open, str(interaction.guild_id))
    matching = [one for one in found if wanted in (one.id, one.request.name)]
    if not matching:
        raise Refusal("refusal.no_such_training", training=wanted)
    ordered = await bot.call(order_training, matching[0].id, order, str(interaction.guild_id))
    shown = training_messages.following(ordered)
    await answer(interaction, shown | {"components": []}, private=True)
    return ordered


def _open(connection: redis.Redis, guild: str) -> list[Training]:
    return [one for one in training_records.open_trainings(connection) if one.request.guild == guild]
