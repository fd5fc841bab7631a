"""What people wait for: their open jobs, place and wait of each, and how to take one out of the queue."""

import zlib
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, cast

import redis
from rq.exceptions import NoSuchJobError
from rq.job import Job, parse_job_id
from rq.rate_limit import RateLimitRegistry
from rq.serializers import JSONSerializer

from worker.delivery import answer_lock
from worker.protocol.job_request import JobRequest
from worker.queue import queues
from worker.records import verse_records

MEASURED_JOBS = 50
"""The expected wait comes from the mean of so many jobs, the latest ones."""

_SHARED = frozenset(JobRequest.model_fields)

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


_Asked = tuple[str, JobRequest]
"""A job's kind and its request."""


@dataclass(frozen=True)
class Snapshot:
    """What people have asked for, at one moment: what is being done, the queue, and what follows in turn.

    `mean_s` are the seconds that a job takes, None while that cannot be told; `workers` are the live ones.
    """

    started: Sequence[_Asked]
    queued: Sequence[_Asked]
    later: Sequence[_Asked]
    mean_s: float | None
    workers: int
    paused: bool

    def open_jobs(self) -> list[OpenJob]:
        """All open jobs, in the order in which they are going to be done."""
        jobs = [OpenJob(kind, request, 0, self._wait_s(0, 0)) for kind, request in self.started]
        own = Counter(request.author for _, request in self.started)
        for place, (kind, request) in enumerate(self._in_turn(), start=1):
            own[request.author] += 1
            jobs.append(OpenJob(kind, request, place, self._wait_s(place, own[request.author])))
        return jobs

    def outlook(self, author: str) -> Outlook:
        """What somebody has to expect who asks for one job more."""
        coming = ("", JobRequest.model_construct(author=author))  # type: ignore[call-arg] # all that counts here
        waiting = self._in_turn(coming)
        place = waiting.index(coming) + 1
        own = sum(request.author == author for _, request in [*self.started, *waiting[:place]])
        return Outlook(place, self._wait_s(place, own), self.workers, self.paused)

    def _wait_s(self, place: int, own: int) -> float | None:
        """The wait for a job at that place that is its author's `own`th open one.

        What is being done counts half, and one person's jobs are done one after another.
        """
        if self.mean_s is None or not self.workers:
            return None
        return self.mean_s * max((place + len(self.started) / 2) / self.workers, own)

    def _in_turn(self, *coming: _Asked) -> list[_Asked]:
        """The jobs that wait in the order in which they are going to be done; `coming` as if it waited.

        A person's next job goes to the end of the queue when the one before it is done.
        """
        next_ones = defaultdict[str, deque[_Asked]](deque)
        for job in [*self.later, *coming]:
            next_ones[job[1].author].append(job)
        ready = deque([*self.started, *self.queued])
        present = {request.author for _, request in ready}
        ready.extend(jobs.popleft() for author, jobs in next_ones.items() if author not in present)
        order = []
        while ready:
            order.append(ready.popleft())
            following = next_ones[order[-1][1].author]
            if following:
                ready.append(following.popleft())
        return order[len(self.started) :]


def look(connection: "redis.Redis") -> Snapshot:
    """What people have asked for, as it is now.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    queue = queues.queue(connection, queues.VERSE)
    registries = RateLimitRegistry.all(connection)
    with connection.pipeline() as pipeline:  # in one transaction, so that no job is missed while it moves
        pipeline.zrange(queue.started_job_registry.key, 0, -1)
        pipeline.lrange(queue.intermediate_queue_key, 0, -1)
        pipeline.lrange(queue.key, 0, -1)
        for registry in registries:
            pipeline.zrange(registry.rate_limited_key, 0, -1)
        in_work, taken, queued, *held_back = cast("list[list[bytes]]", pipeline.execute())
    seconds = cast("list[bytes]", connection.lrange(_SECONDS, 0, -1))
    paused = queues.is_paused(connection)
    return Snapshot(
        started=_requests(connection, in_work + taken),
        queued=_requests(connection, queued),
        later=_requests(connection, [job_id for ids in held_back for job_id in ids]),
        mean_s=fmean(map(float, seconds)) if seconds and not paused else None,
        workers=queues.verse_workers(connection),
        paused=paused,
    )


def find(connection: "redis.Redis", job_id: str) -> JobRequest | None:
    """The request of that job, which waits, is being done or ended a moment ago; None for any other id."""
    job = _fetch(connection, job_id)
    return None if job is None else _request(job.args[0])


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
    answer_lock.claim(connection, _request(job.args[0]).reply_to)
    turn = RateLimitRegistry.from_job(job)
    queue = queues.queue(connection, queues.VERSE)
    if not connection.register_script(_TAKE)([turn.rate_limited_key, queue.key, job.key], [job.id]):
        return False
    turn.cancel(job.id)  # should this be lost, the workers' maintenance makes up for it
    verse_records.remove(connection, job.id)
    return True


def expiring(connection: "redis.Redis", seconds: float) -> list[JobRequest]:
    """The requests that wait and whose token dies within `seconds`, or has died."""
    now = look(connection)
    return [request for _, request in [*now.queued, *now.later] if request.reply_to.seconds_left() <= seconds]


def measured(connection: "redis.Redis", seconds: float) -> None:
    """Take into account that a job took so many seconds."""
    with connection.pipeline() as pipeline:
        pipeline.lpush(_SECONDS, f"{seconds:.3f}")
        pipeline.ltrim(_SECONDS, 0, MEASURED_JOBS - 1)
        pipeline.execute()


def _requests(connection: "redis.Redis", entries: list[bytes]) -> list[_Asked]:
    """Kind and request of each of these jobs that people asked for and that are still there.

    Reads two fields of each job's record: RQ's `fetch_many` parses all of them, which takes several times as
    long, and this is done twice for everything that anybody asks for.
    """
    with connection.pipeline(transaction=False) as pipeline:
        for entry in entries:  # those in work carry the id of their execution too
            pipeline.hmget(Job.key_for(parse_job_id(entry.decode())), "data", "rate_limit_key")
        records = pipeline.execute()
    asked = []
    for data, turn in records:
        if data and turn:
            function, _, (payload, *_), _ = JSONSerializer.loads(zlib.decompress(data))
            asked.append((function.rpartition(".")[2], _request(payload)))
    return asked


def _fetch(connection: "redis.Redis", job_id: str) -> Job | None:
    """The job with that id, where somebody asked for it."""
    try:
        job = Job.fetch(job_id, connection=connection, serializer=JSONSerializer)
    except NoSuchJobError:
        return None
    return job if job.has_rate_limit else None


def _request(payload: dict[str, Any]) -> JobRequest:
    """What all requests share of the one that a job carries."""
    return JobRequest.model_validate({name: payload[name] for name in _SHARED if name in payload})
