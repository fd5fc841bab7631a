"""The running bots of one token, by name. Redis knows which of them live, and where each left the gateway."""

import os
import secrets
import socket
import time
from collections.abc import Iterator
from typing import cast

import redis
from pydantic import BaseModel, ConfigDict

from worker.protocol import retention
from worker.protocol.retention import Lifetime

_SESSIONS = "shakelm:bot:sessions"

_ENDED = b"ended"
"""The mark of a bot that has said that it ends. A running bot's mark is the time since which it stands."""

_TAKE = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] and holder ~= ARGV[2] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
return 1
"""
"""Take a key from nobody, from oneself, or from a bot that lives no more."""

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


def take(connection: redis.Redis, key: str, name: str, lifetime: Lifetime) -> bool:
    """Take a key for the bot `name`, unless another one that lives holds it. Returns whether it is held.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    holder = cast("bytes | None", connection.get(key)) or b""
    other = holder.decode(errors="replace")
    may_stay = other in ("", name) or is_alive(connection, other, name)
    arguments: list[bytes | str | int] = [name, b"" if may_stay else holder, lifetime.seconds]
    return bool(connection.register_script(_TAKE)([key], arguments))


def take_left_session(connection: redis.Redis, own: str) -> GatewaySession | None:
    """The session of a bot that runs no more. None if there is none.

    One living bot gets each. If that bot ends before `forget_left_session`, another one gets it.
    """
    for name, left in _sessions(connection):
        taken = _taken(left)
        if name == own or is_alive(connection, name, own) or connection.get(taken) == own.encode():
            continue
        if take(connection, taken, own, retention.BOT_SESSION):
            return left
    return None


def forget_left_session(connection: redis.Redis, left: GatewaySession) -> None:
    """Give a left session to nobody any more: what it missed is done."""
    for name, session in _sessions(connection):
        if session.session_id == left.session_id:
            connection.hdel(_SESSIONS, name)


def _sessions(connection: redis.Redis) -> Iterator[tuple[str, GatewaySession]]:
    """The sessions of all bots, by the bots' names. Broken ones are removed."""
    stored = cast("dict[bytes, bytes]", connection.hgetall(_SESSIONS))
    for name, session in stored.items():
        try:
            yield name.decode(), GatewaySession.model_validate_json(session)
        except ValueError:
            connection.hdel(_SESSIONS, name)


def _taken(session: GatewaySession) -> str:
    return f"shakelm:bot:taken:{session.session_id}"


def _key(name: str) -> str:
    return f"shakelm:bot:alive:{name}"
