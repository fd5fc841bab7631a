"""The gateway with discord.py: resuming, invalid sessions, intents, and close codes on a bare socket."""

import asyncio
import json
import zlib

import aiohttp
import discord
import pytest

from sandbox.api.gateway.compression import _zstd_stream
from sandbox.schemas.intents import GUILD_MEMBERS, MESSAGE_CONTENT
from sandbox.world.state import World


@pytest.mark.asyncio
async def test_missed_events_are_replayed_after_a_drop() -> None:
    async with open_stage() as stage:
        await stage.control("POST", "/faults", {"kind": "drop_gateway"})
        await stage.until(lambda: not stage.world.bot_connected)
        interaction = stage.type("/hello name: Romeo")
        await stage.until(lambda: interaction.original)
        await asyncio.wait_for(stage.bot.resumed.wait(), 60)
        assert interaction.original.content == "hello Romeo at 0.5"
        assert stage.bot.readies == 1


@pytest.mark.asyncio
async def test_reconnect_request_is_followed_by_a_resume() -> None:
    async with open_stage() as stage:
        await stage.control("POST", "/faults", {"kind": "reconnect"})
        await asyncio.wait_for(stage.bot.resumed.wait(), 60)
        _, message = await stage.answered("/hello name: Juliet")
        assert message.content.startswith("hello Juliet")


@pytest.mark.asyncio
async def test_invalid_session_makes_a_new_one() -> None:
    async with open_stage() as stage:
        await stage.control("POST", "/faults", {"kind": "invalid_session"})
        await stage.until(lambda: stage.bot.readies == 2)
        assert not stage.bot.resumed.is_set()
        _, message = await stage.answered("/hello name: Juliet")
        assert message.content.startswith("hello Juliet")


@pytest.mark.asyncio
async def test_wrong_token(little_bot) -> None:
    async with open_stage(connect=False) as stage:
        await asyncio.to_thread(little_bot.point_at, stage.box.api_base)
        async with little_bot.LittleBot(stage.box.api_base) as bot:
            with pytest.raises(discord.LoginFailure):
                await bot.start("wrong")


@pytest.mark.asyncio
async def test_privileged_intents_have_to_be_approved(little_bot) -> None:
    async with open_stage(connect=False) as stage:
        await asyncio.to_thread(little_bot.point_at, stage.box.api_base)
        intents = discord.Intents.default() | discord.Intents(message_content=True)
        async with little_bot.LittleBot(stage.box.api_base, intents) as bot:
            with pytest.raises(discord.PrivilegedIntentsRequired):
                await bot.start(stage.world.token)


@pytest.mark.parametrize(("approved", "expected"), [(0, ""), (MESSAGE_CONTENT, "good morrow")])
def test_other_peoples_texts_need_their_intent(on_stage, little_bot, approved, expected):
    async def play(stage):
        intents = discord.Intents.default()
        intents.message_content = bool(approved)
        await asyncio.to_thread(little_bot.point_at, stage.box.api_base)
        async with little_bot.LittleBot(stage.box.api_base, intents) as bot:
            running = asyncio.create_task(bot.start(stage.world.token))
            await stage.until(lambda: bot.readies)
            await stage.control("POST", "/messages", {"user": "student", "text": "good morrow"})
            await stage.until(lambda: bot.seen)
            assert bot.seen[0].content == expected and bot.seen[0].author.name == "student"
        await asyncio.gather(running, return_exceptions=True)

    on_stage(play, World(approved_intents=approved), connect=False)


def test_who_joins_is_told_to_those_with_the_intent(on_stage, little_bot):
    async def play(stage):
        intents = discord.Intents.default() | discord.Intents(members=True)
        await asyncio.to_thread(little_bot.point_at, stage.box.api_base)
        async with little_bot.LittleBot(stage.box.api_base, intents) as bot:
            running = asyncio.create_task(bot.start(stage.world.token))
            await stage.until(lambda: bot.readies)
            await stage.control("POST", "/members", {"name": "juliet"})
            await stage.until(lambda: bot.guilds[0].get_member_named("juliet"))
            age = discord.utils.utcnow() - bot.guilds[0].get_member_named("juliet").joined_at
            assert abs(age.total_seconds()) < 60
        await asyncio.gather(running, return_exceptions=True)

    on_stage(play, World(approved_intents=GUILD_MEMBERS), connect=False)


IDENTIFY = {"op": 2, "d": {"token": "TOKEN", "intents": 1, "properties": {}}}


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
        ("v=9", None, 4012),
    ],
)
@pytest.mark.asyncio
async def test_close_codes(query, payload, code) -> None:
    async with open_stage(connect=False) as stage:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{stage.box.address}/gateway?{query}") as socket,
        ):
            for item in payload if isinstance(payload, list) else [payload] if payload else []:
                await socket.send_str(json.dumps(item).replace("TOKEN", stage.world.token))
            async for _ in socket:
                pass
            assert socket.close_code == code


@pytest.mark.asyncio
async def test_unknown_session_is_invalid_and_sequence_cannot_be_ahead() -> None:
    async with open_stage(connect=False) as stage:

        async def say(socket, op, **data):
            await socket.send_json({"op": op, "d": {"token": stage.world.token, **data}})

        async with aiohttp.ClientSession() as session:
            url = f"{stage.box.address}/gateway?v=10&encoding=json"
            async with session.ws_connect(url) as socket:
                assert (await socket.receive_json())["op"] == 10
                await say(socket, 6, session_id="unknown", seq=3)
                assert await socket.receive_json() == {"op": 9, "d": False}
                await say(socket, 2, intents=1, properties={})
                ready = await socket.receive_json()
                assert (ready["t"], ready["s"]) == ("READY", 1)
                await socket.close(code=4000)
            async with session.ws_connect(url) as socket:
                await socket.receive_json()
                await say(socket, 6, session_id=ready["d"]["session_id"], seq=99)
                assert (await socket.receive()).extra is not None
                assert socket.close_code == 4007


@pytest.mark.asyncio
async def test_zlib_stream_is_one_context_with_flushes() -> None:
    async with open_stage(connect=False) as stage:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{stage.box.address}/gateway?v=10&compress=zlib-stream") as socket,
        ):
            context = zlib.decompressobj()
            hello = await socket.receive_bytes()
            assert hello.endswith(b"\x00\x00\xff\xff")
            assert json.loads(context.decompress(hello))["op"] == 10
            await socket.send_json({"op": 1, "d": None})
            assert json.loads(context.decompress(await socket.receive_bytes())) == {"op": 11, "d": None}


def test_zstd_stream_is_one_frame_of_stored_blocks():
    encode = _zstd_stream()
    first, second = encode(b"abc"), encode(b"d" * (128 * 1024 + 1))
    assert first == bytes.fromhex("28b52ffd 0038 180000") + b"abc"
    assert second[:3] == (128 * 1024 << 3).to_bytes(3, "little")
    assert second[-4:] == bytes.fromhex("080000") + b"d"
