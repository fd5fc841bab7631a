"""How much one person, and one server, may ask for."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

from worker.messages.catalog import Refusal
from worker.protocol.job_request import JobRequest
from worker.queue import snapshot
from worker.records import guild_settings

LOCK_S = 5.0
"""Who counts and enqueues has to be done after so many seconds, and waits at most as long for its turn."""


class TooMany(Refusal):
    """A limit is reached; `retry_at` is when to come back, in Unix seconds, None where nobody can tell."""

    def __init__(self, key: str, retry_at: float | None = None, **values: object) -> None:
        self.retry_at = None if retry_at is None else round(retry_at)
        if retry_at is None:
            super().__init__(f"{key}.later", **values)
        else:
            super().__init__(f"{key}.at", retry_at=self.retry_at, **values)


def check(connection: "redis.Redis", request: JobRequest, now: snapshot.Snapshot) -> None:
    """Refuse what `admitted` would refuse at this moment, and count nothing.

    Raises:
        TooMany: a limit is reached.
        redis.RedisError: the queue cannot be reached.
    """
    limits = guild_settings.settings(connection, request.guild)
    _check_open(request, limits, now)
    window, limit = _window(connection, limits)
    if not window.test(limit, request.guild, request.author):
        raise _too_often(window, limit, request)


@contextmanager
def admitted(connection: "redis.Redis", request: JobRequest) -> Iterator[None]:
    """Count the request against all limits of its server; enqueue it inside, before another one is counted.

    Raises:
        TooMany: a limit is reached; then nothing was counted.
        redis.exceptions.LockError: others held the lock for too long.
        redis.RedisError: the queue cannot be reached.
    """
    limits = guild_settings.settings(connection, request.guild)
    lock = f"shakelm:server:{request.guild}:admission"
    with connection.lock(
        lock, timeout=LOCK_S, blocking_timeout=LOCK_S, sleep=0.01, raise_on_release_error=False
    ):
        _check_open(request, limits, snapshot.look(connection))
        _count(connection, request, limits)
        yield


def _check_open(request: JobRequest, limits: guild_settings.ServerSettings, now: snapshot.Snapshot) -> None:
    open_ = [
        job
        for job in now.open_jobs()
        if job.request.guild == request.guild and job.request.reply_to.seconds_left() > 0
    ]
    own = [job for job in open_ if job.request.author == request.author]
    if len(own) >= limits.open_per_person:
        raise TooMany("limit.open_per_person", _ending(own), count=limits.open_per_person)
    if len(open_) >= limits.open_per_server:
        raise TooMany("limit.open_per_server", _ending(open_), count=limits.open_per_server)


def _ending(jobs: list[snapshot.OpenJob]) -> float | None:
    """When the first of these jobs is expected to be done, in Unix seconds."""
    wait_s = jobs[0].wait_s
    return None if wait_s is None else time.time() + wait_s


def _count(connection: "redis.Redis", request: JobRequest, limits: guild_settings.ServerSettings) -> None:
    window, limit = _window(connection, limits)
    if not window.hit(limit, request.guild, request.author):
        raise _too_often(window, limit, request)


def _window(
    connection: "redis.Redis", limits: guild_settings.ServerSettings
) -> tuple[MovingWindowRateLimiter, RateLimitItem]:
    # The address only names the kind of storage where a pool of connections is given.
    window = MovingWindowRateLimiter(RedisStorage("redis://", connection.connection_pool))
    return window, RateLimitItemPerMinute(limits.per_minute, namespace="shakelm")


def _too_often(window: MovingWindowRateLimiter, limit: RateLimitItem, request: JobRequest) -> TooMany:
    again = window.get_window_stats(limit, request.guild, request.author).reset_time
    return TooMany("limit.per_minute", again, count=limit.amount)
