"""What later attempts of a job have to know of earlier ones, in what RQ keeps of the job."""

from collections.abc import Callable

from redis.exceptions import RedisError
from rq import get_current_job
from tenacity import Retrying, retry_if_exception_type, wait_fixed

from shakelm.store.version import Version

_until_redis_is_back = Retrying(retry=retry_if_exception_type(RedisError), wait=wait_fixed(1))
"""For as long as the job may take: RQ interrupts it then."""


def once(what: str, change: Callable[[], Version]) -> str:
    """The reference that a change of the store returns, unless an earlier attempt of the job has done it.

    What is done is noted in any case, else it would be done again: Redis is waited for.
    """
    job = get_current_job()
    done: str | None = job.get_meta(refresh=False).get(what)
    if done is None:
        done = job.meta[what] = change().reference
        _until_redis_is_back(job.save_meta)
    return done
