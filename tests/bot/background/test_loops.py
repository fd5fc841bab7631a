"""Background loops go on after errors."""

import asyncio
import logging

import pytest
import redis

from bot.background import loops
from tests.support.bot_room import Running
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


async def test_a_step_that_has_taken_something_out_ends_after_its_loop(running: Running) -> None:
    begun, may_end, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def step() -> None:
        begun.set()
        await may_end.wait()
        ended.set()

    async with running() as room:
        loop = asyncio.create_task(loops.repeat(loops.uncanceled(room.bot, step), 0))
        await asyncio.wait_for(begun.wait(), DEADLINE_S)
        loop.cancel()
        await asyncio.wait((loop,))
        closing = asyncio.create_task(room.bot.close())
        may_end.set()
        await closing
    assert ended.is_set()
