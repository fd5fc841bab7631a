"""What the teachers of each guild have set: limits, retention, the log channel.

Redis has one hash for each guild, `shakelm:server:ID:settings`. It holds only the changed settings.
"""

import logging
from collections.abc import Iterable
from typing import Any

import redis
from pydantic import ValidationError

from worker.protocol.guild_payloads import GuildSettings

log = logging.getLogger(__name__)


def read(connection: "redis.Redis", guild: str) -> GuildSettings:
    """The settings of that guild. They stay until they are changed.

    What cannot be read, such as a setting of a later release, has its default.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    try:
        stored: dict[bytes, bytes] = connection.hgetall(_key(guild))  # type: ignore[assignment]
    except redis.ResponseError:
        log.warning("The settings of server %s cannot be read", guild)
        return GuildSettings()
    settings = {k.decode(errors="replace"): v.decode(errors="replace") for k, v in stored.items()}
    try:
        return GuildSettings.model_validate_strings(settings)
    except ValidationError as error:
        broken = {str(one["loc"][0]) for one in error.errors() if one["loc"]}
        log.warning("Settings of server %s are left out: %s", guild, ", ".join(sorted(map(ascii, broken))))
        sound = {name: value for name, value in settings.items() if name not in broken}
        return GuildSettings.model_validate_strings(sound)


def read_all(connection: "redis.Redis", guilds: Iterable[str]) -> dict[str, GuildSettings]:
    """The settings of several guilds. Raises as `read`."""
    return {guild: read(connection, guild) for guild in guilds}


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
