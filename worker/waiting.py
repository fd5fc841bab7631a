"""What people wait for: their open jobs, place and wait of each, and how to take one out of the queue."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import cast

import redis
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.rate_limit import RateLimitRegistry
from rq.serializers import JSONSerializer

from worker import lease, queues, records
from worker.payloads import JobRequest

MEASURED_JOBS = 50
"""The expected wait comes from the mean of so many jobs, the latest ones."""

_SECONDS = "shakelm:jobs:seconds"

# The two places where a job waits, and the job: all at once, so that a job is either taken or untouched.
_TAKE = """
if redis.call('ZREM', KEYS[1], ARGV[1]) + redis.call('LREM', KEYS[2], 1, ARGV[1]) == 0 then
    return 0
end
redis.call('DEL', KEYS[3])
return 1
"""


@dataclass(frozen=True)
class OpenJob:
    """A job that waits or is being done.

    `kind` is its function's name in `worker.jobs`. `place` is 0 while it is being done and 1 where it is the
    next. `wait_s` are the seconds to its answer, None while that cannot be told: no worker runs, none has
    measured a job yet, or all is paused.
    """

    kind: str
    request: JobRequest
    place: int
    wait_s: float | None


@dataclass(frozen=True)
class Outlook:
    """What the notice of somebody who asks now has to say; the first two are as in `OpenJob`."""

    place: int
    wait_s: float | None
    workers: int
    paused: bool


@dataclass(frozen=True)
class _Pace:
    """How fast the jobs go: the mean's seconds, the live workers, and how many jobs they have at hand."""

    mean_s: float | None
    workers: int
    started: int

    def wait_s(self, place: int, own: int) -> float | None:
        """The wait for a job at that place that is its author's `own`th open one.

        What is being done counts half, and one person's jobs are done one after another.
        """
        if self.mean_s is None or not self.workers:
            return None
        return self.mean_s * max((place + self.started / 2) / self.workers, own)


_Asked = tuple[str, JobRequest]
"""A job's kind and its request."""


def open_jobs(connection: "redis.Redis") -> list[OpenJob]:
    """All open jobs, in the order in which they are going to be done.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    started, waiting = _look(connection)
    pace = _pace(connection, len(started), queues.is_paused(connection))
    jobs = [OpenJob(kind, request, 0, pace.wait_s(0, 0)) for kind, request in started]
    own = Counter(request.author for _, request in started)
    for place, (kind, request) in enumerate(waiting, start=1):
        own[request.author] += 1
        jobs.append(OpenJob(kind, request, place, pace.wait_s(place, own[request.author])))
    return jobs


def outlook(connection: "redis.Redis", author: str) -> Outlook:
    """What somebody has to expect who asks for one job more.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    coming = ("", JobRequest.model_construct(author=author))  # type: ignore[call-arg] # all that counts here
    started, waiting = _look(connection, coming)
    paused = queues.is_paused(connection)
    pace = _pace(connection, len(started), paused)
    place = waiting.index(coming) + 1
    own = sum(request.author == author for _, request in [*started, *waiting[:place]])
    return Outlook(place, pace.wait_s(place, own), pace.workers, paused)


def find(connection: "redis.Redis", job_id: str) -> JobRequest | None:
    """The request of that job, which waits, is being done or ended a moment ago; None for any other id."""
    job = _fetch(connection, job_id)
    return None if job is None else _request(job)


def withdraw(connection: "redis.Redis", job_id: str) -> bool:
    """Take that job and no other out of the queue, and claim its answer for good.

    Whoever gets True says so in the answer, which no refresh overwrites any more. False: a worker has it
    already, or it is over. The person's next job moves up.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    job = _fetch(connection, job_id)
    if job is None:
        return False
    lease.claim(connection, _request(job).reply_to)
    turn = RateLimitRegistry.from_job(job)
    queue = queues.queue(connection, queues.VERSE)
    if not connection.register_script(_TAKE)([turn.rate_limited_key, queue.key, job.key], [job.id]):
        return False
    turn.cancel(job.id)  # should this be lost, the workers' maintenance makes up for it
    records.remove(connection, job.id)
    return True


def expiring(connection: "redis.Redis", seconds: float) -> list[JobRequest]:
    """The requests that wait and whose token dies within `seconds`, or has died."""
    _, waiting = _look(connection)
    return [request for _, request in waiting if request.reply_to.seconds_left() <= seconds]


def measured(connection: "redis.Redis", seconds: float) -> None:
    """Take into account that a job took so many seconds."""
    with connection.pipeline() as pipeline:
        pipeline.lpush(_SECONDS, f"{seconds:.3f}")
        pipeline.ltrim(_SECONDS, 0, MEASURED_JOBS - 1)
        pipeline.execute()


def _pace(connection: "redis.Redis", started: int, paused: bool) -> _Pace:
    seconds = cast("list[bytes]", connection.lrange(_SECONDS, 0, -1))
    mean_s = fmean(map(float, seconds)) if seconds and not paused else None
    return _Pace(mean_s, queues.verse_workers(connection), started)


def _look(connection: "redis.Redis", *coming: _Asked) -> tuple[list[_Asked], list[_Asked]]:
    """The jobs that are being done, and those that wait, in their order; `coming` as if it waited."""
    queue = queues.queue(connection, queues.VERSE)
    registries = RateLimitRegistry.all(connection)
    with connection.pipeline() as pipeline:  # in one transaction, so that no job is missed while it moves
        pipeline.zrange(queue.started_job_registry.key, 0, -1)
        pipeline.lrange(queue.intermediate_queue_key, 0, -1)
        pipeline.lrange(queue.key, 0, -1)
        for registry in registries:
            pipeline.zrange(registry.rate_limited_key, 0, -1)
        in_work, taken, queued, *held_back = cast("list[list[bytes]]", pipeline.execute())
    started = _requests(connection, in_work + taken)
    waiting = _requests(connection, queued)
    later = _requests(connection, [job_id for ids in held_back for job_id in ids])
    return started, _in_turn(started, waiting, [*later, *coming])


def _in_turn(started: Sequence[_Asked], queued: Sequence[_Asked], later: Iterable[_Asked]) -> list[_Asked]:
    """The jobs that wait in the order in which they are going to be done.

    A person's next job goes to the end of the queue when the one before it is done.
    """
    next_ones = defaultdict[str, deque[_Asked]](deque)
    for job in later:
        next_ones[job[1].author].append(job)
    ready = deque([*started, *queued])
    present = {request.author for _, request in ready}
    ready.extend(jobs.popleft() for author, jobs in next_ones.items() if author not in present)
    order = []
    while ready:
        order.append(ready.popleft())
        following = next_ones[order[-1][1].author]
        if following:
            ready.append(following.popleft())
    return order[len(started) :]


def _requests(connection: "redis.Redis", entries: list[bytes]) -> list[_Asked]:
    """Kind and request of each of these jobs that people asked for and that are still there."""
    jobs = Job.fetch_many([entry.decode() for entry in entries], connection, JSONSerializer)
    return [
        (job.func_name.rpartition(".")[2], _request(job))
        for job in jobs
        if job is not None and job.has_rate_limit
    ]


def _fetch(connection: "redis.Redis", job_id: str) -> Job | None:
    """The job with that id, where somebody asked for it."""
    try:
        job = Job.fetch(job_id, connection=connection, serializer=JSONSerializer)
    except NoSuchJobError:
        return None
    return job if job.has_rate_limit else None


def _request(job: Job) -> JobRequest:
    """What all requests share of the one that a job carries."""
    shared = {name: value for name, value in job.args[0].items() if name in JobRequest.model_fields}
    return JobRequest.model_validate(shared)
