"""What is kept about a person goes when they ask for it."""

import time
from typing import Any

import redis

from tests.support.request_makers import start_training
from tests.support.rq_records import everything_stored
from worker.privacy import forgetting
from worker.protocol.training_payloads import MessageAt, TrainRequest
from worker.protocol.verse_payloads import VerseRecord
from worker.records import verse_records
from worker.trainings import training_records

Connection = redis.Redis

PERSON = "500100000000000017"


def record(**changes: Any) -> VerseRecord:
    settings: dict[str, Any] = {
        **{"author": "1", "guild": "2", "channel": "3", "number": 7},
        "asked_at": time.time(),
    }
    return VerseRecord(**settings | changes)


def test_a_person_is_forgotten_everywhere(connection: Connection) -> None:
    theirs = [record(author=PERSON), record(author=PERSON, guild="8")]
    other = record()
    for kept in (*theirs, other):
        verse_records.save(connection, kept, 90)
    training = TrainRequest(
        name="small", architecture="lstm", vocabulary="char", epochs=4, random_seed=1, requested_by=PERSON
    )
    training_id = start_training(connection, training, MessageAt(channel_id="1", message_id="2"))
    assert everything_stored(connection, "shakelm:*").count(PERSON.encode()) > 3

    assert forgetting.forget(connection, PERSON) == 2

    assert [verse_records.find(connection, kept.id) for kept in (*theirs, other)] == [None, None, other]
    assert training_records.find(connection, training_id)
    stored = everything_stored(connection, "shakelm:*")
    assert other.id.encode() in stored
    assert PERSON.encode() not in stored
    assert forgetting.forget(connection, PERSON) == 0
