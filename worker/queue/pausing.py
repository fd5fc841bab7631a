"""The pause switch of the verse queue."""

import redis

_PAUSED = "shakelm:verses:paused"


def is_paused(connection: "redis.Redis") -> bool:
    """Whether people's requests wait until a teacher resumes the queue."""
    return bool(connection.exists(_PAUSED))


def pause(connection: "redis.Redis") -> None:
    """Make people's requests wait. Promotions, apologies, and trainings continue.

    RQ's own suspension would stop trainings too, and it lets each idle worker take one more job.
    """
    connection.set(_PAUSED, 1)


def resume(connection: "redis.Redis") -> None:
    """Resume the queue. A queue that is not paused stays as it is."""
    connection.delete(_PAUSED)
