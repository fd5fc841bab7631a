"""Requests as the bot makes them, small enough for a test."""

import time
from typing import Any

from worker.lessons.shared_lines import SharedLine
from worker.protocol import retention
from worker.protocol.job_request import ReplyTo
from worker.protocol.verse_payloads import VerseRequest

TOKEN = "aW50ZXJhY3Rpb246c2VjcmV0.very-secret_token"
"""An interaction's token: a secret, which no log may hold."""


def reply_to(
    token: str = TOKEN, seconds_left: float = retention.INTERACTION.seconds, **changes: Any
) -> ReplyTo:
    """Where an answer goes: under this token, which lives so many seconds more."""
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
