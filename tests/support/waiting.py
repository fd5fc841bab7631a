"""Waiting for a condition, with a deadline that only something broken reaches."""

import asyncio
import time
from collections.abc import Callable
from typing import Literal, TypeVar

T = TypeVar("T")

Look = Callable[[], T | Literal[False] | None]
"""Returns something true once the condition holds."""

DEADLINE_S = 120.0

PAUSE_S = 0.02
"""Between two looks."""


def eventually(look: Look[T], what: str) -> T:
    """Wait for the first true value that `look` returns, and return it.

    Args:
        look: is called again and again.
        what: names the condition in the error, as in "a second delivery".

    Raises:
        AssertionError: there was none within `DEADLINE_S`.
    """
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(PAUSE_S)
    raise AssertionError(f"within {DEADLINE_S:g} s there was never {what}")


async def eventually_async(look: Look[T], what: str) -> T:
    """Wait as `eventually` does, while the event loop goes on."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        if found := look():
            return found
        await asyncio.sleep(PAUSE_S)
    raise AssertionError(f"within {DEADLINE_S:g} s there was never {what}")
