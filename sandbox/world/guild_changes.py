"""What moderators change in the guild, and the events that follow (documentation, "Gateway Events")."""

from dataclasses import replace

from sandbox.schemas.intents import GUILD_MEMBERS, GUILDS
from sandbox.world.guild_objects import Channel, User
from sandbox.world.ids import GUILD_ID
from sandbox.world.permissions import Overwrite
from sandbox.world.starting_guild import BOT
from sandbox.world.state import World


def delete_channel(world: World, channel: Channel) -> None:
    """Delete a channel with its messages."""
    for message in [one for one in world.messages.values() if one.channel_id == channel.id]:
        message.deleted = True
        del world.messages[message.id]
    del world.channels[channel.id]
    world.dispatch("CHANNEL_DELETE", channel.to_json(), GUILDS)
    world.changes.notify()


def set_overwrite(world: World, channel: Channel, overwrite: Overwrite) -> None:
    """Allow and deny permissions in a channel to a role or a member, in place of what it had there."""
    others = (one for one in channel.overwrites if (one.kind, one.id) != (overwrite.kind, overwrite.id))
    changed = replace(channel, overwrites=(*others, overwrite))
    world.channels[channel.id] = changed
    world.dispatch("CHANNEL_UPDATE", changed.to_json(), GUILDS)
    world.changes.notify()


def set_role_permissions(world: World, role_id: str, permissions: int) -> None:
    """Give a role other permissions."""
    changed = world.roles[role_id] = replace(world.roles[role_id], permissions=permissions)
    world.dispatch("GUILD_ROLE_UPDATE", {"guild_id": GUILD_ID, "role": changed.to_json()}, GUILDS)
    world.changes.notify()


def set_roles(world: World, user: User, role_ids: tuple[str, ...]) -> None:
    """Give a member other roles."""
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
