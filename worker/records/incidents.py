"""The latest errors that no retry cured, for the status that teachers see."""

import logging
import time
from typing import cast

import redis

from worker.protocol import retention
from worker.protocol.status_payloads import Incident
from worker.records import readable

KEPT = 50
"""The number of incidents that are kept."""

log = logging.getLogger(__name__)

_INCIDENTS = "shakelm:incidents"


def note(connection: "redis.Redis", reference: str, sentence: str) -> None:
    """Record what has just gone wrong. The sentence must hold no token and nothing that people wrote.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    incident = Incident(reference=reference, at=time.time(), sentence=sentence)
    with connection.pipeline() as pipeline:
        pipeline.lpush(_INCIDENTS, incident.model_dump_json())
        pipeline.ltrim(_INCIDENTS, 0, KEPT - 1)
        pipeline.expire(_INCIDENTS, retention.INCIDENT.seconds)
        pipeline.execute()


def latest(connection: "redis.Redis", count: int = 10) -> list[Incident]:
    """The latest incidents, newest first."""
    try:
        noted = cast("list[bytes]", connection.lrange(_INCIDENTS, 0, count - 1))
    except redis.ResponseError:
        log.warning("The incidents cannot be read")
        return []
    return readable.records(Incident, noted)
