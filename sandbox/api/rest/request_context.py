"""What the handlers of routes share: the world, the request's body and uploads, and JSON answers."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from sandbox.api.rest.request_bodies import Body
from sandbox.schemas.fields import in_messages
from sandbox.schemas.layout import COMPONENTS_V2
from sandbox.schemas.message_form import MessageForm, parse_message_form
from sandbox.schemas.refusals import Code, Refusal
from sandbox.schemas.validation import invalid_form
from sandbox.world import guild_changes
from sandbox.world.attachments import Upload
from sandbox.world.guild_objects import FORUM, AnyChannel
from sandbox.world.ids import GUILD_ID
from sandbox.world.message_objects import Message
from sandbox.world.permissions import Permission
from sandbox.world.starting_guild import BOT
from sandbox.world.state import World

PREFIX = "/api/v10"

VERSIONED = r"/api{version:(?:/v(?:6|7|8|9|10))?}"
"""The prefix of all routes. The versions differ in nothing that the sandbox plays; without one, it is 6."""

_TOKEN_IN_PATH = re.compile(r"(?<=/)[A-Za-z0-9_.-]{60,}")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

Route = tuple[str, str, Mapping[str, Handler]]
"""A route: its name, its path after the prefix, and a handler for each method."""

WORLD = web.AppKey("world", World)

BODY = web.RequestKey("body", Body)

VIA = {"Via": "1.1 sandbox"}
"""Without this header, clients read a 429 as a ban by Discord's proxy and give up."""


def answer(content: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer; None becomes status 204.

    The content type has no charset, as at Discord: clients compare it as a whole.
    """
    own = VIA | (headers or {})
    if content is None:
        return web.Response(status=204, headers=own)
    return web.Response(
        body=json.dumps(content, allow_nan=False).encode(),
        status=status,
        content_type="application/json",
        headers=own,
    )


def path_in_api(request: web.Request) -> str:
    """The path of a request without the API's prefix."""
    return re.sub(r"^/api(/v\d+)?", "", request.path)


def path_without_tokens(request: web.Request, mask: str = "•••") -> str:
    """The path of a request without the API's prefix, with a mask in place of the tokens in it."""
    return _TOKEN_IN_PATH.sub(mask, path_in_api(request))


def body(request: web.Request) -> Any:
    """The value of the request's body; None if there is none.

    Raises:
        Refusal: the body cannot be read (50035, 50109, 40005).
    """
    if problem := request[BODY].problem:
        raise problem
    return request[BODY].value


def uploads(request: web.Request) -> list[Upload]:
    """The files of the request."""
    return request[BODY].uploads


def parse_message(request: web.Request, edited: Message | None = None) -> MessageForm:
    """The message in the request's body; `edited` is the one that it changes.

    Raises:
        Refusal: it is invalid (50035).
    """
    value = body(request)
    second_version = edited is not None and bool(edited.flags & COMPONENTS_V2)
    return parse_message_form({} if value is None else value, second_version=second_version)


def channel_for_bot(request: web.Request, *permissions: Permission) -> AnyChannel:
    """The channel of the request, in which the bot has these permissions.

    Raises:
        Refusal: there is no such channel (10003), it is a direct one (50007), the bot does not see it
            (50001), or the bot lacks a permission (50013).
    """
    world = request.app[WORLD]
    channel = world.channels.get(request.match_info["channel_id"])
    if request.match_info["channel_id"] in world.direct_channels:
        raise Refusal.of(Code.CANNOT_MESSAGE_USER)
    if channel is None:
        raise Refusal.of(Code.UNKNOWN_CHANNEL)
    if not world.may(BOT, Permission.VIEW_CHANNEL, channel):
        raise Refusal.of(Code.MISSING_ACCESS)
    for permission in permissions:
        if not world.may(BOT, permission, channel):
            raise Refusal.of(Code.MISSING_PERMISSIONS)
    return channel


def chat_for_bot(request: web.Request, *permissions: Permission) -> AnyChannel:
    """The channel of the request, in which the bot may write and has these permissions.

    Raises:
        Refusal: as in `channel_for_bot`, or it is a forum (50008), or a thread that is locked (160005) and
            perhaps archived (50083).
    """
    world, channel = request.app[WORLD], channel_for_bot(request)
    if channel.kind == FORUM:
        raise Refusal.of(Code.NOT_A_TEXT_CHANNEL)
    if world.closed(BOT, channel):
        guild_changes.check_open(world, BOT, channel)
    return channel_for_bot(request, channel.to_write, *permissions)


def limit_of_list(request: web.Request, *, least: int, default: int) -> int:
    """The most entries that a list may have, from `least` to 100: `limit` of the query.

    Raises:
        Refusal: it is no such number (50035).
    """
    found = re.fullmatch("0*([1-9][0-9]?|100)", request.query.get("limit", str(default)), re.ASCII)
    if found is None or int(found[1]) < least:
        text = f"int value should be between {least} and 100."
        raise invalid_form([(("limit",), "NUMBER_TYPE_MAX", text)])
    return int(found[1])


def id_in_query(request: web.Request, name: str) -> int:
    """An id that the query gives.

    Raises:
        Refusal: it is no id (50035).
    """
    value = request.query[name]
    if not re.fullmatch("[0-9]{1,20}", value, re.ASCII):
        text = f'Value "{in_messages(value)}" is not snowflake.'
        raise invalid_form([((name,), "NUMBER_TYPE_COERCE", text)])
    return int(value)


def world_of_guild(request: web.Request) -> World:
    """The world of the request's guild.

    Raises:
        Refusal: there is no such guild (10004).
    """
    if request.match_info["guild_id"] != GUILD_ID:
        raise Refusal.of(Code.UNKNOWN_GUILD)
    return request.app[WORLD]
