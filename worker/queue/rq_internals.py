"""Everything this project knows of RQ's records in Redis, beyond RQ's documented interface.

The bot asks for places, waits, workers, and states at every interaction. RQ's own functions are built for
occasional use: they parse whole job records, clean registries on the side, or change a connection's
time-outs. The functions here read the few fields they need. `tests/worker/queue/test_rq_internals.py` fails
when RQ changes the form of its records.
"""

import logging
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import redis
from rq import Queue, worker_registration
from rq.job import Job, JobStatus, parse_job_id
from rq.rate_limit import ACQUIRE_AND_ENQUEUE_SCRIPT, RateLimitRegistry
from rq.serializers import JSONSerializer
from rq.utils import current_timestamp, now, utcformat

from worker.protocol.status_payloads import WorkerStatus

log = logging.getLogger(__name__)

QueueName = Literal["verse", "train"]

VERSE: QueueName = "verse"
TRAIN: QueueName = "train"

BEFORE_THE_END = (JobStatus.QUEUED, JobStatus.RATE_LIMITED, JobStatus.SCHEDULED, JobStatus.STARTED)
"""The states of a job that will run, or runs: a failed one is in them too while it has attempts left."""

_WORKER_FIELDS = ("hostname", "state", "death", "device", "shakelm_version")
"""What is read of a worker's record: RQ's own fields, and two that `worker.process.rq_workers` adds."""

ASKED_AT_ONCE = 200
"""The jobs that one command to Redis asks for."""

# The two places where a job waits, and its record: in one step, so that a job is either taken or untouched.
_TAKE = """
if redis.call('ZREM', KEYS[1], ARGV[1]) + redis.call('LREM', KEYS[2], 1, ARGV[1]) == 0 then
    return 0
end
redis.call('DEL', KEYS[3])
return 1
"""

# Back to the front, but behind the jobs that no person's turn holds back, such as promotions.
_PUT_BACK = """
redis.call('LREM', KEYS[1], 1, ARGV[1])
for _, id in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
    if redis.call('HEXISTS', ARGV[2] .. id, 'rate_limit_key') == 1 then
        return redis.call('LINSERT', KEYS[2], 'BEFORE', id, ARGV[1])
    end
end
return redis.call('RPUSH', KEYS[2], ARGV[1])
"""


# What RQ does to enqueue a job with a rate limit (`Queue._enqueue_rate_limited_job`), in one step with taking
# the job out of the set of held jobs. RQ's own script, in it, reads the first two keys and five arguments.
_RELEASE = (
    """
if redis.call('ZREM', KEYS[3], ARGV[6]) == 0 or redis.call('EXISTS', KEYS[4]) == 0 then
    return 0
end
redis.call('SADD', KEYS[5], ARGV[7])
redis.call('HSET', KEYS[6], 'concurrency', ARGV[1])
redis.call('SADD', KEYS[7], ARGV[8])
redis.call('HSET', KEYS[4], 'status', 'rate_limited')
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[6])
local function acquire()
"""
    + ACQUIRE_AND_ENQUEUE_SCRIPT
    + """
end
acquire()
return 1
"""
)


@dataclass(frozen=True)
class JobIds:
    """The ids of a queue's jobs: `started` are in progress or just taken, `queued` wait in their order.

    Jobs that wait for another job of the same person are in neither.
    """

    started: list[str]
    queued: list[str]


@dataclass(frozen=True)
class JobCall:
    """What a job calls: the function's name in `worker.jobs`, and its first argument as JSON."""

    function: str
    payload: dict[str, Any]


def open_queue(connection: "redis.Redis", name: QueueName) -> Queue:
    """One of the two queues, with the JSON serializer."""
    return Queue(name, connection=connection, serializer=JSONSerializer)


def fetch(connection: "redis.Redis", job_id: str) -> Job | None:
    """The job with that id. None if there is none, or if its record is broken."""
    try:
        return Job.fetch(job_id, connection=connection, serializer=JSONSerializer)
    except redis.RedisError:
        raise
    except Exception:  # RQ raises whatever its parsers raise; workers put the job aside
        return None


def missing(connection: "redis.Redis", ids: Sequence[str]) -> list[str]:
    """Which of these jobs Redis does not have: they ended a while ago, or are lost."""
    found = []
    for start in range(0, len(ids), ASKED_AT_ONCE):
        some = ids[start : start + ASKED_AT_ONCE]
        keys = [Job.key_for(job_id) for job_id in some]
        if connection.exists(*keys) == len(keys):
            continue
        with connection.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.exists(key)
            there = pipeline.execute()
        found += [job_id for job_id, exists in zip(some, there, strict=True) if not exists]
    return found


def job_ids(connection: "redis.Redis", name: QueueName) -> JobIds:
    """The jobs of a queue, by state, read in one transaction: no job is missed while it moves."""
    registry_key, taken_key = in_work_keys(connection, name)
    with connection.pipeline() as pipeline:
        pipeline.zrange(registry_key, 0, -1)
        pipeline.lrange(taken_key, 0, -1)
        pipeline.lrange(open_queue(connection, name).key, 0, -1)
        in_work, taken, queued = cast("list[list[bytes]]", pipeline.execute())
    return JobIds(
        # An entry of a started job carries the id of its execution too.
        started=[parse_job_id(entry.decode()) for entry in [*in_work, *taken]],
        queued=[entry.decode() for entry in queued],
    )


def in_work_keys(connection: "redis.Redis", name: QueueName) -> tuple[str, str]:
    """Where the jobs are that workers have: a sorted set of those in progress, a list of those just taken."""
    queue = open_queue(connection, name)
    return queue.started_job_registry.key, queue.intermediate_queue_key


def release(connection: "redis.Redis", held_key: str, job_id: str) -> bool:
    """Move a job from the sorted set `held_key` into the queue, in one step. False if it is not there.

    One job of each person is in the queue at a time. RQ puts the next one at its end when that one is done,
    withdrawn, or lost (RQ's documentation: Rate Limiting), so people take turns.
    """
    turn_key = cast("bytes | None", connection.hget(Job.key_for(job_id), "rate_limit_key"))
    turn = RateLimitRegistry((turn_key or b"").decode(), connection)
    queue = open_queue(connection, VERSE)
    return bool(
        connection.register_script(_RELEASE)(
            [
                *(turn.allowed_key, turn.rate_limited_key, held_key, Job.key_for(job_id)),
                *(turn.rl_keys_key, turn.config_key, queue.redis_queues_keys),
            ],
            [
                *(1, current_timestamp(), utcformat(now())),
                *(queue.redis_queue_namespace_prefix, Job.redis_job_namespace_prefix),
                *(job_id, turn.key, queue.key),
            ],
        )
    )


def calls_of_people(connection: "redis.Redis", ids: Iterable[str]) -> list[JobCall | None]:
    """What each of these jobs calls. None for a job that is gone or broken, or that no person asked for.

    Reads two fields of each record. RQ's `fetch_many` parses whole records and takes several times as long.
    """
    with connection.pipeline(transaction=False) as pipeline:
        for job_id in ids:
            pipeline.hmget(Job.key_for(job_id), "data", "rate_limit_key")
        records = pipeline.execute(raise_on_error=False)
    return [_call(record) for record in records]


def _call(record: "tuple[bytes | None, bytes | None] | Exception") -> JobCall | None:
    """What a record calls. None for a broken one, and for one of another type.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    if isinstance(record, redis.ResponseError):
        return None
    if isinstance(record, Exception):
        raise record
    data, turn = record
    if not data or not turn:
        return None
    try:
        function, _, (payload, *_), _ = JSONSerializer.loads(zlib.decompress(data))
        return JobCall(function.rpartition(".")[2], dict(payload))
    except (zlib.error, ValueError, TypeError, AttributeError):
        return None


def take(connection: "redis.Redis", job: Job) -> bool:
    """Take a job that a person asked for out of the queue. False if it no longer waits.

    The person's next job moves up.
    """
    turn = RateLimitRegistry.from_job(job)
    queue = open_queue(connection, VERSE)
    if not connection.register_script(_TAKE)([turn.rate_limited_key, queue.key, job.key], [job.id]):
        return False
    turn.cancel(job.id)  # if this fails, the workers' maintenance does it later
    return True


def all_ids(connection: "redis.Redis", name: QueueName) -> list[str]:
    """The ids of all jobs of a queue that workers look at, also of broken ones."""
    queue = open_queue(connection, name)
    with connection.pipeline() as pipeline:
        pipeline.zrange(queue.started_job_registry.key, 0, -1)
        pipeline.lrange(queue.intermediate_queue_key, 0, -1)
        pipeline.lrange(queue.key, 0, -1)
        found = cast("list[list[bytes]]", pipeline.execute())
    return list(
        dict.fromkeys(parse_job_id(entry.decode(errors="replace")) for some in found for entry in some)
    )


def forget_job(connection: "redis.Redis", name: QueueName, job_id: str) -> None:
    """Remove a job and its record from everything that workers look at."""
    queue = open_queue(connection, name)
    registry = queue.started_job_registry.key
    entries = cast("list[bytes]", connection.zrange(registry, 0, -1))
    of_job = [entry for entry in entries if parse_job_id(entry.decode(errors="replace")) == job_id]
    turns = RateLimitRegistry.all(connection) if name == VERSE else []
    with connection.pipeline() as pipeline:
        for entry in of_job:
            pipeline.zrem(registry, entry)
        for turn in turns:
            pipeline.zrem(turn.allowed_key, job_id)
            pipeline.zrem(turn.rate_limited_key, job_id)
        pipeline.lrem(queue.intermediate_queue_key, 0, job_id)
        pipeline.lrem(queue.key, 0, job_id)
        pipeline.delete(Job.key_for(job_id))
        pipeline.execute()


def put_back(connection: "redis.Redis", queue: Queue, job_id: str) -> None:
    """Put a job that a worker has just taken back at the front of people's jobs."""
    script = connection.register_script(_PUT_BACK)
    script([queue.intermediate_queue_key, queue.key], [job_id, Job.redis_job_namespace_prefix])


def remove_queued(connection: "redis.Redis", name: QueueName, job_id: str) -> bool:
    """Remove a job that waits in a queue. False if a worker has taken it already."""
    if not connection.lrem(open_queue(connection, name).key, 1, job_id):
        return False
    job = fetch(connection, job_id)
    if job is not None:
        job.delete()
    return True


def live_workers(connection: "redis.Redis", name: QueueName) -> list[WorkerStatus]:
    """The live workers of a queue. A killed one disappears when its last heartbeat expires.

    RQ's `Worker.all` changes the time-outs of the connection it is given.
    """
    keys = sorted(worker_registration.get_keys(queue=open_queue(connection, name)))
    with connection.pipeline(transaction=False) as pipeline:
        for key in keys:
            pipeline.hmget(key, *_WORKER_FIELDS)
        records = pipeline.execute(raise_on_error=False)
    return [
        WorkerStatus(
            name=key.rpartition(":")[2],
            host=host.decode(),
            queue=name,
            busy=state == b"busy",
            device=(device or b"").decode(),
            version=(version or b"").decode(),
        )
        for key, (host, state, death, device, version) in _readable(keys, records)
        if host and not death
    ]


def _readable(
    keys: list[str], records: list["list[bytes | None] | Exception"]
) -> Iterator[tuple[str, list["bytes | None"]]]:
    """The records of workers that are records at all.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    for key, record in zip(keys, records, strict=True):
        if isinstance(record, redis.ResponseError):
            log.warning("The worker %s is left out: its record cannot be read", key)
        elif isinstance(record, Exception):
            raise record
        else:
            yield key, record


def state_of_training_job(connection: "redis.Redis", job_id: str) -> Literal["queued", "running"] | None:
    """Whether a training's job waits or runs. None if it has ended, or if nothing will run it again.

    A job whose worker was killed counts as waiting while RQ has attempts left for it.
    """
    job = fetch(connection, job_id)
    if job is None:
        return None
    status = job.get_status(refresh=False)  # read again, because it may have changed
    if status == JobStatus.STARTED:
        if any(worker.name == job.worker_name for worker in live_workers(connection, TRAIN)):
            return "running"
        return "queued" if job.should_retry else None
    return "queued" if status == JobStatus.QUEUED else None
