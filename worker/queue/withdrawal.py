"""Taking requests out of the queue."""

from contextlib import suppress

import redis
from pydantic import ValidationError

from worker.delivery import answer_lock
from worker.protocol.job_request import JobRequest
from worker.queue import enqueueing, open_requests, rq_internals, snapshot
from worker.queue.rq_internals import VERSE
from worker.records import verse_records


def find(connection: "redis.Redis", job_id: str) -> JobRequest | None:
    """The request of a job that waits, runs, or ended a moment ago. None for any other id."""
    (call,) = rq_internals.calls_of_people(connection, [job_id])
    with suppress(ValidationError):
        return None if call is None else snapshot.shared_part(call.payload)
    return None


def withdraw(connection: "redis.Redis", job_id: str) -> bool:
    """Take one job out of the queue, and claim its answer.

    A caller that gets True writes the answer: no refresh overwrites it. False: a worker has the job already,
    or it has ended. The person's next job moves up.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    request, job = find(connection, job_id), rq_internals.fetch(connection, job_id)
    if request is None or job is None:
        return False
    answer_lock.claim(connection, request.reply_to)
    if not (enqueueing.drop_held(connection, job_id) or rq_internals.take(connection, job)):
        return False
    open_requests.close(connection, job_id)
    verse_records.remove(connection, job_id)
    return True


def expiring(connection: "redis.Redis", seconds: float) -> list[JobRequest]:
    """The waiting requests whose tokens expire within `seconds`, or have expired."""
    ids = open_requests.expiring(connection, seconds)
    started = set(rq_internals.job_ids(connection, VERSE).started) if ids else set()
    found = (find(connection, job_id) for job_id in ids if job_id not in started)
    return [request for request in found if request is not None]
