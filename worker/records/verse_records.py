"""Records of verses, for the buttons under them and for the export. The guild sets how long they are kept.

A record is JSON under `shakelm:verse:ID` and expires by itself. Two sorted sets, `shakelm:person:ID:verses`
and `shakelm:server:ID:verses`, list the ids by the expiry of their records, and expire with the last one.
"""

import time
from typing import cast

import redis
from redis.client import Pipeline

from worker.protocol.retention import DAY_S
from worker.protocol.verse_payloads import VerseRecord, VerseResult
from worker.records import readable


def save(connection: "redis.Redis", record: VerseRecord, days: int) -> None:
    """Keep a record for that many days from now on.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    expires_at = int(time.time()) + days * DAY_S
    with connection.pipeline() as pipeline:
        pipeline.set(_key(record.id), record.model_dump_json(), exat=expires_at)
        _list(pipeline, record, expires_at)
        pipeline.execute()


def find(connection: "redis.Redis", record_id: str) -> VerseRecord | None:
    """The record with that id. None if it has expired or was removed."""
    record = cast("bytes | None", connection.get(_key(record_id)))
    return readable.record(VerseRecord, record)


def complete(connection: "redis.Redis", record_id: str, result: VerseResult) -> None:
    """Add the written verse to its record. A record that was removed in the meantime stays removed."""
    record = find(connection, record_id)
    if record is not None:
        complete = record.model_copy(update={"result": result})
        connection.set(_key(record_id), complete.model_dump_json(), xx=True, keepttl=True)


def remove(connection: "redis.Redis", record_id: str) -> None:
    """Remove a record, if it exists."""
    record = find(connection, record_id)
    if record is not None:
        with connection.pipeline() as pipeline:
            pipeline.delete(_key(record_id))
            pipeline.zrem(_of_person(record.author), record_id)
            pipeline.zrem(_of_server(record.guild), record_id)
            pipeline.execute()


def forget(connection: "redis.Redis", author: str) -> int:
    """Remove all records of a person, in all guilds. Returns how many there were."""
    found = _found(connection, _listed(connection, _of_person(author)))
    for record in found:
        remove(connection, record.id)
    connection.delete(_of_person(author))
    return len(found)


def of_server(connection: "redis.Redis", guild: str) -> list[VerseRecord]:
    """The records of a guild, in the order of the requests."""
    found = _found(connection, _listed(connection, _of_server(guild)))
    return sorted(found, key=lambda record: record.asked_at)


def keep(connection: "redis.Redis", guild: str, days: int) -> None:
    """Apply a new retention to the stored records of a guild: this many days from each request."""
    with connection.pipeline() as pipeline:
        for record in of_server(connection, guild):
            expires_at = int(record.asked_at) + days * DAY_S
            pipeline.expireat(_key(record.id), expires_at)
            _list(pipeline, record, expires_at)
        pipeline.execute()


def _key(record_id: str) -> str:
    return f"shakelm:verse:{record_id}"


def _of_person(author: str) -> str:
    return f"shakelm:person:{author}:verses"


def _of_server(guild: str) -> str:
    return f"shakelm:server:{guild}:verses"


def _list(pipeline: Pipeline, record: VerseRecord, expires_at: int) -> None:
    """List a record by person and by guild until it expires (Unix seconds). Drop expired entries."""
    for index in (_of_person(record.author), _of_server(record.guild)):
        pipeline.zadd(index, {record.id: expires_at})
        pipeline.zremrangebyscore(index, "-inf", time.time())
        pipeline.expireat(index, expires_at, nx=True)
        pipeline.expireat(index, expires_at, gt=True)


def _listed(connection: "redis.Redis", index: str) -> list[str]:
    return [
        record_id.decode(errors="replace")
        for record_id in cast("list[bytes]", connection.zrange(index, 0, -1))
    ]


def _found(connection: "redis.Redis", ids: list[str]) -> list[VerseRecord]:
    if not ids:
        return []
    stored = cast("list[bytes | None]", connection.mget([_key(record_id) for record_id in ids]))
    return readable.records(VerseRecord, stored)
