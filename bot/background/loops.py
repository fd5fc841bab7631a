"""What the bot does unasked: training messages, waiting messages, a sign of life."""

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO

import discord
import redis

from bot.background import heartbeat
from bot.background.waiting_notices import WaitingMessages
from bot.interactions.answers import UNSENT, arguments
from bot.interactions.client import Bot
from worker.messages import discord_json, training_messages
from worker.protocol.training_payloads import ENDED, MessageAt, Training
from worker.trainings import training_records

log = logging.getLogger(__name__)

PAUSE_S = 3.0
"""Seconds between two looks, and so at least between two edits of one message."""

WAITING_PAUSE_S = 5.0
"""The same for the messages of those who wait in the queue."""

RENEW_S = 55 * 60.0
"""A training's message is followed by a new one after so many seconds."""

Picture = tuple[bytes, str]
"""A PNG, and what it shows in words."""


async def repeat(step: Callable[[], Awaitable[None]], pause_s: float) -> None:
    """Run `step` for ever, `pause_s` seconds apart; the log says what it raises, once until that changes."""
    trouble = ""
    while True:
        try:
            await step()
            trouble = ""
        except Exception as error:
            if trouble != repr(error):
                trouble = repr(error)
                log.warning("Trying again: %s", error, exc_info=not isinstance(error, redis.RedisError))
        await asyncio.sleep(pause_s)


async def say_connected(bot: Bot) -> None:
    """Leave a sign of life while the connection to Discord stands.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    if bot.is_ready() and bot.ws.open:
        await bot.call(heartbeat.say_connected)


def _look(connection: redis.Redis, training: str) -> tuple[Training | None, bytes | None]:
    """Where a training stands, and the picture of its curves once it is over."""
    return training_records.find(connection, training), training_records.curves(connection, training)


@dataclass
class _Shown:
    """What a message said last, and until when Discord bars edits (monotonic seconds)."""

    message: discord_json.Body | None = None
    barred_until: float = -math.inf


@dataclass
class TrainingMessages:
    """Keeps the channel messages of all trainings up to date, also those of before a restart.

    A message that is older than `renew_s` seconds is followed by a new one, since Discord allows few edits of
    messages older than an hour (its error code 30046).
    """

    bot: Bot
    renew_s: float = RENEW_S
    _shown: dict[str, _Shown] = field(default_factory=dict)

    async def refresh(self) -> None:
        """Edit each message that has something new to say; let go of those whose training is over.

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
        """Go on in a new message, and say so in the old one, if Discord lets that be edited at all."""
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


def _age_s(at: MessageAt) -> float:
    """How old a message is, which its id says."""
    return (discord.utils.utcnow() - discord.utils.snowflake_time(int(at.message_id))).total_seconds()


def _files(picture: Picture | None) -> list[discord.File]:
    return [discord.File(BytesIO(picture[0]), "curves.png", description=picture[1])] if picture else []


@asynccontextmanager
async def watching(bot: Bot) -> AsyncIterator[None]:
    """Run everything in the background while the context lasts; the bot must be logged in."""
    waiting = WaitingMessages(bot)
    steps: dict[Callable[[], Awaitable[None]], float] = {
        lambda: say_connected(bot): PAUSE_S,
        TrainingMessages(bot).refresh: PAUSE_S,
        waiting.withdraw: PAUSE_S,
        waiting.refresh: WAITING_PAUSE_S,
    }
    loops = [asyncio.create_task(repeat(step, pause_s)) for step, pause_s in steps.items()]
    try:
        yield
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
