"""Time that tests can move, ids that carry it, and a counter that others can wait on."""

import asyncio
import time
from collections.abc import Callable

DISCORD_EPOCH_MS = 1_420_070_400_000
"""First millisecond of 2015, from which snowflakes count (Discord documentation, "Reference")."""


class Clock:
    """The sandbox's time: the machine's, moved ahead by `ahead` seconds."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        """Unix seconds."""
        return time.time() + self.ahead


class Snowflakes:
    """Unique ids in order of time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> str:
        """A new id."""
        milliseconds = int(self._clock.now() * 1000) - DISCORD_EPOCH_MS
        self._last = max(self._last + 1, milliseconds << 22)
        return str(self._last)


class Changes:
    """Counts what happens in the world, so that a reader can wait for more than it has seen."""

    def __init__(self) -> None:
        self.number = 0
        self._next = asyncio.Event()

    def happened(self) -> None:
        """Count one more change and wake everyone who waits."""
        self.number += 1
        self._next.set()
        self._next = asyncio.Event()

    async def wait_until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until the condition holds, looking again after every change.

        The result is False where it does not hold after `timeout_s` seconds.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while not condition():
                    await self._next.wait()
        except TimeoutError:
            return condition()
        return True
