"""Updates of the channel messages that follow trainings."""

import asyncio
import logging
import math
import time
from dataclasses import dataclass, field
from io import BytesIO

import discord
import redis

from bot.interactions.answers import UNSENT, arguments
from bot.interactions.client import Bot
from worker.messages import discord_json, training_messages
from worker.protocol.training_payloads import ENDED, MessageAt, Training
from worker.trainings import training_records

log = logging.getLogger(__name__)

RENEW_S = 55 * 60.0
"""The age in seconds at which a training's message is replaced by a new one."""

Picture = tuple[bytes, str]
"""A PNG and its alternative text."""


@dataclass
class _Shown:
    """What a message shows, and until when Discord refuses edits of it (monotonic seconds)."""

    message: discord_json.Body | None = None
    barred_until: float = -math.inf


@dataclass
class TrainingMessages:
    """The messages of all trainings, also of those that started before this bot did.

    A message older than `renew_s` seconds is replaced by a new one, because Discord allows few edits of
    messages older than an hour (its error code 30046).
    """

    bot: Bot
    renew_s: float = RENEW_S
    _shown: dict[str, _Shown] = field(default_factory=dict)

    async def refresh(self) -> None:
        """Edit each message whose content has changed. After the last edit, a training is no longer watched.

        Raises:
            redis.RedisError: the queue cannot be reached.
        """
        watched = await self.bot.call(training_records.watched)
        self._shown = {training: self._shown.get(training, _Shown()) for training in watched}
        await asyncio.gather(*(self._refresh(training, at) for training, at in watched.items()))

    async def _refresh(self, training: str, at: MessageAt) -> None:
        found, curves = await self.bot.call(_look, training)
        if found is None:
            await self.bot.call(training_records.unwatch, training)
            return
        over = found.progress.state in ENDED
        message, shown = training_messages.following(found), self._shown[training]
        if time.monotonic() < shown.barred_until or not (over or message != shown.message):
            return
        picture = (curves, found.progress.curves) if curves else None
        try:
            if _age_s(at) > self.renew_s:
                await self._renew(found, at, message, picture)
            else:
                await self._message(at).edit(**arguments(message), attachments=_files(picture))
        except (discord.NotFound, discord.Forbidden) as error:
            log.warning("Giving up the message of training %s: %s", training, error)
            await self.bot.call(training_records.unwatch, training)
        except UNSENT as error:
            log.warning("Could not edit the message of training %s: %s", training, error)
            if isinstance(error, discord.RateLimited):
                shown.barred_until = time.monotonic() + error.retry_after
        else:
            self._shown[training] = _Shown(message)
            if over:
                await self.bot.call(training_records.unwatch, training)

    async def _renew(
        self, training: Training, at: MessageAt, message: discord_json.Body, picture: Picture | None
    ) -> None:
        """Send a new message, and link to it from the old one if Discord still allows an edit of that."""
        guild = int(training.request.guild) if training.request.guild else None
        channel = self.bot.get_partial_messageable(int(at.channel_id), guild_id=guild)
        new = await channel.send(**arguments(message), files=_files(picture))
        now_at = MessageAt(channel_id=at.channel_id, message_id=str(new.id))
        await self.bot.call(training_records.watch, training.id, now_at)
        moved = training_messages.moved(training.request, new.jump_url)
        try:
            await self._message(at).edit(**arguments(moved))
        except UNSENT as error:
            log.info("An old message of training %s stays as it is: %s", training.id, error)

    def _message(self, at: MessageAt) -> discord.PartialMessage:
        return self.bot.get_partial_messageable(int(at.channel_id)).get_partial_message(int(at.message_id))


def _look(connection: redis.Redis, training: str) -> tuple[Training | None, bytes | None]:
    """A training, and the picture of its curves if it is finished."""
    return training_records.find(connection, training), training_records.curves(connection, training)


def _age_s(at: MessageAt) -> float:
    """The age of a message in seconds, from the time in its id (Discord: Snowflakes)."""
    return (discord.utils.utcnow() - discord.utils.snowflake_time(int(at.message_id))).total_seconds()


def _files(picture: Picture | None) -> list[discord.File]:
    return [discord.File(BytesIO(picture[0]), "curves.png", description=picture[1])] if picture else []
