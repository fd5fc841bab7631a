"""Requests as the bot makes them, small enough for a test."""

import time
from typing import Any

from worker.protocol.job_request import TOKEN_LIFETIME_S, ReplyTo
from worker.protocol.verse_payloads import VerseRequest

TOKEN = "aW50ZXJhY3Rpb246c2VjcmV0.very-secret_token"
"""An interaction's token: a secret, which no log may hold."""


def reply_to(token: str = TOKEN, seconds_left: float = TOKEN_LIFETIME_S, **changes: Any) -> ReplyTo:
    """Where an answer goes: under this token, which lives so many seconds more."""
    return ReplyTo(application_id="42", token=token, expires_at=time.time() + seconds_left, **changes)


def verse_request(**changes: Any) -> VerseRequest:
    """A request for one line at temperature 0, with these changes."""
    settings: dict[str, Any] = {
        **{"author": "1", "guild": "2", "channel": "3"},
        **{"temperature": 0, "lines": 1, "random_seed": 7, "reply_to": reply_to()},
    }
    return VerseRequest(**settings | changes)
