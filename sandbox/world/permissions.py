"""Permissions of members in channels (Discord documentation, "Permissions")."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag


class Permission(IntFlag):
    """The permissions that the sandbox grants or checks."""

    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    CONNECT = 1 << 20
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38


ALL = (1 << 53) - 1
"""All permissions: those of an administrator and of the guild's owner."""

WHILE_TIMED_OUT = Permission.VIEW_CHANNEL | Permission.READ_MESSAGE_HISTORY
"""What a member who is timed out keeps."""

NAMES = {
    Permission.ADMINISTRATOR: "Administrator",
    Permission.MANAGE_CHANNELS: "Manage Channels",
    Permission.MANAGE_GUILD: "Manage Server",
    Permission.MANAGE_MESSAGES: "Manage Messages",
    Permission.MANAGE_THREADS: "Manage Threads",
}
"""Their names in Discord's client."""


@dataclass(frozen=True)
class Overwrite:
    """The permissions that a channel allows and denies to a role (`kind` 0) or a member (`kind` 1)."""

    id: str
    kind: int
    allow: int = 0
    deny: int = 0

    def to_json(self) -> dict[str, object]:
        """Discord's overwrite object."""
        return {"id": self.id, "type": self.kind, "allow": str(self.allow), "deny": str(self.deny)}


def permissions_in_channel(
    base: int, member_id: str, role_ids: Iterable[str], everyone_id: str, overwrites: Iterable[Overwrite]
) -> int:
    """The permissions that a member has in a channel, from `base`, those of all the member's roles.

    The overwrites apply in Discord's order: @everyone's, then those of all roles at once, then the
    member's own. A member who cannot view the channel has no permission in it.
    """
    if base & Permission.ADMINISTRATOR:
        return ALL
    permissions = base
    by_id = {(overwrite.kind, overwrite.id): overwrite for overwrite in overwrites}
    everyone = by_id.get((0, everyone_id))
    if everyone:
        permissions = permissions & ~everyone.deny | everyone.allow
    of_roles = [by_id[0, role_id] for role_id in role_ids if (0, role_id) in by_id]
    for overwrite in of_roles:
        permissions &= ~overwrite.deny
    for overwrite in of_roles:
        permissions |= overwrite.allow
    own = by_id.get((1, member_id))
    if own:
        permissions = permissions & ~own.deny | own.allow
    return permissions if permissions & Permission.VIEW_CHANNEL else 0


def permission_names(bits: int) -> str:
    """The names of permissions in Discord's client, separated by commas."""
    names = [name for permission, name in NAMES.items() if bits & permission]
    return ", ".join(names) or "permissions that only an administrator has"
