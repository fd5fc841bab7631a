"""Redis goes away and comes back: a worker waits, and says so once at each turn."""

import logging
from typing import Any

import redis
from redis.exceptions import RedisError
from tenacity import Retrying, retry_if_exception_type
from tenacity.wait import wait_exponential

log = logging.getLogger(__name__)

LONGEST_PAUSE_S = 5.0
"""The pause between two attempts to reach Redis grows from half a second to this."""


class RedisOutage(logging.Filter):
    """An outage of Redis, from `begin` to `end`. `outage` is that of this process.

    As a filter of RQ's logger, it keeps back RQ's own lines about the outage: one for each attempt, and
    tracebacks.
    """

    def __init__(self) -> None:
        super().__init__()
        self._under_way = False

    def begin(self, error: BaseException) -> None:
        """Note that Redis does not answer. Logged once."""
        if not self._under_way:
            self._under_way = True
            log.warning("Redis does not answer (%s): waiting until it does", type(error).__name__)

    def end(self) -> None:
        """Note that Redis answers. Logged if it did not before."""
        if self._under_way:
            self._under_way = False
            log.info("Redis answers again")

    def wait(self, connection: "redis.Redis") -> None:
        """Wait until Redis answers."""
        Retrying(
            retry=retry_if_exception_type(RedisError),
            wait=wait_exponential(multiplier=0.5, max=LONGEST_PAUSE_S),
        )(connection.ping)
        self.end()

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep back what RQ says of the outage."""
        named = record.args if isinstance(record.args, tuple) else ()
        errors: list[Any] = [*(record.exc_info[1:2] if record.exc_info else ()), *named]
        error = next((one for one in errors if isinstance(one, RedisError)), None)
        if error is None:
            return "Redis connection timeout" not in record.getMessage()
        self.begin(error)
        return False


outage = RedisOutage()
