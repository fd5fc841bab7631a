"""Opcodes and close codes of the gateway (Discord documentation, "Opcodes and Status Codes")."""

from aiohttp import web

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE_UPDATE, VOICE_STATE, RESUME = 0, 1, 2, 3, 4, 6
RECONNECT, REQUEST_MEMBERS, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 7, 8, 9, 10, 11

UNKNOWN_ERROR, UNKNOWN_OPCODE, DECODE_ERROR, NOT_AUTHENTICATED, AUTHENTICATION_FAILED = range(4000, 4005)
ALREADY_AUTHENTICATED, INVALID_SEQUENCE, RATE_LIMITED, SESSION_TIMED_OUT = 4005, 4007, 4008, 4009
INVALID_SHARD, INVALID_VERSION, INVALID_INTENTS, DISALLOWED_INTENTS = 4010, 4012, 4013, 4014

VERSIONS = ("9", "10")
"""The versions that the gateway serves; they differ in nothing that the sandbox plays."""


class Close(Exception):  # noqa: N818 - the end of a connection, not a failure of the sandbox
    """The gateway closes the connection, with a close code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


def gateway_url(request: web.Request) -> str:
    """The gateway's URL, with the host name that the client used for this server."""
    return f"ws://{request.host}/gateway"
