"""The bot's heartbeat in Redis. By it, another process knows whether this machine's bot is connected."""

import asyncio
import logging
import socket
from collections.abc import Sequence

import redis

from bot.gateway import instances, replay
from bot.gateway.instances import GatewaySession
from bot.interactions.client import Bot
from shakelm.errors import ShakelmError
from worker.protocol import retention

log = logging.getLogger(__name__)


async def beat(bot: Bot) -> None:
    """Write the heartbeat if the bot is connected to Discord.

    A bot that stood still for some seconds, as with its machine, may have lost its session of the gateway to
    another bot. It then gets a new one, because Discord sends it nothing more.

    Raises:
        redis.RedisError: Redis cannot be reached.
    """
    session = bot.intake.session()
    if session is not None and await bot.call(instances.was_taken, session):
        log.warning("Another bot has taken over this bot's session of the gateway: connecting anew")
        await bot.connect_anew()
        return
    await bot.call(instances.beat, bot.intake.name, session)
    if bot.is_ready() and bot.ws.open:
        await bot.call(_write)


async def take_over(bot: Bot) -> None:
    """Take the interactions that bots have left which live no more, once this bot gets new ones itself.

    Raises:
        redis.RedisError: Redis cannot be reached.
    """
    if bot.intake.session() is None:
        return
    while left := await bot.call(instances.take_left_session, bot.intake.name):
        missed = await replay.missed_interactions(left, bot.settings.token.get_secret_value())
        log.info("Taking over %d interactions from an earlier bot", len(missed))
        taken = [bot.in_background(bot.intake.take(interaction)) for interaction in missed]
        bot.in_background(_forget_once_done(bot, left, taken))


async def _forget_once_done(bot: Bot, left: GatewaySession, taken: Sequence[asyncio.Task[None]]) -> None:
    """Forget a left session once what it missed is done. If this bot ends before, the next one takes it."""
    await asyncio.gather(*taken, return_exceptions=True)
    if not any(task.cancelled() for task in taken):
        await bot.call(instances.forget_left_session, left)


def check(connection: redis.Redis) -> None:
    """Pass if a bot on this machine has written its heartbeat lately (`retention.BOT_HEARTBEAT`).

    Raises:
        ShakelmError: none has.
    """
    if not connection.exists(_key()):
        raise ShakelmError(
            "No bot of this machine is connected to Discord: look at its log, or start it with python -m bot."
        )


def _write(connection: redis.Redis) -> None:
    connection.set(_key(), 1, ex=retention.BOT_HEARTBEAT.seconds)


def _key() -> str:
    return f"shakelm:bot:{socket.gethostname()}"
