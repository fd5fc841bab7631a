"""The log channel of a server, in which everything that administrators do is announced."""

import logging

import discord
import redis

from bot.interactions.answers import UNSENT, arguments
from bot.interactions.client import Bot
from worker.messages import admin_messages, notices
from worker.messages.catalog import Refusal
from worker.records import guild_settings

log = logging.getLogger(__name__)


async def announce(interaction: discord.Interaction[Bot], key: str, /, **values: object) -> None:
    """Say in the server's log channel, where it has one, who did what: the text with that key.

    To be called when it is done and answered. Where the channel does not take the line, what was done stays
    done, and the person alone is told; a channel that is gone is not tried again.
    """
    bot, guild = interaction.client, str(interaction.guild_id)
    try:
        channel = (await bot.call(guild_settings.read, guild)).log_channel
        if channel is None:
            return
        try:
            await post(interaction, int(channel), key, **values)
        except discord.NotFound:
            await bot.call(guild_settings.change, guild, log_channel=None)
            await _hint(interaction, Refusal("refusal.log_channel_gone"))
        except discord.Forbidden:
            await _hint(interaction, Refusal("refusal.log_channel_lost"))
    except (*UNSENT, redis.RedisError) as error:
        log.warning("An announcement is lost: %s", error)


async def post(interaction: discord.Interaction[Bot], channel: int, key: str, /, **values: object) -> None:
    """Say in that channel, in the server's language, who did what.

    Raises:
        discord.HTTPException: the channel does not take it.
    """
    locale = str(interaction.guild_locale or interaction.locale)
    line = admin_messages.announcement(str(interaction.user.id), key, locale, **values)
    await interaction.client.get_partial_messageable(channel).send(**arguments(line))


async def _hint(interaction: discord.Interaction[Bot], refusal: Refusal) -> None:
    hint = notices.problem(refusal, interaction.locale.value)
    await interaction.followup.send(**arguments(hint), ephemeral=True)
