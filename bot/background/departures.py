"""Guilds that have removed the bot."""

import logging

from bot.interactions.client import Bot
from worker.privacy import departed_guilds

log = logging.getLogger(__name__)


async def forget(bot: Bot) -> None:
    """Remove what Redis holds of guilds that the bot left long ago.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    present = [str(guild.id) for guild in bot.guilds]
    if not bot.is_ready() or not present:
        return
    await bot.call(departed_guilds.compare, present)
    for guild in await bot.call(departed_guilds.forget):
        log.info("Removed everything of server %s, which the bot left", guild)
