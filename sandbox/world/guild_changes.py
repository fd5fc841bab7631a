"""Changes of the guild, its channels and threads, and what follows (documentation, "Gateway Events")."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sandbox.schemas.fields import Json
from sandbox.schemas.intents import GUILD_MEMBERS, GUILDS
from sandbox.schemas.refusals import Code, Refusal
from sandbox.world.guild_objects import FORUM, PRIVATE_THREAD, AnyChannel, Channel, ForumTag, Thread, User
from sandbox.world.ids import GUILD_ID
from sandbox.world.message_objects import HAS_THREAD
from sandbox.world.permissions import Overwrite, Permission
from sandbox.world.starting_guild import BOT
from sandbox.world.state import World


def add_channel(world: World, name: str, kind: int, topic: str, tags: Iterable[str] = ()) -> Channel:
    """Add a channel below the others; `tags` are the names of those that a forum offers."""
    channel = Channel(
        world.snowflakes.next(),
        name,
        topic,
        len(world.guild_channels()),
        kind=kind,
        tags=tuple(ForumTag(world.snowflakes.next(), tag) for tag in tags) if kind == FORUM else (),
    )
    world.channels[channel.id] = channel
    world.dispatch("CHANNEL_CREATE", channel.to_json(), GUILDS)
    world.changes.notify()
    return channel


def delete_channel(world: World, channel: AnyChannel) -> None:
    """Delete a channel or a thread, with its threads and messages. Of its threads there are no events."""
    threads = world.threads(channel) if isinstance(channel, Channel) else []
    gone = {one.id for one in (channel, *threads)}
    for message in [one for one in world.messages.values() if one.channel_id in gone]:
        message.deleted = True
        del world.messages[message.id]
    for message in world.messages.values():
        if message.thread and message.thread.id in gone and message.flags & HAS_THREAD:
            message.thread, message.flags = None, message.flags & ~HAS_THREAD
    told = not isinstance(channel, Thread) or world.may(BOT, Permission.VIEW_CHANNEL, channel)
    for key in gone:
        del world.channels[key]
    if isinstance(channel, Channel):
        world.dispatch("CHANNEL_DELETE", channel.to_json(), GUILDS)
    elif told:
        kept = {key: channel.to_json()[key] for key in ("id", "guild_id", "parent_id", "type")}
        world.dispatch("THREAD_DELETE", kept, GUILDS)
    world.changes.notify()


def set_overwrite(world: World, channel: Channel, overwrite: Overwrite) -> None:
    """Allow and deny permissions in a channel to a role or a member, in place of what it had there."""
    others = (one for one in channel.overwrites if (one.kind, one.id) != (overwrite.kind, overwrite.id))
    with _syncing_threads(world):
        channel.overwrites = (*others, overwrite)
        world.dispatch("CHANNEL_UPDATE", channel.to_json(), GUILDS)
    world.changes.notify()


def set_role_permissions(world: World, role_id: str, permissions: int) -> None:
    """Give a role other permissions."""
    with _syncing_threads(world):
        changed = world.roles[role_id] = replace(world.roles[role_id], permissions=permissions)
        world.dispatch("GUILD_ROLE_UPDATE", {"guild_id": GUILD_ID, "role": changed.to_json()}, GUILDS)
    world.changes.notify()


def set_roles(world: World, user: User, role_ids: tuple[str, ...]) -> None:
    """Give a member other roles."""
    with _syncing_threads(world):
        world.members[user.id] = replace(world.members[user.id], role_ids=role_ids)
        _tell_of_member(world, user)


def time_out(world: World, user: User, seconds: float) -> None:
    """Take a member's permissions for a time, except to read; 0 ends it."""
    until = world.clock.now() + seconds if seconds else 0.0
    world.members[user.id] = replace(world.members[user.id], timed_out_until=until)
    _tell_of_member(world, user)


def _tell_of_member(world: World, user: User) -> None:
    event = world.members[user.id].to_json() | {"user": user.to_json(), "guild_id": GUILD_ID}
    # A bot hears of itself without the intent.
    world.dispatch("GUILD_MEMBER_UPDATE", event, 0 if user is BOT else GUILD_MEMBERS)
    world.changes.notify()


@contextmanager
def _syncing_threads(world: World) -> Iterator[None]:
    """Tell the bot of the threads in the channels that it sees only after the change."""
    before = _seen_by_bot(world)
    yield
    gained = [channel for channel in _seen_by_bot(world) if channel not in before]
    if gained:
        threads = [thread for channel in gained for thread in world.active_threads(BOT, channel)]
        event = {
            "guild_id": GUILD_ID,
            "channel_ids": [channel.id for channel in gained],
            "threads": [thread.to_json() for thread in threads],
            "members": [thread.member(BOT.id) for thread in threads if BOT.id in thread.members],
        }
        world.dispatch("THREAD_LIST_SYNC", event, GUILDS)


def _seen_by_bot(world: World) -> list[Channel]:
    return [one for one in world.guild_channels() if world.may(BOT, Permission.VIEW_CHANNEL, one)]


def add_thread(world: World, thread: Thread) -> None:
    """Add a new thread, whose first member is its owner."""
    thread.members[thread.owner.id] = thread.created_at
    world.channels[thread.id] = thread
    _tell_of_thread(world, "THREAD_CREATE", thread, newly_created=True)


def change_thread(world: World, thread: Thread, **changes: Any) -> None:
    """Change fields of a thread."""
    if changes.get("archived", thread.archived) is not thread.archived:
        thread.archived_at = world.clock.now()
    for name, value in changes.items():
        setattr(thread, name, value)
    _tell_of_thread(world, "THREAD_UPDATE", thread)


def check_open(world: World, user: User, channel: AnyChannel) -> None:
    """Pass unless the channel is a thread in which a member may change nothing now.

    Raises:
        Refusal: it is archived (50083), or locked (160005).
    """
    if isinstance(channel, Thread) and channel.archived:
        raise Refusal.of(Code.THREAD_IS_ARCHIVED)
    if world.closed(user, channel):
        raise Refusal.of(Code.THREAD_IS_LOCKED)


def reopen(world: World, user: User, channel: AnyChannel) -> None:
    """Reopen a thread in which a member writes, if it is archived.

    Raises:
        Refusal: it is locked, and archived (50083) or not (160005).
    """
    if world.closed(user, channel):
        check_open(world, user, channel)
    if isinstance(channel, Thread) and channel.archived:
        change_thread(world, channel, archived=False)


def add_to_thread(world: World, thread: Thread, user: User) -> None:
    """Make somebody a member of a thread, if the person is none yet."""
    if user.id in thread.members:
        return
    thread.members[user.id] = world.clock.now()
    if user is BOT and thread.kind == PRIVATE_THREAD:  # the bot sees it only now
        _tell_of_thread(world, "THREAD_CREATE", thread)
    added = thread.member(user.id) | {"member": _member_with_user(world, user), "presence": None}
    _tell_of_thread_members(world, thread, user, added_members=[added])


def remove_from_thread(world: World, thread: Thread, user: User) -> None:
    """End somebody's membership in a thread."""
    if thread.members.pop(user.id, None) is not None:
        _tell_of_thread_members(world, thread, user, removed_member_ids=[user.id])


def _member_with_user(world: World, user: User) -> Json:
    return world.members[user.id].to_json() | {"user": user.to_json()}


def _tell_of_thread(world: World, name: str, thread: Thread, **more: Any) -> None:
    if world.may(BOT, Permission.VIEW_CHANNEL, thread):
        world.dispatch(name, thread.to_json() | more, GUILDS)
    world.changes.notify()


def _tell_of_thread_members(world: World, thread: Thread, user: User, **more: Any) -> None:
    if user is BOT or world.may(BOT, Permission.VIEW_CHANNEL, thread):
        event = {"id": thread.id, "guild_id": GUILD_ID, "member_count": thread.to_json()["member_count"]}
        # A bot hears of its own membership without the intent for members.
        world.dispatch("THREAD_MEMBERS_UPDATE", event | more, GUILDS | (0 if user is BOT else GUILD_MEMBERS))
    world.changes.notify()
