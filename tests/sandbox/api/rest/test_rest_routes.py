"""Routes of the REST API: tokens, errors and channel permissions."""

import discord
import pytest
import requests

from sandbox.client import typed_input
from sandbox.world.ids import ANNOUNCEMENTS_ID, GUILD_ID, STAFF_ID, VERSES_ID
from tests.sandbox.stage import open_stage, text_channel

MESSAGES = f"/channels/{VERSES_ID}/messages"


def refused(answer: requests.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["code"]


async def test_tokens_routes_and_methods() -> None:
    async with open_stage(connect=False) as stage:
        assert refused(await stage.rest("GET", "/users/@me", token="wrong")) == (401, 0)
        assert (await stage.rest("GET", "/nowhere")).json() == {"message": "404: Not Found", "code": 0}
        assert refused(await stage.rest("DELETE", "/users/@me")) == (405, 0)
        assert refused(await stage.rest("POST", MESSAGES, data="{")) == (400, 50109)
        me = await stage.rest("GET", "/users/@me")
        assert me.json()["bot"] and me.headers["Content-Type"] == "application/json"


async def test_discord_py_reads_the_world() -> None:
    async with open_stage() as stage:
        guild = await stage.bot.fetch_guild(int(GUILD_ID))
        assert guild.name == "Sandbox" and guild.owner_id == int(stage.user("owner").id)
        assert [channel.name for channel in await guild.fetch_channels()] == [
            "verses",
            "announcements",
            "staff",
        ]
        assert (await guild.fetch_member(int(stage.user("teacher").id))).roles[-1].name == "Teacher"
        commands = {command.name for command in await stage.bot.tree.fetch_commands()}
        assert {"hello", "admin"} <= commands and "here" not in commands
        assert [c.name for c in await stage.bot.tree.fetch_commands(guild=guild)] == ["here"]


async def test_channel_permissions() -> None:
    async with open_stage() as stage:
        may, may_not, hidden = (
            text_channel(stage.bot, channel_id) for channel_id in (VERSES_ID, ANNOUNCEMENTS_ID, STAFF_ID)
        )
        sent = await may.send("progress", embed=discord.Embed(description="1"), silent=True)
        assert (await may.fetch_message(sent.id)).embeds[0].description == "1"
        await sent.edit(content="done", attachments=[])
        assert [message.content async for message in may.history()] == ["done"]
        await sent.delete()
        for channel, code in ((may_not, 50013), (hidden, 50001)):
            with pytest.raises(discord.Forbidden) as error:
                await channel.send("x")
            assert error.value.code == code
        with pytest.raises(discord.NotFound) as gone:
            await may.fetch_message(sent.id)
        assert gone.value.code == 10008
        assert refused(await stage.rest("GET", "/channels/42")) == (404, 10003)
        theirs = typed_input.write(stage.world, stage.user("student"), VERSES_ID, "mine")
        for method in ("PATCH", "DELETE"):
            answer = await stage.rest(method, f"{MESSAGES}/{theirs.id}", json={"content": "x"})
            assert refused(answer) == ((403, 50005) if method == "PATCH" else (403, 50013))
