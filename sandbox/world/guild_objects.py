"""The guild's users, roles, channels and members (Discord documentation, "Guild", "Channel", "User")."""

from dataclasses import dataclass, field

from sandbox.schemas.fields import Json
from sandbox.world.clock import iso
from sandbox.world.ids import APPLICATION_ID, GUILD_ID
from sandbox.world.permissions import Overwrite, Permission

TEXT_CHANNEL, VOICE_CHANNEL, ANNOUNCEMENT_CHANNEL, FORUM = 0, 2, 5, 15
ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD = 10, 11, 12
"""Types of channels."""

THREAD_KINDS = {
    TEXT_CHANNEL: (PUBLIC_THREAD, PRIVATE_THREAD),
    ANNOUNCEMENT_CHANNEL: (ANNOUNCEMENT_THREAD,),
    FORUM: (PUBLIC_THREAD,),
}
"""The types of threads that each type of channel may have."""


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
class ForumTag:
    """A tag that a forum offers for its posts."""

    id: str
    name: str

    def to_json(self) -> Json:
        """Discord's forum tag object."""
        return {"id": self.id, "name": self.name, "moderated": False, "emoji_id": None, "emoji_name": None}


@dataclass(eq=False)
class Channel:
    """A channel for texts or announcements, the chat of a voice channel, or a forum.

    A forum holds only threads: its posts. `tags` are those that it offers.
    """

    id: str
    name: str
    topic: str
    position: int
    overwrites: tuple[Overwrite, ...] = ()
    kind: int = TEXT_CHANNEL
    tags: tuple[ForumTag, ...] = ()
    last_message_id: str | None = None

    to_write = Permission.SEND_MESSAGES
    """The permission to write in it; in a forum, to post."""

    def to_json(self) -> Json:
        """Discord's channel object."""
        more: Json = {}
        if self.kind == VOICE_CHANNEL:
            more = {"bitrate": 64_000, "user_limit": 0, "rtc_region": None}
        elif self.kind == FORUM:
            more = {
                "available_tags": [tag.to_json() for tag in self.tags],
                "default_reaction_emoji": None,
                "default_sort_order": None,
                "default_forum_layout": 0,
            }
        return more | {
            "id": self.id,
            "type": self.kind,
            "guild_id": GUILD_ID,
            "name": self.name,
            "topic": self.topic,
            "position": self.position,
            "permission_overwrites": [overwrite.to_json() for overwrite in self.overwrites],
            "nsfw": False,
            "last_message_id": self.last_message_id,
            "rate_limit_per_user": 0,
            "parent_id": None,
            "flags": 0,
        }


@dataclass(eq=False)
class Thread:
    """A thread of a channel, or a post of a forum.

    - `created_at`, `archived_at`: Unix seconds; the latter is when it was last archived or reopened
    - `archive_after_min`: the minutes of rest after which Discord would archive it; the sandbox does not
    - `slowmode_s`: the seconds that Discord would let a member wait between messages; the sandbox does not
    - `members`: when each member joined, in Unix seconds, by id
    - `messages`, `total_messages`: how many there are, and how many there ever were, without the first one
    - `tags`: ids of tags of the forum
    """

    id: str
    name: str
    kind: int
    parent: Channel
    owner: User
    created_at: float
    archived_at: float
    archive_after_min: int = 1440
    slowmode_s: int = 0
    archived: bool = False
    locked: bool = False
    invitable: bool = True
    tags: tuple[str, ...] = ()
    members: dict[str, float] = field(default_factory=dict)
    messages: int = 0
    total_messages: int = 0
    last_message_id: str | None = None

    topic = ""
    to_write = Permission.SEND_MESSAGES_IN_THREADS
    """The permission to write in it."""

    @property
    def overwrites(self) -> tuple[Overwrite, ...]:
        """The overwrites that apply in it: its parent's."""
        return self.parent.overwrites

    def to_json(self) -> Json:
        """Discord's channel object of a thread, with the bot's membership if the bot is a member."""
        metadata: Json = {
            "archived": self.archived,
            "archive_timestamp": iso(self.archived_at),
            "auto_archive_duration": self.archive_after_min,
            "locked": self.locked,
            "create_timestamp": iso(self.created_at),
        }
        metadata |= {"invitable": self.invitable} if self.kind == PRIVATE_THREAD else {}
        body: Json = {
            "id": self.id,
            "type": self.kind,
            "guild_id": GUILD_ID,
            "parent_id": self.parent.id,
            "owner_id": self.owner.id,
            "name": self.name,
            "last_message_id": self.last_message_id,
            "rate_limit_per_user": self.slowmode_s,
            "flags": 0,
            "thread_metadata": metadata,
            "message_count": self.messages,
            "member_count": min(len(self.members), 50),
            "total_message_sent": self.total_messages,
        }
        body |= {"applied_tags": list(self.tags)} if self.parent.kind == FORUM else {}
        return body | ({"member": self.member(APPLICATION_ID)} if APPLICATION_ID in self.members else {})

    def member(self, user_id: str) -> Json:
        """Discord's thread member object."""
        joined_at = iso(self.members[user_id])
        return {"id": self.id, "user_id": user_id, "join_timestamp": joined_at, "flags": 0}


AnyChannel = Channel | Thread


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
