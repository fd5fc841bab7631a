"""Answers that an interaction's webhook does not take, posted in the channel by the bot itself."""

import logging
from io import BytesIO

import discord

from bot.interactions.answers import UNSENT, arguments
from bot.interactions.client import Bot
from worker.delivery import outbox
from worker.delivery.outbox import Answer
from worker.messages import notices
from worker.records import incidents

log = logging.getLogger(__name__)


async def post(bot: Bot) -> None:
    """Post all such answers. Without permission to write in the channel, administrators see an incident.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    while answer := await bot.call(outbox.take_refused):
        try:
            await _post(bot, answer)
        except UNSENT as error:
            log.warning("%s: the answer reaches nobody: %s", answer.id, error)
            await bot.call(incidents.note, answer.id[-8:], "an answer could not be delivered")


async def _post(bot: Bot, answer: Answer) -> None:
    """Post a public answer as it is, and of a private one only that it could not be delivered.

    Raises:
        discord.DiscordException, OSError: the bot may not write there, or Discord is not reached.
    """
    if not answer.channel:  # a teacher's request, whose result `/models` or the log channel shows
        await bot.call(incidents.note, answer.id[-8:], "an answer to a teacher could not be delivered")
        return
    channel = bot.get_partial_messageable(int(answer.channel))
    locale = answer.reply_to.locale
    if answer.private:
        await channel.send(**arguments(notices.undelivered(answer.author, locale)))
        return
    message = answer.body | {"content": notices.for_person(answer.author, locale)}
    files = []
    if answer.file:
        file = answer.file
        files = [discord.File(BytesIO(file.content), file.name, description=file.description or None)]
    await channel.send(**arguments(message), files=files)
