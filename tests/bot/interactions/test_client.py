"""The commands as Discord has them, and errors in commands."""

import logging
import re

import discord
import pytest
from discord import app_commands

from bot.interactions.answers import arguments
from sandbox.client import typed_input
from shakelm.errors import ShakelmError
from tests.support.bot_room import Room, Running
from tests.support.discord_messages import description, embed, is_private
from tests.support.waiting import eventually_async
from worker.protocol import retention
from worker.records import incidents

CHAT_INPUT = 1
"""The type of a slash command (Discord: Application Command Types)."""


async def test_commands_are_for_guilds_only_and_admin_is_hidden_from_students(room: Room) -> None:
    commands = {command["name"]: command for command in room.sandbox.world.commands.values()}
    assert {"verse", "Continue as verse", "models", "admin"} <= set(commands)
    assert all(command["contexts"] == [0] for command in commands.values())
    assert all(command["integration_types"] == [0] for command in commands.values())
    assert commands["admin"]["default_member_permissions"] == str(
        discord.Permissions(manage_guild=True).value
    )
    assert commands["verse"]["default_member_permissions"] is None
    assert room.bot.intents == discord.Intents(guilds=True)


async def test_every_command_and_option_is_described(room: Room) -> None:
    commands = room.sandbox.world.commands.values()
    left = [command for command in commands if command["type"] == CHAT_INPUT]
    assert left
    while left:
        described = left.pop()
        assert len(described["description"]) > 10, described["name"]
        left += described.get("options", [])


async def test_the_commands_can_be_limited_to_one_guild(running: Running) -> None:
    async with running() as room:
        guild = room.bot.guilds[0].id
    async with running(DISCORD_GUILD=guild) as room:
        commands = room.sandbox.world.commands.values()
        assert {"verse", "models", "admin"} <= {command["name"] for command in commands}
        assert all(command["guild_id"] == str(guild) for command in commands)
        assert (await room.ask("/models"))["embeds"]


@app_commands.command()
async def fail(interaction: discord.Interaction, how: str) -> None:
    """Raise an error, before or after the first answer."""
    if "after" in how:
        notice = arguments({"content": "⏳ Your answer is next."})
        await interaction.response.send_message(**notice, ephemeral="private" in how)
    if "bug" in how:
        raise LookupError("a bug, not a secret")
    raise ShakelmError("There is no such *model*.")


async def test_an_error_before_the_first_answer_is_answered_in_private(running: Running) -> None:
    async with running([fail]) as room:
        answer = await room.ask("/fail how: mistake")
        assert is_private(answer)
        assert embed(answer)["description"] == "There is no such \\*model\\*."


@pytest.mark.parametrize("first", ["public", "private"])
async def test_an_error_after_the_first_answer_replaces_it_in_private(running: Running, first: str) -> None:
    async with running([fail]) as room:
        world = room.sandbox.world
        await room.ask(f"/fail how: mistake after a {first} answer")

        def told() -> bool:
            return any("no such *model*" in description(message) for message in world.messages.values())

        await room.until(told, "a sentence")
        (message,) = world.messages.values()
        assert message.content == ""
        assert message.ephemeral


async def test_an_unexpected_error_gets_a_reference_that_leads_to_the_log(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    async with running([fail]) as room:
        answer = await room.ask("/fail how: bug")
        assert is_private(answer)
        text = description(answer)
        (noted,) = await eventually_async(lambda: incidents.latest(room.bot.connection), "an incident")
        assert noted.reference in text
        assert noted.sentence == "/fail: LookupError"

    found = re.search(r"reference ([0-9a-f]{8})\b", text)
    assert found, text
    (record,) = (record for record in caplog.records if record.levelno == logging.ERROR)
    assert found[1] in record.getMessage()
    assert record.exc_info
    assert isinstance(record.exc_info[1], LookupError)
    assert "a bug" not in text


async def test_an_error_is_recorded_even_if_the_person_cannot_be_told(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    @app_commands.command()
    async def gone(interaction: discord.Interaction) -> None:  # noqa: ARG001
        """Have a bug after the interaction's token has expired."""
        room.sandbox.world.move_clock(retention.INTERACTION.seconds)
        raise LookupError

    async with running([gone]) as room:
        world = room.sandbox.world
        typed_input.use_command(world, world.users["student"], next(iter(world.channels)), "/gone")
        (noted,) = await eventually_async(lambda: incidents.latest(room.bot.connection), "an incident")
        assert noted.sentence == "/gone: LookupError"

    assert "got no answer" in caplog.text
