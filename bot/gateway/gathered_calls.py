"""Calls that are made together: what comes in while one call is under way waits for the next.

A thread and a round trip for each of a thousand interactions would cost more than all the rest of them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 200
"""The most items of one call."""


class GatheredCalls(Generic[T, R]):
    """Calls `call` with all items that wait, and gives each caller the result for its item.

    Args:
        call: takes items, and returns one result for each, in their order. What it raises, every caller gets.
        start: starts the work in the background.
    """

    def __init__(
        self,
        call: Callable[[Sequence[T]], Awaitable[Sequence[R]]],
        start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._call = call
        self._start = start
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._under_way = False

    async def __call__(self, item: T) -> R:
        """The result for one item. Its call begins after this; it goes on if this is cancelled."""
        result: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, result))
        if not self._under_way:
            self._under_way = True
            self._start(self._run())
        return await result

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
                await self._run_one(batch)
        finally:
            self._under_way = False

    async def _run_one(self, batch: list[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            results = await self._call([item for item, _ in batch])
        except Exception as error:
            for _, result in batch:
                if not result.done():  # its caller was cancelled
                    result.set_exception(error)
            return
        for (_, result), value in zip(batch, results, strict=True):
            if not result.done():
                result.set_result(value)
