"""Redis goes away and comes back: a worker waits, and says so once at each turn."""

import logging
import threading
from typing import Any

import redis
from redis.exceptions import RedisError
from tenacity import RetryCallState, Retrying, retry_if_exception_type, sleep_using_event, stop_when_event_set
from tenacity.wait import wait_exponential

log = logging.getLogger(__name__)

LONGEST_PAUSE_S = 5.0
"""The pause between two attempts to reach Redis grows from half a second to this."""


class RedisOutage(logging.Filter):
    """An outage of Redis, from `begin` to `end`.

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

    def wait(self, connection: "redis.Redis", told_to_stop: threading.Event) -> bool:
        """Wait until Redis answers. False if the worker is told to stop first."""
        Retrying(
            retry=retry_if_exception_type(RedisError),
            wait=wait_exponential(multiplier=0.5, max=LONGEST_PAUSE_S),
            stop=stop_when_event_set(told_to_stop),
            sleep=sleep_using_event(told_to_stop),
            retry_error_callback=_give_up,
        )(connection.ping)
        if told_to_stop.is_set():
            return False
        self.end()
        return True

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep back what RQ says of the outage."""
        error: Any = record.exc_info[1] if record.exc_info else None
        if isinstance(error, RedisError) or "could not connect to Redis" in record.getMessage():
            if error is not None:
                self.begin(error)
            return False
        return "Redis connection timeout" not in record.getMessage()


def _give_up(_state: RetryCallState) -> None:
    """Told to stop while Redis is away."""
