"""A sign of life in Redis, by which another process can tell whether this machine's bot is connected."""

import socket

import redis

from shakelm.errors import ShakelmError
from worker.protocol import retention


def _key() -> str:
    return f"shakelm:bot:{socket.gethostname()}"


def say_connected(connection: redis.Redis) -> None:
    """Leave a sign of life.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    connection.set(_key(), 1, ex=retention.BOT_HEARTBEAT.seconds)


def check(connection: redis.Redis) -> None:
    """Pass where a bot of this machine was connected to Discord within the heartbeat's lifetime.

    Raises:
        ShakelmError: none was.
    """
    if not connection.exists(_key()):
        raise ShakelmError(
            "No bot of this machine is connected to Discord: look at its log, or start it with python -m bot."
        )
