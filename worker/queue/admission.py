"""One decision for each request: whether its guild's limits and the queue admit it."""

import math
import time
from collections.abc import Callable
from functools import lru_cache

import redis
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

from worker.lessons import shared_lines
from worker.lessons.next_tokens import StepRequest
from worker.messages.catalog import Refusal
from worker.protocol.guild_payloads import GuildSettings
from worker.protocol.job_request import JobRequest
from worker.protocol.status_payloads import Outlook
from worker.protocol.verse_payloads import VerseRecord, VerseRequest
from worker.queue import enqueueing, open_requests, snapshot
from worker.records import guild_settings, verse_records

PRESSES_PER_REQUEST = 6
"""A press on a shared line costs much less than a verse: a person has this many for each request."""


class LimitReached(Refusal):
    """A limit is reached. `retry_at` is the time to try again, in Unix seconds, or None if it is unknown."""

    def __init__(self, key: str, retry_at: float | None = None, **values: object) -> None:
        self.retry_at = None if retry_at is None else round(retry_at)
        if retry_at is None:
            super().__init__(f"{key}.later", **values)
        else:
            super().__init__(f"{key}.at", retry_at=self.retry_at, **values)


def admit(
    connection: "redis.Redis",
    request: JobRequest,
    settings: GuildSettings | None = None,
    until: float = math.inf,
    *,
    teacher: bool = False,
    is_own: Callable[["redis.Redis"], bool] = lambda _connection: True,
) -> Outlook:
    """Count a request against its guild's limits, and hold its job until `enqueueing.release`.

    The cost does not grow with the queue, and limits hold for requests at the same moment, from several bots
    too. A request that was admitted before is not counted again.

    Args:
        connection: to Redis.
        request: what the person asks for.
        settings: of the guild, if the caller has read them for this request.
        teacher: whether a teacher asks, whose limits are higher.
        until: the time (`time.monotonic`) after which nobody waits for the admission. It is then undone.
        is_own: whether the request is still the caller's. Otherwise nothing is undone: another bot, which
            has taken it over as admitted, withdraws it and tells its author.

    Returns:
        What the waiting notice says.

    Raises:
        Refusal: the verse is longer than its guild allows, or the shared line has changed in the meantime.
        LimitReached: a limit is reached. Then nothing was counted.
        TimeoutError: the queue replied after `until`. Then nothing was counted.
        redis.RedisError: the queue cannot be reached.
    """
    settings = settings or guild_settings.read(connection, request.guild)
    _check_request(connection, request, settings)
    factor = settings.teacher_factor if teacher else 1
    most_open, per_minute = settings.open_per_person * factor, settings.per_minute * factor
    pace = snapshot.pace(connection)
    try:
        standing = open_requests.admit(
            connection,
            request,
            enqueueing.held_job(connection, request),
            most_open,
            settings.open_per_server,
        )
    except open_requests.PersonIsFullError:
        # The first of the person's requests is among the next ones of all people.
        first_end = pace.wait_s(open_requests.persons(connection) - 1, 0)
        retry_at = _in(first_end)
        raise LimitReached("limit.open_per_person", retry_at, count=most_open) from None
    except open_requests.GuildIsFullError:
        retry_at = _in(pace.wait_s(0, 0))
        raise LimitReached("limit.open_per_server", retry_at, count=settings.open_per_server) from None
    if not standing.again:
        try:
            if time.monotonic() > until:
                raise TimeoutError
            _count(connection, request, per_minute)
        except (LimitReached, TimeoutError):
            if is_own(connection):
                enqueueing.drop_held(connection, request.id)
                open_requests.close(connection, request.id)
            raise
        if isinstance(request, VerseRequest):
            record = VerseRecord(**request.model_dump(exclude={"reply_to"}), asked_at=time.time())
            verse_records.save(connection, record, settings.retention_days)
    return Outlook(
        standing.place,
        pace.wait_s(standing.place, standing.own + 1, standing.in_work),
        pace.workers,
        pace.paused,
    )


def _check_request(connection: "redis.Redis", request: JobRequest, settings: GuildSettings) -> None:
    """Check what only this kind of request has: the length of a verse, the version of a shared line."""
    match request:
        case VerseRequest() if request.lines > settings.longest_verse:
            raise Refusal("limit.longest_verse", count=settings.longest_verse)
        case StepRequest():
            shared_lines.at(connection, request.line, request.version)


def _in(wait_s: float | None) -> float | None:
    """The time after a wait, in Unix seconds."""
    return None if wait_s is None else time.time() + wait_s


def _count(connection: "redis.Redis", request: JobRequest, per_minute: int) -> None:
    """Count the request in its author's minute."""
    window = _window(connection)
    press = isinstance(request, StepRequest)
    amount = per_minute * (PRESSES_PER_REQUEST if press else 1)
    limit: RateLimitItem = RateLimitItemPerMinute(amount, namespace="shakelm")
    counted = (request.guild, request.author, *(["presses"] if press else []))
    if not window.hit(limit, *counted):
        again = window.get_window_stats(limit, *counted).reset_time
        raise LimitReached("limit.per_minute", again, count=limit.amount)


@lru_cache(maxsize=1)
def _window(connection: "redis.Redis") -> MovingWindowRateLimiter:
    """The counts of a minute. Kept, because each new storage loads its scripts again."""
    # The address only names the kind of storage: the connection pool is given.
    return MovingWindowRateLimiter(RedisStorage("redis://", connection.connection_pool))
