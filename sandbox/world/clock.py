"""A clock that tests can move, ids that grow with time, and a counter of changes to wait on."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

DISCORD_EPOCH_MS = 1_420_070_400_000
"""The first millisecond of 2015, where snowflakes start to count (Discord documentation, "Reference")."""


def iso(seconds: float) -> str:
    """A time in Unix seconds as Discord writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


class Clock:
    """The world's time: the machine's time plus `ahead` seconds."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        """The time now, in Unix seconds."""
        return time.time() + self.ahead


class Snowflakes:
    """Unique ids in the order of time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> str:
        """A new id."""
        milliseconds = int(self._clock.now() * 1000) - DISCORD_EPOCH_MS
        self._last = max(self._last + 1, milliseconds << 22)
        return str(self._last)


class Changes:
    """Counts the changes of the world; a reader waits for changes that it has not seen."""

    def __init__(self) -> None:
        self.number = 0
        self._next = asyncio.Event()

    def notify(self) -> None:
        """Count a change and wake all who wait."""
        self.number += 1
        self._next.set()
        self._next = asyncio.Event()

    async def wait_until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until the condition holds; look again after each change.

        The result is False if it still does not hold after `timeout_s` seconds.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while not condition():
                    await self._next.wait()
        except TimeoutError:
            return condition()
        return True
