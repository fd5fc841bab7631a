"""Routes of the REST API: tokens, errors and channel permissions."""

import asyncio
from typing import Any

import discord
import pytest
import requests

from sandbox.client import typed_input
from sandbox.world.ids import ANNOUNCEMENTS_ID, APPLICATION_ID, GUILD_ID, STAFF_ID, VERSES_ID
from tests.sandbox.stage import open_stage, text_channel

MESSAGES = f"/channels/{VERSES_ID}/messages"


def refused(answer: requests.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["code"]


async def test_tokens_routes_and_methods() -> None:
    async with open_stage(connect=False) as stage:
        assert refused(await stage.rest("GET", "/users/@me", token="wrong")) == (401, 0)
        me = await stage.rest("GET", "/users/@me")
        assert me.json()["bot"] and me.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nowhere"),
        ("GET", "/channels/x"),
        ("DELETE", "/users/@me"),
        ("GET", f"/guilds/{GUILD_ID}/members/search"),
        ("GET", f"/guilds/{GUILD_ID}/members?limit=5"),
        ("GET", f"{MESSAGES}/pins"),
        ("GET", f"/channels/{VERSES_ID}/pins"),
        ("GET", f"/applications/{APPLICATION_ID}/guilds/{GUILD_ID}/commands/permissions"),
        ("PUT", f"{MESSAGES}/1/reactions/x/@me"),
        ("POST", f"{MESSAGES}/1/crosspost"),
    ],
)
async def test_what_the_sandbox_has_no_route_for_fails_loudly(method: str, path: str) -> None:
    async with open_stage(connect=False) as stage:
        answer = await stage.rest(method, path)
        path = path.partition("?")[0]
        message = f"The sandbox does not support {method} {path}."
        assert (answer.status_code, answer.json()) == (501, {"message": message, "code": 0})


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ({"content": "x", "poll": {"question": {"text": "?"}}}, "polls"),
        ({"content": "x", "sticker_ids": ["1"]}, "stickers"),
    ],
)
async def test_what_the_sandbox_cannot_send_fails_loudly(body: Any, what: str) -> None:
    async with open_stage(connect=False) as stage:
        answer = await stage.rest("POST", MESSAGES, json=body)
        assert answer.status_code == 501
        assert answer.json()["message"].startswith(f"The sandbox does not support {what}")


@pytest.mark.parametrize(
    ("prefix", "status"), [("/api/v9", 200), ("/api/v6", 200), ("/api", 200), ("/api/v11", 400)]
)
async def test_versions(prefix: str, status: int) -> None:
    async with open_stage(connect=False) as stage:
        url = f"{stage.box.address}{prefix}/users/@me"
        headers = {"Authorization": f"Bot {stage.world.token}"}
        answer = await asyncio.to_thread(requests.get, url, headers=headers, timeout=60)
        assert answer.status_code == status
        assert answer.json().get("code", 0) == (0 if status == 200 else 50041)
        addressed = await asyncio.to_thread(requests.get, f"{stage.box.address}{prefix}/gateway", timeout=60)
        assert addressed.status_code == status


async def test_default_sounds() -> None:
    async with open_stage(connect=False) as stage:
        assert (await stage.rest("GET", "/soundboard-default-sounds")).json() == []


async def test_discord_py_reads_the_world() -> None:
    async with open_stage() as stage:
        guild = await stage.bot.fetch_guild(int(GUILD_ID))
        assert guild.approximate_member_count == 5
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
