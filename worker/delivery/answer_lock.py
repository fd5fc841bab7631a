"""One writer at a time for the answer of one interaction.

Whoever refreshes a waiting answer ("place 2") holds the lease while the edit is under way. The one who
writes the final answer claims it for good, so that a late refresh never overwrites a verse.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import redis
from redis.exceptions import LockError, LockNotOwnedError

from worker.protocol import retention
from worker.protocol.job_request import ReplyTo

REFRESH_S = 10.0
"""A refresher must end its edit within this many seconds; then the lease passes on without it."""


def _names(reply_to: ReplyTo) -> tuple[str, str]:
    """The keys of the lock and of the flag; the token itself, a secret, stays out of them."""
    answer = hashlib.sha256(reply_to.token.encode()).hexdigest()[:32]
    return f"shakelm:answer:{answer}:lease", f"shakelm:answer:{answer}:answered"


@contextmanager
def refreshing(connection: "redis.Redis", reply_to: ReplyTo) -> Iterator[bool]:
    """Hold the lease of a waiting answer; yields whether it may be edited.

    It may not where the final answer is claimed, or while another refresher holds the lease. Enter and
    leave may happen in different threads. The edit inside must end within `REFRESH_S` seconds.
    """
    lease, answered = _names(reply_to)
    lock = connection.lock(lease, timeout=REFRESH_S, thread_local=False)
    if not lock.acquire(blocking=False):
        yield False
        return
    try:
        yield not connection.exists(answered)
    finally:
        with suppress(LockNotOwnedError):  # it ran out and passed on
            lock.release()


def claim(connection: "redis.Redis", reply_to: ReplyTo) -> None:
    """Claim the final answer for good: nobody may refresh it from now on, and whoever does so is waited for.

    Claiming again is allowed: a retried job writes the same answer again.
    """
    lease, answered = _names(reply_to)
    connection.set(answered, 1, ex=retention.INTERACTION.seconds)
    # A later refresher sees the flag and lets go at once; the one before it loses its lease in `REFRESH_S`.
    with suppress(LockError), connection.lock(lease, timeout=REFRESH_S, blocking_timeout=2 * REFRESH_S):
        pass
