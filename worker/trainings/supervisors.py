"""The supervisors of training workers. Between two processes of a supervisor, no worker runs."""

import time

import redis

from worker.protocol import retention
from worker.queue import rq_internals
from worker.queue.rq_internals import TRAIN

_SUPERVISORS = "shakelm:trainings:supervisors"
"""Sorted set of supervisors by the time until which they count as alive, in Unix seconds."""


def beat(connection: "redis.Redis", name: str) -> None:
    """Say that a supervisor lives.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    now = time.time()
    with connection.pipeline() as pipeline:
        pipeline.zadd(_SUPERVISORS, {name: now + retention.SUPERVISOR_HEARTBEAT.seconds})
        pipeline.zremrangebyscore(_SUPERVISORS, "-inf", now)
        pipeline.execute()


def leave(connection: "redis.Redis", name: str) -> None:
    """Say that a supervisor ends."""
    connection.zrem(_SUPERVISORS, name)


def workers(connection: "redis.Redis") -> int:
    """The number of training workers that run, or are about to start."""
    live = len(rq_internals.live_workers(connection, TRAIN))
    return max(live, connection.zcount(_SUPERVISORS, time.time(), "inf"))
