"""Taking requests out of the queue."""

import redis

from worker.delivery import answer_lock
from worker.protocol.job_request import JobRequest
from worker.queue import enqueueing, open_requests, rq_internals, snapshot
from worker.queue.rq_internals import VERSE
from worker.records import verse_records


def find(connection: "redis.Redis", job_id: str) -> JobRequest | None:
    """The request of a job that waits, runs, or ended a moment ago. None for any other id."""
    job = rq_internals.fetch(connection, job_id)
    return None if job is None or not job.has_rate_limit else snapshot.shared_part(job.args[0])


def withdraw(connection: "redis.Redis", job_id: str) -> bool:
    """Take one job out of the queue, and claim its answer.

    A caller that gets True writes the answer: no refresh overwrites it. False: a worker has the job already,
    or it has ended. The person's next job moves up.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    job = rq_internals.fetch(connection, job_id)
    if job is None or not job.has_rate_limit:
        return False
    request = snapshot.shared_part(job.args[0])
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
    calls = rq_internals.calls_of_people(connection, [job_id for job_id in ids if job_id not in started])
    return [snapshot.shared_part(call.payload) for call in calls if call is not None]
