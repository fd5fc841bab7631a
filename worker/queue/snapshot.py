"""The queue at one moment: the open jobs, the place and the wait of each."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, cast

import redis

from worker.protocol.job_request import JobRequest
from worker.protocol.status_payloads import OpenJob, Outlook
from worker.queue import enqueueing, pausing, rq_internals
from worker.queue.rq_internals import VERSE

MEASURED_JOBS = 50
"""The expected wait comes from the mean duration of this many latest jobs."""

_SHARED = frozenset(JobRequest.model_fields)

_DURATIONS = "shakelm:jobs:seconds"


_Asked = tuple[str, JobRequest]
"""A job's kind and its request."""


@dataclass(frozen=True)
class Snapshot:
    """The open requests of people at one moment: those in progress, those in the queue, and those held back.

    `mean_s` is the mean duration of a job in seconds, None if it is unknown or the queue is paused. `workers`
    is the number of live workers.
    """

    started: Sequence[_Asked]
    queued: Sequence[_Asked]
    later: Sequence[_Asked]
    mean_s: float | None
    workers: int
    paused: bool

    def open_jobs(self) -> list[OpenJob]:
        """All open jobs, in the order in which workers will take them."""
        jobs = [OpenJob(kind, request, 0, self._wait_s(0, 0)) for kind, request in self.started]
        own = Counter(request.author for _, request in self.started)
        for place, (kind, request) in enumerate(self._in_turn(), start=1):
            own[request.author] += 1
            jobs.append(OpenJob(kind, request, place, self._wait_s(place, own[request.author])))
        return jobs

    def outlook(self, author: str) -> Outlook:
        """The place and the wait of the author's next request."""
        coming = ("", JobRequest.model_construct(author=author))  # type: ignore[call-arg] # only the author counts here
        waiting = self._in_turn(coming)
        place = waiting.index(coming) + 1
        own = sum(request.author == author for _, request in [*self.started, *waiting[:place]])
        return Outlook(place, self._wait_s(place, own), self.workers, self.paused)

    def _wait_s(self, place: int, own: int) -> float | None:
        """The wait for a job at that place, if it is the author's open job number `own`.

        A job in progress counts half. The jobs of one person run one after another.
        """
        if self.mean_s is None or not self.workers:
            return None
        return self.mean_s * max((place + len(self.started) / 2) / self.workers, own)

    def _in_turn(self, *coming: _Asked) -> list[_Asked]:
        """The waiting jobs in the order in which workers will take them, with `coming` as if it waited.

        A person's next job goes to the end of the queue when the one before it has ended.
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
    """The queue at this moment.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    held = enqueueing.held_ids(connection)  # first, so that a job that leaves them is then in the queue
    ids = rq_internals.job_ids(connection, VERSE)
    known = {*ids.started, *ids.queued, *ids.held_back}
    durations = cast("list[bytes]", connection.lrange(_DURATIONS, 0, -1))
    paused = pausing.is_paused(connection)
    return Snapshot(
        started=_asked(connection, ids.started),
        queued=_asked(connection, ids.queued),
        later=_asked(connection, [*ids.held_back, *(job_id for job_id in held if job_id not in known)]),
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


def _asked(connection: "redis.Redis", ids: Iterable[str]) -> list[_Asked]:
    return [
        (call.function, shared_part(call.payload)) for call in rq_internals.calls_of_people(connection, ids)
    ]


def shared_part(payload: dict[str, Any]) -> JobRequest:
    """The part of a job's request that all requests have."""
    return JobRequest.model_validate({name: payload[name] for name in _SHARED if name in payload})
