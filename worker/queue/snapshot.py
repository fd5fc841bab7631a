"""The queue at one moment: the open requests, the place and the wait of each."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import fmean
from typing import Any, cast

import redis
from pydantic import ValidationError

from worker.protocol.job_request import JobRequest
from worker.protocol.status_payloads import OpenJob
from worker.queue import open_requests, pausing, rq_internals
from worker.queue.rq_internals import VERSE

MEASURED_JOBS = 50
"""The expected wait comes from the mean duration of this many latest jobs."""

_SHARED = frozenset(JobRequest.model_fields)

_DURATIONS = "shakelm:jobs:seconds"


@dataclass(frozen=True)
class Pace:
    """How fast the queue moves.

    `mean_s` is the mean duration of a job in seconds, None if it is unknown or the queue is paused. `workers`
    is the number of live workers.
    """

    mean_s: float | None
    workers: int
    paused: bool

    def wait_s(self, place: int, own: int, in_work: int = 1) -> float | None:
        """The wait in seconds for a job at that place, if it is the author's open job number `own`.

        Each of the `in_work` jobs that workers have counts half. The jobs of one person run one after
        another. None if the wait is unknown.
        """
        if self.mean_s is None or not self.workers:
            return None
        return self.mean_s * max((place + in_work / 2) / self.workers, own)


@dataclass(frozen=True)
class Waiting:
    """An open request: its job, its author, its guild; `place` is 0 while a worker has it, else from 1."""

    id: str
    author: str
    guild: str
    place: int
    wait_s: float | None


_Entry = tuple[str, str, str]
"""Id, author, guild."""


@dataclass(frozen=True)
class Snapshot:
    """The open requests of people at one moment: those that workers have, those in the queue, and the others.

    It holds ids alone, so it is cheap for thousands of requests; `open_jobs` reads what the requests say.
    """

    started: Sequence[_Entry]
    queued: Sequence[_Entry]
    later: Sequence[_Entry]
    pace: Pace

    def waiting(self) -> Iterator[Waiting]:
        """All open requests, in the order in which workers will take them."""
        in_work = len(self.started)
        for entry in self.started:
            yield Waiting(*entry, 0, self.pace.wait_s(0, 0, in_work))
        own = Counter(author for _, author, _ in self.started)
        for place, entry in enumerate(self._in_turn(), start=1):
            own[entry[1]] += 1
            yield Waiting(*entry, place, self.pace.wait_s(place, own[entry[1]], in_work))

    def _in_turn(self) -> list[_Entry]:
        """The waiting jobs in the order in which workers will take them.

        A person's next job goes to the end of the queue when the one before it has ended.
        """
        next_ones = defaultdict[str, deque[_Entry]](deque)
        for entry in self.later:
            next_ones[entry[1]].append(entry)
        ready = deque([*self.started, *self.queued])
        present = {author for _, author, _ in ready}
        ready.extend(entries.popleft() for author, entries in next_ones.items() if author not in present)
        order = []
        while ready:
            order.append(ready.popleft())
            following = next_ones[order[-1][1]]
            if following:
                ready.append(following.popleft())
        return order[len(self.started) :]


def look(connection: "redis.Redis") -> Snapshot:
    """The queue at this moment.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    authors = open_requests.authors(connection)
    ids = rq_internals.job_ids(connection, VERSE)
    moving = dict.fromkeys([*ids.started, *ids.queued])

    def entries(job_ids: Iterable[str]) -> list[_Entry]:
        return [(job_id, *authors[job_id]) for job_id in job_ids if job_id in authors]

    return Snapshot(
        started=entries(dict.fromkeys(ids.started)),
        queued=entries(ids.queued),
        later=entries(job_id for job_id in authors if job_id not in moving),
        pace=pace(connection),
    )


def open_jobs(connection: "redis.Redis", waiting: Iterable[Waiting] | None = None) -> list[OpenJob]:
    """These open requests, or all of them, with what they ask for. Unreadable records are left out.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    wanted = list(look(connection).waiting() if waiting is None else waiting)
    calls = rq_internals.calls_of_people(connection, [job.id for job in wanted])
    found = []
    for job, call in zip(wanted, calls, strict=True):
        with suppress(ValidationError):
            if call is not None:
                found.append(OpenJob(call.function, shared_part(call.payload), job.place, job.wait_s))
    return found


def pace(connection: "redis.Redis") -> Pace:
    """How fast the queue moves at this moment."""
    durations = cast("list[bytes]", connection.lrange(_DURATIONS, 0, -1))
    paused = pausing.is_paused(connection)
    return Pace(
        mean_s=fmean(map(float, durations)) if durations and not paused else None,
        workers=len(rq_internals.live_workers(connection, VERSE)),
        paused=paused,
    )


def record_duration(connection: "redis.Redis", seconds: float) -> None:
    """Record the duration of a job, for the expected waits."""
    with connection.pipeline() as pipeline:
        pipeline.lpush(_DURATIONS, f"{seconds:.3f}")
        pipeline.ltrim(_DURATIONS, 0, MEASURED_JOBS - 1)
        pipeline.execute()


def shared_part(payload: dict[str, Any]) -> JobRequest:
    """The part of a job's request that all requests have."""
    return JobRequest.model_validate({name: payload[name] for name in _SHARED if name in payload})
