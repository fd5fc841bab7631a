"""How threads and posts start (Discord documentation, "Channel Resource", Start Thread)."""

from collections.abc import Sequence
from typing import TypedDict, Unpack

from sandbox.schemas.message_form import MessageForm
from sandbox.schemas.refusals import Code, Refusal
from sandbox.schemas.validation import invalid_form
from sandbox.world import channel_messages, guild_changes
from sandbox.world.attachments import Upload
from sandbox.world.guild_objects import (
    ANNOUNCEMENT_CHANNEL,
    ANNOUNCEMENT_THREAD,
    FORUM,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    THREAD_KINDS,
    AnyChannel,
    Channel,
    Thread,
    User,
)
from sandbox.world.message_objects import THREAD_CREATED, THREAD_STARTER_MESSAGE, Message
from sandbox.world.permissions import Permission
from sandbox.world.state import World


class Settings(TypedDict, total=False):
    """Fields of a thread that who starts it may choose."""

    archive_after_min: int
    slowmode_s: int
    invitable: bool


def start_from_message(
    world: World, author: User, message: Message, name: str, **settings: Unpack[Settings]
) -> Thread:
    """Start a public thread, whose id is that of the message.

    Raises:
        Refusal: the message has a thread (160004), the channel takes none (50024), or the author may not
            start one (50013).
    """
    channel = world.channels[message.channel_id]
    if message.thread or message.id in world.channels:
        raise Refusal.of(Code.HAS_A_THREAD)
    kind = ANNOUNCEMENT_THREAD if channel.kind == ANNOUNCEMENT_CHANNEL else PUBLIC_THREAD
    thread = _new_thread(world, author, channel, name, kind, message.id, **settings)
    guild_changes.add_thread(world, thread)
    channel_messages.show_thread(world, message, thread)
    channel_messages.note_of_thread(world, thread.id, author, THREAD_STARTER_MESSAGE, replies_to=message)
    return thread


def start_without_message(
    world: World, author: User, channel: AnyChannel, name: str, kind: int, **settings: Unpack[Settings]
) -> Thread:
    """Start a thread of a type; a message in the channel tells of a public one.

    Raises:
        Refusal: the channel takes no such thread (50024), or the author may not start one (50013).
    """
    if channel.kind == FORUM:
        raise Refusal.of(Code.WRONG_CHANNEL_TYPE)
    thread = _new_thread(world, author, channel, name, kind, **settings)
    guild_changes.add_thread(world, thread)
    if kind != PRIVATE_THREAD:
        channel_messages.note_of_thread(
            world, channel.id, author, THREAD_CREATED, content=name, thread=thread
        )
    return thread


def post(
    world: World,
    author: User,
    forum: AnyChannel,
    name: str,
    form: MessageForm,
    uploads: list[Upload],
    *,
    tags: Sequence[str] = (),
    **settings: Unpack[Settings],
) -> tuple[Thread, Message]:
    """Post in a forum: a thread, and its first message with the same id. `tags` are ids.

    Raises:
        Refusal: the channel is no forum (50024), the author may not post there (50013), there is no such tag
            (50035), or the message is refused as by `channel_messages.compose`.
    """
    if forum.kind != FORUM or not isinstance(forum, Channel):
        raise Refusal.of(Code.WRONG_CHANNEL_TYPE)
    check_tags(forum, tags)
    thread = _new_thread(world, author, forum, name, PUBLIC_THREAD, **settings, tags=tuple(tags))
    world.channels[thread.id] = thread
    try:
        first = channel_messages.compose(world, thread.id, author, form, uploads, message_id=thread.id)
    except Refusal:
        del world.channels[thread.id]  # nobody has heard of it
        raise
    guild_changes.add_thread(world, thread)
    return thread, channel_messages.add(world, first)


def check_tags(forum: Channel, tags: Sequence[str]) -> None:
    """Pass for ids of tags that the forum offers.

    Raises:
        Refusal: there is no such tag (50035).
    """
    known = {tag.id for tag in forum.tags}
    wrong = [
        (("applied_tags", str(at)), "UNKNOWN_TAG", "Unknown tag.")
        for at, tag in enumerate(tags)
        if tag not in known
    ]
    if wrong:
        raise invalid_form(wrong)


class _Started(Settings, total=False):
    tags: tuple[str, ...]


def _new_thread(
    world: World,
    author: User,
    channel: AnyChannel,
    name: str,
    kind: int,
    thread_id: str | None = None,
    **fields: Unpack[_Started],
) -> Thread:
    if not isinstance(channel, Channel) or kind not in THREAD_KINDS.get(channel.kind, ()):
        raise Refusal.of(Code.WRONG_CHANNEL_TYPE)
    needed = {FORUM: Permission.SEND_MESSAGES}.get(channel.kind, Permission.CREATE_PUBLIC_THREADS)
    if not world.may(
        author, Permission.CREATE_PRIVATE_THREADS if kind == PRIVATE_THREAD else needed, channel
    ):
        raise Refusal.of(Code.MISSING_PERMISSIONS)
    now = world.clock.now()
    return Thread(thread_id or world.snowflakes.next(), name, kind, channel, author, now, now, **fields)
