"""The routes of the REST API v10 that a bot of this kind uses (Discord documentation, "Reference")."""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import BodyPartReader, hdrs, web

from sandbox import commands, gateway, interactions, messages
from sandbox.errors import Code, Refusal
from sandbox.faults import Faults
from sandbox.forms import CommandForm, MessageForm, invalid, read
from sandbox.messages import Upload
from sandbox.permissions import Permission
from sandbox.ratelimits import RateLimits, refusal, refusal_headers
from sandbox.recording import Recorder
from sandbox.world import APPLICATION_ID, BOT, GUILD_ID, Channel, Message, World

PREFIX = "/api/v10"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

WORLD = web.AppKey("world", World)
FAULTS = web.AppKey("faults", Faults)
RATE_LIMITS = web.AppKey("rate_limits", RateLimits)
RECORDER = web.AppKey("recorder", Recorder)

_BODY: web.RequestKey[Any] = web.RequestKey("body", object)
_UPLOADS: web.RequestKey[list[Upload]] = web.RequestKey("uploads", list)

_BUCKETS = {
    ("POST", "channel_messages"): ("create_message", "channel_id"),
    ("PATCH", "channel_message"): ("edit_message", "channel_id"),
    ("DELETE", "channel_message"): ("delete_message", "channel_id"),
    ("POST", "webhook"): ("webhook", "token"),
    ("GET", "webhook_message"): ("webhook", "token"),
    ("PATCH", "webhook_message"): ("webhook", "token"),
    ("DELETE", "webhook_message"): ("webhook", "token"),
}
"""Routes with a limit of their own, and the parameter that it is counted by."""

VIA = {"Via": "1.1 sandbox"}
"""Without this header clients take a 429 for a ban by the proxy before Discord, and give up."""

NOT_LIMITED = {"callback"}
WITHOUT_BOT_TOKEN = {"callback", "webhook", "webhook_message", "gateway"}
"""Routes whose address holds a token of its own, or that anybody may ask."""


def answer(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer. Discord's content type has no charset, and clients compare it as a whole."""
    own = VIA | (headers or {})
    if body is None:
        return web.Response(status=204, headers=own)
    return web.Response(
        body=json.dumps(body).encode(), status=status, content_type="application/json", headers=own
    )


@web.middleware
async def api(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What all requests go through: faults, tokens, rate limits, bodies, refusals and the record."""
    if not request.path.startswith(f"{PREFIX}/"):
        return await handler(request)
    headers: dict[str, str] = {}
    request[_BODY], request[_UPLOADS] = None, []
    try:
        await _read_body(request)
        response = await _served(request, handler, headers)
    except Refusal as refused:
        response = answer(refused.body, status=refused.status, headers=headers)
    except web.HTTPException as error:  # no route fits
        unrouted = Refusal.of_status(405 if error.status == 405 else 404)
        response = answer(unrouted.body, status=unrouted.status)
    if recorder := request.app.get(RECORDER):
        files = [upload.index for upload in request[_UPLOADS]]
        recorder.write(request, request[_BODY], files, response.status)
    return response


async def _served(request: web.Request, handler: Handler, headers: dict[str, str]) -> web.StreamResponse:
    fault = request.app[FAULTS].take(request.method, request.path.removeprefix(PREFIX))
    if fault and fault.kind == "429":
        headers |= refusal_headers(fault.seconds)
        raise refusal(fault.seconds)
    if fault and fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
    elif fault:
        return web.Response(status=int(fault.kind), text="upstream connect error", headers=VIA)
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
    response.headers.update(headers)
    return response


def _check_bot_token(request: web.Request) -> None:
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    expected = request.app[WORLD].token
    if scheme != "Bot" or not secrets.compare_digest(token.encode(), expected.encode()):
        raise Refusal.of_status(401)


async def _read_body(request: web.Request) -> None:
    """Read JSON, or `payload_json` and `files[n]` of a multipart form (documentation, "Uploading Files")."""
    if not request.can_read_body:
        return
    if not request.content_type.startswith("multipart/"):
        request[_BODY] = _json(await request.read())
        return
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        content, name = bytes(await part.read(decode=True)), part.name or ""
        if name == "payload_json":
            request[_BODY] = _json(content)
        elif name.startswith("files[") and name.endswith("]"):
            request[_UPLOADS].append(Upload(name[6:-1], part.filename or "unknown", content))
    if len(request[_UPLOADS]) > 10:
        raise invalid([(("files",), "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")])


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw, parse_constant=_no_constant) if raw else None
    except ValueError:
        raise Refusal.of(Code.INVALID_JSON) from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _message_form(request: web.Request) -> MessageForm:
    return read(MessageForm, request[_BODY] if request[_BODY] is not None else {})


def _channel(request: web.Request, *permissions: Permission) -> Channel:
    """The channel of the request, if the bot has these permissions in it."""
    world = request.app[WORLD]
    channel = world.channels.get(request.match_info["channel_id"])
    if channel is None:
        raise Refusal.of(Code.UNKNOWN_CHANNEL)
    if not world.may(BOT, Permission.VIEW_CHANNEL, channel):
        raise Refusal.of(Code.MISSING_ACCESS)
    for permission in permissions:
        if not world.may(BOT, permission, channel):
            raise Refusal.of(Code.MISSING_PERMISSIONS)
    return channel


def _guild_only(request: web.Request) -> World:
    if request.match_info["guild_id"] != GUILD_ID:
        raise Refusal.of(Code.UNKNOWN_GUILD)
    return request.app[WORLD]


# Who and where


async def own_user(_request: web.Request) -> web.Response:
    """GET /users/@me."""
    return answer(BOT.to_json() | {"verified": True, "mfa_enabled": True, "locale": "en-US", "flags": 0})


async def user(request: web.Request) -> web.Response:
    """GET /users/{user_id}."""
    member = request.app[WORLD].members.get(request.match_info["user_id"])
    if member is None:
        raise Refusal.of(Code.UNKNOWN_USER)
    return answer(member.user.to_json())


async def own_guilds(request: web.Request) -> web.Response:
    """GET /users/@me/guilds."""
    guild = request.app[WORLD].guild()
    kept = {key: guild[key] for key in ("id", "name", "icon", "banner", "features")}
    return answer([kept | {"owner": False, "permissions": str(request.app[WORLD].permissions(BOT))}])


async def own_application(request: web.Request) -> web.Response:
    """GET /applications/@me and /oauth2/applications/@me."""
    world = request.app[WORLD]
    owner = world.users["owner"].to_json()
    return answer(
        {
            "id": APPLICATION_ID,
            "name": BOT.title,
            "icon": None,
            "description": "",
            "type": None,
            "bot": BOT.to_json(),
            "summary": "",
            "bot_public": True,
            "bot_require_code_grant": False,
            "verify_key": "0" * 64,
            "flags": 0,
            "owner": owner,
            "team": None,
            "rpc_origins": [],
            "redirect_uris": [],
            "interactions_endpoint_url": None,
            "role_connections_verification_url": None,
            "tags": [],
            "integration_types_config": {"0": {}},
            "approximate_guild_count": 1,
            "approximate_user_install_count": 0,
            "approximate_user_authorization_count": 0,
            "explicit_content_filter": 0,
            "eligible_oauth2_scopes": [],
            "flags_new": "0",
        }
    )


async def gateway_address(request: web.Request) -> web.Response:
    """GET /gateway."""
    return answer({"url": gateway.address_for(request)})


async def gateway_address_for_bot(request: web.Request) -> web.Response:
    """GET /gateway/bot."""
    limit = {"total": 1000, "remaining": 1000, "reset_after": 14_400_000, "max_concurrency": 1}
    return answer({"url": gateway.address_for(request), "shards": 1, "session_start_limit": limit})


async def guild(request: web.Request) -> web.Response:
    """GET /guilds/{guild_id}."""
    return answer(_guild_only(request).guild())


async def guild_channels(request: web.Request) -> web.Response:
    """GET /guilds/{guild_id}/channels."""
    return answer([channel.to_json() for channel in _guild_only(request).channels.values()])


async def guild_roles(request: web.Request) -> web.Response:
    """GET /guilds/{guild_id}/roles."""
    return answer([role.to_json() for role in _guild_only(request).roles.values()])


async def guild_member(request: web.Request) -> web.Response:
    """GET /guilds/{guild_id}/members/{user_id}."""
    member = _guild_only(request).members.get(request.match_info["user_id"])
    if member is None:
        raise Refusal.of(Code.UNKNOWN_MEMBER)
    return answer(member.to_json() | {"user": member.user.to_json()})


# Channels and messages


async def channel(request: web.Request) -> web.Response:
    """GET /channels/{channel_id}."""
    return answer(_channel(request).to_json())


async def typing(request: web.Request) -> web.Response:
    """POST /channels/{channel_id}/typing."""
    _channel(request, Permission.SEND_MESSAGES)
    return answer(None)


async def channel_messages(request: web.Request) -> web.Response:
    """GET /channels/{channel_id}/messages, newest first."""
    world, where = request.app[WORLD], _channel(request)
    limit = request.query.get("limit", "50")
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit) <= 100:
        raise invalid([(("limit",), "NUMBER_TYPE_MAX", "int value should be less than or equal to 100.")])
    if not world.may(BOT, Permission.READ_MESSAGE_HISTORY, where):
        return answer([])
    found = [item for item in world.messages.values() if item.channel_id == where.id and not item.ephemeral]
    found.sort(key=lambda item: int(item.id), reverse=True)
    if "before" in request.query:
        found = [item for item in found if int(item.id) < _id(request, "before")]
    if "after" in request.query:
        found = [item for item in found if int(item.id) > _id(request, "after")][-int(limit) :]
    return answer([item.to_json(world.address) for item in found[: int(limit)]])


def _id(request: web.Request, name: str) -> int:
    value = request.query[name]
    if not value.isascii() or not value.isdigit():
        raise invalid([((name,), "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')])
    return int(value)


def _needed(form: MessageForm, uploads: list[Upload]) -> list[Permission]:
    needed = [Permission.SEND_MESSAGES]
    needed += [Permission.EMBED_LINKS] if form.embeds else []
    return needed + ([Permission.ATTACH_FILES] if uploads else [])


async def create_message(request: web.Request) -> web.Response:
    """POST /channels/{channel_id}/messages."""
    form, uploads = _message_form(request), request[_UPLOADS]
    where, world = _channel(request, *_needed(form, uploads)), request.app[WORLD]
    replies_to = form.message_reference.message_id if form.message_reference else None
    if replies_to and replies_to not in world.messages:
        raise invalid([(("message_reference",), "REPLIES_UNKNOWN_MESSAGE", "Unknown message")])
    kind = messages.REPLY if replies_to else 0
    sent = messages.send(world, where.id, BOT, form, uploads, kind=kind, replies_to=replies_to)
    return answer(sent.to_json(world.address))


def _message(request: web.Request, where: Channel) -> Message:
    found = request.app[WORLD].messages.get(request.match_info["message_id"])
    if found is None or found.channel_id != where.id or found.ephemeral:
        raise Refusal.of(Code.UNKNOWN_MESSAGE)
    return found


async def channel_message(request: web.Request) -> web.Response:
    """GET, PATCH and DELETE /channels/{channel_id}/messages/{message_id}."""
    world = request.app[WORLD]
    if request.method == "GET":
        found = _message(request, _channel(request, Permission.READ_MESSAGE_HISTORY))
        return answer(found.to_json(world.address))
    where = _channel(request)
    found = _message(request, where)
    if request.method == "PATCH":
        if found.author is not BOT:
            raise Refusal.of(Code.NOT_THE_AUTHOR)
        form = _message_form(request)
        messages.count_old_edit(world, found)
        return answer(messages.edit(world, found, form, request[_UPLOADS]).to_json(world.address))
    if found.author is not BOT and not world.may(BOT, Permission.MANAGE_MESSAGES, where):
        raise Refusal.of(Code.MISSING_PERMISSIONS)
    messages.delete(world, found)
    return answer(None)


# Commands


def _scope(request: web.Request) -> tuple[World, str | None]:
    """The world, and the server whose commands are meant (None: the global ones)."""
    if request.match_info["application_id"] != APPLICATION_ID:
        raise Refusal.of(Code.UNKNOWN_APPLICATION)
    guild_id = request.match_info.get("guild_id")
    if guild_id not in (None, GUILD_ID):
        raise Refusal.of(Code.MISSING_ACCESS)
    return request.app[WORLD], guild_id


async def application_commands(request: web.Request) -> web.Response:
    """GET, POST and PUT /applications/{application_id}[/guilds/{guild_id}]/commands."""
    world, guild_id = _scope(request)
    if request.method == "GET":
        return answer(commands.registered(world, guild_id))
    if request.method == "PUT":
        return answer(commands.replace_all(world, guild_id, request[_BODY]))
    command, new = commands.add(world, guild_id, read(CommandForm, request[_BODY]))
    return answer(command, status=201 if new else 200)


async def application_command(request: web.Request) -> web.Response:
    """GET, PATCH and DELETE one command."""
    world, guild_id = _scope(request)
    command_id = request.match_info["command_id"]
    if request.method == "GET":
        return answer(commands.find(world, guild_id, command_id))
    if request.method == "PATCH":
        return answer(commands.change(world, guild_id, command_id, request[_BODY]))
    commands.remove(world, guild_id, command_id)
    return answer(None)


# Interactions


async def callback(request: web.Request) -> web.Response:
    """POST /interactions/{interaction_id}/{token}/callback."""
    response = interactions.answer(
        request.app[WORLD],
        request.match_info["interaction_id"],
        request.match_info["token"],
        request[_BODY],
        request[_UPLOADS],
    )
    return answer(response if request.query.get("with_response", "").lower() in ("true", "1") else None)


async def webhook(request: web.Request) -> web.Response:
    """POST /webhooks/{application_id}/{token}: a follow-up."""
    world = request.app[WORLD]
    interaction = interactions.of_token(
        world, request.match_info["application_id"], request.match_info["token"]
    )
    sent = interactions.follow_up(world, interaction, _message_form(request), request[_UPLOADS])
    return answer(sent.to_json(world.address))


async def webhook_message(request: web.Request) -> web.Response:
    """GET, PATCH and DELETE /webhooks/{application_id}/{token}/messages/{message_id or @original}."""
    world = request.app[WORLD]
    interaction = interactions.of_token(
        world, request.match_info["application_id"], request.match_info["token"]
    )
    found = interactions.message_of(interaction, request.match_info["message_id"])
    if request.method == "PATCH":
        messages.edit(world, found, _message_form(request), request[_UPLOADS])
    elif request.method == "DELETE":
        messages.delete(world, found)
        return answer(None)
    return answer(found.to_json(world.address))


_COMMANDS = "/applications/{application_id}/commands"
_GUILD_COMMANDS = "/applications/{application_id}/guilds/{guild_id}/commands"
_MESSAGES = "/channels/{channel_id}/messages"
_WEBHOOK = "/webhooks/{application_id}/{token}"

_ROUTES: list[tuple[str, str, dict[str, Handler]]] = [
    ("own_user", "/users/@me", {"GET": own_user}),
    ("own_guilds", "/users/@me/guilds", {"GET": own_guilds}),
    ("user", r"/users/{user_id:\d+}", {"GET": user}),
    ("own_application", "/applications/@me", {"GET": own_application}),
    ("own_application_oauth2", "/oauth2/applications/@me", {"GET": own_application}),
    ("gateway", "/gateway", {"GET": gateway_address}),
    ("gateway_bot", "/gateway/bot", {"GET": gateway_address_for_bot}),
    ("guild", "/guilds/{guild_id}", {"GET": guild}),
    ("guild_channels", "/guilds/{guild_id}/channels", {"GET": guild_channels}),
    ("guild_roles", "/guilds/{guild_id}/roles", {"GET": guild_roles}),
    ("guild_member", "/guilds/{guild_id}/members/{user_id}", {"GET": guild_member}),
    ("channel", "/channels/{channel_id}", {"GET": channel}),
    ("typing", "/channels/{channel_id}/typing", {"POST": typing}),
    ("channel_messages", _MESSAGES, {"GET": channel_messages, "POST": create_message}),
    (
        "channel_message",
        f"{_MESSAGES}/{{message_id}}",
        dict.fromkeys(("GET", "PATCH", "DELETE"), channel_message),
    ),
    ("commands", _COMMANDS, dict.fromkeys(("GET", "POST", "PUT"), application_commands)),
    (
        "command",
        f"{_COMMANDS}/{{command_id}}",
        dict.fromkeys(("GET", "PATCH", "DELETE"), application_command),
    ),
    ("guild_commands", _GUILD_COMMANDS, dict.fromkeys(("GET", "POST", "PUT"), application_commands)),
    (
        "guild_command",
        f"{_GUILD_COMMANDS}/{{command_id}}",
        dict.fromkeys(("GET", "PATCH", "DELETE"), application_command),
    ),
    ("callback", "/interactions/{interaction_id}/{token}/callback", {"POST": callback}),
    ("webhook", _WEBHOOK, {"POST": webhook}),
    (
        "webhook_message",
        f"{_WEBHOOK}/messages/{{message_id}}",
        dict.fromkeys(("GET", "PATCH", "DELETE"), webhook_message),
    ),
]


def add_routes(app: web.Application) -> None:
    """Put the API's routes into an application."""
    for name, path, handlers in _ROUTES:
        resource = app.router.add_resource(PREFIX + path, name=name)
        for method, handler in handlers.items():
            resource.add_route(method, handler)
