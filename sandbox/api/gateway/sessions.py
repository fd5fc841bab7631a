"""Sessions of the gateway and the WebSocket connections that carry them."""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.api.gateway.compression import Encode
from sandbox.api.gateway.gateway_protocol import DISPATCH
from sandbox.schemas.fields import Json

Observer = Callable[[bool, Json], None]
"""Hears of a payload: whether it goes to the bot, and the payload."""

REPLAYED_EVENTS = 1000
"""The most events that a resumed session gets again."""


@dataclass
class Session:
    """The session of a bot. It outlives its connection, so that the gateway can replay missed events.

    `shard` is the number of its shard and the count of shards. `sequence` counts the events so far, and
    `recent` holds the last of them. `left_at` is the time when the connection ended, in Unix seconds of the
    world's clock.
    """

    id: str
    intents: int
    shard: tuple[int, int] = (0, 1)
    sequence: int = 0
    recent: deque[Json] = field(default_factory=lambda: deque(maxlen=REPLAYED_EVENTS))
    connection: "Connection | None" = None
    left_at: float = 0.0

    def serves(self, guild_id: str) -> bool:
        """Whether a guild belongs to the session's shard (documentation, "Sharding")."""
        number, count = self.shard
        return (int(guild_id) >> 22) % count == number

    def dispatch(self, name: str, data: Json) -> None:
        """Number an event, keep it, and send it over the connection, if there is one."""
        self.sequence += 1
        payload = {"op": DISPATCH, "t": name, "s": self.sequence, "d": data}
        self.recent.append(payload)
        if self.connection:
            self.connection.send(payload)


class Connection:
    """A WebSocket. A queue keeps the payloads in order."""

    def __init__(
        self, socket: web.WebSocketResponse, encode: Encode | None, observers: Sequence[Observer] = ()
    ) -> None:
        self.socket = socket
        self.session: Session | None = None
        self.closed_here = False
        self._encode, self._observers = encode, observers
        self._outgoing: asyncio.Queue[Json] = asyncio.Queue()

    def send(self, payload: Json) -> None:
        """Queue a payload."""
        for observe in self._observers:
            observe(True, payload)
        self._outgoing.put_nowait(payload)

    def control(self, op: int, data: Any) -> None:
        """Queue a payload that is no event; its `s` and `t` are null."""
        self.send({"op": op, "t": None, "s": None, "d": data})

    async def pump(self) -> None:
        """Send the queued payloads until the task is canceled."""
        while True:
            payload = await self._outgoing.get()
            text = json.dumps(payload)
            if self._encode:
                await self.socket.send_bytes(self._encode(text.encode()))
            else:
                await self.socket.send_str(text)
            self._outgoing.task_done()

    async def close(self, code: int, reason: str = "") -> None:
        """Close the connection after the queued payloads, or after a second."""
        self.closed_here = True
        try:
            async with asyncio.timeout(1):
                await self._outgoing.join()
        except TimeoutError:
            pass
        await self.socket.close(code=code, message=reason.encode())
