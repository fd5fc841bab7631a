"""Calls that are made together: each caller gets its own result."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.gateway import gathered_calls
from bot.gateway.gathered_calls import GatheredCalls


class Doubling:
    """Doubles numbers once it is let go on, and remembers what it was called with. Zero is no number."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.called = asyncio.Event()
        self.go_on = asyncio.Event()
        self.gathered = GatheredCalls(self._double, asyncio.create_task)

    async def _double(self, numbers: Sequence[int]) -> Sequence[int]:
        self.calls.append(list(numbers))
        self.called.set()
        await self.go_on.wait()
        if 0 in numbers:
            raise ValueError("zero")
        return [2 * number for number in numbers]

    async def ask(self, *numbers: int) -> list[asyncio.Task[int]]:
        """Ask for each of these, and let the first call begin."""
        asked = [asyncio.create_task(self.gathered(number)) for number in numbers]
        await self.called.wait()
        return asked


async def test_what_comes_in_during_a_call_is_in_the_next_one() -> None:
    doubling = Doubling()
    asked = await doubling.ask(1)
    asked += await doubling.ask(2, 3)
    doubling.go_on.set()
    assert await asyncio.gather(*asked) == [2, 4, 6]
    assert doubling.calls == [[1], [2, 3]]


async def test_a_call_has_so_many_items_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathered_calls, "AT_ONCE", 2)
    doubling = Doubling()
    doubling.go_on.set()
    asked = await doubling.ask(1, 2, 3, 4, 5)
    assert await asyncio.gather(*asked) == [2, 4, 6, 8, 10]
    assert doubling.calls == [[1, 2], [3, 4], [5]]


async def test_an_error_reaches_the_callers_of_its_call_alone() -> None:
    doubling = Doubling()
    asked = await doubling.ask(1)
    asked += await doubling.ask(0, 2)
    doubling.go_on.set()
    first, *others = await asyncio.gather(*asked, return_exceptions=True)
    assert first == 2
    assert [str(other) for other in others] == ["zero", "zero"]
    assert await doubling.gathered(4) == 8


async def test_a_caller_that_is_canceled_spoils_nothing_for_the_others() -> None:
    doubling = Doubling()
    waiting, other = await doubling.ask(1, 2)
    waiting.cancel()
    doubling.go_on.set()
    assert await other == 4
    with pytest.raises(asyncio.CancelledError):
        await waiting
