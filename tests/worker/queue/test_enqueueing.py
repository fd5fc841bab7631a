"""Jobs on their way into the queue."""

import subprocess
import sys

import redis

from tests.support.request_makers import TOKEN, enqueue, reply_to, verse_request
from tests.support.rq_records import fetch
from worker.protocol import retention
from worker.protocol.job_request import id_of
from worker.protocol.model_payloads import PromoteRequest, RollBackRequest
from worker.protocol.training_payloads import MessageAt, TrainRequest
from worker.queue import enqueueing, queue_status, rq_internals

Connection = redis.Redis

TRAINING = TrainRequest(
    name="small", architecture="lstm", vocabulary="char", epochs=4, random_seed=1, requested_by="9"
)
MESSAGE = MessageAt(channel_id="1", message_id="2")


def test_the_bots_side_needs_neither_tensorflow_nor_numpy() -> None:
    script = (
        "import sys, worker.queue.admission, worker.delivery.webhook_client, worker.privacy.export, "
        "worker.records.incidents, worker.messages.discord_json; "
        "print([name for name in ('tensorflow', 'keras', 'numpy', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_verses_are_counted(connection: Connection) -> None:
    assert queue_status.status(connection).verses_waiting == 0
    first = enqueue(connection, verse_request())
    enqueue(connection, verse_request())
    assert queue_status.status(connection).verses_waiting == 2
    assert rq_internals.open_queue(connection, "verse").job_ids == [first]  # the other one has to wait for it


def test_a_job_shows_no_argument_and_does_not_outlive_its_token(connection: Connection) -> None:
    job = fetch(connection, enqueue(connection, verse_request()))
    assert TOKEN not in job.description
    assert 0 < connection.ttl(job.key) <= 15 * 60
    assert (job.result_ttl, job.failure_ttl) == (retention.ENDED_JOB.seconds, retention.ENDED_JOB.seconds)


def test_promotions_go_before_verses(connection: Connection) -> None:
    verse = enqueue(connection, verse_request())
    promotion = enqueueing.enqueue_first(connection, PromoteRequest(model="a", reply_to=reply_to()))
    roll_back = enqueueing.enqueue_first(connection, RollBackRequest(reply_to=reply_to()))
    assert rq_internals.open_queue(connection, "verse").job_ids == [roll_back, promotion, verse]


def test_a_repeated_interaction_enqueues_a_teachers_request_once(connection: Connection) -> None:
    request, job_id = RollBackRequest(reply_to=reply_to()), id_of(1575978499217293312)
    for _ in range(2):
        assert enqueueing.enqueue_first(connection, request, job_id) == job_id
    assert rq_internals.job_ids(connection, "verse").queued == [job_id]
