"""Compression of the gateway's payloads."""

import json
import zlib

import aiohttp

from sandbox.api.gateway.compression import _zstd_stream
from tests.sandbox.stage import open_stage


async def test_zlib_stream_is_one_context_with_flushes() -> None:
    async with (
        open_stage(connect=False) as stage,
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{stage.box.address}/gateway?v=10&compress=zlib-stream") as socket,
    ):
        context = zlib.decompressobj()
        hello = await socket.receive_bytes()
        assert hello.endswith(b"\x00\x00\xff\xff")
        assert json.loads(context.decompress(hello))["op"] == 10
        await socket.send_json({"op": 1, "d": None})
        assert json.loads(context.decompress(await socket.receive_bytes())) == {
            "op": 11,
            "t": None,
            "s": None,
            "d": None,
        }


def test_zstd_stream_is_one_frame_of_stored_blocks() -> None:
    encode = _zstd_stream()
    first, second = encode(b"abc"), encode(b"d" * (128 * 1024 + 1))
    assert first == bytes.fromhex("28b52ffd 0038 180000") + b"abc"
    assert second[:3] == (128 * 1024 << 3).to_bytes(3, "little")
    assert second[-4:] == bytes.fromhex("080000") + b"d"
