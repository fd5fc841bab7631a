"""Ending in good order on a signal."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any


class Stopped(Exception):  # noqa: N818 - a request, not an error
    """A signal asked the program to end; `number` is the signal's number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


async def until_signal(work: Coroutine[Any, Any, None]) -> None:
    """Do the work until it is done or a signal comes: SIGINT, SIGTERM or SIGHUP.

    The first signal cancels the work, and its cleanup runs to the end; later signals have no effect.

    Raises:
        Stopped: a signal ended the work.
    """
    task = asyncio.ensure_future(work)
    received: list[int] = []

    def stop(number: int) -> None:
        received.append(number)
        if len(received) == 1:
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop, number)
    try:
        await task
    except asyncio.CancelledError:
        if not received:
            raise
        raise Stopped(received[0]) from None
