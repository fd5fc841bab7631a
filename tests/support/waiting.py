"""Waiting for a condition, with a deadline that only something broken reaches."""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Literal, TypeVar

T = TypeVar("T")

Look = Callable[[], T | Literal[False] | None]
"""Returns something true once the condition holds."""

DEADLINE_S = 120.0

_FIRST_PAUSE_S = 0.01
_LAST_PAUSE_S = 0.1
_PAUSE_GROWTH = 1.2
"""Pauses between two looks grow: a look costs processor time, which what is awaited may need."""


def _pauses() -> Iterator[float]:
    """The pauses between looks, in seconds, until `DEADLINE_S` is over."""
    end = time.monotonic() + DEADLINE_S
    pause = _FIRST_PAUSE_S
    while time.monotonic() < end:
        yield pause
        pause = min(pause * _PAUSE_GROWTH, _LAST_PAUSE_S)


def eventually(look: Look[T], what: str) -> T:
    """Wait for the first true value that `look` returns, and return it.

    Args:
        look: is called again and again.
        what: names the condition in the error, as in "a second delivery".

    Raises:
        AssertionError: there was none within `DEADLINE_S`.
    """
    for pause in _pauses():
        if found := look():
            return found
        time.sleep(pause)
    raise AssertionError(f"within {DEADLINE_S:g} s there was never {what}")


async def eventually_async(look: Look[T], what: str) -> T:
    """Wait as `eventually` does, while the event loop goes on."""
    for pause in _pauses():
        if found := look():
            return found
        await asyncio.sleep(pause)
    raise AssertionError(f"within {DEADLINE_S:g} s there was never {what}")
