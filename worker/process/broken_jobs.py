"""Jobs that no worker may run: what they call is not ours, or their record is broken. They are put aside.

What is in Redis may come from anybody who can write there, and from other versions. A record that RQ cannot
read would end every worker that meets it, and each new one at its start.
"""

import logging
import zlib
from collections.abc import Iterable
from typing import cast

import redis
from redis.exceptions import RedisError, ResponseError
from rq.job import Job
from rq.serializers import JSONSerializer

from worker.jobs import FUNCTIONS
from worker.queue import open_requests, rq_internals
from worker.queue.rq_internals import QueueName
from worker.records import incidents

log = logging.getLogger(__name__)

LARGEST_CALL_BYTES = 4 * 1024 * 1024
"""The largest call of a job, unpacked. The longest attached text is kept elsewhere."""

_REFERENCE = "put-aside"


class _BrokenJobError(Exception):
    """The reason why a job is put aside."""


def put_aside_if_broken(connection: "redis.Redis", queue: str, job_id: str) -> bool:
    """Put aside a job that no worker may run. False for any other job, and for one that is gone.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    try:
        _check(connection, job_id)
    except _BrokenJobError as error:
        _put_aside(connection, queue, job_id, str(error))
        return True
    return False


def put_aside_all(connection: "redis.Redis", queue: QueueName) -> None:
    """Put aside each such job of a queue, wherever it is.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    for job_id in rq_internals.all_ids(connection, queue):
        put_aside_if_broken(connection, queue, job_id)


def _check(connection: "redis.Redis", job_id: str) -> None:
    try:
        data = cast("bytes | None", connection.hget(Job.key_for(job_id), "data"))
        if data is None and not connection.exists(Job.key_for(job_id)):
            return  # RQ itself leaves it out
        function, _, arguments, options = JSONSerializer.loads(_unpacked(data or b""))
        if function not in FUNCTIONS:
            raise _BrokenJobError("it calls a function that is not one of worker.jobs")
        if not isinstance(arguments, Iterable) or options:
            raise _BrokenJobError("its call has another form")
        Job.fetch(job_id, connection=connection, serializer=JSONSerializer)
    except ResponseError as error:
        if "WRONGTYPE" not in str(error):
            raise
        raise _BrokenJobError("its record is of another type") from None
    except (RedisError, _BrokenJobError):
        raise
    except Exception as error:
        raise _BrokenJobError(f"its record cannot be read ({type(error).__name__})") from None


def _unpacked(data: bytes) -> bytes:
    """The unpacked data, at most `LARGEST_CALL_BYTES`: a few bytes can unpack to gigabytes."""
    unpacking = zlib.decompressobj()
    call = unpacking.decompress(data, LARGEST_CALL_BYTES)
    if unpacking.unconsumed_tail:
        raise _BrokenJobError("its call is too large")
    return call


def _put_aside(connection: "redis.Redis", queue: str, job_id: str, reason: str) -> None:
    """Remove a job from everything that workers read. The log and the administrators get the reason."""
    shown = ascii(job_id[:40])
    log.error("Job %s of the queue %s is put aside: %s", shown, queue, reason)
    rq_internals.forget_job(connection, cast(QueueName, queue), job_id)
    open_requests.close(connection, job_id)
    incidents.note(connection, _REFERENCE, f"a job of the queue {queue} was put aside: {reason}")
