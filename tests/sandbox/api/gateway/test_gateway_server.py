"""Sessions of the gateway: resuming, intents and close codes."""

import asyncio
import json
from typing import Any

import aiohttp
import discord
import pytest

from sandbox.schemas.intents import GUILD_MEMBERS, MESSAGE_CONTENT
from sandbox.world.ids import GUILD_ID
from sandbox.world.state import World
from tests.sandbox.little_bot import LittleBot, point_at
from tests.sandbox.stage import connected, open_stage


async def test_missed_events_are_replayed_after_a_drop() -> None:
    async with open_stage() as stage:
        await stage.control("POST", "/faults", {"kind": "drop_gateway"})
        await stage.until(lambda: not stage.world.bot_connected)
        interaction = stage.type("/hello name: Romeo")
        message = await stage.until(lambda: interaction.original)
        await asyncio.wait_for(stage.bot.resumed.wait(), 60)
        assert message.content == "hello Romeo at 0.5"
        assert stage.bot.readies == 1


async def test_reconnect_request_is_followed_by_a_resume() -> None:
    async with open_stage() as stage:
        await stage.control("POST", "/faults", {"kind": "reconnect"})
        await asyncio.wait_for(stage.bot.resumed.wait(), 60)
        _, message = await stage.answered("/hello name: Juliet")
        assert message.content.startswith("hello Juliet")


async def test_invalid_session_makes_a_new_one() -> None:
    async with open_stage() as stage:
        await stage.control("POST", "/faults", {"kind": "invalid_session"})
        await stage.until(lambda: stage.bot.readies == 2)
        assert not stage.bot.resumed.is_set()
        _, message = await stage.answered("/hello name: Juliet")
        assert message.content.startswith("hello Juliet")


async def test_wrong_token() -> None:
    async with open_stage(connect=False) as stage:
        await asyncio.to_thread(point_at, stage.box.api_base)
        async with LittleBot(stage.box.api_base) as bot:
            with pytest.raises(discord.LoginFailure):
                await bot.start("wrong")


async def test_privileged_intents_have_to_be_approved() -> None:
    async with open_stage(connect=False) as stage:
        with pytest.raises(discord.PrivilegedIntentsRequired):
            async with connected(stage.box, intents=discord.Intents(message_content=True)):
                pass


@pytest.mark.parametrize(("approved", "expected"), [(0, ""), (MESSAGE_CONTENT, "good morrow")])
async def test_the_content_of_others_messages_needs_an_intent(approved: int, expected: str) -> None:
    intents = discord.Intents.default()
    intents.message_content = bool(approved)
    async with (
        open_stage(World(approved_intents=approved), connect=False) as stage,
        connected(stage.box, intents=intents) as bot,
    ):
        await stage.control("POST", "/messages", {"user": "student", "text": "good morrow"})
        await stage.until(lambda: bot.seen)
        assert bot.seen[0].content == expected and bot.seen[0].author.name == "student"


async def test_sessions_with_the_intent_hear_of_new_members() -> None:
    intents = discord.Intents.default() | discord.Intents(members=True)
    async with (
        open_stage(World(approved_intents=GUILD_MEMBERS), connect=False) as stage,
        connected(stage.box, intents=intents) as bot,
    ):
        before = stage.world.clock.now()
        await stage.control("POST", "/members", {"name": "juliet"})
        juliet = await stage.until(lambda: bot.guilds[0].get_member_named("juliet"))
        assert juliet.joined_at and juliet.joined_at.timestamp() >= before - 0.001


IDENTIFY: dict[str, Any] = {"op": 2, "d": {"token": "TOKEN", "intents": 1, "properties": {}}}


@pytest.mark.parametrize(
    ("query", "payload", "code"),
    [
        ("v=10", {"op": 2, "d": {"token": "wrong", "intents": 1, "properties": {}}}, 4004),
        ("v=10", {"op": 6, "d": {"token": "wrong", "session_id": "x", "seq": 1}}, 4004),
        ("v=10", {"op": 2, "d": {"token": "TOKEN", "intents": -1, "properties": {}}}, 4013),
        ("v=10", {"op": 3, "d": {}}, 4003),
        ("v=10", {"op": 77, "d": {}}, 4001),
        ("v=10", "no json", 4002),
        ("v=10", [IDENTIFY, IDENTIFY], 4005),
        ("v=5", None, 4012),
        ("v=10", IDENTIFY | {"d": IDENTIFY["d"] | {"shard": [5, 2]}}, 4010),
        ("v=10", IDENTIFY | {"d": IDENTIFY["d"] | {"shard": [-1, 2]}}, 4010),
        ("v=10", IDENTIFY | {"d": IDENTIFY["d"] | {"shard": "0"}}, 4010),
        ("v=10", IDENTIFY | {"d": IDENTIFY["d"] | {"shard": [False, True]}}, 4010),
        ("v=10", IDENTIFY | {"d": IDENTIFY["d"] | {"intents": "1"}}, 4013),
        ("v=10", IDENTIFY | {"d": IDENTIFY["d"] | {"token": "\ud800"}}, 4002),
        ("v=10", IDENTIFY | {"d": IDENTIFY["d"] | {"token": 5}}, 4002),
        ("v=10", IDENTIFY | {"d": IDENTIFY["d"] | {"properties": []}}, 4002),
        ("v=10", IDENTIFY | {"d": []}, 4002),
        ("v=10", [], 4002),
        ("v=10", {"op": None}, 4001),
        ("v=10", {"op": True}, 4001),
        ("v=10", {"op": 6, "d": {"token": "TOKEN", "session_id": [], "seq": 1}}, 4002),
        ("v=10", {"op": 6, "d": {"token": "TOKEN", "session_id": "x", "seq": "1"}}, 4002),
        ("v=10", [IDENTIFY, {"op": 8, "d": {"guild_id": "1", "query": {}}}], 4002),
        ("v=10", [IDENTIFY, {"op": 8, "d": {"guild_id": "1", "user_ids": {"a": 1}}}], 4002),
        ("v=10", [IDENTIFY, {"op": 8, "d": None}], 4002),
        ("v=9", [IDENTIFY, {"op": 8, "d": {"guild_id": "1", "limit": -1}}], 4002),
        ("v=10", {"op": 1, "d": "x" * 4096}, 4002),
        ("v=10", {"op": 1, "d": json.loads("[" * 200 + "]" * 200)}, 4002),
    ],
)
async def test_close_codes(query: str, payload: Any, code: int) -> None:
    async with (
        open_stage(connect=False) as stage,
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{stage.box.address}/gateway?{query}") as socket,
    ):
        for item in (
            payload if isinstance(payload, list) and payload else [payload] if payload is not None else []
        ):
            await socket.send_str(json.dumps(item).replace("TOKEN", stage.world.token))
        async for _ in socket:
            pass
        assert socket.close_code == code


async def test_unknown_session_is_invalid_and_sequence_cannot_be_ahead() -> None:
    async with open_stage(connect=False) as stage:

        async def say(socket: aiohttp.ClientWebSocketResponse, op: int, **data: object) -> None:
            await socket.send_json({"op": op, "d": {"token": stage.world.token, **data}})

        async with aiohttp.ClientSession() as session:
            url = f"{stage.box.address}/gateway?v=10&encoding=json"
            async with session.ws_connect(url) as socket:
                assert (await socket.receive_json())["op"] == 10
                await say(socket, 6, session_id="unknown", seq=3)
                assert await socket.receive_json() == {"op": 9, "t": None, "s": None, "d": False}
                await say(socket, 2, intents=1, properties={})
                ready = await socket.receive_json()
                assert (ready["t"], ready["s"]) == ("READY", 1)
                await socket.close(code=4000)
            async with session.ws_connect(url) as socket:
                await socket.receive_json()
                await say(socket, 6, session_id=ready["d"]["session_id"], seq=99)
                assert (await socket.receive()).extra is not None
                assert socket.close_code == 4007


@pytest.mark.parametrize("path", ["/gateway", "/gateway/"])
@pytest.mark.parametrize("raw", ["{", "[" * 4000, '{"op": 1, "d": NaN}', b"\xff"])
async def test_what_is_no_json_is_a_decode_error(path: str, raw: str | bytes) -> None:
    async with (
        open_stage(connect=False) as stage,
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{stage.box.address}{path}?v=10") as socket,
    ):
        assert (await socket.receive_json())["op"] == 10
        await (socket.send_str(raw) if isinstance(raw, str) else socket.send_bytes(raw))
        await socket.receive()
        assert socket.close_code == 4002


async def test_frames_that_are_no_events_have_neither_sequence_nor_name() -> None:
    async with (
        open_stage(connect=False) as stage,
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{stage.box.address}/gateway?v=10") as socket,
    ):
        hello = await socket.receive_json()
        await socket.send_json({"op": 1, "d": None})
        acknowledged = await socket.receive_json()
        await stage.control("POST", "/faults", {"kind": "reconnect"})
        reconnect = await socket.receive_json()
        await stage.control("POST", "/faults", {"kind": "invalid_session"})
        frames = [hello, acknowledged, reconnect, await socket.receive_json()]
        assert [frame["op"] for frame in frames] == [10, 11, 7, 9]
        assert all(frame["s"] is None and frame["t"] is None for frame in frames)


async def test_a_guild_belongs_to_one_shard() -> None:
    async with open_stage(connect=False) as stage, aiohttp.ClientSession() as session:
        owner = (int(GUILD_ID) >> 22) % 3

        async def identified(number: int) -> tuple[aiohttp.ClientWebSocketResponse, Any]:
            socket = await session.ws_connect(f"{stage.box.address}/gateway?v=10")
            await socket.receive_json()
            data = IDENTIFY["d"] | {"token": stage.world.token, "shard": [number, 3]}
            await socket.send_json({"op": 2, "d": data})
            return socket, (await socket.receive_json())["d"]

        sockets = []
        for number in range(3):
            socket, ready = await identified(number)
            assert ready["shard"] == [number, 3]
            assert [guild["id"] for guild in ready["guilds"]] == ([GUILD_ID] if number == owner else [])
            sockets.append(socket)
        assert (await sockets[owner].receive_json())["t"] == "GUILD_CREATE"
        stage.world.dispatch("INTERACTION_CREATE", {})
        assert (await sockets[owner].receive_json())["t"] == "INTERACTION_CREATE"
        for number in {0, 1, 2} - {owner}:
            await sockets[number].send_json({"op": 1, "d": None})
            assert (await sockets[number].receive_json())["op"] == 11  # nothing came before
