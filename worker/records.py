"""What is kept of verses for as long as their server says: for the buttons under them and for the export.

A record is JSON under `shakelm:verse:ID` and expires by itself. Two sorted sets, `shakelm:person:ID:verses`
and `shakelm:server:ID:verses`, list the ids by the time of asking; what they list may have expired.
"""

from typing import cast

import redis

from worker import lines, queues, servers
from worker.payloads import MAX_CONTEXT_CHARACTERS, VerseRecord, VerseResult
from worker.servers import MAX_RETENTION_DAYS

DAY_S = 24 * 60 * 60


def save(connection: "redis.Redis", record: VerseRecord) -> None:
    """Keep a record for as long as its server says from now on.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    lifetime_s = servers.settings(connection, record.guild).retention_days * DAY_S
    oldest = record.asked_at - MAX_RETENTION_DAYS * DAY_S
    with connection.pipeline() as pipeline:
        pipeline.set(_key(record.id), record.model_dump_json(), ex=lifetime_s)
        for index in (_of_person(record.author), _of_server(record.guild)):
            pipeline.zadd(index, {record.id: record.asked_at})
            pipeline.zremrangebyscore(index, "-inf", oldest)
            pipeline.expire(index, MAX_RETENTION_DAYS * DAY_S)
        pipeline.execute()


def find(connection: "redis.Redis", record_id: str) -> VerseRecord | None:
    """The record with that id; None where it has expired or was removed."""
    record = cast("bytes | None", connection.get(_key(record_id)))
    return None if record is None else VerseRecord.model_validate_json(record)


def complete(connection: "redis.Redis", record_id: str, result: VerseResult) -> None:
    """Add what was written to a record; one that has gone meanwhile stays gone."""
    record = find(connection, record_id)
    if record is not None:
        complete = record.model_copy(update={"result": result})
        connection.set(_key(record_id), complete.model_dump_json(), xx=True, keepttl=True)


def remove(connection: "redis.Redis", record_id: str) -> None:
    """Remove a record; one that is not there is no error."""
    record = find(connection, record_id)
    if record is not None:
        with connection.pipeline() as pipeline:
            pipeline.delete(_key(record_id))
            pipeline.zrem(_of_person(record.author), record_id)
            pipeline.zrem(_of_server(record.guild), record_id)
            pipeline.execute()


def forget(connection: "redis.Redis", author: str) -> int:
    """Remove all records of a person, on all servers, the lines they began, and their name from trainings.

    What the person has asked for and waits is still done, and not kept. Returns how many verses there were.
    """
    ids = _listed(connection, _of_person(author))
    found = _found(connection, ids)
    for record in found:
        remove(connection, record.id)
    connection.delete(_of_person(author))
    lines.forget(connection, author)
    queues.forget_requester(connection, author)
    return len(found)


def of_server(connection: "redis.Redis", guild: str) -> list[VerseRecord]:
    """The records of a server, in the order of asking; what has expired is taken off the list."""
    ids = _listed(connection, _of_server(guild))
    found = _found(connection, ids)
    expired = set(ids) - {record.id for record in found}
    if expired:
        connection.zrem(_of_server(guild), *expired)
    return found


def keep(connection: "redis.Redis", guild: str, days: int) -> None:
    """Keep what a server has already for so many days from the time of asking, as its new setting says."""
    with connection.pipeline() as pipeline:
        for record in of_server(connection, guild):
            pipeline.expireat(_key(record.id), int(record.asked_at) + days * DAY_S)
        pipeline.execute()


def continuation(record: VerseRecord) -> str:
    """The context in which a verse goes on where it stopped: all that the model has read and written so far.

    A verse ends before a line's end, so that one is added. Of what is too long the oldest lines are left out.
    Where nothing was written it is the record's own.
    """
    if record.result is None or not record.result.text.strip():
        return record.context
    context = f"{record.context}{record.result.text}\n"
    if len(context) <= MAX_CONTEXT_CHARACTERS:
        return context
    return context[-MAX_CONTEXT_CHARACTERS:].partition("\n")[2]


def _key(record_id: str) -> str:
    return f"shakelm:verse:{record_id}"


def _of_person(author: str) -> str:
    return f"shakelm:person:{author}:verses"


def _of_server(guild: str) -> str:
    return f"shakelm:server:{guild}:verses"


def _listed(connection: "redis.Redis", index: str) -> list[str]:
    return [record_id.decode() for record_id in cast("list[bytes]", connection.zrange(index, 0, -1))]


def _found(connection: "redis.Redis", ids: list[str]) -> list[VerseRecord]:
    if not ids:
        return []
    stored = cast("list[bytes | None]", connection.mget([_key(record_id) for record_id in ids]))
    return [VerseRecord.model_validate_json(record) for record in stored if record is not None]
