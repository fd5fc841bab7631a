"""Routes about channels as wholes, threads and their members."""

import math
from datetime import UTC, datetime
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from sandbox.api.rest.message_endpoints import message_in, needed_permissions
from sandbox.api.rest.request_context import (
    WORLD,
    Route,
    answer,
    body,
    channel_for_bot,
    id_in_query,
    limit_of_list,
    uploads,
    world_of_guild,
)
from sandbox.schemas.fields import NOT_BLANK, Form, Json, Snowflake, in_messages, length_up_to
from sandbox.schemas.message_form import parse_message_form
from sandbox.schemas.refusals import Code, Refusal
from sandbox.schemas.validation import invalid_form, parse_form
from sandbox.world import channel_messages, guild_changes
from sandbox.world.guild_objects import FORUM, PRIVATE_THREAD, Channel, Thread
from sandbox.world.permissions import Permission
from sandbox.world.starting_guild import BOT
from sandbox.world.state import World
from sandbox.world.threads import thread_lists, thread_starts
from sandbox.world.threads.thread_starts import Settings

_Name = Annotated[str, NOT_BLANK, length_up_to(100)]
_ArchiveAfter = Literal[60, 1440, 4320, 10080]
_Slowmode = Annotated[int, Field(ge=0, le=21_600)]
_Tags = Annotated[list[Snowflake], Field(max_length=5)]


class ThreadForm(Form):
    """A new thread that starts from a message."""

    name: _Name
    auto_archive_duration: _ArchiveAfter | None = None
    rate_limit_per_user: _Slowmode | None = None

    @property
    def settings(self) -> Settings:
        """The fields of the thread that the form names."""
        settings = Settings()
        if self.auto_archive_duration:
            settings["archive_after_min"] = self.auto_archive_duration
        if self.rate_limit_per_user:
            settings["slowmode_s"] = self.rate_limit_per_user
        return settings


class BareThreadForm(ThreadForm):
    """A new thread that starts without a message."""

    type: Literal[10, 11, 12] | None = None
    invitable: bool | None = None

    @property
    def settings(self) -> Settings:
        """The fields of the thread that the form names."""
        settings = super().settings
        if self.invitable is not None:
            settings["invitable"] = self.invitable
        return settings


class PostForm(ThreadForm):
    """A new post of a forum. Its message is read by itself."""

    message: Json
    applied_tags: _Tags | None = None


class ThreadChangeForm(Form):
    """Changes of a thread; `model_fields_set` names them."""

    name: _Name | None = None
    archived: bool | None = None
    locked: bool | None = None
    invitable: bool | None = None
    auto_archive_duration: _ArchiveAfter | None = None
    rate_limit_per_user: _Slowmode | None = None
    applied_tags: _Tags | None = None


async def channel(request: web.Request) -> web.Response:
    """GET, PATCH and DELETE /channels/{channel_id}; the last two only for threads."""
    world, found = request.app[WORLD], channel_for_bot(request)
    if request.method == "GET":
        return answer(found.to_json())
    if not isinstance(found, Thread):
        raise Refusal.unsupported("changes of channels by bots, only of threads")
    if request.method == "PATCH":
        _change(world, found, parse_form(ThreadChangeForm, body(request)))
    else:
        channel_for_bot(request, Permission.MANAGE_THREADS)
        guild_changes.delete_channel(world, found)
    return answer(found.to_json())


_FIELDS = {"auto_archive_duration": "archive_after_min", "rate_limit_per_user": "slowmode_s"}
"""The fields of a thread whose names here differ from Discord's."""


def _change(world: World, thread: Thread, form: ThreadChangeForm) -> None:
    """Change a thread as its owner or as who manages threads; others may only reopen it.

    Raises:
        Refusal: the bot may not change it (50013), it is archived and stays so (50083), or there is no such
            tag (50035).
    """
    given = form.model_dump(exclude_none=True)
    manages = world.may(BOT, Permission.MANAGE_THREADS, thread)
    own = {"name", "archived", "auto_archive_duration", "applied_tags"} if thread.owner is BOT else set()
    reopened = {"archived"} if form.archived is False and world.may(BOT, thread.to_write, thread) else set()
    if not manages and (thread.locked or not given.keys() <= own | reopened):
        raise Refusal.of(Code.MISSING_PERMISSIONS)
    if thread.archived and form.archived is not False and given:
        raise Refusal.of(Code.THREAD_IS_ARCHIVED)
    if form.applied_tags is not None:
        thread_starts.check_tags(thread.parent, form.applied_tags)
        given["tags"] = tuple(given.pop("applied_tags"))
    if given:
        guild_changes.change_thread(
            world, thread, **{_FIELDS.get(name, name): value for name, value in given.items()}
        )


async def start_thread(request: web.Request) -> web.Response:
    """POST /channels/{channel_id}/threads: a thread, or a post of a forum."""
    world, where = request.app[WORLD], channel_for_bot(request)
    if where.kind != FORUM:
        form = parse_form(BareThreadForm, body(request))
        kind = form.type or PRIVATE_THREAD
        thread = thread_starts.start_without_message(world, BOT, where, form.name, kind, **form.settings)
        return answer(thread.to_json(), status=201)
    wanted = parse_form(PostForm, body(request))
    message, files = parse_message_form(wanted.message, at=("message",)), uploads(request)
    channel_for_bot(request, *needed_permissions(message, files))
    thread, first = thread_starts.post(
        world, BOT, where, wanted.name, message, files, tags=wanted.applied_tags or (), **wanted.settings
    )
    return answer(thread.to_json() | {"message": channel_messages.for_bot(world, first)}, status=201)


async def start_thread_from_message(request: web.Request) -> web.Response:
    """POST /channels/{channel_id}/messages/{message_id}/threads."""
    world, where = request.app[WORLD], channel_for_bot(request, Permission.READ_MESSAGE_HISTORY)
    form = parse_form(ThreadForm, body(request))
    message = message_in(request, where)
    thread = thread_starts.start_from_message(world, BOT, message, form.name, **form.settings)
    return answer(thread.to_json(), status=201)


def _thread(request: web.Request) -> Thread:
    """The thread of the request.

    Raises:
        Refusal: as in `channel_for_bot`, or it is another channel (50024).
    """
    found = channel_for_bot(request)
    if not isinstance(found, Thread):
        raise Refusal.of(Code.WRONG_CHANNEL_TYPE)
    return found


async def own_membership(request: web.Request) -> web.Response:
    """PUT and DELETE /channels/{channel_id}/thread-members/@me."""
    world, thread = request.app[WORLD], _thread(request)
    guild_changes.check_open(world, BOT, thread)
    change = guild_changes.add_to_thread if request.method == "PUT" else guild_changes.remove_from_thread
    change(world, thread, BOT)
    return answer(None)


async def thread_member(request: web.Request) -> web.Response:
    """GET, PUT and DELETE /channels/{channel_id}/thread-members/{user_id}."""
    world, thread = request.app[WORLD], _thread(request)
    user_id = request.match_info["user_id"]
    if request.method == "GET":
        if user_id not in thread.members:
            raise Refusal.of(Code.UNKNOWN_MEMBER)
        return answer(thread.member(user_id) | _guild_member(request, user_id))
    guild_changes.check_open(world, BOT, thread)
    member = world.members.get(user_id)
    if member is None:
        raise Refusal.of(Code.UNKNOWN_MEMBER)
    if request.method == "PUT":
        channel_for_bot(request, thread.to_write)
        guild_changes.add_to_thread(world, thread, member.user)
    else:
        if not (thread.owner is BOT and thread.kind == PRIVATE_THREAD):
            channel_for_bot(request, Permission.MANAGE_THREADS)
        guild_changes.remove_from_thread(world, thread, member.user)
    return answer(None)


async def thread_members(request: web.Request) -> web.Response:
    """GET /channels/{channel_id}/thread-members."""
    thread = _thread(request)
    return answer([thread.member(key) | _guild_member(request, key) for key in thread.members])


def _guild_member(request: web.Request, user_id: str) -> Json:
    if request.query.get("with_member", "").lower() not in ("true", "1"):
        return {}
    member = request.app[WORLD].members[user_id]
    return {"member": member.to_json() | {"user": member.user.to_json()}}


async def active_threads(request: web.Request) -> web.Response:
    """GET /guilds/{guild_id}/threads/active."""
    listed = thread_lists.to_json(thread_lists.active(world_of_guild(request)))
    return answer(listed | {"has_more": False})


async def archived_threads(request: web.Request) -> web.Response:
    """GET the archived threads of a channel: public ones, private ones, and private ones of the bot."""
    world, where = request.app[WORLD], channel_for_bot(request, Permission.READ_MESSAGE_HISTORY)
    own, private = "@me" in request.path, request.path.endswith("private")
    if private and not own:
        channel_for_bot(request, Permission.MANAGE_THREADS)
    if not isinstance(where, Channel):
        raise Refusal.of(Code.WRONG_CHANNEL_TYPE)
    most, found = limit_of_list(request, least=2, default=100), thread_lists.archived(world, where, private)
    if own:  # Discord lists these by their ids
        before = id_in_query(request, "before") if "before" in request.query else math.inf
        joined = (thread for thread in found if BOT.id in thread.members and int(thread.id) < before)
        found = sorted(joined, key=lambda thread: int(thread.id), reverse=True)
    else:
        before = _time_in_query(request, "before") if "before" in request.query else math.inf
        found = [thread for thread in found if thread.archived_at < before]
    listed = thread_lists.to_json(found[:most])
    return answer(listed | {"has_more": len(found) > most})


def _time_in_query(request: web.Request, name: str) -> float:
    """A time that the query gives, in Unix seconds."""
    text = request.query[name]
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except ValueError:
        wrong = f"Could not parse {in_messages(text)}. Should be ISO8601."
        raise invalid_form([((name,), "DATE_TIME_TYPE_PARSE", wrong)]) from None


_ONE = "/channels/{channel_id}"
_MEMBERS = f"{_ONE}/thread-members"
_LISTED = {"GET": archived_threads}

ROUTES: list[Route] = [
    ("channel", _ONE, dict.fromkeys(("GET", "PATCH", "DELETE"), channel)),
    ("threads", f"{_ONE}/threads", {"POST": start_thread}),
    ("message_threads", f"{_ONE}/messages/{{message_id}}/threads", {"POST": start_thread_from_message}),
    ("own_thread_member", f"{_MEMBERS}/@me", dict.fromkeys(("PUT", "DELETE"), own_membership)),
    ("thread_member", f"{_MEMBERS}/{{user_id}}", dict.fromkeys(("GET", "PUT", "DELETE"), thread_member)),
    ("thread_members", _MEMBERS, {"GET": thread_members}),
    ("active_threads", "/guilds/{guild_id}/threads/active", {"GET": active_threads}),
    ("public_archived_threads", f"{_ONE}/threads/archived/public", _LISTED),
    ("private_archived_threads", f"{_ONE}/threads/archived/private", _LISTED),
    ("own_archived_threads", f"{_ONE}/users/@me/threads/archived/private", _LISTED),
]
