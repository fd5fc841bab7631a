"""What is kept of verses, for how long, and how it goes."""

import time
from typing import Any

import pytest
import redis

from tests.support.request_makers import TOKEN, enqueue, verse_request
from tests.support.rq_records import everything_stored
from worker.protocol.verse_payloads import VerseRecord, VerseResult
from worker.records import verse_records

Connection = redis.Redis

DAY_S = 24 * 60 * 60

RESULT = VerseResult(text="a\nb", model="letters-a@1", temperature=0, random_seed=7, seconds=0.1, unknown=[])


def record(**changes: Any) -> VerseRecord:
    settings: dict[str, Any] = {
        **{"author": "1", "guild": "2", "channel": "3", "number": 7},
        "asked_at": time.time(),
    }
    return VerseRecord(**settings | changes)


def test_a_record_has_everything_of_its_request_but_the_token(connection: Connection) -> None:
    request = verse_request(prompt="love", top_k=5, top_p=0.9, min_p=0.1, style="sonnet", private=True)
    before = time.time()
    enqueue(connection, request)

    kept = verse_records.find(connection, request.id)

    assert kept is not None
    assert kept.model_dump(exclude={"asked_at", "result"}) == request.model_dump(exclude={"reply_to"})
    assert before <= kept.asked_at <= time.time()
    assert kept.result is None
    stored = everything_stored(connection, "shakelm:*")
    assert request.id.encode() in stored
    assert TOKEN.encode() not in stored


def test_a_record_is_completed(connection: Connection) -> None:
    kept = record()
    verse_records.save(connection, kept, 90)
    verse_records.complete(connection, kept.id, RESULT)
    assert verse_records.find(connection, kept.id) == kept.model_copy(update={"result": RESULT})


def test_a_record_that_went_meanwhile_is_not_brought_back(connection: Connection) -> None:
    kept = record()
    verse_records.save(connection, kept, 90)
    verse_records.remove(connection, kept.id)
    verse_records.complete(connection, kept.id, RESULT)
    verse_records.remove(connection, kept.id)
    assert verse_records.find(connection, kept.id) is None
    assert verse_records.of_server(connection, "2") == []


def test_records_expire(connection: Connection) -> None:
    short, long = record(), record(guild="8")
    for kept, days in ((short, 3), (long, 90)):
        verse_records.save(connection, kept, days)
        verse_records.complete(connection, kept.id, RESULT)
    lifetimes = [connection.ttl(f"shakelm:verse:{kept.id}") / DAY_S for kept in (short, long)]
    assert lifetimes == pytest.approx([3, 90], abs=0.01)

    connection.delete(f"shakelm:verse:{short.id}")  # as Redis does when the time has come
    assert verse_records.find(connection, short.id) is None
    assert verse_records.of_server(connection, "2") == []
    assert verse_records.forget(connection, "1") == 1


def test_lists_expire_with_their_longest_record_and_lose_what_has_expired(connection: Connection) -> None:
    ids = ("shakelm:person:1:verses", "shakelm:server:2:verses")
    gone, short, long = record(), record(), record(guild="8")
    for kept, days in ((long, 90), (short, 3)):
        verse_records.save(connection, kept, days)
    assert [connection.ttl(key) / DAY_S for key in ids] == pytest.approx([90, 3], abs=0.01)
    verse_records.keep(connection, "2", 100)
    assert [connection.ttl(key) / DAY_S for key in ids] == pytest.approx([100, 100], abs=0.01)

    for key in ids:
        connection.zadd(key, {gone.id: time.time() - 1})
    verse_records.save(connection, record(), 90)
    assert [connection.zscore(key, gone.id) for key in ids] == [None, None]
    assert [connection.zcard(key) for key in ids] == [3, 2]


def test_a_new_retention_holds_for_what_is_there(connection: Connection) -> None:
    old, young = record(asked_at=time.time() - 5 * DAY_S), record()
    for kept in (old, young):
        verse_records.save(connection, kept, 90)
    verse_records.keep(connection, "2", 4)
    assert verse_records.of_server(connection, "2") == [young]
    assert connection.ttl(f"shakelm:verse:{young.id}") / DAY_S == pytest.approx(4, abs=0.01)
    verse_records.keep(connection, "2", 10)
    assert connection.ttl(f"shakelm:verse:{young.id}") / DAY_S == pytest.approx(10, abs=0.01)


def test_the_records_of_a_server_come_in_the_order_of_asking(connection: Connection) -> None:
    second, first = record(asked_at=time.time()), record(asked_at=time.time() - 9, author="5")
    for kept in (second, first, record(guild="8")):
        verse_records.save(connection, kept, 90)
    assert verse_records.of_server(connection, "2") == [first, second]
