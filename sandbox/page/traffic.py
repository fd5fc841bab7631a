"""The traffic between Discord's stand-in and the bot and workers, in order, for people to read.

Tokens never appear in it: not that of the bot, and not those of interactions.
"""

import json
import re
from collections import deque
from collections.abc import Iterator
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sandbox.api.gateway import gateway_protocol as gateway
from sandbox.api.rest.request_bodies import Body
from sandbox.api.rest.request_context import BODY, path_without_tokens
from sandbox.schemas.fields import Json
from sandbox.world.clock import Changes
from sandbox.world.interaction_lifecycle import TOKEN_LENGTH
from sandbox.world.state import World

KEPT = 500
"""The latest entries that are kept."""

LONGEST_TEXT = 4000
MASK = "•••"

_OPCODES = {
    gateway.HEARTBEAT: "HEARTBEAT",
    gateway.IDENTIFY: "IDENTIFY",
    gateway.PRESENCE_UPDATE: "PRESENCE_UPDATE",
    gateway.VOICE_STATE: "VOICE_STATE_UPDATE",
    gateway.RESUME: "RESUME",
    gateway.RECONNECT: "RECONNECT",
    gateway.REQUEST_MEMBERS: "REQUEST_GUILD_MEMBERS",
    gateway.INVALID_SESSION: "INVALID_SESSION",
    gateway.HELLO: "HELLO",
    gateway.HEARTBEAT_ACK: "HEARTBEAT_ACK",
}

_LONG_WORD = re.compile(rf"[A-Za-z0-9_-]{{{TOKEN_LENGTH},}}")


class Traffic:
    """The latest entries, and a count of changes to wait on."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._entries: deque[Json] = deque(maxlen=KEPT)
        self.changes = Changes()

    def after(self, number: int) -> Iterator[Json]:
        """The entries after the one of that number."""
        return (entry for entry in self._entries if entry["number"] > number)

    def observe_gateway(self, to_bot: bool, payload: Json) -> None:
        """Note a payload of the gateway."""
        name = payload.get("t") or _OPCODES.get(payload["op"], f"opcode {payload['op']}")
        self._add(by="gateway", to_bot=to_bot, name=name, sent=payload.get("d"))

    @property
    def middleware(self) -> Middleware:
        """Notes every request to the REST API with its answer."""

        @web.middleware
        async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not request.path.startswith("/api"):
                return await handler(request)
            started = self._world.clock.now()
            response = await handler(request)
            query = f"?{request.query_string}" if request.query_string else ""
            body = request.get(BODY, Body())
            self._add(
                by="rest",
                to_bot=False,
                name=f"{request.method} {path_without_tokens(request, MASK)}{query}",
                status=response.status,
                ms=round((self._world.clock.now() - started) * 1000, 1),
                sent=body.value,
                files=[upload.filename for upload in body.uploads],
                got=_json(response),
            )
            return response

        return observe

    def _add(self, **entry: Any) -> None:
        number = self.changes.number + 1
        masked = {key: self._masked(value) for key, value in entry.items()}
        self._entries.append({"number": number, "at": self._world.clock.now(), **masked})
        self.changes.notify()

    def _masked(self, value: Any) -> Any:
        """A JSON value without tokens, and with long texts cut."""
        if isinstance(value, dict):
            return {
                self._masked(key): MASK if key == "token" and isinstance(item, str) else self._masked(item)
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._masked(item) for item in value]
        if isinstance(value, str):
            text = _LONG_WORD.sub(self._masked_word, value.replace(self._world.token, MASK))
            return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} … ({len(text)} characters)"
        return value

    def _masked_word(self, found: re.Match[str]) -> str:
        word, last = found[0], len(found[0]) - TOKEN_LENGTH
        has_token = any(word[at : at + TOKEN_LENGTH] in self._world.by_token for at in range(last + 1))
        return MASK if has_token else word


def _json(response: web.StreamResponse) -> Any:
    body = response.body if isinstance(response, web.Response) else None
    if not isinstance(body, bytes) or response.content_type != "application/json":
        return None
    try:
        return json.loads(body)
    except ValueError:
        return None
