"""What people ask for: each kind of job, under the limits of its server."""

import time

import redis

from worker.messages.catalog import Refusal
from worker.protocol.job_request import JobRequest
from worker.protocol.lesson_payloads import (
    CurvesRequest,
    NextRequest,
    StepRequest,
    TemperaturesRequest,
    TokensRequest,
)
from worker.protocol.verse_payloads import VerseRecord, VerseRequest
from worker.queue import limits, queues, snapshot
from worker.records import guild_settings, shared_lines, verse_records


def check(connection: "redis.Redis", request: JobRequest) -> snapshot.Outlook:
    """What whoever asks has to expect; counts nothing, and refuses what cannot be enqueued at this moment.

    Raises:
        Refusal: the verse is longer than its server allows, or the shared line has gone on meanwhile.
        TooMany: a limit is reached.
        redis.RedisError: the queue cannot be reached.
    """
    if isinstance(request, VerseRequest):
        _check_length(connection, request)
    if isinstance(request, StepRequest):
        shared_lines.at(connection, request.line, request.version)
    now = snapshot.look(connection)
    limits.check(connection, request, now)
    return now.outlook(request.author)


def enqueue_verse(connection: "redis.Redis", request: VerseRequest) -> str:
    """Keep a record of a verse and let it wait for its turn; returns the job's id, the request's.

    Raises:
        Refusal: the verse is longer than its server allows.
        TooMany: a limit is reached.
        redis.RedisError: the queue cannot be reached, or everybody wants it at once.
    """
    _check_length(connection, request)
    record = VerseRecord(**request.model_dump(exclude={"reply_to"}), asked_at=time.time())
    with limits.admitted(connection, request):
        verse_records.save(connection, record)
        return queues.enqueue_asked(connection, "verse", request)


def enqueue_temperatures(connection: "redis.Redis", request: TemperaturesRequest) -> str:
    """Let a comparison of temperatures wait for its turn; as `enqueue_verse`, without a record."""
    return _enqueue(connection, "temperatures", request)


def enqueue_next(connection: "redis.Redis", request: NextRequest) -> str:
    """Let a prediction wait for its turn; as `enqueue_verse`, without a record."""
    return _enqueue(connection, "next_tokens", request)


def enqueue_step(connection: "redis.Redis", request: StepRequest) -> str:
    """Let a change of a shared line wait for its turn; as `enqueue_verse`, without a record."""
    return _enqueue(connection, "next_step", request)


def enqueue_tokens(connection: "redis.Redis", request: TokensRequest) -> str:
    """Let a view of a text's tokens wait for its turn; as `enqueue_verse`, without a record."""
    return _enqueue(connection, "tokens", request)


def enqueue_curves(connection: "redis.Redis", request: CurvesRequest) -> str:
    """Let the curves of a version wait for their turn; as `enqueue_verse`, without a record."""
    return _enqueue(connection, "curves", request)


def _enqueue(connection: "redis.Redis", function: str, request: JobRequest) -> str:
    with limits.admitted(connection, request):
        return queues.enqueue_asked(connection, function, request)


def _check_length(connection: "redis.Redis", request: VerseRequest) -> None:
    longest = guild_settings.settings(connection, request.guild).longest_verse
    if request.lines > longest:
        raise Refusal("limit.longest_verse", count=longest)
