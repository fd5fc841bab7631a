"""Requests as the bot makes them, small enough for a test, and their way into the queue."""

import time
from collections.abc import Iterator
from typing import Any

import redis

from worker.lessons.shared_lines import SharedLine
from worker.protocol import retention
from worker.protocol.job_request import JobRequest, ReplyTo, Request, new_id
from worker.protocol.training_payloads import MessageAt, TrainRequest
from worker.protocol.verse_payloads import VerseRequest
from worker.queue import admission, enqueueing
from worker.trainings import training_records

TOKEN = "aW50ZXJhY3Rpb246c2VjcmV0.very-secret_token"
"""An interaction's token: a secret, which no log may hold."""


def reply_to(
    token: str = TOKEN, seconds_left: float = retention.INTERACTION.seconds, **changes: Any
) -> ReplyTo:
    """Where an answer goes: under this token, which lives for `seconds_left`."""
    return ReplyTo(application_id="42", token=token, expires_at=time.time() + seconds_left, **changes)


def shared_line(**changes: Any) -> SharedLine:
    """A line that somebody has just begun, with these changes."""
    settings: dict[str, Any] = {
        **{"author": "1", "guild": "2", "channel": "3", "locale": "en-US"},
        **{"prompt": "a", "offered": ("b",), "model": "m@1", "changed_by": "0" * 16},
    }
    return SharedLine(**settings | changes)


def verse_request(**changes: Any) -> VerseRequest:
    """A request for one line at temperature 0, with these changes."""
    settings: dict[str, Any] = {
        **{"author": "1", "guild": "2", "channel": "3"},
        **{"temperature": 0, "lines": 1, "random_seed": 7, "reply_to": reply_to()},
    }
    return VerseRequest(**settings | changes)


def kinds_of_requests(base: type[Request] = JobRequest) -> list[type[Request]]:
    """Every class of request below `base` that names a job."""
    from worker import jobs  # it imports all of them, and a lot besides

    assert jobs
    return [kind for kind in _below(base) if kind.job]


def _below(base: type[Request]) -> Iterator[type[Request]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _below(kind)


def train_request(**changes: Any) -> TrainRequest:
    """A request for a small training that person 9 asked for, with these changes."""
    settings: dict[str, Any] = {
        **{"name": "small", "architecture": "lstm", "vocabulary": "char", "epochs": 4},
        **{"random_seed": 1, "requested_by": "9"},
    }
    return TrainRequest(**settings | changes)


def enqueue(connection: "redis.Redis", request: JobRequest) -> str:
    """Admit a request and release its job. Returns the id of both.

    Raises:
        Refusal: the guild's limits do not admit it.
    """
    admission.admit(connection, request)
    assert enqueueing.release(connection, request.id)
    return request.id


def start_training(connection: "redis.Redis", request: TrainRequest, message: MessageAt) -> str:
    """Start a training that nobody proposed. Returns its id."""
    training_id = new_id()
    training_records.start(connection, training_id, request, message)
    return training_id
