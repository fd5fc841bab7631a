"""Faults that tests ask for."""

import asyncio
from typing import Any

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


async def test_faults_that_wait_are_taken_back() -> None:
    async with open_stage(connect=False) as stage:
        await stage.control("POST", "/faults", {"kind": "500", "times": 1000})
        assert (await stage.rest("GET", "/gateway")).status_code == 500
        assert (await stage.control("DELETE", "/faults")).status_code == 204
        assert (await stage.rest("GET", "/gateway")).status_code == 200


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


@pytest.mark.parametrize(
    ("fault", "status", "message"),
    [
        ({"status": 404, "code": 10008}, 404, "Unknown Message"),
        ({"status": 403, "code": 50013}, 403, "Missing Permissions"),
        ({"status": 400, "code": 30003}, 400, "400: Bad Request"),
        ({"status": 401}, 401, "401: Unauthorized"),
        ({"status": 520}, 520, "520: Error"),
    ],
)
async def test_an_error_of_ones_choice(fault: dict[str, Any], status: int, message: str) -> None:
    async with open_stage(connect=False) as stage:
        body = {"kind": "error", "route": "GET /users/@me$", "times": 2, **fault}
        assert (await stage.control("POST", "/faults", body)).status_code == 204
        for _ in range(2):
            answer = await stage.rest("GET", "/users/@me")
            assert answer.status_code == status
            assert answer.json() == {"message": message, "code": fault.get("code", 0)}
        assert (await stage.rest("GET", "/users/@me")).status_code == 200
        refused = await stage.control("POST", "/faults", {"kind": "error", "status": 200})
        assert refused.status_code == 400 and "status" in refused.json()["error"]
