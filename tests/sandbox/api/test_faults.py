"""Faults that tests ask for."""

import asyncio

import discord
import pytest

from sandbox.world.ids import VERSES_ID
from tests.sandbox.stage import open_stage

MESSAGES = f"/channels/{VERSES_ID}/messages"


async def test_discord_py_rides_out_429_and_5xx() -> None:
    async with open_stage() as stage:
        channel = stage.channel
        route = f"POST {MESSAGES}$"
        await stage.control("POST", "/faults", {"kind": "502", "route": route})
        await stage.control("POST", "/faults", {"kind": "429", "route": route, "times": 2, "seconds": 0.05})
        assert (await channel.send("through")).content == "through"
        await stage.control("POST", "/faults", {"kind": "503", "route": route})
        with pytest.raises(discord.DiscordServerError):
            await channel.send("not through")
        assert [message.content for message in stage.world.messages.values()] == ["through"]


async def test_slow_answers_hold_only_themselves_up() -> None:
    async with open_stage(connect=False) as stage:
        await stage.control("POST", "/faults", {"kind": "slow", "route": "GET /users/@me$", "seconds": 0.5})
        slow = asyncio.create_task(stage.rest("GET", "/users/@me"))
        await stage.until(lambda: not stage.world.clock.ahead)
        assert (await stage.rest("GET", "/gateway")).status_code == 200
        assert (await slow).status_code == 200
