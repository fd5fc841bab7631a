"""The routes under `/sandbox` about channels, threads and forwards.

- `POST /channels` {name, kind: text, announcement, voice or forum, topic, tags: [NAME]}: {channel_id}
- `POST /threads` {user, channel_id, name, message_id, private, and for a post of a forum text and tags:
  [NAME]}: {thread_id}
- `POST /thread_changes` {thread_id, name, archived, locked}: status 204
- `POST /thread_members` {thread_id, user (null: the bot), leaves}: status 204
- `POST /forwards` {user, message_id, channel_id}: the message

A thread is a `channel_id` wherever other routes take one.
"""

from aiohttp import web

from sandbox.api.rest.request_context import WORLD, answer
from sandbox.client import typed_input
from sandbox.client.members import find_member
from sandbox.client.visible_messages import find_message
from sandbox.control.channel_forms import (
    ChannelForm,
    ForwardForm,
    NewThreadForm,
    ThreadMemberForm,
    ThreadStateForm,
)
from sandbox.control.control_requests import ControlHandler, read_form, user_and_channel
from sandbox.control.control_views import message_view
from sandbox.sandbox_error import SandboxError
from sandbox.schemas.message_form import MessageForm
from sandbox.schemas.refusals import Refusal
from sandbox.schemas.validation import parse_form
from sandbox.world import guild_changes
from sandbox.world.guild_objects import (
    ANNOUNCEMENT_CHANNEL,
    ANNOUNCEMENT_THREAD,
    FORUM,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    TEXT_CHANNEL,
    VOICE_CHANNEL,
    AnyChannel,
    Channel,
    Thread,
    User,
)
from sandbox.world.starting_guild import BOT
from sandbox.world.state import World
from sandbox.world.threads import thread_starts

_KINDS = {
    "text": TEXT_CHANNEL,
    "voice": VOICE_CHANNEL,
    "announcement": ANNOUNCEMENT_CHANNEL,
    "forum": FORUM,
}


async def _add_channel(request: web.Request) -> web.Response:
    form = await read_form(request, ChannelForm)
    kind = _KINDS[form.kind]
    added = guild_changes.add_channel(request.app[WORLD], form.name, kind, form.topic, form.tags)
    return answer({"channel_id": added.id})


async def _start_thread(request: web.Request) -> web.Response:
    world, form = request.app[WORLD], await read_form(request, NewThreadForm)
    user, channel_id = user_and_channel(request, form)
    try:
        thread = _started(world, user, world.channels[channel_id], form)
    except Refusal as refused:
        raise SandboxError(f"Discord refuses the thread: {refused}.") from None
    return answer({"thread_id": thread.id})


def _started(world: World, user: User, channel: AnyChannel, form: NewThreadForm) -> Thread:
    if form.message_id is not None:
        message = find_message(world, user, form.message_id)
        return thread_starts.start_from_message(world, user, message, form.name)
    if isinstance(channel, Channel) and channel.kind == FORUM:
        first = parse_form(MessageForm, {"content": form.text or ""})
        tags = _tag_ids(channel, form.tags)
        return thread_starts.post(world, user, channel, form.name, first, [], tags=tags)[0]
    public = ANNOUNCEMENT_THREAD if channel.kind == ANNOUNCEMENT_CHANNEL else PUBLIC_THREAD
    kind = PRIVATE_THREAD if form.private else public
    return thread_starts.start_without_message(world, user, channel, form.name, kind)


def _tag_ids(forum: Channel, names: list[str]) -> list[str]:
    ids = {tag.name: tag.id for tag in forum.tags}
    if unknown := [name for name in names if name not in ids]:
        raise SandboxError(f"The forum has no tag {unknown[0][:30]!r}; it has: {', '.join(ids) or 'none'}.")
    return [ids[name] for name in names]


def _known_thread(world: World, thread_id: str) -> Thread:
    thread = world.channels.get(thread_id)
    if not isinstance(thread, Thread):
        raise SandboxError(f"There is no thread {thread_id[:30]!r}.")
    return thread


async def _change_thread(request: web.Request) -> web.Response:
    world, form = request.app[WORLD], await read_form(request, ThreadStateForm)
    changes = form.model_dump(exclude={"thread_id"}, exclude_none=True)
    guild_changes.change_thread(world, _known_thread(world, form.thread_id), **changes)
    return answer(None)


async def _change_membership(request: web.Request) -> web.Response:
    world, form = request.app[WORLD], await read_form(request, ThreadMemberForm)
    thread = _known_thread(world, form.thread_id)
    user = BOT if form.user is None else find_member(world, form.user)
    (guild_changes.remove_from_thread if form.leaves else guild_changes.add_to_thread)(world, thread, user)
    return answer(None)


async def _forward(request: web.Request) -> web.Response:
    world, form = request.app[WORLD], await read_form(request, ForwardForm)
    user, channel_id = user_and_channel(request, form)
    return answer(message_view(world, typed_input.forward(world, user, channel_id, form.message_id)))


ROUTES: list[tuple[str, str, ControlHandler]] = [
    ("POST", "/channels", _add_channel),
    ("POST", "/threads", _start_thread),
    ("POST", "/thread_changes", _change_thread),
    ("POST", "/thread_members", _change_membership),
    ("POST", "/forwards", _forward),
]
