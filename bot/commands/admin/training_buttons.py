"""The buttons that start or drop a proposed training, and stop or cancel a started one."""

import logging

import discord
import redis

from bot.commands.admin.announcements import announce
from bot.interactions.answers import UNSENT, arguments
from bot.interactions.checks import check_administrator, check_can_post
from bot.interactions.client import Bot
from bot.interactions.custom_id_handlers import pressed
from worker.messages import training_messages
from worker.messages.catalog import Refusal
from worker.protocol.custom_ids import CancelTraining, DropTraining, OfRecord, StartTraining, StopTraining
from worker.protocol.training_payloads import ENDED, MessageAt, Order, Training, TrainRequest
from worker.trainings import training_records
from worker.trainings.training_records import NOT_POSTED

log = logging.getLogger(__name__)


@pressed(StartTraining)
async def start(interaction: discord.Interaction[Bot], custom_id: StartTraining) -> None:
    """Enqueue the proposed training, and post the message that shows it in this channel.

    The training is in the queue before its message is posted. A message that cannot be posted now comes
    later (`bot.background.training_message_updates`). A press on a training that has started shows it again.
    """
    bot, training_id = interaction.client, custom_id.record_id
    check_administrator(interaction, bot.settings.admin_role)
    check_can_post(interaction)
    await interaction.response.defer()
    request = await bot.call(_start, training_id, str(interaction.guild_id), str(interaction.channel_id))
    url = await _post(interaction, training_id)
    locale = interaction.locale.value
    enqueued = training_messages.enqueued(request, url, locale)
    await interaction.edit_original_response(**arguments(enqueued))
    await announce(interaction, "announcement.training_started", name=request.name)


def _start(connection: redis.Redis, training_id: str, guild: str, channel: str) -> TrainRequest:
    """Start a proposed training. Returns its request; that of a training that has started, too.

    Raises:
        Refusal: it is gone, or belongs to another guild.
    """
    if training_records.find(connection, training_id) is None:
        _check_proposed_here(connection, training_id, guild)
        training_records.start_proposed(connection, training_id, channel)
    training = training_records.find(connection, training_id)
    if training is None or training.request.guild not in (None, guild):
        raise Refusal("refusal.record_gone")
    return training.request


def _check_proposed_here(connection: redis.Redis, training_id: str, guild: str) -> None:
    """Pass for a proposal of this guild.

    Raises:
        Refusal: it is gone, or belongs to another guild.
    """
    request = training_records.proposal(connection, training_id)
    if request is None or request.guild not in (None, guild):
        raise Refusal("refusal.record_gone")


async def _post(interaction: discord.Interaction[Bot], training_id: str) -> str | None:
    """Post the message of a training. Returns its address, None if Discord does not take it now."""
    bot = interaction.client
    waiting = await bot.call(training_records.find, training_id)
    if waiting is None or waiting.progress.state in ENDED:
        return None
    posted = (await bot.call(training_records.watched)).get(training_id)
    channel = bot.get_partial_messageable(
        int(posted.channel_id) if posted else interaction.channel_id or 0, guild_id=interaction.guild_id
    )
    if posted is not None and posted.message_id != NOT_POSTED:
        return channel.get_partial_message(int(posted.message_id)).jump_url
    try:
        message = await channel.send(
            **arguments(training_messages.following(waiting)),
            nonce=training_messages.nonce(training_id, NOT_POSTED),
        )
    except UNSENT as error:
        log.warning("The message of training %s comes later: %s", training_id, error)
        return None
    at = MessageAt(channel_id=str(message.channel.id), message_id=str(message.id))
    # The loop may have posted it before. Then both are the same message, because they have one nonce.
    await bot.call(training_records.watch_first, training_id, at)
    return str(message.jump_url)


@pressed(DropTraining)
async def drop(interaction: discord.Interaction[Bot], custom_id: DropTraining) -> None:
    """Drop the proposed training."""
    bot, locale = interaction.client, interaction.locale.value
    check_administrator(interaction, bot.settings.admin_role)
    await interaction.response.defer()
    await bot.call(_check_proposed_here, custom_id.record_id, str(interaction.guild_id))
    request = await bot.call(training_records.drop_proposal, custom_id.record_id)
    if request is None:
        raise Refusal("refusal.record_gone")
    await interaction.edit_original_response(**arguments(training_messages.dropped(request, locale)))


@pressed(StopTraining)
async def stop(interaction: discord.Interaction[Bot], custom_id: StopTraining) -> None:
    """End a training, and keep the best epoch so far."""
    training = await _tell(interaction, custom_id, "stop")
    await announce(interaction, "announcement.training_stopped", name=training.request.name)


@pressed(CancelTraining)
async def cancel(interaction: discord.Interaction[Bot], custom_id: CancelTraining) -> None:
    """Take a training out of the queue, or end it and keep nothing."""
    training = await _tell(interaction, custom_id, "cancel")
    await announce(interaction, "announcement.training_cancelled", name=training.request.name)


async def _tell(interaction: discord.Interaction[Bot], custom_id: OfRecord, order: Order) -> Training:
    """Give a training an order, and show the order in its message."""
    bot = interaction.client
    check_administrator(interaction, bot.settings.admin_role)
    await interaction.response.defer()
    training = await bot.call(order_training, custom_id.record_id, order, str(interaction.guild_id))
    await interaction.edit_original_response(**arguments(training_messages.following(training)))
    return training


def order_training(connection: redis.Redis, training_id: str, order: Order, guild: str) -> Training:
    """Give a training an order. Returns the training after it.

    Raises:
        Refusal: the training has ended, or belongs to another guild.
    """
    training = training_records.find(connection, training_id)
    if training is None or training.request.guild not in (None, guild):
        raise Refusal("refusal.record_gone")
    if training.progress.state in ENDED:
        raise Refusal("refusal.training_over")
    if order == "stop":
        training_records.order(connection, training_id, order)
    else:
        training_records.cancel(connection, training_id)
    return training_records.find(connection, training_id) or training
