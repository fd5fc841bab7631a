"""A guild's verses and trainings as a table for a lab report, without names."""

import csv
import hmac
import io
import secrets
from datetime import UTC, datetime
from typing import Any, cast

import redis

from worker.protocol.verse_payloads import VerseRecord
from worker.records import verse_records
from worker.trainings import training_records

COLUMNS = (
    "time",
    "kind",
    "person",
    "model",
    *("temperature", "top_k", "top_p", "min_p", "style", "lines"),
    *("architecture", "vocabulary", "epochs"),
    "number",
    "private",
    *("seed", "text"),
    "seconds",
    *("state", "nats_per_token", "nats_per_char", "perplexity", "accuracy"),
    *("continued", "corpus", "preset", "epochs_run"),
)
"""New columns come last, so that a table of a course stays readable."""

_KEY = "shakelm:export:key"

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""The first characters of a formula in a spreadsheet (OWASP: CSV Injection)."""


def table(connection: "redis.Redis", guild: str) -> str:
    """The verses, then the trainings of a guild as CSV (RFC 4180), each in the order of the requests.

    Times are in UTC and in the form of ISO 8601. `seconds` is the time that it took to write a verse. People
    have pseudonyms. The seed and the text of private verses are left out. A text that a spreadsheet would
    read as a formula gets an apostrophe before it.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    file = io.StringIO()
    rows = csv.DictWriter(file, COLUMNS)
    rows.writeheader()
    key = secret(connection)
    for row in (*_verses(connection, guild, key), *_trainings(connection, guild, key)):
        rows.writerow({column: _harmless(value) for column, value in row.items()})
    return file.getvalue()


def secret(connection: "redis.Redis") -> bytes:
    """The key of the pseudonyms, 32 bytes. It is made once and stays in Redis."""
    connection.set(_KEY, secrets.token_bytes(32), nx=True)
    return cast(bytes, connection.get(_KEY))


def pseudonym(key: bytes, person: str) -> str:
    """12 hex digits of an HMAC-SHA256 (RFC 2104), the same for the same person and key.

    Without the key, they do not reveal the id.
    """
    return hmac.digest(key, person.encode(), "sha256").hex()[:12]


def _verses(connection: "redis.Redis", guild: str, key: bytes) -> list[dict[str, Any]]:
    return [
        {
            "time": _time(record.asked_at),
            "kind": "verse",
            "person": pseudonym(key, record.author),
            **record.model_dump(
                include={"temperature", "top_k", "top_p", "min_p", "style", "lines", "random_seed", "private"}
            ),
            "continued": bool(record.context or record.written),
            **_written(record),
        }
        for record in verse_records.of_server(connection, guild)
    ]


def _written(record: VerseRecord) -> dict[str, Any]:
    result = record.result
    if result is None:
        return {"model": record.model, "state": "unwritten"}
    shown = {} if record.private else {"seed": record.prompt, "text": result.text}
    return {"model": result.model, "seconds": round(result.seconds, 3), "state": "written", **shown}


def _trainings(connection: "redis.Redis", guild: str, key: bytes) -> list[dict[str, Any]]:
    rows = []
    for training in training_records.of_guild(connection, guild):
        request, progress = training.request, training.progress
        figures = progress.held_out.model_dump(exclude={"unknown"}) if progress.held_out else {}
        rows.append(
            {
                "time": _time(training.started_at),
                "kind": "training",
                "person": request.requested_by and pseudonym(key, request.requested_by),
                "model": progress.model or request.name,
                **request.model_dump(
                    include={"architecture", "vocabulary", "epochs", "random_seed", "corpus", "preset"}
                ),
                **({"corpus": request.attached.name} if request.attached else {}),
                "epochs_run": progress.epoch,
                "state": progress.state,
                **figures,
            }
        )
    return rows


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
