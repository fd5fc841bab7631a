"""What the teachers of each Discord server have set: limits, retention, the channel of announcements.

One hash a server in Redis, `shakelm:server:ID:settings`, which holds what was changed alone.
"""

from typing import Any

import redis

from worker.protocol.guild_payloads import GuildSettings


def read(connection: "redis.Redis", guild: str) -> GuildSettings:
    """The settings of that server, which stay until they are changed.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    stored: dict[bytes, bytes] = connection.hgetall(_key(guild))  # type: ignore[assignment]
    return GuildSettings.model_validate_strings({k.decode(): v.decode() for k, v in stored.items()})


def change(connection: "redis.Redis", guild: str, /, **changes: Any) -> GuildSettings:
    """Change settings of that server by name, None back to the default; returns all of them.

    Raises:
        pydantic.ValidationError: a value is out of its range.
        redis.RedisError: the queue cannot be reached.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    GuildSettings.model_validate(given)
    with connection.pipeline() as pipeline:
        for name in changes:
            if name in given:
                pipeline.hset(_key(guild), name, given[name])
            else:
                pipeline.hdel(_key(guild), name)
        pipeline.execute()
    return read(connection, guild)


def _key(guild: str) -> str:
    return f"shakelm:server:{guild}:settings"
