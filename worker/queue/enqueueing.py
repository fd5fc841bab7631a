"""Jobs on their way into the queue."""

from contextlib import suppress
from typing import Any, cast

import redis
from redis.client import Pipeline
from rq import RateLimit, Retry
from rq.exceptions import DuplicateJobError
from rq.job import Job, JobStatus

from worker.protocol import retention
from worker.protocol.job_request import JobRequest, ReplyTo, Request
from worker.protocol.training_payloads import TrainRequest
from worker.queue import open_requests, rq_internals
from worker.queue.rq_internals import TRAIN, VERSE, open_queue

ANSWER_TIMEOUT_S = 120
"""RQ interrupts a job that takes longer to answer, its delivery included."""

TRAINING_TIMEOUT_S = 24 * 60 * 60

ATTEMPTS = 3
"""The number of attempts if a job ends in an unexpected error or loses its worker. A training resumes."""


def held_job(connection: "redis.Redis", request: JobRequest) -> Job:
    """The job of a person's request, for `open_requests.admit`. Nothing is written yet."""
    return _create(connection, request, status=JobStatus.DEFERRED)


def release(connection: "redis.Redis", job_id: str) -> bool:
    """Let a held job into the queue. False if it is no longer held."""
    return rq_internals.release(connection, open_requests.HELD, job_id)


def drop_held(connection: "redis.Redis", job_id: str) -> bool:
    """Remove a held job. False if it is not held."""
    if not connection.zrem(open_requests.HELD, job_id):
        return False
    connection.delete(Job.key_for(job_id))
    return True


def enqueue_first(connection: "redis.Redis", request: Request, job_id: str | None = None) -> str:
    """Put a teacher's request at the front of the queue. Returns the job's id.

    With a `job_id`, a repetition changes nothing, also for a while after the job has ended.
    """
    job = _create(connection, request, **({"job_id": job_id} if job_id else {}))
    with suppress(DuplicateJobError):
        open_queue(connection, VERSE).enqueue_job(job, at_front=True, unique=job_id is not None)
    return str(job.id)


def enqueue_apology(connection: "redis.Redis", reply_to: ReplyTo, reference: str) -> None:
    """Have a worker tell a person that their job failed."""
    job = _create_answer(connection, "apologise", reply_to.model_dump(mode="json"), reference)
    open_queue(connection, VERSE).enqueue_job(job, at_front=True)


def enqueue_training(
    connection: "redis.Redis", training_id: str, request: TrainRequest, pipeline: Pipeline | None = None
) -> None:
    """Put a training at the end of its queue. The job has the training's id and does not say who asked.

    With a `pipeline`, this happens when the pipeline is executed.
    """
    anonymous = request.model_copy(update={"requested_by": None})
    queue = open_queue(connection, TRAIN)
    job = queue.create_job(
        "worker.jobs.train",
        args=(training_id, anonymous.model_dump(mode="json")),
        job_id=training_id,
        description="train",
        timeout=TRAINING_TIMEOUT_S,
        result_ttl=retention.ENDED_JOB.seconds,
        failure_ttl=retention.ENDED_JOB.seconds,
        retry=Retry(max=ATTEMPTS - 1, enqueue_at_front=True),
        status=JobStatus.QUEUED,
    )
    queue.enqueue_job(job, pipeline=pipeline)


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
