"""The bot's heartbeat in Redis. By it, another process knows whether this machine's bot is connected."""

import socket

import redis

from bot.interactions.client import Bot
from shakelm.errors import ShakelmError
from worker.protocol import retention


async def beat(bot: Bot) -> None:
    """Write the heartbeat if the bot is connected to Discord.

    Raises:
        redis.RedisError: Redis cannot be reached.
    """
    if bot.is_ready() and bot.ws.open:
        await bot.call(_write)


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
