"""Jobs on their way into the queue."""

import time
from typing import Any, cast

import redis
from rq import RateLimit, Retry
from rq.job import Job, JobStatus

from worker.protocol import retention
from worker.protocol.job_request import JobRequest, ReplyTo, Request
from worker.protocol.training_payloads import TrainRequest
from worker.queue.rq_internals import TRAIN, VERSE, fetch, open_queue

ANSWER_TIMEOUT_S = 120
"""RQ interrupts a job that takes longer to answer, its delivery included."""

TRAINING_TIMEOUT_S = 24 * 60 * 60

ATTEMPTS = 3
"""The number of attempts if a job ends in an unexpected error or loses its worker. A training resumes."""

_HELD = "shakelm:jobs:held"
_RELEASED = "shakelm:jobs:released"
"""Sorted sets of job ids by admission time: of held jobs, and of those on their way into the queue."""

# A job goes from one set to the other in one step. So it can be dropped or released, but not both, and no
# snapshot misses it.
_RELEASE = """
local admitted_at = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not admitted_at then
    return 0
end
redis.call('ZADD', KEYS[2], admitted_at, ARGV[1])
return redis.call('ZREM', KEYS[1], ARGV[1])
"""


def hold(connection: "redis.Redis", request: JobRequest) -> None:
    """Put a person's job into Redis, where it waits until `release` lets it into the queue.

    A job that is never released expires (`retention.HELD_JOB`).
    """
    job = _create(connection, request, status=JobStatus.DEFERRED)
    now = time.time()
    with connection.pipeline() as pipeline:
        job.save(pipeline=pipeline)
        pipeline.expire(job.key, retention.HELD_JOB.seconds)
        pipeline.zadd(_HELD, {job.id: now})
        for key in (_HELD, _RELEASED):
            pipeline.zremrangebyscore(key, "-inf", now - retention.HELD_JOB.seconds)
        pipeline.execute()


def held_ids(connection: "redis.Redis") -> list[str]:
    """The ids of the jobs that `release` has not let into the queue yet, in the order of their admission.

    A job that enters the queue at this moment is among them too.
    """
    since = time.time() - retention.HELD_JOB.seconds
    with connection.pipeline() as pipeline:
        for key in (_RELEASED, _HELD):
            pipeline.zrange(key, since, "inf", byscore=True)
        released, held = cast("list[list[bytes]]", pipeline.execute())
    return [job_id.decode() for job_id in [*released, *held]]


def drop_held(connection: "redis.Redis", job_id: str) -> bool:
    """Remove a held job. False if it is not held."""
    if not connection.zrem(_HELD, job_id):
        return False
    job = fetch(connection, job_id)
    if job is not None:
        job.delete()
    return True


def release(connection: "redis.Redis", job_id: str) -> bool:
    """Let a held job into the queue. False if it is no longer held.

    One job of each person is in the queue at a time. RQ puts the next one at its end when that one is done,
    withdrawn, or lost (RQ's documentation: Rate Limiting), so people take turns.
    """
    released = connection.register_script(_RELEASE)([_HELD, _RELEASED], [job_id])
    job = fetch(connection, job_id) if released else None
    if job is None:
        return False
    job.set_status(JobStatus.QUEUED)
    open_queue(connection, VERSE).enqueue_job(job)
    connection.zrem(_RELEASED, job_id)
    return True


def enqueue_first(connection: "redis.Redis", request: Request) -> str:
    """Put a teacher's request at the front of the queue. Returns the job's id."""
    job = _create(connection, request)
    open_queue(connection, VERSE).enqueue_job(job, at_front=True)
    return str(job.id)


def enqueue_apology(connection: "redis.Redis", reply_to: ReplyTo, reference: str) -> None:
    """Have a worker tell a person that their job failed."""
    job = _create_answer(connection, "apologise", reply_to.model_dump(mode="json"), reference)
    open_queue(connection, VERSE).enqueue_job(job, at_front=True)


def enqueue_training(connection: "redis.Redis", training_id: str, request: TrainRequest) -> None:
    """Put a training at the end of its queue. The job has the training's id and does not say who asked."""
    anonymous = request.model_copy(update={"requested_by": None})
    open_queue(connection, TRAIN).enqueue_call(
        "worker.jobs.train",
        args=(training_id, anonymous.model_dump(mode="json")),
        job_id=training_id,
        description="train",
        timeout=TRAINING_TIMEOUT_S,
        result_ttl=retention.ENDED_JOB.seconds,
        failure_ttl=retention.ENDED_JOB.seconds,
        retry=Retry(max=ATTEMPTS - 1, enqueue_at_front=True),
    )


def _create(connection: "redis.Redis", request: Request, **options: Any) -> Job:
    """The job of a request: a person's waits for that person's turn."""
    if isinstance(request, JobRequest):
        options |= {
            "job_id": request.id,
            "rate_limit": RateLimit(f"person:{request.author}", concurrency=1),
        }
    return _create_answer(connection, request.job, request.model_dump(mode="json"), **options)


def _create_answer(connection: "redis.Redis", function: str, *arguments: object, **options: Any) -> Job:
    """A job that answers an interaction. Its record never outlives the interaction's token for long."""
    job = open_queue(connection, VERSE).create_job(
        f"worker.jobs.{function}",
        args=arguments,
        description=function,  # RQ would write the arguments into it, and so the token
        timeout=ANSWER_TIMEOUT_S,
        ttl=retention.INTERACTION.seconds,
        result_ttl=retention.ENDED_JOB.seconds,
        failure_ttl=retention.ENDED_JOB.seconds,
        retry=Retry(max=ATTEMPTS - 1, enqueue_at_front="rate_limit" not in options),
        **options,
    )
    return cast(Job, job)
