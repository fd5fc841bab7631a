"""Whether Discord's client lets a member use a command."""

from sandbox.sandbox_error import SandboxError
from sandbox.schemas.fields import Json
from sandbox.world import command_registry
from sandbox.world.guild_objects import FORUM, AnyChannel, User
from sandbox.world.permissions import Permission, permission_names
from sandbox.world.state import World


def check_may_use(
    world: World, user: User, channel_id: str, command: Json, shown: str, *, granted: bool
) -> None:
    """Check that a member may use a command in a channel.

    `shown` is the command's name for the error. `granted` skips the command's default permissions, as the
    guild's settings can.

    Raises:
        SandboxError: Discord does not show the command to the member, or the channel allows no commands.
    """
    if not granted and not command_registry.shown_to(world, command, user):
        needed = permission_names(command_registry.required_permissions(command) or 0)
        raise SandboxError(
            f"Discord does not show {shown} to {user.display_name}: it is for members with {needed}."
        )
    channel = world.channels[channel_id]
    check_takes_interactions(world, user, channel)
    if not world.may(user, Permission.USE_APPLICATION_COMMANDS, channel):
        raise SandboxError(f"{user.display_name} may not use commands in #{channel.name}.")


def seen_channel(world: World, user: User, channel_id: str) -> AnyChannel:
    """The channel of that id.

    Raises:
        SandboxError: the member sees no such channel.
    """
    channel = world.channels.get(channel_id)
    if channel is None or not world.may(user, Permission.VIEW_CHANNEL, channel):
        raise SandboxError(f"{user.display_name} sees no channel {channel_id[:30]!r}.")
    return channel


def takes_messages(world: World, user: User, channel: AnyChannel) -> bool:
    """Whether a member may write in a channel."""
    open_to = channel.kind != FORUM and not world.closed(user, channel)
    return open_to and world.may(user, channel.to_write, channel)


def check_takes_interactions(world: World, user: User, channel: AnyChannel) -> None:
    """Check that a channel has a chat that is not locked for a member.

    Raises:
        SandboxError: it is a forum, which has only posts, or a locked thread.
    """
    if channel.kind == FORUM:
        raise SandboxError(f"#{channel.name} is a forum: choose one of its posts.")
    if world.closed(user, channel):
        raise SandboxError(f"The thread {channel.name} is locked.")
