"""RQ's records in Redis have the form that `rq_internals` reads: what RQ's own interface writes, it finds."""

import os

import pytest
import redis
from rq import Queue, SimpleWorker, Worker, worker_registration
from rq.job import Job, JobStatus
from rq.registry import StartedJobRegistry
from rq.serializers import JSONSerializer

from tests.support.request_makers import enqueue, verse_request
from worker.queue import rq_internals
from worker.queue.rq_internals import TRAIN, VERSE, JobCall, JobIds

Connection = redis.Redis


def dequeue(connection: Connection) -> Job:
    """A job as a worker takes it."""
    queue = rq_internals.open_queue(connection, VERSE)
    job, _ = queue.dequeue_any([queue], None, connection, serializer=JSONSerializer)
    assert isinstance(job, Job)
    return job


def test_a_job_is_found_wherever_it_stands(connection: Connection) -> None:
    first, _, third = (enqueue(connection, verse_request(author=author)) for author in "112")
    assert rq_internals.job_ids(connection, VERSE) == JobIds([], [first, third])

    job = dequeue(connection)  # it stands between the queue and its execution now
    assert job.id == first
    assert rq_internals.job_ids(connection, VERSE) == JobIds([first], [third])

    worker = SimpleWorker([VERSE], connection=connection, serializer=JSONSerializer)
    worker.prepare_execution(job)
    registry = StartedJobRegistry(VERSE, connection=connection, serializer=JSONSerializer)
    assert registry.get_job_ids(cleanup=False) == [first]
    assert first in rq_internals.job_ids(connection, VERSE).started
    assert rq_internals.job_ids(connection, TRAIN) == JobIds([], [])


def test_what_a_job_calls_is_read_from_its_record(connection: Connection) -> None:
    request = verse_request()
    enqueue(connection, request)
    nobodys = rq_internals.open_queue(connection, VERSE).enqueue_call("worker.jobs.promote", args=({},))
    connection.rpush(Job.key_for("list"), "no hash")
    calls = rq_internals.calls_of_people(connection, ["list", request.id, nobodys.id, "gone"])
    assert calls == [None, JobCall("verse", request.model_dump(mode="json")), None, None]


@pytest.mark.parametrize("waits", ["in the queue", "for the person's turn"])
def test_a_waiting_job_can_be_taken_out(connection: Connection, waits: str) -> None:
    first, second = (enqueue(connection, verse_request()) for _ in range(2))
    wanted = rq_internals.fetch(connection, first if waits == "in the queue" else second)
    assert wanted is not None
    assert rq_internals.take(connection, wanted)
    assert rq_internals.fetch(connection, wanted.id) is None
    assert not rq_internals.take(connection, wanted)
    (left,) = {first, second} - {wanted.id}
    assert rq_internals.job_ids(connection, VERSE) == JobIds([], [left])


def test_a_job_that_a_worker_has_taken_cannot_be_taken_out(connection: Connection) -> None:
    enqueue(connection, verse_request())
    job = dequeue(connection)
    assert not rq_internals.take(connection, job)
    assert rq_internals.fetch(connection, job.id) is not None


def test_a_job_is_put_back_behind_promotions_and_before_people(connection: Connection) -> None:
    first, second = (enqueue(connection, verse_request(author=author)) for author in "12")
    queue = rq_internals.open_queue(connection, VERSE)
    job = dequeue(connection)
    promotion = queue.enqueue_call("worker.jobs.promote", args=({},), at_front=True)
    rq_internals.put_back(connection, queue, job.id)
    assert rq_internals.job_ids(connection, VERSE) == JobIds([], [promotion.id, first, second])


def test_a_queued_job_can_be_removed(connection: Connection) -> None:
    job = rq_internals.open_queue(connection, TRAIN).enqueue_call("worker.jobs.train", args=("id", {}))
    assert rq_internals.remove_queued(connection, TRAIN, job.id)
    assert rq_internals.fetch(connection, job.id) is None
    assert not rq_internals.remove_queued(connection, TRAIN, job.id)


def test_live_workers_are_those_that_rq_registers(connection: Connection) -> None:
    assert rq_internals.live_workers(connection, VERSE) == []
    worker = SimpleWorker([VERSE], name="one", connection=connection, serializer=JSONSerializer)
    worker.register_birth()
    connection.hset(worker.key, mapping={"device": "CPU", "shakelm_version": "1.2.3"})
    (status,) = rq_internals.live_workers(connection, VERSE)
    assert (status.name, status.host, status.queue, status.busy) == ("one", os.uname().nodename, VERSE, False)
    assert (status.device, status.version) == ("CPU", "1.2.3")
    worker.set_state("busy")
    assert rq_internals.live_workers(connection, VERSE)[0].busy
    assert rq_internals.live_workers(connection, TRAIN) == []
    assert [known.name for known in Worker.all(connection)] == ["one"]

    worker.register_death()
    assert rq_internals.live_workers(connection, VERSE) == []
    connection.sadd(worker_registration.WORKERS_BY_QUEUE_KEY % VERSE, worker.key)
    assert rq_internals.live_workers(connection, VERSE) == []


def training_job(connection: Connection) -> tuple[Queue, Job]:
    queue = rq_internals.open_queue(connection, TRAIN)
    return queue, queue.enqueue_call("worker.jobs.train", args=("id", {}))


def test_the_state_of_a_training_job_follows_rq(connection: Connection) -> None:
    queue, job = training_job(connection)
    assert rq_internals.state_of_training_job(connection, job.id) == "queued"

    worker = SimpleWorker([TRAIN], name="trainer", connection=connection, serializer=JSONSerializer)
    worker.register_birth()
    queue.remove(job)
    job.worker_name = worker.name
    job.set_status(JobStatus.STARTED)
    job.save()
    assert rq_internals.state_of_training_job(connection, job.id) == "running"

    worker.register_death()
    assert rq_internals.state_of_training_job(connection, job.id) is None  # no attempt is left
    job.retries_left = 1
    job.save()
    assert rq_internals.state_of_training_job(connection, job.id) == "queued"
    job.set_status(JobStatus.FINISHED)
    assert rq_internals.state_of_training_job(connection, job.id) is None
    assert rq_internals.state_of_training_job(connection, "unknown") is None
