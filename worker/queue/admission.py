"""One decision for each request: whether its guild's limits and the queue admit it."""

import time

import redis
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

from worker.lessons import shared_lines
from worker.lessons.next_tokens import StepRequest
from worker.messages.catalog import Refusal
from worker.protocol.guild_payloads import GuildSettings
from worker.protocol.job_request import JobRequest
from worker.protocol.status_payloads import OpenJob, Outlook
from worker.protocol.verse_payloads import VerseRecord, VerseRequest
from worker.queue import enqueueing, snapshot
from worker.queue.snapshot import Snapshot
from worker.records import guild_settings, verse_records

LOCK_S = 5.0
"""The seconds that an admission may hold its guild's lock, and that the next one waits for it."""


class LimitReached(Refusal):
    """A limit is reached. `retry_at` is the time to try again, in Unix seconds, or None if it is unknown."""

    def __init__(self, key: str, retry_at: float | None = None, **values: object) -> None:
        self.retry_at = None if retry_at is None else round(retry_at)
        if retry_at is None:
            super().__init__(f"{key}.later", **values)
        else:
            super().__init__(f"{key}.at", retry_at=self.retry_at, **values)


def admit(connection: "redis.Redis", request: JobRequest, settings: GuildSettings | None = None) -> Outlook:
    """Count a request against its guild's limits, and hold its job until `enqueueing.release`.

    Guild settings and queue are read once. Admissions of one guild follow one another, so that limits hold
    for requests at the same moment, from several bots too.

    Args:
        connection: to Redis.
        request: what the person asks for.
        settings: of the guild, if the caller has read them for this request.

    Returns:
        What the waiting notice says.

    Raises:
        Refusal: the verse is longer than its guild allows, or the shared line has changed in the meantime.
        LimitReached: a limit is reached. Then nothing was counted.
        redis.exceptions.LockError: others held the lock for too long.
        redis.RedisError: the queue cannot be reached.
    """
    settings = settings or guild_settings.read(connection, request.guild)
    _check_request(connection, request, settings)
    lock = f"shakelm:server:{request.guild}:admission"
    with connection.lock(
        lock, timeout=LOCK_S, blocking_timeout=LOCK_S, sleep=0.01, raise_on_release_error=False
    ):
        now = snapshot.look(connection)
        _check_open(request, settings, now)
        _count(connection, request, settings)
        enqueueing.hold(connection, request)  # before the record: a withdrawal removes both, by the job
        if isinstance(request, VerseRequest):
            record = VerseRecord(**request.model_dump(exclude={"reply_to"}), asked_at=time.time())
            verse_records.save(connection, record, settings.retention_days)
    return now.outlook(request.author)


def _check_request(connection: "redis.Redis", request: JobRequest, settings: GuildSettings) -> None:
    """Check what only this kind of request has: the length of a verse, the version of a shared line."""
    match request:
        case VerseRequest() if request.lines > settings.longest_verse:
            raise Refusal("limit.longest_verse", count=settings.longest_verse)
        case StepRequest():
            shared_lines.at(connection, request.line, request.version)


def _check_open(request: JobRequest, settings: GuildSettings, now: Snapshot) -> None:
    open_jobs = [
        job
        for job in now.open_jobs()
        if job.request.guild == request.guild and job.request.reply_to.seconds_left() > 0
    ]
    own = [job for job in open_jobs if job.request.author == request.author]
    if len(own) >= settings.open_per_person:
        raise LimitReached("limit.open_per_person", _first_end(own), count=settings.open_per_person)
    if len(open_jobs) >= settings.open_per_server:
        raise LimitReached("limit.open_per_server", _first_end(open_jobs), count=settings.open_per_server)


def _first_end(jobs: list[OpenJob]) -> float | None:
    """When the first of these jobs is expected to end, in Unix seconds."""
    wait_s = jobs[0].wait_s
    return None if wait_s is None else time.time() + wait_s


def _count(connection: "redis.Redis", request: JobRequest, settings: GuildSettings) -> None:
    """Count the request in its author's minute."""
    # The address only names the kind of storage: the connection pool is given.
    window = MovingWindowRateLimiter(RedisStorage("redis://", connection.connection_pool))
    limit: RateLimitItem = RateLimitItemPerMinute(settings.per_minute, namespace="shakelm")
    if not window.hit(limit, request.guild, request.author):
        again = window.get_window_stats(limit, request.guild, request.author).reset_time
        raise LimitReached("limit.per_minute", again, count=limit.amount)
