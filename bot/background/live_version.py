"""The log channels hear which version is live, whoever made it so."""

from contextlib import suppress
from typing import cast

import discord
import redis

from bot.interactions.answers import UNSENT, arguments
from bot.interactions.client import Bot
from worker.messages import admin_messages
from worker.records import guild_settings, model_index

_TOLD = "shakelm:bot:live-told"


async def announce(bot: Bot) -> None:
    """Announce a new live version in the log channels of all guilds, once.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    live = await bot.call(_news)
    if live is None:
        return
    for guild in bot.guilds:
        channel = (await bot.call(guild_settings.read, str(guild.id))).log_channel
        if channel is not None:
            await _post(bot, guild, int(channel), live)


async def _post(bot: Bot, guild: discord.Guild, channel: int, live: str) -> None:
    message = admin_messages.live_announcement(live, str(guild.preferred_locale))
    with suppress(*UNSENT):  # the next teacher who does something reads a hint
        await bot.get_partial_messageable(channel).send(**arguments(message))


def _news(connection: redis.Redis) -> str | None:
    """The live version, if it is another one than at the last call. The first one of all is no news."""
    index = model_index.load(connection)
    live = index.live() if index else None
    if live is None:
        return None
    before = cast("bytes | None", connection.set(_TOLD, live.reference, get=True))
    return live.reference if before not in (None, live.reference.encode()) else None
