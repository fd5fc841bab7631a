"""The gateway: events to the bot over a WebSocket (Discord documentation, "Gateway")."""

import asyncio
import json
import secrets
import time
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.faults import GatewayFault
from sandbox.world import (
    APPLICATION_ID,
    BOT,
    GUILD_ID,
    GUILD_MEMBERS,
    GUILDS,
    MESSAGE_CONTENT,
    PRIVILEGED,
    Event,
    Json,
    World,
)

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE_UPDATE, VOICE_STATE, RESUME = 0, 1, 2, 3, 4, 6
RECONNECT, REQUEST_MEMBERS, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 7, 8, 9, 10, 11

UNKNOWN_ERROR, UNKNOWN_OPCODE, DECODE_ERROR, NOT_AUTHENTICATED, AUTHENTICATION_FAILED = range(4000, 4005)
ALREADY_AUTHENTICATED, INVALID_SEQUENCE, RATE_LIMITED, SESSION_TIMED_OUT = 4005, 4007, 4008, 4009
INVALID_VERSION, INVALID_INTENTS, DISALLOWED_INTENTS = 4012, 4013, 4014

HEARTBEAT_INTERVAL_S = 41.25
ALL_INTENTS = (1 << 26) - 1
REPLAYED_EVENTS = 1000
RESUMABLE_S = 300
SENDS_PER_MINUTE = 120

_Encode = Callable[[bytes], bytes]


class _Close(Exception):  # noqa: N818 - the end of a connection, not a fault of the sandbox
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@dataclass
class Session:
    """What a bot identified for; it outlives the connection, so that missed events can be replayed.

    `sequence` numbers the events told so far, `recent` holds the last of them, `left_at` is when its
    connection ended (Unix seconds of the world's clock).
    """

    id: str
    intents: int
    sequence: int = 0
    recent: deque[Json] = field(default_factory=lambda: deque(maxlen=REPLAYED_EVENTS))
    connection: "Connection | None" = None
    left_at: float = 0.0

    def tell(self, name: str, data: Json) -> None:
        """Number an event, keep it, and send it if there is a connection."""
        self.sequence += 1
        payload = {"op": DISPATCH, "t": name, "s": self.sequence, "d": data}
        self.recent.append(payload)
        if self.connection:
            self.connection.send(payload)


class Connection:
    """One WebSocket. What is sent is queued, so that events keep their order."""

    def __init__(self, socket: web.WebSocketResponse, encode: _Encode | None) -> None:
        self.socket = socket
        self.session: Session | None = None
        self.closed_here = False
        self._encode = encode
        self._outgoing: asyncio.Queue[Json] = asyncio.Queue()

    def send(self, payload: Json) -> None:
        """Queue a payload."""
        self._outgoing.put_nowait(payload)

    async def pump(self) -> None:
        """Send what is queued, until cancelled."""
        while True:
            payload = await self._outgoing.get()
            text = json.dumps(payload)
            if self._encode:
                await self.socket.send_bytes(self._encode(text.encode()))
            else:
                await self.socket.send_str(text)
            self._outgoing.task_done()

    async def close(self, code: int, reason: str = "") -> None:
        """Close after what is queued was sent."""
        self.closed_here = True
        try:
            async with asyncio.timeout(1):
                await self._outgoing.join()
        except TimeoutError:
            pass
        await self.socket.close(code=code, message=reason.encode())


class Gateway:
    """All sessions and connections of the bot."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sessions: dict[str, Session] = {}
        self._connections: set[Connection] = set()
        world.listeners.append(self._tell_all)

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection, from hello to its end."""
        socket = web.WebSocketResponse(max_msg_size=4096 * 4)
        await socket.prepare(request)
        try:
            connection = Connection(socket, _compression(request))
        except _Close as ending:
            await socket.close(code=ending.code, message=ending.reason.encode())
            return socket
        self._connections.add(connection)
        pump = asyncio.create_task(connection.pump())
        try:
            connection.send({"op": HELLO, "d": {"heartbeat_interval": int(HEARTBEAT_INTERVAL_S * 1000)}})
            await self._converse(connection, request)
        except _Close as ending:
            await connection.close(ending.code, ending.reason)
        finally:
            pump.cancel()
            self._connections.discard(connection)
            self._leave(connection)
        return socket

    async def close_all(self) -> None:
        """End every connection, as a gateway that goes away."""
        for connection in list(self._connections):
            await connection.close(1001, "Going away")

    async def fail(self, kind: GatewayFault) -> None:
        """Let every connection meet a fault now."""
        for connection in list(self._connections):
            session = connection.session
            match kind:
                case "reconnect":
                    connection.send({"op": RECONNECT, "d": None})
                case "invalid_session":
                    if session:
                        self._sessions.pop(session.id, None)
                    connection.send({"op": INVALID_SESSION, "d": False})
                case "drop_gateway":
                    await connection.close(UNKNOWN_ERROR, "Unknown error.")

    async def _converse(self, connection: Connection, request: web.Request) -> None:
        sent_at: deque[float] = deque(maxlen=SENDS_PER_MINUTE)
        while True:
            try:
                message = await connection.socket.receive(timeout=HEARTBEAT_INTERVAL_S * 1.5)
            except TimeoutError:
                raise _Close(SESSION_TIMED_OUT, "Session timed out.") from None
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            if len(sent_at) == SENDS_PER_MINUTE and time.monotonic() - sent_at[0] < 60:
                raise _Close(RATE_LIMITED, "You are being rate limited.")
            sent_at.append(time.monotonic())
            op, data = _decoded(message.data)
            match op:
                case _ if op == HEARTBEAT:
                    connection.send({"op": HEARTBEAT_ACK, "d": None})
                case _ if op in (IDENTIFY, RESUME) and connection.session:
                    raise _Close(ALREADY_AUTHENTICATED, "Already authenticated.")
                case _ if op == IDENTIFY:
                    self._identify(connection, data, request)
                case _ if op == RESUME:
                    self._resume(connection, data)
                case _ if op not in (PRESENCE_UPDATE, VOICE_STATE, REQUEST_MEMBERS):
                    raise _Close(UNKNOWN_OPCODE, "Unknown opcode.")
                case _ if connection.session is None:
                    raise _Close(NOT_AUTHENTICATED, "Not authenticated.")
                case _ if op == REQUEST_MEMBERS:
                    self._tell_members(connection.session, data)

    def _identify(self, connection: Connection, data: Any, request: web.Request) -> None:
        if not isinstance(data, dict) or not isinstance(data.get("properties"), dict):
            raise _Close(DECODE_ERROR, "Error while decoding payload.")
        self._check_token(data)
        intents = data.get("intents")
        if not isinstance(intents, int) or not 0 <= intents <= ALL_INTENTS:
            raise _Close(INVALID_INTENTS, "Invalid intent(s).")
        if intents & PRIVILEGED & ~self._world.approved_intents:
            raise _Close(DISALLOWED_INTENTS, "Disallowed intent(s).")
        session = Session(secrets.token_hex(16), intents)
        self._sessions[session.id] = session
        self._join(connection, session)
        session.tell(
            "READY",
            {
                "v": 10,
                "user": BOT.to_json() | {"verified": True, "mfa_enabled": True, "flags": 0, "email": None},
                "guilds": [{"id": GUILD_ID, "unavailable": True}],
                "session_id": session.id,
                "session_type": "normal",
                "resume_gateway_url": address_for(request),
                "application": {"id": APPLICATION_ID, "flags": 0},
                "private_channels": [],
                "relationships": [],
                **({"shard": data["shard"]} if "shard" in data else {}),
            },
        )
        if intents & GUILDS:
            session.tell("GUILD_CREATE", self._world.guild_create())

    def _resume(self, connection: Connection, data: Any) -> None:
        if not isinstance(data, dict) or not isinstance(data.get("seq"), int):
            connection.send({"op": INVALID_SESSION, "d": False})
            return
        self._check_token(data)
        session = self._sessions.get(str(data.get("session_id")))
        if session and data["seq"] > session.sequence:
            raise _Close(INVALID_SEQUENCE, "Invalid seq.")
        if session and session.connection is None and self._world.clock.now() - session.left_at > RESUMABLE_S:
            session = None
        missed = session.sequence - data["seq"] if session else 0
        if session is None or missed > len(session.recent):
            connection.send({"op": INVALID_SESSION, "d": False})
            return
        self._join(connection, session)
        for payload in list(session.recent)[len(session.recent) - missed :]:
            connection.send(payload)
        session.tell("RESUMED", {"_trace": []})

    def _check_token(self, data: Json) -> None:
        token = str(data.get("token")).removeprefix("Bot ").strip()
        if not secrets.compare_digest(token.encode(), self._world.token.encode()):
            raise _Close(AUTHENTICATION_FAILED, "Authentication failed.")

    def _join(self, connection: Connection, session: Session) -> None:
        if session.connection:
            session.connection.session = None
        connection.session, session.connection = session, connection
        self._note_presence()

    def _leave(self, connection: Connection) -> None:
        session = connection.session
        if session:
            session.connection, session.left_at = None, self._world.clock.now()
            # A client that closes with 1000 or 1001 gives its session up (documentation, "Disconnecting").
            if not connection.closed_here and connection.socket.close_code in (1000, 1001):
                self._sessions.pop(session.id, None)
        self._note_presence()

    def _note_presence(self) -> None:
        self._world.bot_connected = any(connection.session for connection in self._connections)
        self._world.changes.happened()

    def _tell_all(self, event: Event) -> None:
        for session in self._sessions.values():
            if event.intent & session.intents == event.intent:
                session.tell(event.name, _as_allowed(event, session))

    def _tell_members(self, session: Session, data: Any) -> None:
        wanted = data if isinstance(data, dict) else {}
        ids, query = wanted.get("user_ids"), wanted.get("query")
        if not ids and not query and not session.intents & GUILD_MEMBERS:
            return
        ids = [ids] if isinstance(ids, str) else ids
        members = [
            member.to_json() | {"user": member.user.to_json()}
            for member in self._world.members.values()
            if (member.user.id in map(str, ids) if ids else member.user.name.startswith(query or ""))
        ]
        chunk = {"guild_id": GUILD_ID, "members": members, "chunk_index": 0, "chunk_count": 1}
        session.tell("GUILD_MEMBERS_CHUNK", chunk | ({"nonce": wanted["nonce"]} if "nonce" in wanted else {}))


def address_for(request: web.Request) -> str:
    """The gateway's address, under the name by which the client reached this server."""
    return f"ws://{request.host}/gateway"


def _as_allowed(event: Event, session: Session) -> Json:
    """The event's data, without other people's texts where the session has no intent for them."""
    data = event.data
    if event.name not in ("MESSAGE_CREATE", "MESSAGE_UPDATE") or session.intents & MESSAGE_CONTENT:
        return data
    if data["author"]["id"] == BOT.id or any(user["id"] == BOT.id for user in data["mentions"]):
        return data
    return data | {"content": "", "embeds": [], "attachments": [], "components": []}


def _decoded(data: str | bytes) -> tuple[int, Any]:
    try:
        payload = json.loads(data)
        op = payload["op"]
    except (ValueError, KeyError, TypeError):
        raise _Close(DECODE_ERROR, "Error while decoding payload.") from None
    if not isinstance(op, int):
        raise _Close(UNKNOWN_OPCODE, "Unknown opcode.")
    return op, payload.get("d")


def _compression(request: web.Request) -> _Encode | None:
    """How this connection's payloads are packed, as its address asks."""
    if request.query.get("v", "10") != "10":
        raise _Close(INVALID_VERSION, "Invalid API version.")
    if request.query.get("encoding", "json") != "json":
        raise _Close(DECODE_ERROR, "The sandbox speaks JSON only.")
    match request.query.get("compress"):
        case None:
            return None
        case "zlib-stream":
            return _zlib_stream()
        case "zstd-stream":
            return _zstd_stream()
        case other:
            raise _Close(DECODE_ERROR, f"Unknown compression {other[:20]}.")


def _zlib_stream() -> _Encode:
    """One zlib context for the connection; each payload ends with a sync flush."""
    packer = zlib.compressobj()
    return lambda data: packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)


def _zstd_stream() -> _Encode:
    """One Zstandard frame for the connection, of blocks that are stored as they are (RFC 8878, 3.1.1).

    That spares a library: clients where Python has zstd ask for it, and on loopback nothing is won by
    packing.
    """
    magic_and_header = bytes.fromhex("28b52ffd 00 38")  # no checksum, no size, a window of 128 KiB
    block_size = 128 * 1024
    started = False

    def encode(data: bytes) -> bytes:
        nonlocal started
        prefix, started = b"" if started else magic_and_header, True
        blocks = (data[at : at + block_size] for at in range(0, len(data), block_size))
        return prefix + b"".join((len(block) << 3).to_bytes(3, "little") + block for block in blocks)

    return encode
