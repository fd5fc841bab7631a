"""The running bots of one token, by name. Redis knows which of them live, and where each left the gateway."""

import os
import secrets
import socket
import time
from typing import cast

import redis
from pydantic import BaseModel, ConfigDict, ValidationError

from worker.protocol import retention

_SESSIONS = "shakelm:bot:sessions"

_ENDED = b"ended"
"""The mark of a bot that has said that it ends. A running bot's mark is the time since which it stands."""

_named_here: set[str] = set()
"""The names that this process has made."""


class GatewaySession(BaseModel):
    """A session of Discord's gateway, and its last event that needs no repetition (Discord: Resume)."""

    model_config = ConfigDict(frozen=True)

    session_id: str
    gateway: str
    sequence: int


def new_name() -> str:
    """A name for this process: host, process id, and something random, because ids are used again."""
    name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    _named_here.add(name)
    return name


def beat(connection: redis.Redis, name: str, session: GatewaySession | None) -> None:
    """Say that this bot lives, and where it is in its session of the gateway.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    with connection.pipeline() as pipeline:
        pipeline.set(_key(name), time.monotonic(), nx=True, ex=retention.BOT_INSTANCE.seconds)
        pipeline.expire(_key(name), retention.BOT_INSTANCE.seconds)
        if session is not None:
            pipeline.hset(_SESSIONS, name, session.model_dump_json())
            pipeline.expire(_SESSIONS, retention.BOT_SESSION.seconds)
        pipeline.execute()


def was_taken(connection: redis.Redis, session: GatewaySession) -> bool:
    """Whether another bot has resumed it at the gateway, because its bot seemed to be gone."""
    return bool(connection.exists(_taken(session)))


def leave(connection: redis.Redis, name: str, session: GatewaySession | None) -> None:
    """Say that this bot ends. The next one goes on after the last event of the session.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    beat(connection, name, session)
    connection.set(_key(name), _ENDED, ex=retention.BOT_SESSION.seconds)


def is_alive(connection: redis.Redis, name: str, judge: str) -> bool:
    """Whether a bot runs. `judge` is the name of the bot that asks.

    A bot that said that it ends, or whose process is gone from this machine, is known to be dead. One
    without a mark is taken for dead if the judge's own mark has stood for as long as a mark lasts.
    Otherwise Redis may have refused all marks, and not every bot has set its own again.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    mark = cast("bytes | None", connection.get(_key(name)))
    if mark == _ENDED or _is_gone_from_here(name):
        return False
    return mark is not None or not _has_stood(connection, judge)


def _is_gone_from_here(name: str) -> bool:
    """Whether a bot ran on this machine, and does no more."""
    host, _, rest = name.partition(":")
    process_id = rest.partition(":")[0]
    # Windows has no such test.
    if os.name != "posix" or host != socket.gethostname() or not process_id.isdecimal():
        return False
    # A killed process's id may belong to this one, as in a container.
    if int(process_id) == os.getpid():
        return name not in _named_here
    try:
        os.kill(int(process_id), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        pass
    return False


def _has_stood(connection: redis.Redis, name: str) -> bool:
    """Whether this process's mark has stood for as long as a mark lasts, without a gap."""
    since = cast("bytes | None", connection.get(_key(name)))
    try:
        return since is not None and time.monotonic() - float(since) >= retention.BOT_INSTANCE.seconds
    except ValueError:
        return False


def take_left_session(connection: redis.Redis, own: str) -> GatewaySession | None:
    """The session of a bot that runs no more. Each is given out once. None if there is none.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    stored = cast("dict[bytes, bytes]", connection.hgetall(_SESSIONS))
    for name, session in stored.items():
        other = name.decode(errors="replace")
        if other == own or is_alive(connection, other, own) or not connection.hdel(_SESSIONS, other):
            continue
        try:
            left = GatewaySession.model_validate_json(session)
        except ValidationError:
            continue
        connection.set(_taken(left), own, ex=retention.BOT_SESSION.seconds)
        return left
    return None


def _taken(session: GatewaySession) -> str:
    return f"shakelm:bot:taken:{session.session_id}"


def _key(name: str) -> str:
    return f"shakelm:bot:alive:{name}"
