"""First answers are sent in time, and known to be taken although their responses are not read."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from types import SimpleNamespace

import aiohttp
import pytest
from aiohttp import web

from bot.gateway import endpoint
from bot.gateway.first_answers import ALREADY_ANSWERED, FirstAnswers, UnansweredError

PARAMS = SimpleNamespace(files=None, payload={"type": 5})

Answer = Callable[[int], Coroutine[None, None, web.Response]]
"""Discord's response to the attempt with that number, from 0."""


@asynccontextmanager
async def discord_that(answers: Answer) -> AsyncIterator[aiohttp.ClientSession]:
    """A server that takes first answers, and a session for requests to it."""
    attempts = 0

    async def handle(_request: web.Request) -> web.Response:
        nonlocal attempts
        attempts += 1
        return await answers(attempts - 1)

    app = web.Application()
    app.router.add_post("/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    endpoint.use_api(f"http://127.0.0.1:{runner.addresses[0][1]}")
    async with aiohttp.ClientSession() as session:
        yield session
    await runner.cleanup()


async def answer(session: aiohttp.ClientSession) -> object:
    """Send a first answer that has no more time than for one attempt."""
    adapter = FirstAnswers(asyncio.get_running_loop().time())
    return await adapter.create_interaction_response(1, "token", session=session, params=PARAMS)


async def test_an_answer_that_was_taken_is_known_although_its_response_came_too_late() -> None:
    """The bot stood still meanwhile."""
    again = asyncio.Event()

    async def answers(attempt: int) -> web.Response:
        if attempt == 0:
            await again.wait()
        again.set()
        return web.json_response({"code": ALREADY_ANSWERED, "message": ""}, status=400)

    async with discord_that(answers) as session:
        assert await answer(session) == {"interaction": {"id": "1"}}


async def test_an_answer_that_was_not_taken_is_given_up_after_one_more_attempt() -> None:
    again, attempts = asyncio.Event(), []

    async def answers(attempt: int) -> web.Response:
        attempts.append(attempt)
        if attempt == 0:
            await again.wait()
        again.set()
        return web.json_response({"code": 10062, "message": ""}, status=404)

    async with discord_that(answers) as session:
        with pytest.raises(UnansweredError):
            await answer(session)
    assert attempts == [0, 1]
