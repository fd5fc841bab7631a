"""What is kept about a person goes when they ask for it."""

import time
from typing import Any

import redis

from tests.support.queued import start_training
from worker.privacy import forgetting
from worker.protocol.training_payloads import MessageAt, TrainRequest
from worker.protocol.verse_payloads import VerseRecord
from worker.records import verse_records
from worker.trainings import training_records

Connection = redis.Redis


def record(**changes: Any) -> VerseRecord:
    settings: dict[str, Any] = {
        **{"author": "1", "guild": "2", "channel": "3", "number": 7},
        "asked_at": time.time(),
    }
    return VerseRecord(**settings | changes)


def test_a_person_is_forgotten_everywhere(connection: Connection) -> None:
    theirs = [record(author="5001"), record(author="5001", guild="8")]
    other = record()
    for kept in (*theirs, other):
        verse_records.save(connection, kept, 90)
    training = TrainRequest(
        name="small", architecture="lstm", vocabulary="char", epochs=4, random_seed=1, requested_by="5001"
    )
    training_id = start_training(connection, training, MessageAt(channel_id="1", message_id="2"))

    assert forgetting.forget(connection, "5001") == 2

    assert [verse_records.find(connection, kept.id) for kept in (*theirs, other)] == [None, None, other]
    assert training_records.find(connection, training_id)
    for key in connection.scan_iter("shakelm:*"):
        assert b"5001" not in key
        assert b"5001" not in (connection.dump(key) or b"")
    assert forgetting.forget(connection, "5001") == 0
