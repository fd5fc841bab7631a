"""The gateway: events to the bot over a WebSocket (Discord documentation, "Gateway")."""

import asyncio
import secrets
import time
from collections import deque
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.api.faults import GatewayFault
from sandbox.api.gateway.client_payloads import (
    Identify,
    RequestMembers,
    Resume,
    decode,
    parse,
    valid_intents,
    valid_shard,
)
from sandbox.api.gateway.compression import payload_encoder
from sandbox.api.gateway.gateway_protocol import (
    ALREADY_AUTHENTICATED,
    AUTHENTICATION_FAILED,
    DISALLOWED_INTENTS,
    HEARTBEAT,
    HEARTBEAT_ACK,
    HELLO,
    IDENTIFY,
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
    gateway_url,
)
from sandbox.api.gateway.sessions import Connection, Session
from sandbox.api.recording import Recorder
from sandbox.schemas.fields import Json
from sandbox.schemas.intents import GUILD_MEMBERS, GUILDS, MESSAGE_CONTENT, PRIVILEGED
from sandbox.world.ids import APPLICATION_ID, GUILD_ID
from sandbox.world.message_objects import masked
from sandbox.world.starting_guild import BOT
from sandbox.world.state import Event, World

HEARTBEAT_INTERVAL_S = 41.25
RESUMABLE_S = 300
"""The time after which a session without a connection cannot be resumed."""
MAX_PAYLOADS_PER_MINUTE = 120


class Gateway:
    """All sessions and connections of the bot."""

    def __init__(self, world: World, recorder: Recorder | None = None) -> None:
        """Serve a world; the recorder writes down the events."""
        self._world = world
        self._recorder = recorder
        self._sessions: dict[str, Session] = {}
        self._connections: set[Connection] = set()
        world.listeners.append(self._dispatch_to_all)

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve a connection from HELLO to its end."""
        socket = web.WebSocketResponse(max_msg_size=2**20)  # `decode` refuses long payloads with 4002
        await socket.prepare(request)
        try:
            connection = Connection(socket, payload_encoder(request))
        except Close as ending:
            await socket.close(code=ending.code, message=ending.reason.encode())
            return socket
        self._connections.add(connection)
        pump = asyncio.create_task(connection.pump())
        try:
            connection.control(HELLO, {"heartbeat_interval": int(HEARTBEAT_INTERVAL_S * 1000)})
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
                    connection.control(RECONNECT, None)
                case "invalid_session":
                    if session:
                        self._sessions.pop(session.id, None)
                    connection.control(INVALID_SESSION, False)
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
            match op:
                case _ if op == HEARTBEAT:
                    connection.control(HEARTBEAT_ACK, None)
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
        wanted = parse(Identify, data)
        self._check_token(wanted.token)
        intents, shard = valid_intents(wanted.intents), valid_shard(wanted.shard)
        if intents & PRIVILEGED & ~self._world.approved_intents:
            raise Close(DISALLOWED_INTENTS, "Disallowed intent(s).")
        session = Session(secrets.token_hex(16), intents, shard)
        self._sessions[session.id] = session
        self._join(connection, session)
        self._send(
            session,
            "READY",
            {
                "v": int(request.query.get("v", "10")),
                "user": BOT.to_json() | {"verified": True, "mfa_enabled": True, "flags": 0, "email": None},
                "guilds": [{"id": GUILD_ID, "unavailable": True}] if session.serves(GUILD_ID) else [],
                "session_id": session.id,
                "session_type": "normal",
                "resume_gateway_url": gateway_url(request),
                "application": {"id": APPLICATION_ID, "flags": 0},
                "private_channels": [],
                "relationships": [],
                "shard": list(shard),
            },
        )
        if intents & GUILDS and session.serves(GUILD_ID):
            self._send(session, "GUILD_CREATE", self._world.guild_create())

    def _resume(self, connection: Connection, data: Any) -> None:
        wanted = parse(Resume, data)
        self._check_token(wanted.token)
        session = self._sessions.get(wanted.session_id)
        if session and wanted.seq > session.sequence:
            raise Close(INVALID_SEQUENCE, "Invalid seq.")
        if session and session.connection is None and self._world.clock.now() - session.left_at > RESUMABLE_S:
            session = None
        missed = session.sequence - wanted.seq if session else 0
        if session is None or missed > len(session.recent):
            connection.control(INVALID_SESSION, False)
            return
        self._join(connection, session)
        for payload in list(session.recent)[len(session.recent) - missed :]:
            connection.send(payload)
        self._send(session, "RESUMED", {"_trace": []})

    def _check_token(self, token: str) -> None:
        bare = token.removeprefix("Bot ").strip()
        if not secrets.compare_digest(bare.encode(), self._world.token.encode()):
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
        self._world.bot_connected = any(
            connection.session and connection.session.serves(GUILD_ID) for connection in self._connections
        )
        self._world.changes.notify()

    def _send(self, session: Session, name: str, data: Json) -> None:
        session.dispatch(name, data)
        if self._recorder:
            self._recorder.write_event(name, data)

    def _dispatch_to_all(self, event: Event) -> None:
        for session in self._sessions.values():
            if session.serves(GUILD_ID) and event.intent & session.intents == event.intent:
                self._send(session, event.name, _visible_data(event, session))

    def _send_members(self, session: Session, data: Any) -> None:
        """Send the members that a client asks for (documentation, "Request Guild Members")."""
        wanted = parse(RequestMembers, data)
        ids = [wanted.user_ids] if isinstance(wanted.user_ids, str) else wanted.user_ids
        everybody = not ids and not wanted.query
        if wanted.guild_id != GUILD_ID or (everybody and not session.intents & GUILD_MEMBERS):
            return
        members = [
            member.to_json() | {"user": member.user.to_json()}
            for member in self._world.members.values()
            if (member.user.id in ids if ids else member.user.name.startswith(wanted.query or ""))
        ]
        chunk: Json = {
            "guild_id": GUILD_ID,
            "members": members if everybody or ids else members[: wanted.limit or None],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [one for one in ids or () if one not in self._world.members],
        }
        chunk |= {"presences": []} if wanted.presences else {}
        self._send(session, "GUILD_MEMBERS_CHUNK", chunk | ({"nonce": wanted.nonce} if wanted.nonce else {}))


def _visible_data(event: Event, session: Session) -> Json:
    """The event's data, without the content of other people's messages if the session lacks that intent."""
    data = event.data
    if event.name not in ("MESSAGE_CREATE", "MESSAGE_UPDATE") or session.intents & MESSAGE_CONTENT:
        return data
    return masked(data)
