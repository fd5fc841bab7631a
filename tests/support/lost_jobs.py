"""Jobs whose worker was killed."""

from collections.abc import Callable

import redis
from rq.job import Job
from rq.registry import StartedJobRegistry
from rq.serializers import JSONSerializer

from worker.jobs import failures
from worker.protocol.job_request import ReplyTo
from worker.protocol.verse_payloads import VerseRequest
from worker.queue import rq_internals

Connection = redis.Redis
MakeVerse = Callable[..., VerseRequest]
MakeReplyTo = Callable[..., ReplyTo]


def fetch(connection: Connection, job_id: str) -> Job:
    return Job.fetch(job_id, connection=connection, serializer=JSONSerializer)


def abandon(connection: Connection, job: Job) -> None:
    """What a worker leaves behind that is killed in the last attempt of a job, and another finds."""
    job.retries_left = 0
    job.set_status("started")
    job.save()
    rq_internals.open_queue(connection, job.origin).remove(job)
    registry = StartedJobRegistry(job.origin, connection=connection, serializer=JSONSerializer)
    connection.zadd(registry.key, {f"{job.id}:execution": 1})
    registry.cleanup(exception_handlers=[failures.after_failure])
