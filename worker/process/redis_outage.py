"""Redis goes away and comes back: a worker waits, and says so once at each turn."""

import logging
import threading
from contextlib import suppress
from typing import Any

import redis
from redis.exceptions import RedisError
from tenacity import (
    RetryError,
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_when_event_set,
)
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

    def wait(self, connection: "redis.Redis", told_to_stop: threading.Event) -> None:
        """Wait until Redis answers, or until the process is told to stop."""
        attempts = Retrying(
            retry=retry_if_exception_type(RedisError),
            wait=wait_exponential(multiplier=0.5, max=LONGEST_PAUSE_S),
            sleep=sleep_using_event(told_to_stop),
            stop=stop_when_event_set(told_to_stop),
        )
        with suppress(RetryError):
            attempts(connection.ping)
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
