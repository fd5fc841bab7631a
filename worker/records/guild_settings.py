"""What the teachers of each Discord server have set: limits, retention, the channel of announcements.

One hash a server in Redis, `shakelm:server:ID:settings`, which holds what was changed alone.
"""

from typing import Annotated, Any

import redis
from pydantic import Field

from worker.protocol.payload import Payload, Snowflake
from worker.protocol.verse_payloads import MAX_LINES

MAX_PER_MINUTE = 600
MAX_OPEN = 1000
MAX_RETENTION_DAYS = 365


class ServerSettings(Payload):
    """How much people of one server may ask for, and what becomes of it.

    `per_minute` and `open_per_person` are of each person, `open_per_server` is of all together; open is what
    waits or is being done. `longest_verse` is in lines. Records are kept `retention_days`. `log_channel` is
    the id of the channel in which every change by an administrator is announced.
    """

    per_minute: Annotated[int, Field(ge=1, le=MAX_PER_MINUTE)] = 10
    open_per_person: Annotated[int, Field(ge=1, le=MAX_OPEN)] = 5
    open_per_server: Annotated[int, Field(ge=1, le=MAX_OPEN)] = 100
    longest_verse: Annotated[int, Field(ge=1, le=MAX_LINES)] = MAX_LINES
    retention_days: Annotated[int, Field(ge=1, le=MAX_RETENTION_DAYS)] = 90
    log_channel: Snowflake | None = None


def settings(connection: "redis.Redis", guild: str) -> ServerSettings:
    """The settings of that server, which stay until they are changed.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    stored: dict[bytes, bytes] = connection.hgetall(_key(guild))  # type: ignore[assignment]
    return ServerSettings.model_validate_strings({k.decode(): v.decode() for k, v in stored.items()})


def change(connection: "redis.Redis", guild: str, /, **changes: Any) -> ServerSettings:
    """Change settings of that server by name, None back to the default; returns all of them.

    Raises:
        pydantic.ValidationError: a value is out of its range.
        redis.RedisError: the queue cannot be reached.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    ServerSettings.model_validate(given)
    with connection.pipeline() as pipeline:
        for name in changes:
            if name in given:
                pipeline.hset(_key(guild), name, given[name])
            else:
                pipeline.hdel(_key(guild), name)
        pipeline.execute()
    return settings(connection, guild)


def _key(guild: str) -> str:
    return f"shakelm:server:{guild}:settings"
