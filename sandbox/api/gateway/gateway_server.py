"""The gateway: events to the bot over a WebSocket (Discord documentation, "Gateway")."""

import asyncio
import secrets
import time
from collections import deque
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.api.faults import GatewayFault
from sandbox.api.gateway.compression import payload_encoder
from sandbox.api.gateway.gateway_protocol import (
    ALREADY_AUTHENTICATED,
    AUTHENTICATION_FAILED,
    DECODE_ERROR,
    DISALLOWED_INTENTS,
    HEARTBEAT,
    HEARTBEAT_ACK,
    HELLO,
    IDENTIFY,
    INVALID_INTENTS,
    INVALID_SEQUENCE,
    INVALID_SESSION,
    NOT_AUTHENTICATED,
    PRESENCE_UPDATE,
    RATE_LIMITED,
    RECONNECT,
    REQUEST_MEMBERS,
    RESUME,
    SESSION_TIMED_OUT,
    UNKNOWN_ERROR,
    UNKNOWN_OPCODE,
    VOICE_STATE,
    Close,
    decode,
    gateway_url,
)
from sandbox.api.gateway.sessions import Connection, Observer, Session
from sandbox.schemas.fields import Json
from sandbox.schemas.intents import ALL_INTENTS, GUILD_MEMBERS, GUILDS, MESSAGE_CONTENT, PRIVILEGED
from sandbox.world.ids import APPLICATION_ID, GUILD_ID
from sandbox.world.starting_guild import BOT
from sandbox.world.state import Event, World

HEARTBEAT_INTERVAL_S = 41.25
RESUMABLE_S = 300
"""The time after which a session without a connection cannot be resumed."""
MAX_PAYLOADS_PER_MINUTE = 120


class Gateway:
    """All sessions and connections of the bot.

    Each of `observers` hears of every payload in both directions.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._sessions: dict[str, Session] = {}
        self._connections: set[Connection] = set()
        self.observers: list[Observer] = []
        world.listeners.append(self._dispatch_to_all)

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve a connection from HELLO to its end."""
        socket = web.WebSocketResponse(max_msg_size=4096 * 4)
        await socket.prepare(request)
        try:
            connection = Connection(socket, payload_encoder(request), self.observers)
        except Close as ending:
            await socket.close(code=ending.code, message=ending.reason.encode())
            return socket
        self._connections.add(connection)
        pump = asyncio.create_task(connection.pump())
        try:
            connection.send({"op": HELLO, "d": {"heartbeat_interval": int(HEARTBEAT_INTERVAL_S * 1000)}})
            await self._receive_all(connection, request)
        except Close as ending:
            await connection.close(ending.code, ending.reason)
        finally:
            pump.cancel()
            self._connections.discard(connection)
            self._leave(connection)
        return socket

    async def close_all(self) -> None:
        """Close every connection, as a gateway that shuts down."""
        for connection in list(self._connections):
            await connection.close(1001, "Going away")

    async def fail(self, kind: GatewayFault) -> None:
        """Apply a fault to every connection now."""
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

    async def _receive_all(self, connection: Connection, request: web.Request) -> None:
        sent_at: deque[float] = deque(maxlen=MAX_PAYLOADS_PER_MINUTE)
        while True:
            try:
                message = await connection.socket.receive(timeout=HEARTBEAT_INTERVAL_S * 1.5)
            except TimeoutError:
                raise Close(SESSION_TIMED_OUT, "Session timed out.") from None
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            if len(sent_at) == MAX_PAYLOADS_PER_MINUTE and time.monotonic() - sent_at[0] < 60:
                raise Close(RATE_LIMITED, "You are being rate limited.")
            sent_at.append(time.monotonic())
            op, data = decode(message.data)
            for observe in self.observers:
                observe(False, {"op": op, "d": data})
            match op:
                case _ if op == HEARTBEAT:
                    connection.send({"op": HEARTBEAT_ACK, "d": None})
                case _ if op in (IDENTIFY, RESUME) and connection.session:
                    raise Close(ALREADY_AUTHENTICATED, "Already authenticated.")
                case _ if op == IDENTIFY:
                    self._identify(connection, data, request)
                case _ if op == RESUME:
                    self._resume(connection, data)
                case _ if op not in (PRESENCE_UPDATE, VOICE_STATE, REQUEST_MEMBERS):
                    raise Close(UNKNOWN_OPCODE, "Unknown opcode.")
                case _ if connection.session is None:
                    raise Close(NOT_AUTHENTICATED, "Not authenticated.")
                case _ if op == REQUEST_MEMBERS:
                    self._send_members(connection.session, data)

    def _identify(self, connection: Connection, data: Any, request: web.Request) -> None:
        if not isinstance(data, dict) or not isinstance(data.get("properties"), dict):
            raise Close(DECODE_ERROR, "Error while decoding payload.")
        self._check_token(data)
        intents = data.get("intents")
        if not isinstance(intents, int) or not 0 <= intents <= ALL_INTENTS:
            raise Close(INVALID_INTENTS, "Invalid intent(s).")
        if intents & PRIVILEGED & ~self._world.approved_intents:
            raise Close(DISALLOWED_INTENTS, "Disallowed intent(s).")
        session = Session(secrets.token_hex(16), intents)
        self._sessions[session.id] = session
        self._join(connection, session)
        session.dispatch(
            "READY",
            {
                "v": 10,
                "user": BOT.to_json() | {"verified": True, "mfa_enabled": True, "flags": 0, "email": None},
                "guilds": [{"id": GUILD_ID, "unavailable": True}],
                "session_id": session.id,
                "session_type": "normal",
                "resume_gateway_url": gateway_url(request),
                "application": {"id": APPLICATION_ID, "flags": 0},
                "private_channels": [],
                "relationships": [],
                **({"shard": data["shard"]} if "shard" in data else {}),
            },
        )
        if intents & GUILDS:
            session.dispatch("GUILD_CREATE", self._world.guild_create())

    def _resume(self, connection: Connection, data: Any) -> None:
        if not isinstance(data, dict) or not isinstance(data.get("seq"), int):
            connection.send({"op": INVALID_SESSION, "d": False})
            return
        self._check_token(data)
        session = self._sessions.get(str(data.get("session_id")))
        if session and data["seq"] > session.sequence:
            raise Close(INVALID_SEQUENCE, "Invalid seq.")
        if session and session.connection is None and self._world.clock.now() - session.left_at > RESUMABLE_S:
            session = None
        missed = session.sequence - data["seq"] if session else 0
        if session is None or missed > len(session.recent):
            connection.send({"op": INVALID_SESSION, "d": False})
            return
        self._join(connection, session)
        for payload in list(session.recent)[len(session.recent) - missed :]:
            connection.send(payload)
        session.dispatch("RESUMED", {"_trace": []})

    def _check_token(self, data: Json) -> None:
        token = str(data.get("token")).removeprefix("Bot ").strip()
        if not secrets.compare_digest(token.encode(), self._world.token.encode()):
            raise Close(AUTHENTICATION_FAILED, "Authentication failed.")

    def _join(self, connection: Connection, session: Session) -> None:
        if session.connection:
            session.connection.session = None
        connection.session, session.connection = session, connection
        self._update_presence()

    def _leave(self, connection: Connection) -> None:
        session = connection.session
        if session:
            session.connection, session.left_at = None, self._world.clock.now()
            # A client that closes with 1000 or 1001 ends its session (documentation, "Disconnecting").
            if not connection.closed_here and connection.socket.close_code in (1000, 1001):
                self._sessions.pop(session.id, None)
        self._update_presence()

    def _update_presence(self) -> None:
        self._world.bot_connected = any(connection.session for connection in self._connections)
        self._world.changes.notify()

    def _dispatch_to_all(self, event: Event) -> None:
        for session in self._sessions.values():
            if event.intent & session.intents == event.intent:
                session.dispatch(event.name, _visible_data(event, session))

    def _send_members(self, session: Session, data: Any) -> None:
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
        session.dispatch(
            "GUILD_MEMBERS_CHUNK", chunk | ({"nonce": wanted["nonce"]} if "nonce" in wanted else {})
        )


def _visible_data(event: Event, session: Session) -> Json:
    """The event's data, without the content of other people's messages if the session lacks that intent."""
    data = event.data
    if event.name not in ("MESSAGE_CREATE", "MESSAGE_UPDATE") or session.intents & MESSAGE_CONTENT:
        return data
    if data["author"]["id"] == BOT.id or any(user["id"] == BOT.id for user in data["mentions"]):
        return data
    return data | {"content": "", "embeds": [], "attachments": [], "components": []}
