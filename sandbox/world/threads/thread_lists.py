"""Lists of threads (Discord documentation, "Channel Resource" and "Guild Resource")."""

from collections.abc import Sequence

from sandbox.schemas.fields import Json
from sandbox.world.guild_objects import PRIVATE_THREAD, Channel, Thread
from sandbox.world.permissions import Permission
from sandbox.world.starting_guild import BOT
from sandbox.world.state import World


def active(world: World) -> list[Thread]:
    """The threads that are not archived and that the bot sees, from the newest to the oldest."""
    return sorted(world.active_threads(BOT), key=lambda thread: int(thread.id), reverse=True)


def archived(world: World, channel: Channel, private: bool) -> list[Thread]:
    """The archived public or private threads of a channel, from the one that was archived last."""
    found = [
        thread
        for thread in world.threads(channel)
        if thread.archived
        and (thread.kind == PRIVATE_THREAD) is private
        and world.may(BOT, Permission.VIEW_CHANNEL, thread)
    ]
    return sorted(found, key=lambda thread: thread.archived_at, reverse=True)


def to_json(threads: Sequence[Thread]) -> Json:
    """Threads and the bot's memberships in them, as Discord lists them."""
    members = [thread.member(BOT.id) for thread in threads if BOT.id in thread.members]
    return {"threads": [thread.to_json() for thread in threads], "members": members}
