"""What tests see and change of RQ's own records: the traces of killed workers, and the state of live ones."""

import time
import zlib
from typing import cast

import redis
from rq import Queue, Worker
from rq.job import Job
from rq.registry import StartedJobRegistry
from rq.serializers import JSONSerializer

from worker.jobs import failures
from worker.queue.rq_internals import QueueName, open_queue

LONG_AGO = 1
"""Unix seconds of a time that no heartbeat outlives."""


def fetch(connection: "redis.Redis", job_id: str) -> Job:
    """The job with that id.

    Raises:
        NoSuchJobError: there is none.
    """
    return Job.fetch(job_id, connection=connection, serializer=JSONSerializer)


def has_record(connection: "redis.Redis", job_id: str) -> bool:
    """Whether Redis holds a job with that id."""
    return bool(Job.exists(job_id, connection=connection))


def lose_records(connection: "redis.Redis", *job_ids: str) -> None:
    """Delete the records of jobs, as Redis does when they expire; their ids stay where they are."""
    connection.delete(*map(Job.key_for, job_ids))


def lifetimes(connection: "redis.Redis") -> list[int]:
    """The seconds that each job's record has left."""
    return [connection.ttl(key) for key in connection.scan_iter(f"{Job.redis_job_namespace_prefix}*")]


# Jobs


def take(connection: "redis.Redis", name: QueueName) -> Job:
    """Take the next job of a queue, as a worker does that is killed before it begins the job."""
    queue = open_queue(connection, name)
    taken: tuple[Job, Queue] | None = queue.dequeue_any([queue], None, connection, serializer=JSONSerializer)
    assert taken, f"no job waits in the queue {name}"
    return taken[0]


def see_taken(connection: "redis.Redis", job: Job, seconds_ago: float) -> None:
    """Note, as workers do, when they first saw that a job was taken and not begun."""
    key = open_queue(connection, job.origin).intermediate_queue.get_first_seen_key(job.id)
    connection.set(key, time.time() - seconds_ago)


def start(connection: "redis.Redis", job: Job, *, retries_left: int) -> None:
    """Leave a job as a worker leaves it that is killed while it runs the job, before another one notices."""
    open_queue(connection, job.origin).remove(job)
    job.worker_name = "killed"
    job.retries_left = retries_left
    job.set_status("started")
    job.save()
    connection.zadd(_started(connection, job.origin).key, {f"{job.id}:execution": LONG_AGO})


def abandon(connection: "redis.Redis", job: Job) -> None:
    """Leave a job as `start` does in its last attempt, and let another worker notice."""
    start(connection, job, retries_left=0)
    notice_killed_workers(connection, job.origin)


def notice_killed_workers(connection: "redis.Redis", name: str) -> None:
    """Look after the jobs of killed workers, as each worker does every few seconds."""
    _started(connection, name).cleanup(exception_handlers=[failures.after_failure])


def end_heartbeats_of_worker(connection: "redis.Redis", worker: str) -> None:
    """Let the last heartbeat of a killed worker run out at once."""
    connection.delete(_key_of(worker))


def end_heartbeats_of_jobs(connection: "redis.Redis", name: QueueName) -> None:
    """Let the last heartbeats of the jobs in work, whose workers were killed, run out at once."""
    registry = _started(connection, name)
    for entry in cast("list[bytes]", connection.zrange(registry.key, 0, -1)):
        connection.zadd(registry.key, {entry: LONG_AGO})


def heartbeat(connection: "redis.Redis", name: QueueName) -> float:
    """Until when, in Unix seconds, the only job in work counts as being in work."""
    ((_, until),) = cast(
        "list[tuple[bytes, float]]",
        connection.zrange(_started(connection, name).key, 0, -1, withscores=True),
    )
    return until


# Workers


def is_idle(connection: "redis.Redis", worker: str) -> bool:
    """Whether a worker waits for jobs."""
    return connection.hget(_key_of(worker), "state") == b"idle"


def idle_workers(connection: "redis.Redis") -> int:
    """How many workers hang on an empty queue at this moment."""
    return [client["cmd"] for client in connection.client_list()].count("blmove")


# Everything


def everything_stored(connection: "redis.Redis", pattern: str = "*") -> bytes:
    """All keys that match, with all that they hold, to be searched for what must not be there.

    What Redis's DUMP returns would not do, since it is compressed.
    """
    return b"\n".join(
        part
        for key in connection.scan_iter(pattern)
        for part in (key, repr(_value(connection, key)).encode())
    )


def _value(connection: "redis.Redis", key: bytes) -> object:
    match connection.type(key):
        case b"string":
            return connection.get(key)
        case b"hash":
            return connection.hgetall(key)
        case b"list":
            return connection.lrange(key, 0, -1)
        case b"set":
            return connection.smembers(key)
        case b"zset":
            return connection.zrange(key, 0, -1)
        case other:
            raise AssertionError(f"nothing here reads a {other!r}")


def _key_of(worker: str) -> str:
    return f"{Worker.redis_worker_namespace_prefix}{worker}"


def _started(connection: "redis.Redis", name: str) -> StartedJobRegistry:
    return StartedJobRegistry(name, connection=connection, serializer=JSONSerializer)


def spoil(connection: "redis.Redis", job_id: str) -> None:
    """Take everything but the address out of a job's request, so that its function fails."""
    job = fetch(connection, job_id)
    function, instance, (payload, *_), options = JSONSerializer.loads(job.data)
    call = JSONSerializer.dumps([function, instance, [{"reply_to": payload["reply_to"]}], options])
    connection.hset(job.key, "data", zlib.compress(call))
