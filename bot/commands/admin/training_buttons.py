"""The buttons of trainings: start or drop a proposed one, stop or cancel one that waits or runs."""

import discord
import redis

from bot.commands.admin.announcements import announce
from bot.interactions.answers import arguments
from bot.interactions.button_handlers import ID, pressed
from bot.interactions.checks import check_administrator, check_can_post
from bot.interactions.client import Bot
from worker.messages import training_messages
from worker.messages.catalog import Refusal
from worker.protocol.training_payloads import ENDED, MessageAt, Order, Training, TrainingState, TrainProgress
from worker.trainings import training_records


@pressed(rf"start-training:{ID}")
async def start(interaction: discord.Interaction[Bot], record_id: str) -> None:
    """Enqueue the proposed training, with a message in this channel that shows how far it is."""
    bot, locale = interaction.client, interaction.locale.value
    check_administrator(interaction, bot.settings.admin_role)
    check_can_post(interaction)
    await interaction.response.defer()
    request = await bot.call(training_records.take_proposal, record_id)
    if request is None:
        raise Refusal("refusal.record_gone")
    waiting = Training(record_id, request, TrainProgress(state=TrainingState.QUEUED, epochs=request.epochs))
    channel = bot.get_partial_messageable(interaction.channel_id or 0, guild_id=interaction.guild_id)
    try:
        message = await channel.send(**arguments(training_messages.following(waiting)))
    except Exception:
        await bot.call(training_records.keep_proposal, record_id, request)
        raise
    at = MessageAt(channel_id=str(message.channel.id), message_id=str(message.id))
    try:
        await bot.call(training_records.start, record_id, request, at)
    except Exception:
        await message.delete()
        raise
    enqueued = training_messages.enqueued(request, message.jump_url, locale)
    await interaction.edit_original_response(**arguments(enqueued))
    await announce(interaction, "announcement.training_started", name=request.name)


@pressed(rf"drop-training:{ID}")
async def drop(interaction: discord.Interaction[Bot], record_id: str) -> None:
    """Forget the proposed training."""
    bot, locale = interaction.client, interaction.locale.value
    check_administrator(interaction, bot.settings.admin_role)
    await interaction.response.defer()
    request = await bot.call(training_records.take_proposal, record_id)
    if request is None:
        raise Refusal("refusal.record_gone")
    await interaction.edit_original_response(**arguments(training_messages.dropped(request, locale)))


@pressed(rf"stop-training:{ID}")
async def stop(interaction: discord.Interaction[Bot], record_id: str) -> None:
    """Have a training end now and keep the best so far."""
    training = await _tell(interaction, record_id, "stop")
    await announce(interaction, "announcement.training_stopped", name=training.request.name)


@pressed(rf"cancel-training:{ID}")
async def cancel(interaction: discord.Interaction[Bot], record_id: str) -> None:
    """Take a training out of the queue, or have it end now and throw away what it learned."""
    training = await _tell(interaction, record_id, "cancel")
    await announce(interaction, "announcement.training_cancelled", name=training.request.name)


async def _tell(interaction: discord.Interaction[Bot], training_id: str, order: Order) -> Training:
    """Pass an order on, and show in the training's message that it was given."""
    bot = interaction.client
    check_administrator(interaction, bot.settings.admin_role)
    await interaction.response.defer()
    training = await bot.call(_order, training_id, order)
    await interaction.edit_original_response(**arguments(training_messages.following(training)))
    return training


def _order(connection: redis.Redis, training_id: str, order: Order) -> Training:
    """Pass an order on; where the training stands then.

    Raises:
        Refusal: it is over.
    """
    training = training_records.find(connection, training_id)
    if training is None:
        raise Refusal("refusal.record_gone")
    if training.progress.state in ENDED:
        raise Refusal("refusal.training_over")
    if order == "stop":
        training_records.order(connection, training_id, order)
    else:
        training_records.cancel(connection, training_id)
    return training_records.find(connection, training_id) or training
