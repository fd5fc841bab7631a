"""The guild's users, roles, channels and members (Discord documentation, "Guild", "Channel", "User")."""

from dataclasses import dataclass

from sandbox.schemas.fields import Json
from sandbox.world.clock import iso
from sandbox.world.ids import APPLICATION_ID, GUILD_ID
from sandbox.world.permissions import Overwrite

TEXT_CHANNEL = 0


@dataclass(frozen=True)
class User:
    """A person, or the bot."""

    id: str
    name: str
    display_name: str
    bot: bool = False

    def to_json(self) -> Json:
        """Discord's user object."""
        return {
            "id": self.id,
            "username": self.name,
            "global_name": None if self.bot else self.display_name,
            "discriminator": "0001" if self.bot else "0",
            "avatar": None,
            "bot": self.bot,
            "public_flags": 0,
            "flags": 0,
            "primary_guild": None,
        }


@dataclass(frozen=True)
class Role:
    """A role of the guild; the one with the guild's id is @everyone, and a managed one is the bot's."""

    id: str
    name: str
    permissions: int
    position: int
    managed: bool = False

    def to_json(self) -> Json:
        """Discord's role object."""
        colors = {"primary_color": 0, "secondary_color": None, "tertiary_color": None}
        tags = {"tags": {"bot_id": APPLICATION_ID}} if self.managed else {}
        return tags | {
            "id": self.id,
            "name": self.name,
            "color": 0,
            "colors": colors,
            "hoist": False,
            "position": self.position,
            "permissions": str(self.permissions),
            "managed": self.managed,
            "mentionable": False,
            "icon": None,
            "unicode_emoji": None,
            "flags": 0,
        }


@dataclass(frozen=True)
class Channel:
    """A text channel."""

    id: str
    name: str
    topic: str
    position: int
    overwrites: tuple[Overwrite, ...] = ()
    kind: int = TEXT_CHANNEL

    def to_json(self) -> Json:
        """Discord's channel object."""
        return {
            "id": self.id,
            "type": self.kind,
            "guild_id": GUILD_ID,
            "name": self.name,
            "topic": self.topic,
            "position": self.position,
            "permission_overwrites": [overwrite.to_json() for overwrite in self.overwrites],
            "nsfw": False,
            "last_message_id": None,
            "rate_limit_per_user": 0,
            "parent_id": None,
            "flags": 0,
        }


@dataclass(frozen=True)
class Member:
    """A user in the guild; `timed_out_until` is in Unix seconds."""

    user: User
    role_ids: tuple[str, ...] = ()
    joined_at: str = "2026-01-01T00:00:00+00:00"
    timed_out_until: float = 0.0

    def to_json(self) -> Json:
        """Discord's member object, without the user."""
        return {
            "roles": list(self.role_ids),
            "nick": None,
            "avatar": None,
            "banner": None,
            "joined_at": self.joined_at,
            "premium_since": None,
            "communication_disabled_until": iso(self.timed_out_until) if self.timed_out_until else None,
            "deaf": False,
            "mute": False,
            "pending": False,
            "flags": 0,
        }
