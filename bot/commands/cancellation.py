"""The Cancel button of a waiting notice."""

import discord

from bot.interactions.answers import arguments
from bot.interactions.checks import check_guild, check_own
from bot.interactions.client import Bot
from bot.interactions.custom_id_handlers import pressed
from worker.messages import notices
from worker.messages.catalog import Refusal
from worker.protocol.custom_ids import CancelRequest
from worker.queue import withdrawal


@pressed(CancelRequest)
async def cancel(interaction: discord.Interaction[Bot], custom_id: CancelRequest) -> None:
    """Take this one request out of the queue."""
    bot = interaction.client
    request = await bot.ask(interaction, withdrawal.find, custom_id.record_id)
    if request is None:
        raise Refusal("refusal.too_late_to_cancel")
    check_guild(interaction, request.guild)
    check_own(interaction, request.author, bot.settings.admin_role)
    await interaction.response.defer()  # the withdrawal may have to wait for a refresh of this message
    if not await bot.call(withdrawal.withdraw, custom_id.record_id):
        raise Refusal("refusal.too_late_to_cancel")
    await interaction.edit_original_response(**arguments(notices.cancelled(request.reply_to.locale)))
