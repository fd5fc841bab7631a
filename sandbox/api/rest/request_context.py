"""What the handlers of routes share: the world, the request's body and uploads, and JSON answers."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from sandbox.schemas.message_form import MessageForm
from sandbox.schemas.refusals import Code, Refusal
from sandbox.schemas.validation import parse_form
from sandbox.world.attachments import Upload
from sandbox.world.guild_objects import Channel
from sandbox.world.ids import GUILD_ID
from sandbox.world.permissions import Permission
from sandbox.world.starting_guild import BOT
from sandbox.world.state import World

PREFIX = "/api/v10"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

Route = tuple[str, str, Mapping[str, Handler]]
"""A route: its name, its path after the prefix, and a handler for each method."""

WORLD = web.AppKey("world", World)

BODY: web.RequestKey[Any] = web.RequestKey("body", object)
UPLOADS: web.RequestKey[list[Upload]] = web.RequestKey("uploads", list)

VIA = {"Via": "1.1 sandbox"}
"""Without this header, clients read a 429 as a ban by Discord's proxy and give up."""


def answer(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer; None becomes status 204.

    The content type has no charset, as at Discord: clients compare it as a whole.
    """
    own = VIA | (headers or {})
    if body is None:
        return web.Response(status=204, headers=own)
    return web.Response(
        body=json.dumps(body).encode(), status=status, content_type="application/json", headers=own
    )


def parse_message(request: web.Request) -> MessageForm:
    """The message in the request's body.

    Raises:
        Refusal: it is invalid (50035).
    """
    return parse_form(MessageForm, request[BODY] if request[BODY] is not None else {})


def channel_for_bot(request: web.Request, *permissions: Permission) -> Channel:
    """The channel of the request, in which the bot has these permissions.

    Raises:
        Refusal: there is no such channel (10003), the bot does not see it (50001), or the bot lacks a
            permission (50013).
    """
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


def world_of_guild(request: web.Request) -> World:
    """The world of the request's guild.

    Raises:
        Refusal: there is no such guild (10004).
    """
    if request.match_info["guild_id"] != GUILD_ID:
        raise Refusal.of(Code.UNKNOWN_GUILD)
    return request.app[WORLD]
