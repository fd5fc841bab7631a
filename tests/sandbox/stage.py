"""A running sandbox with an unmodified discord.py client in it, and short ways to use both."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import discord
import pytest
import requests

from sandbox.client import clicks, typed_input
from sandbox.server import Sandbox, serving
from sandbox.world import interaction_lifecycle
from sandbox.world.guild_objects import User
from sandbox.world.ids import VERSES_ID
from sandbox.world.message_objects import Interaction, Message
from sandbox.world.state import World
from tests.sandbox.little_bot import LittleBot, point_at
from tests.support.waiting import Look, T, eventually_async

Prepare = Callable[[LittleBot], None]
"""What to do with a bot before it connects."""


@dataclass
class Stage:
    """A sandbox, and the bot that is connected to it."""

    box: Sandbox
    connected_bot: LittleBot | None = None

    @property
    def world(self) -> World:
        return self.box.world

    @property
    def bot(self) -> LittleBot:
        assert self.connected_bot, "this stage has no bot"
        return self.connected_bot

    @property
    def channel(self) -> discord.TextChannel:
        """#verses as the bot has it."""
        return text_channel(self.bot, VERSES_ID)

    def user(self, name: str) -> User:
        return self.world.users[name]

    async def until(self, look: Look[T], what: str = "what the test waits for") -> T:
        """Wait for the first true value of `look`, at the world or at the bot."""
        return await eventually_async(look, what)

    def type(self, text: str, user: str = "student", **options: Any) -> Interaction:
        return typed_input.use_command(self.world, self.user(user), VERSES_ID, text, **options)

    def press(self, button: str, message: Message | None = None, user: str = "student") -> Interaction:
        return clicks.press(self.world, self.user(user), button, message.id if message else None)

    async def post(self, components: list[Any]) -> Any:
        """Send a message with these components past the checks of discord.py's views; Discord's JSON."""
        route = discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=int(VERSES_ID))
        return await self.bot.http.request(route, json={"content": "x", "components": components})

    async def answered(self, text: str, user: str = "student", **options: Any) -> tuple[Interaction, Message]:
        """Use a command; the interaction, and the message of its first answer."""
        interaction = self.type(text, user, **options)
        return interaction, await self.until(lambda: interaction.original)

    async def done(self, interaction: Interaction) -> Message:
        """The message of the bot's first answer, once it has content."""
        await self.until(lambda: interaction_lifecycle.state(self.world, interaction) == "answered")
        assert interaction.original
        return interaction.original

    def started(self, answer: requests.Response) -> Interaction:
        """The interaction that a request to the control API started."""
        assert answer.status_code == 200, answer.text
        return self.world.interactions[answer.json()["interaction_id"]]

    async def seen_by_bot(self, interaction: Interaction) -> discord.Interaction:
        """The interaction as discord.py has it."""
        return await self.until(
            lambda: next((seen for seen in self.bot.interactions if str(seen.id) == interaction.id), None)
        )

    async def refused(self, request: Awaitable[object]) -> discord.HTTPException:
        """The error that discord.py raises."""
        with pytest.raises(discord.HTTPException) as refused:
            await request
        return refused.value

    @staticmethod
    def problem_at(error: discord.HTTPException, path: str) -> str:
        """The code of the only problem of a refused form (50035), which has that path."""
        assert (error.status, error.code) == (400, 50035)
        node: Any = error._errors
        for step in path.split("."):
            assert list(node) == [step], node
            node = node[step]
        (problem,) = node["_errors"]
        return str(problem["code"])

    async def call_back(self, interaction: Interaction, kind: int, data: Any = None) -> object:
        """Answer an interaction by discord.py's HTTP client, without the checks of its classes."""
        path = f"/interactions/{interaction.id}/{interaction.token}/callback"
        body = {"type": kind} | ({} if data is None else {"data": data})
        return await self.bot.http.request(discord.http.Route("POST", path), json=body)

    async def control(self, method: str, path: str, body: Any = None) -> requests.Response:
        """Send a request to the control API."""
        url = f"{self.box.address}/sandbox{path}"
        return await asyncio.to_thread(requests.request, method, url, json=body, timeout=60)

    async def rest(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        more_headers: dict[str, str] | None = None,
        **options: Any,
    ) -> requests.Response:
        """Send a request to the REST API with the bot's token."""
        headers = {"Authorization": f"Bot {token or self.world.token}", **(more_headers or {})}
        url = f"{self.box.api_base}{path}"
        return await asyncio.to_thread(requests.request, method, url, headers=headers, timeout=60, **options)


def text_channel(bot: LittleBot, channel_id: str) -> discord.TextChannel:
    """A channel as a bot has it."""
    channel = bot.get_channel(int(channel_id))
    assert isinstance(channel, discord.TextChannel)
    return channel


def text_in(label: "discord.ui.Label[Any]") -> str:
    """The text that a person typed under a label."""
    assert isinstance(label.component, discord.ui.TextInput)
    return label.component.value


def as_it_is(_bot: LittleBot) -> None:
    """Leave the bot as it is."""


@asynccontextmanager
async def connected(
    box: Sandbox, prepare: Prepare = as_it_is, *, intents: discord.Intents | None = None
) -> AsyncIterator[LittleBot]:
    """Run another little bot in a sandbox while the context lasts."""
    await asyncio.to_thread(point_at, box.api_base)
    async with LittleBot(box.api_base, intents) as bot:
        prepare(bot)
        running = asyncio.create_task(bot.start(box.world.token))
        await eventually_async(lambda: bot.readies or running.done(), "a bot that is ready")
        if running.done():
            await running
        yield bot
    await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def open_stage(
    world: World | None = None,
    *,
    connect: bool = True,
    prepare: Prepare = as_it_is,
    record: Path | None = None,
) -> AsyncIterator[Stage]:
    """Run a sandbox while the context lasts, and in it a bot that has registered its commands.

    Without `connect` there is no bot. `prepare` gets the bot before it connects.
    """
    async with serving(world, record=record) as box:
        if not connect:
            yield Stage(box)
            return
        async with connected(box, prepare) as bot:
            yield Stage(box, bot)
