"""The way of every request: fault, bot token, rate limit, body, handler, refusal, record."""

import asyncio
import json
import secrets
from http import HTTPStatus
from typing import Any

from aiohttp import BodyPartReader, hdrs, web

from sandbox.api.faults import FaultForm, Faults
from sandbox.api.rest.rate_limits import RateLimits, refusal, refusal_headers
from sandbox.api.rest.recording import Recorder
from sandbox.api.rest.request_context import BODY, PREFIX, UPLOADS, VIA, WORLD, Handler, answer
from sandbox.schemas.message_form import MAX_FILES
from sandbox.schemas.refusals import Code, Refusal
from sandbox.schemas.validation import invalid_form
from sandbox.world.attachments import Upload

FAULTS = web.AppKey("faults", Faults)
RATE_LIMITS = web.AppKey("rate_limits", RateLimits)
RECORDER = web.AppKey("recorder", Recorder)

_BUCKETS = {
    ("POST", "channel_messages"): ("create_message", "channel_id"),
    ("PATCH", "channel_message"): ("edit_message", "channel_id"),
    ("DELETE", "channel_message"): ("delete_message", "channel_id"),
    ("POST", "webhook"): ("webhook", "token"),
    ("GET", "webhook_message"): ("webhook", "token"),
    ("PATCH", "webhook_message"): ("webhook", "token"),
    ("DELETE", "webhook_message"): ("webhook", "token"),
}
"""The bucket of a method and route, and the parameter that its requests are counted by."""

NOT_LIMITED = {"callback"}
WITHOUT_BOT_TOKEN = {"callback", "webhook", "webhook_message", "gateway"}
"""Routes whose path holds another token, and the one that needs none."""


@web.middleware
async def rest_api(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Serve a request to the REST API; a refusal becomes its answer."""
    if not request.path.startswith(f"{PREFIX}/"):
        return await handler(request)
    headers: dict[str, str] = {}
    request[BODY], request[UPLOADS] = None, []
    try:
        await _read_body(request)
        response = await _served(request, handler, headers)
    except Refusal as refused:
        response = answer(refused.body, status=refused.status, headers=headers)
    except web.HTTPException as error:  # no such route
        no_route = Refusal.of_status(405 if error.status == 405 else 404)
        response = answer(no_route.body, status=no_route.status)
    if recorder := request.app.get(RECORDER):
        files = [upload.index for upload in request[UPLOADS]]
        recorder.write(request, request[BODY], files, response.status)
    return response


async def _served(request: web.Request, handler: Handler, headers: dict[str, str]) -> web.StreamResponse:
    fault = request.app[FAULTS].take(request.method, request.path.removeprefix(PREFIX))
    if fault and fault.kind == "429":
        headers |= refusal_headers(fault.seconds)
        raise refusal(fault.seconds)
    if fault and fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
    elif fault and fault.kind != "cut":
        return _failed(request, fault)
    resource = request.match_info.route.resource
    name = (resource.name if resource else None) or ""
    if name and name not in WITHOUT_BOT_TOKEN:
        _check_bot_token(request)
    if name and name not in NOT_LIMITED:
        kind, parameter = _BUCKETS.get((request.method, name), (f"{request.method} {name}", ""))
        taken, refused = request.app[RATE_LIMITS].take(kind, request.match_info.get(parameter, ""))
        headers |= taken
        if refused:
            raise refused
    response = await handler(request)
    if fault and fault.kind == "cut":
        return _cut(request)
    response.headers.update(headers)
    return response


def _failed(request: web.Request, fault: FaultForm) -> web.Response:
    """The answer to a request that is not handled."""
    match fault.kind:
        case "reset":
            return _cut(request)
        case "429_page":
            return web.Response(status=429, text="error code: 1015", content_type="text/plain")
        case "400" | "401" | "403" | "404" as kind:
            body = {"message": f"{kind}: {HTTPStatus(int(kind)).phrase}", "code": fault.code}
            return answer(body, status=int(kind))
        case kind:
            return web.Response(status=int(kind), text="upstream connect error", headers=VIA)


def _cut(request: web.Request) -> web.Response:
    """Break the connection. What the handler returns reaches nobody."""
    if request.transport:
        request.transport.abort()
    return web.Response()


def _check_bot_token(request: web.Request) -> None:
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    expected = request.app[WORLD].token
    if scheme != "Bot" or not secrets.compare_digest(token.encode(), expected.encode()):
        raise Refusal.of_status(401)


async def _read_body(request: web.Request) -> None:
    """Read JSON, or the parts `payload_json` and `files[n]` of a form (documentation, "Uploading Files")."""
    if not request.can_read_body:
        return
    if not request.content_type.startswith("multipart/"):
        request[BODY] = _json(await request.read())
        return
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        content, name = bytes(await part.read(decode=True)), part.name or ""
        if name == "payload_json":
            request[BODY] = _json(content)
        elif name.startswith("files[") and name.endswith("]"):
            request[UPLOADS].append(Upload(name[6:-1], part.filename or "unknown", content))
    if len(request[UPLOADS]) > MAX_FILES:
        raise invalid_form([(("files",), "BASE_TYPE_MAX_LENGTH", f"Must be {MAX_FILES} or fewer in length.")])


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw, parse_constant=_refuse_constant) if raw else None
    except ValueError:
        raise Refusal.of(Code.INVALID_JSON) from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
