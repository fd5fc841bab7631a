"""What the teachers of each guild have set: limits, retention, the log channel.

Redis has one hash for each guild, `shakelm:server:ID:settings`. It holds only the changed settings.
"""

from typing import Any

import redis

from worker.protocol.guild_payloads import GuildSettings


def read(connection: "redis.Redis", guild: str) -> GuildSettings:
    """The settings of that guild. They stay until they are changed.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    stored: dict[bytes, bytes] = connection.hgetall(_key(guild))  # type: ignore[assignment]
    return GuildSettings.model_validate_strings({k.decode(): v.decode() for k, v in stored.items()})


def change(connection: "redis.Redis", guild: str, /, **changes: Any) -> GuildSettings:
    """Change settings of that guild by name; None restores the default. Returns all settings.

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
