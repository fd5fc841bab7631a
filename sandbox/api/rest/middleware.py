"""The way of every request: bot token, body, fault, rate limit, handler, refusal, record."""

import asyncio
import json
import logging
import re
import secrets

from aiohttp import hdrs, web

from sandbox.api.faults import FaultForm, Faults
from sandbox.api.recording import Recorder
from sandbox.api.rest.rate_limits import RateLimits, refusal, refusal_headers
from sandbox.api.rest.request_bodies import JSON_BODY, MULTIPART, URLENCODED, Body, read_body
from sandbox.api.rest.request_context import (
    BODY,
    VIA,
    WORLD,
    Handler,
    answer,
    path_in_api,
    path_without_tokens,
)
from sandbox.schemas.fields import Json
from sandbox.schemas.refusals import Code, Refusal, error_message

_LOG = logging.getLogger(__name__)

FAULTS = web.AppKey("faults", Faults)
RATE_LIMITS = web.AppKey("rate_limits", RateLimits)
RECORDER = web.AppKey("recorder", Recorder)
FAULT: web.RequestKey[str | None] = web.RequestKey("fault", str)

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

WITH_FILES = {
    ("POST", "channel_messages"),
    ("PATCH", "channel_message"),
    ("POST", "threads"),
    ("POST", "callback"),
    ("POST", "webhook"),
    ("PATCH", "webhook_message"),
}
"""The operations that take forms besides JSON (Discord's OpenAPI description)."""


@web.middleware
async def rest_api(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Serve a request to the REST API; a refusal becomes its answer."""
    if not request.path.startswith("/api/"):
        return await handler(request)
    headers: dict[str, str] = {}
    request[BODY] = Body()
    try:
        response = await _served(request, handler, headers)
    except Refusal as refused:
        response = answer(refused.body, status=refused.status, headers=headers)
    except ConnectionError:  # the client has gone
        raise
    except Exception:
        _LOG.exception("The sandbox failed to serve %s %s", request.method, path_without_tokens(request))
        response = answer({"message": "500: Internal Server Error", "code": 0}, status=500)
    if recorder := request.app.get(RECORDER):
        recorder.write_request(_recorded(request, response))
    return response


def _recorded(request: web.Request, response: web.StreamResponse) -> Json:
    """A request and its answer as the record keeps them."""
    text = (
        response.text if isinstance(response, web.Response) and response.content_type == JSON_BODY else None
    )
    return {
        "method": request.method,
        "path": path_without_tokens(request, "token"),
        "query": dict(request.query),
        "content_type": request.content_type if hdrs.CONTENT_TYPE in request.headers else None,
        "body": request[BODY].value,
        "files": [upload.index for upload in request[BODY].uploads],
        "status": response.status,
        "answer": json.loads(text) if text else None,
        "fault": request.get(FAULT),
    }


async def _served(request: web.Request, handler: Handler, headers: dict[str, str]) -> web.StreamResponse:
    name = _route_name(request)
    if name not in WITHOUT_BOT_TOKEN:
        _check_bot_token(request)
    more_kinds = (URLENCODED, MULTIPART) if (request.method, name) in WITH_FILES else ()
    request[BODY] = await read_body(request, (JSON_BODY, *more_kinds))
    fault = request.app[FAULTS].take(request.method, path_in_api(request))
    request[FAULT] = fault.kind if fault else None
    if fault and fault.kind == "429":
        headers |= refusal_headers(fault.seconds)
        raise refusal(fault.seconds)
    if fault and fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
    elif fault and fault.kind != "cut":
        return _failed(request, fault)
    if name not in NOT_LIMITED:
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


def _route_name(request: web.Request) -> str:
    """The name of the request's route.

    Raises:
        Refusal: the API has no such version (50041), or the sandbox no such route (501).
    """
    if request.match_info.http_exception is None and (resource := request.match_info.route.resource):
        return resource.name or ""
    version = re.match(r"/api/v([0-9]{1,4})(?=/|$)", request.path)
    if version and not 6 <= int(version[1]) <= 10:
        raise Refusal.of(Code.INVALID_API_VERSION)
    raise Refusal.unsupported(f"{request.method} {path_without_tokens(request)[:200]}")


def _failed(request: web.Request, fault: FaultForm) -> web.Response:
    """The answer to a request that is not handled."""
    match fault.kind:
        case "reset":
            return _cut(request)
        case "429_page":
            return web.Response(status=429, text="error code: 1015", content_type="text/plain")
        case "error" | "400" | "401" | "403" | "404" as kind:
            status = fault.status if kind == "error" else int(kind)
            return answer({"message": error_message(status, fault.code), "code": fault.code}, status=status)
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
        raise Refusal.unauthorized()
