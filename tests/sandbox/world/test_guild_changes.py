"""What moderators change in the guild, as a bot hears of it and meets it."""

from typing import Any

import discord
import pytest

from sandbox.client import clicks, typed_input
from sandbox.sandbox_error import SandboxError
from sandbox.schemas.intents import GUILD_MEMBERS
from sandbox.world.ids import GUILD_ID, VERSES_ID
from sandbox.world.permissions import Permission
from sandbox.world.state import World
from tests.sandbox.stage import Stage, connected, open_stage


async def change(stage: Stage, path: str, **body: Any) -> None:
    answer = await stage.control("POST", path, body)
    assert answer.status_code == 204, answer.text


async def test_overwrites_take_and_give_permissions() -> None:
    async with open_stage() as stage:
        channel = stage.channel
        await change(stage, "/overwrites", role="shakelm", deny=["SEND_MESSAGES"])
        await stage.until(lambda: not channel.permissions_for(channel.guild.me).send_messages)
        refused = await stage.refused(channel.send("x"))
        assert (refused.status, refused.code) == (403, 50013)
        await change(stage, "/overwrites", role="shakelm")
        await stage.until(lambda: channel.permissions_for(channel.guild.me).send_messages)
        await channel.send("x")
        await change(stage, "/overwrites", member="student", deny=["USE_APPLICATION_COMMANDS"])
        with pytest.raises(SandboxError, match="may not use commands in #verses"):
            stage.type("/hello name: x")


async def test_a_deleted_channel_is_unknown() -> None:
    async with open_stage() as stage:
        channel = stage.channel
        interaction, _ = await stage.answered("/later")
        seen = await stage.seen_by_bot(interaction)
        await change(stage, "/channel_deletions", channel_id=VERSES_ID)
        await stage.until(lambda: stage.bot.get_channel(channel.id) is None)
        for request in (channel.send("x"), seen.followup.send("x"), seen.edit_original_response(content="x")):
            refused = await stage.refused(request)
            assert (refused.status, refused.code) == (404, 10003)
        assert not stage.world.messages


async def test_a_deleted_message_is_unknown() -> None:
    async with open_stage() as stage:
        sent = await stage.channel.send("x")
        await change(stage, "/message_deletions", message_id=str(sent.id))
        refused = await stage.refused(sent.edit(content="y"))
        assert (refused.status, refused.code) == (404, 10008)
        again = await stage.control("POST", "/message_deletions", {"message_id": str(sent.id)})
        assert again.status_code == 400 and "There is no message" in again.json()["error"]


async def test_roles_and_their_permissions() -> None:
    intents = discord.Intents.default() | discord.Intents(members=True)
    async with (
        open_stage(World(approved_intents=GUILD_MEMBERS), connect=False) as stage,
        connected(stage.box, intents=intents) as bot,
    ):
        with pytest.raises(SandboxError, match="does not show /admin"):
            stage.type("/admin status")
        await change(stage, "/roles", user="student", roles=["Teacher"])
        member = await stage.until(lambda: bot.guilds[0].get_member_named("student"))
        await stage.until(lambda: member.guild_permissions.manage_guild)
        stage.type("/admin status")
        await change(stage, "/role_permissions", role="Teacher", permissions=["MANAGE_MESSAGES"])
        await stage.until(lambda: not member.guild_permissions.manage_guild)
        assert stage.world.may(stage.user("teacher"), Permission.MANAGE_MESSAGES)


async def test_who_is_timed_out_only_reads() -> None:
    async with open_stage() as stage:
        world, student = stage.world, stage.user("student")
        _, message = await stage.answered("/hello name: x")
        button = {"type": 2, "style": 1, "label": "Again", "custom_id": "again"}
        await stage.post([{"type": 1, "components": [button]}])
        await change(stage, "/timeouts", user="student", seconds=60)
        with pytest.raises(SandboxError, match="may not use commands"):
            stage.type("/hello name: x")
        with pytest.raises(SandboxError, match="may not write"):
            typed_input.write(world, student, VERSES_ID, "x")
        with pytest.raises(SandboxError, match="is timed out and can only read"):
            clicks.press(world, student, "Again")
        assert world.sees(student, message)
        member = await stage.bot.guilds[0].fetch_member(int(student.id))
        assert member.is_timed_out()
        world.move_clock(61)
        assert clicks.press(world, student, "Again")


async def test_changes_that_are_refused() -> None:
    async with open_stage(connect=False) as stage:
        for path, body, words in (
            (
                "/overwrites",
                {"role": "Teacher", "deny": ["FLY"]},
                "permissions is needed, from: ADMINISTRATOR",
            ),
            ("/overwrites", {}, "give either role or member"),
            ("/overwrites", {"role": "Nobody"}, "There is no role 'Nobody'; there are: @everyone"),
            ("/role_permissions", {"role": "Teacher", "permissions": "all"}, "a list of permissions"),
            ("/channel_deletions", {"channel_id": GUILD_ID}, "There is no channel"),
            ("/timeouts", {"user": "nobody", "seconds": 1}, "nobody"),
        ):
            refused = await stage.control("POST", path, body)
            assert refused.status_code == 400 and words in refused.json()["error"], refused.text
