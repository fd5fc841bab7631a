"""Routes about channels and their messages."""

from aiohttp import web

from sandbox.api.rest.request_context import (
    WORLD,
    Route,
    answer,
    channel_for_bot,
    chat_for_bot,
    id_in_query,
    limit_of_list,
    parse_message,
    uploads,
)
from sandbox.schemas.message_form import FORWARD, MessageForm, MessageReference
from sandbox.schemas.refusals import Code, Refusal
from sandbox.schemas.validation import invalid_form
from sandbox.world import channel_messages, guild_changes
from sandbox.world.attachments import Upload
from sandbox.world.guild_objects import AnyChannel
from sandbox.world.message_objects import REPLY, Message
from sandbox.world.permissions import Permission
from sandbox.world.starting_guild import BOT
from sandbox.world.state import World


async def typing(request: web.Request) -> web.Response:
    """POST /channels/{channel_id}/typing."""
    chat_for_bot(request)
    return answer(None)


async def list_messages(request: web.Request) -> web.Response:
    """GET /channels/{channel_id}/messages, newest first."""
    world, where = request.app[WORLD], channel_for_bot(request)
    most = limit_of_list(request, least=1, default=50)
    ids = {
        name: id_in_query(request, name) for name in ("around", "before", "after") if name in request.query
    }
    if not world.may(BOT, Permission.READ_MESSAGE_HISTORY, where):
        return answer([])
    found = [item for item in world.messages.values() if item.channel_id == where.id and not item.ephemeral]
    found.sort(key=lambda item: int(item.id), reverse=True)
    if "around" in ids:
        newer = [item for item in found if int(item.id) > ids["around"]][-(most // 2) :] if most > 1 else []
        found = newer + [item for item in found if int(item.id) <= ids["around"]]
    elif "before" in ids:
        found = [item for item in found if int(item.id) < ids["before"]]
    elif "after" in ids:
        found = [item for item in found if int(item.id) > ids["after"]][-most:]
    return answer([channel_messages.for_bot(world, item) for item in found[:most]])


_TO_READ = Permission.VIEW_CHANNEL | Permission.READ_MESSAGE_HISTORY


def needed_permissions(form: MessageForm, files: list[Upload]) -> list[Permission]:
    """The permissions that a message needs beside that to write."""
    needed = [Permission.EMBED_LINKS] if form.embeds else []
    return needed + ([Permission.ATTACH_FILES] if files else [])


def _answered(world: World, where: AnyChannel, reference: MessageReference) -> Message | None:
    """The message that a new one answers; None if it is gone and the reference says that this is fine.

    Raises:
        Refusal: there is no such message in the channel (50035), or the bot cannot read its past (160002).
    """
    if not world.may(BOT, Permission.READ_MESSAGE_HISTORY, where):
        raise Refusal.of(Code.REPLY_WITHOUT_HISTORY)
    found = world.messages.get(reference.message_id)
    if found and found.channel_id == where.id and not found.ephemeral:
        return found
    if reference.fail_if_not_exists is False:
        return None
    raise invalid_form([(("message_reference",), "REPLIES_UNKNOWN_MESSAGE", "Unknown message")])


def _forwarded(world: World, form: MessageForm, reference: MessageReference) -> Message:
    """The message that a new one forwards.

    Raises:
        Refusal: the bot does not see it (50001, 10008), or the new message has more than it (50035).
    """
    origin = world.channels.get(reference.channel_id or "")
    if origin is None or not world.may(BOT, _TO_READ, origin):
        raise Refusal.of(Code.MISSING_ACCESS)
    found = world.messages.get(reference.message_id)
    if found is None or found.channel_id != origin.id or found.ephemeral:
        raise Refusal.of(Code.UNKNOWN_MESSAGE)
    if form.content or form.embeds or form.components or form.attachments:
        text = "A message that forwards another one has nothing else."
        raise invalid_form([(("message_reference",), "FORWARD_HAS_MORE", text)])
    return found


async def create_message(request: web.Request) -> web.Response:
    """POST /channels/{channel_id}/messages."""
    chat_for_bot(request)
    form, files = parse_message(request), uploads(request)
    where, world = chat_for_bot(request, *needed_permissions(form, files)), request.app[WORLD]
    reference = form.message_reference
    if reference and reference.type == FORWARD:
        forwards = _forwarded(world, form, reference)
        sent = channel_messages.send(world, where.id, BOT, form, files, forwards=forwards)
        return answer(channel_messages.for_bot(world, sent))
    replies_to = _answered(world, where, reference) if reference else None
    kind = REPLY if replies_to else 0
    sent = channel_messages.send(world, where.id, BOT, form, files, kind=kind, replies_to=replies_to)
    return answer(channel_messages.for_bot(world, sent))


def message_in(request: web.Request, where: AnyChannel) -> Message:
    """The message of the request in a channel.

    Raises:
        Refusal: there is no such message (10008).
    """
    found = request.app[WORLD].messages.get(request.match_info["message_id"])
    if found is None or found.channel_id != where.id or found.ephemeral:
        raise Refusal.of(Code.UNKNOWN_MESSAGE)
    return found


async def channel_message(request: web.Request) -> web.Response:
    """GET, PATCH and DELETE /channels/{channel_id}/messages/{message_id}."""
    world = request.app[WORLD]
    if request.method == "GET":
        found = message_in(request, channel_for_bot(request, Permission.READ_MESSAGE_HISTORY))
        return answer(channel_messages.for_bot(world, found))
    where = channel_for_bot(request)
    found = message_in(request, where)
    if request.method == "PATCH":
        if found.author is not BOT:
            raise Refusal.of(Code.NOT_THE_AUTHOR)
        form = parse_message(request, found)
        channel_messages.count_old_edit(world, found)
        return answer(
            channel_messages.for_bot(world, channel_messages.edit(world, found, form, uploads(request)))
        )
    if found.author is not BOT and not world.may(BOT, Permission.MANAGE_MESSAGES, where):
        raise Refusal.of(Code.MISSING_PERMISSIONS)
    guild_changes.check_open(world, BOT, where)
    channel_messages.delete(world, found)
    return answer(None)


ROUTES: list[Route] = [
    ("typing", "/channels/{channel_id}/typing", {"POST": typing}),
    ("channel_messages", "/channels/{channel_id}/messages", {"GET": list_messages, "POST": create_message}),
    (
        "channel_message",
        "/channels/{channel_id}/messages/{message_id}",
        dict.fromkeys(("GET", "PATCH", "DELETE"), channel_message),
    ),
]
