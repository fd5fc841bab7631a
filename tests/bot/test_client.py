"""The command tree as Discord sees it, and its one error handler."""

import asyncio
import logging
import re
from typing import Any

import discord
import pytest
from discord import app_commands

from bot.answers import arguments
from shakelm.errors import ShakelmError

EPHEMERAL = 1 << 6


def test_commands_are_for_servers_only_and_admin_is_hidden_from_students(running: Any) -> None:
    async def test() -> None:
        async with running() as room:
            commands = {command["name"]: command for command in room.sandbox.world.commands.values()}
            assert set(commands) == {"verse", "models", "admin"}
            assert all(command["contexts"] == [0] for command in commands.values())
            assert all(command["integration_types"] == [0] for command in commands.values())
            assert commands["admin"]["default_member_permissions"] == str(
                discord.Permissions(manage_guild=True).value
            )
            assert commands["verse"]["default_member_permissions"] is None
            assert room.bot.intents == discord.Intents(guilds=True)

    asyncio.run(test())


def test_every_command_and_option_is_described(running: Any) -> None:
    async def test() -> None:
        async with running() as room:
            left = list(room.sandbox.world.commands.values())
            assert left
            while left:
                described = left.pop()
                assert len(described["description"]) > 10, described["name"]
                left += described.get("options", [])

    asyncio.run(test())


def test_one_server_can_have_the_commands_for_itself(running: Any) -> None:
    async def test() -> None:
        async with running() as room:
            guild = room.bot.guilds[0].id
        async with running(DISCORD_GUILD=guild) as room:
            commands = room.sandbox.world.commands.values()
            assert {command["name"] for command in commands} == {"verse", "models", "admin"}
            assert all(command["guild_id"] == str(guild) for command in commands)
            assert (await room.ask("/models"))["embeds"]

    asyncio.run(test())


@app_commands.command()
async def fail(interaction: discord.Interaction, how: str) -> None:
    """Raise an error, before or after the first answer."""
    if "after" in how:
        await interaction.response.send_message(**arguments({"content": "⏳ Your verse is next."}))
    if "bug" in how:
        raise LookupError("a bug, not a secret")
    raise ShakelmError("There is no such *model*.")


def test_an_error_before_the_first_answer_is_told_privately(running: Any) -> None:
    async def test() -> None:
        async with running([fail]) as room:
            answer = await room.ask("/fail how: mistake")
            assert answer["flags"] & EPHEMERAL
            assert answer["embeds"][0]["description"] == "There is no such \\*model\\*."

    asyncio.run(test())


def test_an_error_after_the_first_answer_takes_its_place(running: Any) -> None:
    async def test() -> None:
        async with running([fail]) as room:
            world = room.sandbox.world
            answer = await room.ask("/fail how: mistake after")
            assert await world.changes.wait_until(lambda: world.messages[answer["id"]].edits == 1, 30)
            (message,) = world.messages.values()
            assert message.content == ""
            assert message.embeds[0]["description"] == "There is no such \\*model\\*."

    asyncio.run(test())


def test_an_unexpected_error_gets_a_reference_that_leads_to_the_log(
    running: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> str:
        async with running([fail]) as room:
            answer = await room.ask("/fail how: bug")
            assert answer["flags"] & EPHEMERAL
            return str(answer["embeds"][0]["description"])

    text = asyncio.run(test())

    found = re.search(r"reference ([0-9a-f]{8})\b", text)
    assert found, text
    (record,) = (record for record in caplog.records if record.levelno == logging.ERROR)
    assert found[1] in record.getMessage()
    assert record.exc_info
    assert isinstance(record.exc_info[1], LookupError)
    assert "a bug" not in text
