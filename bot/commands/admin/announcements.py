"""Announcements of what teachers do, in the log channel of their guild."""

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
    """Announce an action in the guild's log channel, if it has one.

    The action is already done and answered, so no error is raised. If the channel is gone or refuses the bot,
    the teacher reads a hint. A channel that is gone is removed from the guild's settings.

    Args:
        interaction: the teacher's.
        key: of the text that says what was done.
        values: the fields of the text.
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
    """Post the announcement of an action in a channel, in the guild's language.

    Raises:
        discord.HTTPException: Discord refuses the message.
    """
    locale = str(interaction.guild_locale or interaction.locale)
    line = admin_messages.announcement(str(interaction.user.id), key, locale, **values)
    await interaction.client.get_partial_messageable(channel).send(**arguments(line))


async def _hint(interaction: discord.Interaction[Bot], refusal: Refusal) -> None:
    hint = notices.problem(refusal, interaction.locale.value)
    await interaction.followup.send(**arguments(hint), ephemeral=True)
