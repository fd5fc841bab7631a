"""The bot in a sandbox, both in the test's event loop."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.__main__ import THREADS
from bot.gateway import endpoint
from bot.interactions.client import Bot
from bot.settings import BotSettings
from sandbox.client import clicks, typed_input
from sandbox.control.control_views import message_view
from sandbox.server import Sandbox, serving
from sandbox.world import interaction_lifecycle
from sandbox.world.message_objects import Interaction, Message
from tests.support.waiting import DEADLINE_S, Look, eventually_async
from worker.queue import redis_client


@dataclass(frozen=True)
class Room:
    """A sandbox and the bot in it."""

    sandbox: Sandbox
    bot: Bot

    async def ask(self, text: str, user: str = "student", channel: str = "verses") -> dict[str, Any]:
        """Type a command, even one that is hidden from the person.

        Returns:
            The first answer, or what a deferred answer became.
        """
        world = self.sandbox.world
        (channel_id,) = (known.id for known in world.channels.values() if known.name == channel)
        interaction = typed_input.use_command(world, world.users[user], channel_id, text, granted=True)
        return await self._answer(interaction)

    async def press(self, button: str, user: str = "student") -> dict[str, Any]:
        """Press the newest button with that label; the message under which it stands, as it is then."""
        world = self.sandbox.world
        return await self._answer(clicks.press(world, world.users[user], button))

    async def choose(self, menu: str, message: Message) -> dict[str, Any]:
        """Choose from a message's menu; the answer."""
        world = self.sandbox.world
        student = world.users["student"]
        return await self._answer(clicks.use_menu(world, student, menu, message, message.channel_id))

    async def until(self, look: Look[Any], what: str) -> None:
        """Wait until something holds in the sandbox's world."""
        assert await self.sandbox.world.changes.wait_until(lambda: bool(look()), DEADLINE_S), (
            f"there was never {what}"
        )

    async def message(self, message_id: str, part: str) -> dict[str, Any]:
        """The message with that id, once its embed says `part`."""
        world = self.sandbox.world
        await self.until(lambda: part in str(world.messages[message_id].embeds), f"“{part}” in the message")
        return message_view(world, world.messages[message_id])

    async def _answer(self, interaction: Interaction) -> dict[str, Any]:
        world = self.sandbox.world
        await self.until(lambda: interaction_lifecycle.state(world, interaction) == "answered", "an answer")
        assert interaction.original
        return message_view(world, interaction.original)


class Running(Protocol):
    """A context with a connected bot that has these commands, handlers, and settings."""

    def __call__(
        self, commands: Any = ..., handlers: Any = ..., **variables: Any
    ) -> AbstractAsyncContextManager[Room]: ...


@asynccontextmanager
async def connected(
    valkey_url: str, commands: Any, handlers: Any, variables: dict[str, Any]
) -> AsyncIterator[Room]:
    """A sandbox with a connected bot that has these commands, handlers, and settings."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
    async with serving() as sandbox:
        found = {"SHAKELM_REDIS_URL": valkey_url, **sandbox.environment(), **variables}
        settings = BotSettings.model_validate(found)
        endpoint.use_api(settings.api_base)
        async with Bot(settings, redis_client.connect(valkey_url), commands, handlers) as bot:
            await bot.login(settings.token.get_secret_value())
            await endpoint.use_gateway_of_api(bot)
            connection = asyncio.create_task(bot.connect())
            # discord.py counts as ready a moment later: it waits for more guilds.
            await eventually_async(lambda: bot.guilds and not bot.guilds[0].unavailable, "its guild")
            yield Room(sandbox, bot)
        await connection


@contextmanager
def discord_py_as_it_was() -> Iterator[None]:
    """Restore the addresses that discord.py keeps in class attributes."""
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    yield
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway
