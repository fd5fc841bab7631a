"""The WebSocket of a page: news go out as the world changes, actions come in.

A page sends `{"as": USER}` first, and again to speak as another member. It gets `{"news": …}` with everything
that this member sees (`fresh`), then what changes. It sends actions and gets `{"number", "result"}`, or
`{"number", "error", "field"}` for what Discord's client would not do. An interaction is announced by
`{"number", "started"}` before its result, which waits for the bot.

After `{"traffic": true}`, a page also gets `{"traffic": {"entries", "pending_faults", …}}` with what the
machinery tells; `{"fault": FORM}` causes a fault, and `{"fault": null}` takes back those that still wait.
"""

import asyncio
import json
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, hdrs, web
from pydantic import ValidationError

from sandbox.api.fault_switch import cause
from sandbox.api.faults import FaultForm
from sandbox.api.gateway.gateway_server import Gateway
from sandbox.api.rest.middleware import FAULTS
from sandbox.api.rest.request_context import WORLD, answer
from sandbox.client.members import find_member
from sandbox.page.feed import Feed
from sandbox.page.machinery import Machinery
from sandbox.page.page_actions import outcome, parse_action, perform
from sandbox.page.traffic import Traffic
from sandbox.sandbox_error import FieldError, SandboxError, first_problem
from sandbox.schemas.fields import Json
from sandbox.schemas.message_form import MAX_FILES
from sandbox.schemas.validation import parse_json
from sandbox.world.guild_objects import User
from sandbox.world.message_objects import ATTACHMENT_LIMIT_BYTES, Interaction

PAGE_GATEWAY = web.AppKey("page_gateway", Gateway)
PAGE_TRAFFIC = web.AppKey("page_traffic", Traffic)
PAGE_MACHINERY = web.AppKey("page_machinery", Machinery)

MAX_MESSAGE_BYTES = MAX_FILES * ATTACHMENT_LIMIT_BYTES * 3 // 2
"""Room for as many files of the largest size as a field takes, in base64."""

PING_S = 20.0

LOOK_EVERY_S = 1.0
"""How often an open panel looks at the machinery, whose changes nothing tells."""


class Page:
    """One open page: its connection, and the member who speaks."""

    def __init__(self, app: web.Application, socket: web.WebSocketResponse) -> None:
        self._app, self._world, self._socket = app, app[WORLD], socket
        self._watcher: asyncio.Task[None] | None = None
        self._user: User | None = None
        self._sender: asyncio.Task[None] | None = None
        self._actions: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Serve the page until it closes its connection."""
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    await self._receive(message.data)
        finally:
            for task in (self._sender, self._watcher, *self._actions):
                if task:
                    task.cancel()

    async def _receive(self, text: str) -> None:
        try:
            body = parse_json(text)
        except ValueError:
            body = None
        number = body.get("number") if isinstance(body, dict) else None
        try:
            if not isinstance(body, dict):
                raise SandboxError("A page sends objects of JSON.")
            if "as" in body:
                await self._speak_as(str(body["as"]))
            elif "traffic" in body:
                self._watch_traffic(bool(body["traffic"]))
            elif "fault" in body:
                await self._change_faults(number, body["fault"])
            elif self._user is None:
                raise SandboxError("Say first who speaks.")
            else:
                task = asyncio.create_task(self._act(self._user, body))
                self._actions.add(task)
                task.add_done_callback(self._actions.discard)
        except SandboxError as error:
            await self._send(_refusal(number, error))

    async def _speak_as(self, name: str) -> None:
        self._user = find_member(self._world, name)
        if self._sender:
            self._sender.cancel()
        self._sender = asyncio.create_task(self._send_news(Feed(self._world, self._user)))

    async def _send_news(self, feed: Feed) -> None:
        changes = self._world.changes
        while True:
            number = changes.number
            if news := feed.news():
                await self._send({"news": news})
            await changes.wait_until(lambda seen=number: changes.number > seen, 3600)  # type: ignore[misc]

    def _watch_traffic(self, watch: bool) -> None:
        if self._watcher:
            self._watcher.cancel()
        self._watcher = asyncio.create_task(self._send_traffic()) if watch else None

    async def _send_traffic(self) -> None:
        traffic, sent, shown = self._app[PAGE_TRAFFIC], 0, None
        changes = traffic.changes
        while True:
            entries = list(traffic.after(sent))
            sent = changes.number
            state = {"pending_faults": self._app[FAULTS].pending} | await self._app[PAGE_MACHINERY].look()
            if entries or state != shown:
                shown = state
                await self._send({"traffic": {"entries": entries, **state}})
            await changes.wait_until(lambda seen=sent: changes.number > seen, LOOK_EVERY_S)  # type: ignore[misc]

    async def _change_faults(self, number: object, fields: object) -> None:
        if fields is None:
            self._app[FAULTS].clear()
        else:
            try:
                form = FaultForm.model_validate(fields)
            except ValidationError as error:
                raise FieldError(*first_problem(error, "the fault")) from None
            await cause(form, self._app[PAGE_GATEWAY], self._app[FAULTS])
        await self._send({"number": number, "result": {"pending_faults": self._app[FAULTS].pending}})

    async def _act(self, user: User, body: Json) -> None:
        number = body.get("number")
        try:
            result = await perform(self._world, user, parse_action(body))
            if isinstance(result, Interaction):
                await self._send({"number": number, "started": result.id})
                result = await outcome(self._world, result)
        except SandboxError as error:
            await self._send(_refusal(number, error))
        else:
            await self._send({"number": number, "result": result})

    async def _send(self, body: dict[str, Any]) -> None:
        # A page that is gone comes back with a new connection and gets everything.
        with suppress(ConnectionError):
            await self._socket.send_str(json.dumps(body))


def _refusal(number: object, error: SandboxError) -> Json:
    field = {"field": error.field} if isinstance(error, FieldError) else {}
    return {"number": number, "error": str(error), **field}


async def connect(request: web.Request) -> web.StreamResponse:
    """Serve the connection of a page. A browser always says where a page is from."""
    if hdrs.ORIGIN not in request.headers:
        return answer({"error": "Only the sandbox's own page may connect."}, status=403)
    socket = web.WebSocketResponse(max_msg_size=MAX_MESSAGE_BYTES, heartbeat=PING_S)
    await socket.prepare(request)
    await Page(request.app, socket).serve()
    return socket
