"""What a person typed into a form that could not be used, so that nothing typed is lost.

Redis keeps it under `shakelm:form:RECORD:PERSON` for a short while (`retention.FORM_DRAFT`).
"""

import json
from typing import cast

import redis

from worker.protocol import retention


def keep(connection: "redis.Redis", record_id: str, person: str, values: dict[str, str]) -> None:
    """Keep the values of a form, by the custom ids of its fields.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    connection.set(_key(record_id, person), json.dumps(values), ex=retention.FORM_DRAFT.seconds)


def find(connection: "redis.Redis", record_id: str, person: str) -> dict[str, str]:
    """The values that the person typed last. Empty if they are no longer kept, or cannot be read."""
    stored = cast("bytes | None", connection.get(_key(record_id, person)))
    try:
        values = json.loads(stored or b"{}")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(values, dict):
        return {}
    return {name: value for name, value in values.items() if isinstance(value, str)}


def forget(connection: "redis.Redis", person: str) -> None:
    """Remove everything that a person has typed."""
    keys = list(connection.scan_iter(f"shakelm:form:*:{person}", count=1000))
    if keys:
        connection.delete(*keys)


def _key(record_id: str, person: str) -> str:
    return f"shakelm:form:{record_id}:{person}"
