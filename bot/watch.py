"""What the bot does unasked: training messages, verses that nobody will write in time, a sign of life."""

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

from bot import health
from bot.answers import arguments
from bot.client import Bot
from worker import delivery, messages, queues
from worker.payloads import MessageAt, ModelSummary, TrainingState, TrainProgress, TrainRequest, VerseRequest

log = logging.getLogger(__name__)

PAUSE_S = 3.0
"""Seconds between two looks, and so at least between two edits of one message."""

OLD_S = 3600.0
OLD_PAUSE_S = 1800.0
"""A message older than an hour may be edited only rarely (Discord's error code 30046)."""


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
        await bot.call(health.say_connected)


async def withdraw_verses(bot: Bot) -> None:
    """Take the verses off the queue whose tokens die soon, and tell the students.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    expiring = await bot.call(queues.withdraw_expiring, bot.settings.withdraw_s)
    await asyncio.gather(*(_tell_withdrawn(bot, request) for request in expiring))


async def _tell_withdrawn(bot: Bot, request: VerseRequest) -> None:
    try:
        await asyncio.to_thread(
            delivery.edit_original, bot.settings.api_base, request.reply_to, messages.expired()
        )
    except (delivery.DeliveryRefusedError, delivery.DeliveryFailedError) as error:
        log.warning("Could not say that a verse was withdrawn: %s", error)


@dataclass(frozen=True)
class _Training:
    """What Redis holds about one training."""

    request: TrainRequest | None
    progress: TrainProgress
    curves: bytes | None
    live: ModelSummary | None

    @property
    def over(self) -> bool:
        return self.progress.state in (TrainingState.FINISHED, TrainingState.FAILED)


def _look(connection: redis.Redis, training: str) -> _Training:
    index = queues.model_index(connection)
    return _Training(
        request=queues.training_request(connection, training),
        progress=queues.training_progress(connection, training),
        curves=queues.training_curves(connection, training),
        live=index.live() if index else None,
    )


@dataclass
class _Shown:
    """What a message said last, when it was edited, and until when Discord bars edits (monotonic seconds)."""

    message: messages.Body | None = None
    edited_at: float = -math.inf
    barred_until: float = -math.inf


@dataclass
class TrainingMessages:
    """Keeps the channel messages of all trainings up to date, also those of before a restart."""

    bot: Bot
    _shown: dict[str, _Shown] = field(default_factory=dict)

    async def refresh(self) -> None:
        """Edit each message that has something new to say; let go of those whose training is over.

        Raises:
            redis.RedisError: the queue cannot be reached.
        """
        watched = await self.bot.call(queues.watched_trainings)
        self._shown = {training: self._shown.get(training, _Shown()) for training in watched}
        await asyncio.gather(*(self._refresh(training, at) for training, at in watched.items()))

    async def _refresh(self, training: str, at: MessageAt) -> None:
        found = await self.bot.call(_look, training)
        if found.request is None:
            await self.bot.call(queues.unwatch, training)
            return
        message = messages.training(found.request, found.progress, found.live)
        if not self._is_due(self._shown[training], at, message, found.over):
            return
        try:
            await self._edit(at, message, found)
        except (discord.NotFound, discord.Forbidden) as error:
            log.warning("Giving up the message of training %s: %s", training, error)
            await self.bot.call(queues.unwatch, training)
        except (discord.DiscordException, OSError) as error:
            log.warning("Could not edit the message of training %s: %s", training, error)
            if isinstance(error, discord.RateLimited):
                self._shown[training].barred_until = time.monotonic() + error.retry_after
        else:
            self._shown[training] = _Shown(message, time.monotonic())
            if found.over:
                await self.bot.call(queues.unwatch, training)

    def _is_due(self, shown: _Shown, at: MessageAt, message: messages.Body, over: bool) -> bool:
        now = time.monotonic()
        if now < shown.barred_until:
            return False
        age_s = (discord.utils.utcnow() - discord.utils.snowflake_time(int(at.message_id))).total_seconds()
        pause_s = OLD_PAUSE_S if age_s > OLD_S else 0.0
        return over or (message != shown.message and now >= shown.edited_at + pause_s)

    async def _edit(self, at: MessageAt, message: messages.Body, found: _Training) -> None:
        channel = self.bot.get_partial_messageable(int(at.channel_id))
        files = [_picture(found.progress, found.curves)] if found.curves else []
        await channel.get_partial_message(int(at.message_id)).edit(**arguments(message), attachments=files)


def _picture(progress: TrainProgress, curves: bytes) -> discord.File:
    """The curves of a training, with words for those who cannot see them."""
    return discord.File(
        BytesIO(curves),
        filename="curves.png",
        description=(
            f"Loss and accuracy of {progress.model or 'the training'} over {progress.epoch} epochs, "
            "on the training and the validation part."
        ),
    )


@asynccontextmanager
async def watching(bot: Bot) -> AsyncIterator[None]:
    """Run everything in the background while the context lasts; the bot must be logged in."""
    steps = (lambda: say_connected(bot), lambda: withdraw_verses(bot), TrainingMessages(bot).refresh)
    loops = [asyncio.create_task(repeat(step, PAUSE_S)) for step in steps]
    try:
        yield
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
