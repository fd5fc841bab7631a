"""Jobs that fail for good."""

import redis

from tests.support.request_makers import enqueue, verse_request
from tests.support.rq_records import abandon, fetch
from worker.protocol.training_payloads import MessageAt, TrainRequest
from worker.queue import queue_status, rq_internals

Connection = redis.Redis

TRAINING = TrainRequest(
    name="small", architecture="lstm", vocabulary="char", epochs=4, random_seed=1, requested_by="9"
)
MESSAGE = MessageAt(channel_id="1", message_id="2")


def test_a_verse_whose_last_worker_was_killed_ends_with_an_apology(connection: Connection) -> None:
    job_id = enqueue(connection, verse_request())
    abandon(connection, fetch(connection, job_id))
    (apology,) = rq_internals.open_queue(connection, "verse").jobs
    assert apology.func_name == "worker.jobs.apologise"
    assert apology.args[1] == job_id[-8:]
    abandon(connection, apology)
    assert queue_status.status(connection).verses_waiting == 0


def test_a_job_that_nobody_can_read_does_not_end_the_worker(connection: Connection) -> None:
    job = rq_internals.open_queue(connection, "verse").enqueue_call(
        "worker.jobs.verse", args=({"strange": 1},)
    )
    abandon(connection, job)
    assert queue_status.status(connection).verses_waiting == 0
