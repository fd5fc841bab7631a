"""One writer at a time for the answer of one interaction.

A refresh of a waiting notice ("place 2") holds the lock during its edit. The writer of the final answer first
claims it, and the claim stays: a late refresh never overwrites a verse. Once the answer is sent, it is
closed, and a worker that wakes up late leaves it.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import cast

import redis
from redis.exceptions import LockError, LockNotOwnedError

from worker.protocol import retention
from worker.protocol.job_request import ReplyTo

REFRESH_S = 10.0
"""The lock of a refresh expires after this time (`retry_policy.REFRESH` ends earlier)."""

_CLOSED = b"closed"


def _keys(reply_to: ReplyTo) -> tuple[str, str]:
    """The keys of the lock and of the claim. They hold a hash, because the token is a secret."""
    answer = hashlib.sha256(reply_to.token.encode()).hexdigest()[:32]
    return f"shakelm:answer:{answer}:lease", f"shakelm:answer:{answer}:answered"


@contextmanager
def refreshing(connection: "redis.Redis", reply_to: ReplyTo) -> Iterator[bool]:
    """Hold the lock of a waiting notice. Yields whether the notice may be edited.

    It may not after the final answer is claimed, or while another refresh holds the lock. The context may be
    entered and left in different threads. The edit inside must end within `REFRESH_S` seconds.
    """
    lock_key, claim_key = _keys(reply_to)
    lock = connection.lock(lock_key, timeout=REFRESH_S, thread_local=False)
    if not lock.acquire(blocking=False):
        yield False
        return
    try:
        yield not connection.exists(claim_key)
    finally:
        with suppress(LockNotOwnedError):  # it expired
            lock.release()


def is_claimed(connection: "redis.Redis", reply_to: ReplyTo) -> bool:
    """Whether somebody writes the final answer, or has written it."""
    return bool(connection.exists(_keys(reply_to)[1]))


def claim(connection: "redis.Redis", reply_to: ReplyTo) -> bool:
    """Claim the final answer: wait for the refresh under way, and allow no other from now on.

    A second claim is no error, because a retried job writes the same answer again. False if the answer is
    closed.
    """
    lock_key, claim_key = _keys(reply_to)
    before = cast(
        "bytes | None",
        connection.set(claim_key, "claimed", nx=True, get=True, ex=retention.ANSWER_CLAIM.seconds),
    )
    if before == _CLOSED:
        return False
    # A later refresh sees the claim and releases the lock at once. The lock of an earlier one expires.
    with suppress(LockError), connection.lock(lock_key, timeout=REFRESH_S, blocking_timeout=2 * REFRESH_S):
        pass
    return True


def close(connection: "redis.Redis", reply_to: ReplyTo) -> bool:
    """Close the answer: it is sent, or its author is told why there is none. True for one caller only."""
    before = connection.set(_keys(reply_to)[1], _CLOSED, get=True, ex=retention.ANSWER_CLAIM.seconds)
    return before != _CLOSED


def is_closed(connection: "redis.Redis", reply_to: ReplyTo) -> bool:
    """Whether the answer is sent, or its author was told why there is none."""
    return connection.get(_keys(reply_to)[1]) == _CLOSED
