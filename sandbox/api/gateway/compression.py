"""Encoding of the gateway's payloads: plain JSON, zlib or Zstandard."""

import zlib
from collections.abc import Callable

from aiohttp import web

from sandbox.api.gateway.gateway_protocol import DECODE_ERROR, INVALID_VERSION, VERSIONS, Close

Encode = Callable[[bytes], bytes]


def payload_encoder(request: web.Request) -> Encode | None:
    """The compression that the connection's URL asks for; None for plain JSON.

    Raises:
        Close: the URL asks for another version (4012), or another encoding or compression (4002).
    """
    if request.query.get("v", "10") not in VERSIONS:
        raise Close(INVALID_VERSION, "Invalid API version.")
    if request.query.get("encoding", "json") != "json":
        raise Close(DECODE_ERROR, "The sandbox sends only JSON.")
    match request.query.get("compress"):
        case None:
            return None
        case "zlib-stream":
            return _zlib_stream()
        case "zstd-stream":
            return _zstd_stream()
        case other:
            raise Close(DECODE_ERROR, f"Unknown compression {other[:20]}.")


def _zlib_stream() -> Encode:
    """Compress with one zlib context for the connection; each payload ends with a sync flush."""
    compressor = zlib.compressobj()
    return lambda data: compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)


def _zstd_stream() -> Encode:
    """Encode as one Zstandard frame for the connection, of raw blocks (RFC 8878, 3.1.1).

    Raw blocks need no library. On loopback, compression would gain nothing, but clients ask for it where
    their Python has zstd.
    """
    magic_and_header = bytes.fromhex("28b52ffd 00 38")  # no checksum, no content size, a window of 128 KiB
    block_size = 128 * 1024
    started = False

    def encode(data: bytes) -> bytes:
        nonlocal started
        prefix, started = b"" if started else magic_and_header, True
        blocks = (data[at : at + block_size] for at in range(0, len(data), block_size))
        return prefix + b"".join((len(block) << 3).to_bytes(3, "little") + block for block in blocks)

    return encode
