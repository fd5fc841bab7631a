"""Fixtures: the sandbox in this process with an unmodified discord.py client connected to it."""

import asyncio
import importlib.util
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import discord
import pytest
import requests

from sandbox import control, interactions
from sandbox.server import Sandbox, serving
from sandbox.world import VERSES_ID, Interaction, Message, World

LITTLE_BOT = Path(__file__).with_name("little_bot.py")


@dataclass
class Stage:
    """A running sandbox, the bot in it, and short ways to do things with them."""

    box: Sandbox
    bot: Any
    connected: Callable[..., AbstractAsyncContextManager[Any]]
    """A further little bot, made ready by a function, in a context."""

    @property
    def world(self) -> World:
        return self.box.world

    async def until(self, condition: Callable[[], Any], seconds: float = 60) -> None:
        """Wait for a condition, in the world or in the bot."""
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - the bot gives no event
                await asyncio.sleep(0.01)

    def type(self, text: str, user: str = "student", **options: Any) -> Interaction:
        return control.use_command(self.world, self.world.users[user], VERSES_ID, text, **options)

    async def answered(self, text: str, user: str = "student", **options: Any) -> tuple[Interaction, Message]:
        interaction = self.type(text, user, **options)
        await self.until(lambda: interaction.original)
        assert interaction.original
        return interaction, interaction.original

    async def done(self, interaction: Interaction) -> Interaction:
        """The interaction, once the bot answered it and put something into the answer."""
        await self.until(lambda: interactions.state(self.world, interaction) == "answered")
        return interaction

    async def seen_by_bot(self, interaction: Interaction) -> Any:
        """The interaction as discord.py has it."""
        await self.until(lambda: any(str(i.id) == interaction.id for i in self.bot.interactions))
        return next(i for i in self.bot.interactions if str(i.id) == interaction.id)

    async def refused(self, asked: Awaitable[Any]) -> discord.HTTPException:
        """What discord.py raises."""
        with pytest.raises(discord.HTTPException) as refused:
            await asked
        return refused.value

    @staticmethod
    def problem_at(error: discord.HTTPException, path: str) -> str:
        """The code of the only problem of a refused form (50035), which stands at that path."""
        assert (error.status, error.code) == (400, 50035)
        node: Any = error._errors
        for step in path.split("."):
            assert list(node) == [step], node
            node = node[step]
        (problem,) = node["_errors"]
        return str(problem["code"])

    async def call_back(self, interaction: Interaction, kind: int, data: Any = None) -> Any:
        """Answer an interaction by discord.py's HTTP client, past the checks of its classes."""
        path = f"/interactions/{interaction.id}/{interaction.token}/callback"
        body = {"type": kind} | ({} if data is None else {"data": data})
        return await self.bot.http.request(discord.http.Route("POST", path), json=body)

    async def control(self, method: str, path: str, body: Any = None) -> requests.Response:
        url = f"{self.box.address}/sandbox{path}"
        return await asyncio.to_thread(requests.request, method, url, json=body, timeout=60)

    async def rest(
        self, method: str, path: str, *, token: str | None = None, **options: Any
    ) -> requests.Response:
        headers = {"Authorization": f"Bot {token or self.world.token}"}
        url = f"{self.box.api_base}{path}"
        return await asyncio.to_thread(requests.request, method, url, headers=headers, timeout=60, **options)


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("little_bot", LITTLE_BOT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["little_bot"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def little_bot() -> ModuleType:
    return _load()


@pytest.fixture
def on_stage(little_bot: ModuleType) -> Callable[..., None]:
    """Runs a coroutine function with a Stage whose bot is connected and has registered its commands.

    `prepare` gets the bot before it connects.
    """

    @asynccontextmanager
    async def connected(box: Sandbox, prepare: Callable[[Any], None] = lambda _: None):
        await asyncio.to_thread(little_bot.point_at, box.api_base)
        async with little_bot.LittleBot(box.api_base) as bot:
            prepare(bot)
            running = asyncio.create_task(bot.start(box.world.token))
            on_stage = Stage(box, bot, partial(connected, box))
            await on_stage.until(lambda: bot.readies or running.done())
            assert not running.done(), running.result()
            yield bot
        await asyncio.gather(running, return_exceptions=True)

    @asynccontextmanager
    async def stage(world: World | None, connect: bool, prepare: Callable[[Any], None], **options: Any):
        async with serving(world, **options) as box:
            further = partial(connected, box)
            if not connect:
                yield Stage(box, None, further)
                return
            async with connected(box, prepare) as bot:
                yield Stage(box, bot, further)

    def run(
        play: Callable[[Stage], Awaitable[None]],
        world: World | None = None,
        *,
        connect: bool = True,
        prepare: Callable[[Any], None] = lambda _: None,
        **options: Any,
    ) -> None:
        async def main() -> None:
            async with stage(world, connect, prepare, **options) as on:
                await play(on)

        asyncio.run(main())

    return run
