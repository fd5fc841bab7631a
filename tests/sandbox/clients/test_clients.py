"""Bots on libraries that the sandbox was not written for: each does everything that a small bot does."""

import asyncio
import functools
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from sandbox.client import clicks, replies, typed_input
from sandbox.conformance import check
from sandbox.schemas.message_form import MessageForm
from sandbox.world import guild_changes, interaction_lifecycle
from sandbox.world.guild_objects import ANNOUNCEMENT_CHANNEL, FORUM, VOICE_CHANNEL, AnyChannel
from sandbox.world.ids import VERSES_ID
from sandbox.world.message_objects import Interaction, Message
from sandbox.world.threads import thread_starts
from tests.sandbox.discord_description import find_description
from tests.sandbox.stage import Stage, open_stage
from tests.support.waiting import Look, T

HERE = Path(__file__).parent
INSTALLED = Path(__file__).parents[3] / ".venv" / "clients"
COMMANDS = {
    "answer",
    "think",
    "private",
    "buttons",
    "file",
    "remove",
    "say",
    "entities",
    "layout",
    "complete",
}


def program(client: str) -> list[str]:
    """The command line of a client's bot; the test is skipped where the client is not installed."""
    if client == "discord.js":
        node, library = shutil.which("node"), INSTALLED / client / "node_modules" / "discord.js"
        if node is None or not library.exists():
            pytest.skip("discord.js is not installed: `make clients` installs it (it needs node and npm).")
        return [node, str(HERE / "discordjs_bot.mjs")]
    python = INSTALLED / client / "bin" / "python"
    if not python.exists():
        pytest.skip(f"{client} is not installed: `make clients` installs it.")
    return [str(python), str(HERE / f"{client.replace('-', '')}_bot.py")]


@dataclass
class ClientBot:
    """A client's bot as a process, in a sandbox."""

    stage: Stage
    process: "subprocess.Popen[str]"
    output: Path

    @property
    def said(self) -> str:
        return self.output.read_text()

    async def until(self, look: Look[T], what: str) -> T:
        """Wait for the first true value of `look`, as long as the bot runs and reports no error."""

        def look_again() -> T | Literal[False] | None:
            assert self.process.poll() is None and "Traceback" not in self.said, self.said
            return look()

        return await self.stage.until(look_again, what)

    async def done(self, interaction: Interaction) -> Message:
        """The message of the bot's first answer, once it has content."""
        world = self.stage.world
        await self.until(lambda: interaction_lifecycle.state(world, interaction) == "answered", "an answer")
        assert interaction.original
        return interaction.original

    async def shown(self, line: str) -> Message:
        """The message that answers a command."""
        return await self.done(self.stage.type(line))


@asynccontextmanager
async def running(client: str, folder: Path) -> AsyncIterator[ClientBot]:
    """A sandbox with the client's bot in it, once it has registered its commands."""
    command, output = program(client), folder / "output.txt"
    async with open_stage(connect=False, record=folder / "record.jsonl") as stage:
        environment = os.environ | stage.box.environment()
        environment |= {"PYTHONUNBUFFERED": "1", "CLIENT_FOLDER": str(INSTALLED / client)}
        with output.open("w") as file:
            start = functools.partial(
                subprocess.Popen, stdout=file, stderr=subprocess.STDOUT, env=environment, text=True
            )
            process = await asyncio.to_thread(start, command)
        bot = ClientBot(stage, process, output)
        try:
            await bot.until(
                lambda: "READY" in bot.said and stage.world.bot_connected, f"a connected {client}"
            )
            yield bot
        finally:
            process.kill()
            process.wait()


def channel(stage: Stage) -> list[str]:
    """The texts of all messages, from the oldest to the newest."""
    return [message.content for message in stage.world.messages.values()]


def places_with_a_chat(stage: Stage) -> list[AnyChannel]:
    """A thread, a post of a forum, an announcement channel and a voice channel; all are new."""
    world, student = stage.world, stage.user("student")
    news = guild_changes.add_channel(world, "news", ANNOUNCEMENT_CHANNEL, "")
    voice = guild_changes.add_channel(world, "voice", VOICE_CHANNEL, "")
    forum = guild_changes.add_channel(world, "forum", FORUM, "", ["Ode"])
    tags = [tag.id for tag in forum.tags]
    post, _ = thread_starts.post(world, student, forum, "Mine", MessageForm(content="x"), [], tags=tags)
    root = typed_input.write(world, student, VERSES_ID, "a root")
    thread = thread_starts.start_from_message(world, student, root, "Below it")
    typed_input.forward(world, student, thread.id, root.id)
    return [news, voice, post, thread]


@pytest.mark.parametrize("client", ["hikari", "py-cord", "discord.js"])
async def test_a_bot_on_another_library_works(client: str, tmp_path: Path) -> None:
    async with running(client, tmp_path) as bot:
        stage, world, student = bot.stage, bot.stage.world, bot.stage.user("student")
        assert {command["name"] for command in world.commands.values()} == COMMANDS

        assert (await bot.shown("/answer")).content == "answered"
        thinking = stage.type("/think")
        await bot.until(lambda: channel(stage)[-2:] == ["thought", "more!"], "an edited follow-up")
        assert (await bot.done(thinking)).content == "thought"
        assert (await bot.shown("/private")).ephemeral

        file = await bot.shown("/file")
        assert [item.content for item in file.attachments] == [b"once more"]
        assert file.embeds[0]["title"] == "A file"
        removed = stage.type("/remove")
        await bot.until(lambda: removed.acknowledged_at and not removed.original, "a deleted answer")

        stage.type("/say")
        await bot.until(lambda: channel(stage)[-2:] == ["said again", "replied"], "a reply")
        reply = list(world.messages.values())[-1]
        assert reply.replies_to and reply.replies_to.content == "said again"

        completing = typed_input.ask_for_completions(world, student, VERSES_ID, "/complete word: x")
        assert [choice["value"] for choice in await replies.completions(world, completing)] == ["x!"]
        assert (await bot.shown("/complete word: x!")).content == "word x!"

        chosen = await bot.shown("/buttons")
        picked = clicks.select(world, student, ["Second"], "Pick", chosen.id)
        assert (await bot.done(picked)).content == "picked b"
        opened = stage.press("Fill in", chosen)
        await bot.until(lambda: opened.modal, "a modal")
        submitted = clicks.submit(world, student, opened, {"Name": "Romeo"})
        assert (await bot.done(submitted)).content == "named Romeo"
        stage.press("Press", chosen)
        await bot.until(lambda: chosen.content == "pressed", "an updated message")
        assert chosen.components == []

        whom = await bot.shown("/entities")
        picked = clicks.select(world, student, ["teacher"], "Who", whom.id)
        assert (await bot.done(picked)).content == "picked teacher"
        (box,) = (await bot.shown("/layout")).components
        assert [component["type"] for component in box["components"]] == [10, 14]
        assert (box["accent_color"], box["components"][0]["content"]) == (0x123456, "shown")

        for place in places_with_a_chat(stage):
            answered = await bot.done(typed_input.use_command(world, student, place.id, "/answer"))
            assert answered.channel_id == place.id
        world.break_guild()  # the guild comes again, with its threads
        assert (await bot.shown("/answer")).content == "answered"
        for thread in world.threads():
            guild_changes.change_thread(world, thread, archived=True)
            guild_changes.delete_channel(world, thread)

        await stage.control("POST", "/faults", {"kind": "drop_gateway"})
        await bot.until(lambda: not world.bot_connected or "RESUMED" in bot.said, "a dropped connection")
        missed = stage.type("/answer")
        assert (await bot.done(missed)).content == "answered"
        await bot.until(lambda: "RESUMED" in bot.said, "a resumed session")
    if description := find_description():
        record = (tmp_path / "record.jsonl").read_text()
        report = check(description, [json.loads(line) for line in record.splitlines()])
        assert "\n".join(report.violations) == ""
