"""Faults that tests ask for."""

import asyncio

import discord
import pytest
import requests

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


async def test_a_slow_answer_comes_late_and_delays_no_other() -> None:
    slow = {"kind": "slow", "route": "GET /users/@me$"}
    async with open_stage(connect=False) as stage:
        await stage.control("POST", "/faults", slow | {"seconds": 0.05})
        assert (await stage.rest("GET", "/users/@me")).status_code == 200
        await stage.control("POST", "/faults", slow | {"seconds": 600})
        waiting = asyncio.create_task(stage.rest("GET", "/users/@me"))
        await stage.until(lambda: not stage.box.faults.pending, "the slow request at the server")
        assert (await stage.rest("GET", "/gateway")).status_code == 200
        assert not waiting.done()
    with pytest.raises(requests.ConnectionError):  # the server has closed
        await waiting
