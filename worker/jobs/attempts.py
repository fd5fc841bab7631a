"""What a later attempt of a job must know of the earlier ones. RQ's record of the job holds it."""

from collections.abc import Callable

from redis.exceptions import RedisError
from rq import get_current_job
from tenacity import Retrying, retry_if_exception_type, wait_fixed

from shakelm.store.version import Version

_until_redis_is_back = Retrying(retry=retry_if_exception_type(RedisError), wait=wait_fixed(1))
"""Retries without end: RQ interrupts a job that takes too long."""


def once(what: str, change: Callable[[], Version]) -> str:
    """Make a change of the store, unless an earlier attempt of the job has made it. Returns its reference.

    A change that is not noted would be made again. So this waits until Redis has noted it.
    """
    job = get_current_job()
    done: str | None = job.get_meta(refresh=False).get(what)
    if done is None:
        done = job.meta[what] = change().reference
        _until_redis_is_back(job.save_meta)
    return done
