"""Background loops go on after errors."""

import asyncio
import logging

import pytest
import redis

from bot.background import loops
from tests.support.waiting import DEADLINE_S


async def test_a_loop_goes_on_and_logs_the_same_error_once(caplog: pytest.LogCaptureFixture) -> None:
    troubles: list[Exception | None] = [
        redis.ConnectionError("away"),
        redis.ConnectionError("away"),
        None,
        redis.ConnectionError("away"),
        ValueError("a bug"),
    ]
    left = iter(troubles)
    done = asyncio.Event()

    async def step() -> None:
        try:
            trouble = next(left)
        except StopIteration:
            done.set()
            return
        if trouble is not None:
            raise trouble

    with caplog.at_level(logging.WARNING):
        loop = asyncio.create_task(loops.repeat(step, 0))
        await asyncio.wait_for(done.wait(), DEADLINE_S)
        loop.cancel()

    said = [(record.getMessage(), bool(record.exc_info)) for record in caplog.records]
    assert said == [
        ("Trying again: away", False),
        ("Trying again: away", False),
        ("Trying again: a bug", True),
    ]
