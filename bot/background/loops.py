"""The loops that run in the background while the bot is connected."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

import redis

from bot.background import departures, heartbeat, live_version, undelivered_answers
from bot.background.lease import Lease
from bot.background.lost_requests import LostRequests
from bot.background.training_message_updates import TrainingMessages
from bot.background.waiting_notices import WaitingNotices
from bot.interactions.client import Bot

log = logging.getLogger(__name__)

PAUSE_S = 3.0
"""The pause between two runs of a step, and so the least time between two edits of a training's message."""

BEAT_PAUSE_S = 0.7
"""The pause between two marks that this bot lives (`retention.BOT_INSTANCE`)."""

LEASE_PAUSE_S = 1.5
"""The pause between two renewals of the lease (`retention.BOT_LEASE`)."""

DEPARTURES_PAUSE_S = 600.0
"""The pause between two looks for servers that have removed the bot."""

WAITING_PAUSE_S = 5.0
"""The pause between two refreshes of the waiting notices."""


@asynccontextmanager
async def running(bot: Bot) -> AsyncIterator[None]:
    """Run all loops until the context ends. The bot must be logged in.

    What changes messages runs in one of several bots (`lease`). What takes something out of Redis to tell
    people of it is not canceled in between: a bot that closes waits for it.
    """
    waiting, lost, lease = WaitingNotices(bot), LostRequests(bot), Lease(bot)
    steps: list[tuple[Callable[[], Awaitable[None]], float]] = [
        (partial(heartbeat.beat, bot), BEAT_PAUSE_S),
        (partial(heartbeat.take_over, bot), BEAT_PAUSE_S),
        (uncanceled(bot, lost.tell), PAUSE_S),
        (lease.renew, LEASE_PAUSE_S),
        (lease.only_here(uncanceled(bot, TrainingMessages(bot).refresh)), PAUSE_S),
        (lease.only_here(uncanceled(bot, waiting.withdraw)), PAUSE_S),
        (lease.only_here(waiting.refresh), WAITING_PAUSE_S),
        (lease.only_here(uncanceled(bot, lost.take_up)), PAUSE_S),
        (lease.only_here(partial(departures.forget, bot)), DEPARTURES_PAUSE_S),
        (lease.only_here(uncanceled(bot, partial(live_version.announce, bot))), PAUSE_S),
        (lease.only_here(uncanceled(bot, partial(undelivered_answers.post, bot))), PAUSE_S),
    ]
    tasks = [asyncio.create_task(repeat(step, pause_s)) for step, pause_s in steps]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(redis.RedisError):
            await lease.give_back()


def uncanceled(bot: Bot, step: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """The step, which goes on to its end when its loop is canceled."""

    async def to_its_end() -> None:
        await step()

    async def run() -> None:
        await asyncio.shield(bot.in_background(to_its_end()))

    return run


async def repeat(step: Callable[[], Awaitable[None]], pause_s: float) -> None:
    """Run `step` until canceled, with a pause of `pause_s` seconds after each run.

    Errors do not end the loop. They go to the log, the same error in a row only once.
    """
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
