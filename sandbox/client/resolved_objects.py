"""The members, roles and channels that a member names, as an interaction carries them (`resolved`).

Each `resolve` function puts an object into the interaction's `resolved` and returns its id.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sandbox.schemas.fields import Json
from sandbox.world.guild_objects import AnyChannel, Member, Role, User
from sandbox.world.permissions import Permission
from sandbox.world.state import World


@dataclass(frozen=True)
class Place:
    """The world, the member who acts, and the channel."""

    world: World
    user: User
    channel_id: str

    @property
    def channel(self) -> AnyChannel:
        """The channel."""
        return self.world.channels[self.channel_id]


def resolve_member(place: Place, member: Member, resolved: Json) -> str:
    """A member, with the member's permissions in the channel."""
    permissions = str(place.world.permissions(member.user, place.channel))
    identity = member.user.id
    resolved.setdefault("members", {})[identity] = member.to_json() | {"permissions": permissions}
    resolved.setdefault("users", {})[identity] = member.user.to_json()
    return identity


def resolve_role(role: Role, resolved: Json) -> str:
    """A role."""
    resolved.setdefault("roles", {})[role.id] = role.to_json()
    return role.id


def resolve_channel(place: Place, channel: AnyChannel, resolved: Json) -> str:
    """A channel, with the permissions in it of the member who acts."""
    permissions = str(place.world.permissions(place.user, channel))
    resolved.setdefault("channels", {})[channel.id] = channel.to_json() | {"permissions": permissions}
    return channel.id


def resolve_named(
    place: Place, kinds: Collection[str], text: str, resolved: Json, channel_types: Collection[int] = ()
) -> str | None:
    """The first of that name or id among the kinds `user`, `role` and `channel`; None if there is none.

    Of channels, those count that the member who acts sees, and whose type is one of `channel_types` if any
    are given.
    """
    if "user" in kinds and (member := find_named_member(place.world, text)):
        return resolve_member(place, member, resolved)
    if "role" in kinds and (role := find_named_role(place.world, text)):
        return resolve_role(role, resolved)
    if "channel" in kinds and (channel := _find_offered_channel(place, text, channel_types)):
        return resolve_channel(place, channel, resolved)
    return None


def find_named_member(world: World, name: str) -> Member | None:
    """The member of that name or id; an @ before it is ignored."""
    wanted = name.lstrip("@").lower()
    members = world.members.values()
    return next((one for one in members if wanted in (one.user.name.lower(), one.user.id)), None)


def find_named_role(world: World, name: str) -> Role | None:
    """The role of that name or id; an @ before it is ignored."""
    wanted = name.lstrip("@").lower()
    return next(
        (one for one in world.roles.values() if wanted in (one.name.lower().lstrip("@"), one.id)), None
    )


def _find_offered_channel(place: Place, name: str, kinds: Collection[int]) -> AnyChannel | None:
    """The channel of that name or id that Discord lists to the member; a # before it is ignored."""
    wanted = name.lstrip("#").lower()
    named = (one for one in place.world.channels.values() if wanted in (one.name.lower(), one.id))
    offered = (one for one in named if not kinds or one.kind in kinds)
    return next((one for one in offered if place.world.may(place.user, Permission.VIEW_CHANNEL, one)), None)
