"""Guilds that the bot has left: what Redis holds of them is removed after a while.

A guild that invites the bot again in the meantime finds everything as it was. An outage of Discord, in which
guilds are unavailable, is no departure.
"""

import time
from collections.abc import Iterable
from typing import cast

import redis

from worker.protocol import retention
from worker.records import verse_records
from worker.trainings import training_records

_DEPARTED = "shakelm:servers:left"
"""Sorted set of guild ids by the time of their departure, in Unix seconds."""


def removed(connection: "redis.Redis", guild: str) -> None:
    """Note that the bot was removed from a guild."""
    connection.zadd(_DEPARTED, {guild: time.time()}, nx=True)


def joined(connection: "redis.Redis", guild: str) -> None:
    """Note that the bot is in a guild: nothing of it is removed."""
    connection.zrem(_DEPARTED, guild)


def compare(connection: "redis.Redis", present: Iterable[str]) -> None:
    """Note which of the guilds that Redis knows are gone. `present` are all guilds that the bot is in."""
    here = set(present)
    for guild in here:
        joined(connection, guild)
    for guild in _known(connection) - here:
        removed(connection, guild)


def forget(connection: "redis.Redis") -> list[str]:
    """Remove everything of the guilds that left long ago (`retention.DEPARTED_GUILD`). Returns their ids."""
    due = cast(
        "list[bytes]",
        connection.zrangebyscore(_DEPARTED, "-inf", time.time() - retention.DEPARTED_GUILD.seconds),
    )
    guilds = [guild.decode(errors="replace") for guild in due]
    for guild in guilds:
        _forget(connection, guild)
        connection.zrem(_DEPARTED, guild)
    return guilds


def _forget(connection: "redis.Redis", guild: str) -> None:
    for record in verse_records.of_server(connection, guild):
        verse_records.remove(connection, record.id)
    for training in training_records.of_guild(connection, guild):
        training_records.forget(connection, training.id)
    keys = list(connection.scan_iter(f"shakelm:server:{guild}:*", count=1000))
    if keys:
        connection.delete(*keys)


def _known(connection: "redis.Redis") -> set[str]:
    """The guilds of which Redis holds something."""
    keys = cast("Iterable[bytes]", connection.scan_iter("shakelm:server:*", count=1000))
    return {key.decode(errors="replace").split(":")[2] for key in keys}
