"""The state of the sandbox's Discord: one server with its channels, members, messages and commands.

Object shapes follow Discord's documentation: "Guild", "Channel", "User" and "Message" resources.
"""

import base64
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.clock import Changes, Clock, Snowflakes
from sandbox.fields import Locale
from sandbox.permissions import ALL, NAMES, Overwrite, Permission, in_channel

Json = dict[str, Any]

SUPPRESS_EMBEDS = 1 << 2
EPHEMERAL = 1 << 6
LOADING = 1 << 7
SUPPRESS_NOTIFICATIONS = 1 << 12

GUILDS, GUILD_MEMBERS, GUILD_PRESENCES = 1 << 0, 1 << 1, 1 << 8
GUILD_MESSAGES, DIRECT_MESSAGES, MESSAGE_CONTENT = 1 << 9, 1 << 12, 1 << 15
PRIVILEGED = GUILD_MEMBERS | GUILD_PRESENCES | MESSAGE_CONTENT

ATTACHMENT_LIMIT_BYTES = 10 * 2**20

APPLICATION_ID = "1100000000000000001"
GUILD_ID = "1100000000000000100"
TEACHER_ROLE_ID = "1100000000000000101"
ASSISTANT_ROLE_ID = "1100000000000000102"
BOT_ROLE_ID = "1100000000000000103"
VERSES_ID = "1100000000000000201"
ANNOUNCEMENTS_ID = "1100000000000000202"
STAFF_ID = "1100000000000000203"

_EVERYONE_MAY = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.USE_APPLICATION_COMMANDS
)


def iso(seconds: float) -> str:
    """A moment in Unix seconds as Discord writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


@dataclass(frozen=True)
class User:
    """A person, or the bot."""

    id: str
    name: str
    title: str
    bot: bool = False

    def to_json(self) -> Json:
        """Discord's user object."""
        return {
            "id": self.id,
            "username": self.name,
            "global_name": None if self.bot else self.title,
            "discriminator": "0001" if self.bot else "0",
            "avatar": None,
            "bot": self.bot,
            "public_flags": 0,
            "flags": 0,
            "primary_guild": None,
        }


@dataclass(frozen=True)
class Role:
    """A role of the server; the one with the server's own id is @everyone."""

    id: str
    name: str
    permissions: int
    position: int
    managed: bool = False

    def to_json(self) -> Json:
        """Discord's role object."""
        colors = {"primary_color": 0, "secondary_color": None, "tertiary_color": None}
        return {
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

    def to_json(self) -> Json:
        """Discord's channel object."""
        return {
            "id": self.id,
            "type": 0,
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
    """A user in the server."""

    user: User
    role_ids: tuple[str, ...] = ()
    joined_at: str = "2026-01-01T00:00:00+00:00"

    def to_json(self) -> Json:
        """Discord's member object, without the user."""
        return {
            "roles": list(self.role_ids),
            "nick": None,
            "avatar": None,
            "banner": None,
            "joined_at": self.joined_at,
            "premium_since": None,
            "communication_disabled_until": None,
            "deaf": False,
            "mute": False,
            "pending": False,
            "flags": 0,
        }


@dataclass(frozen=True)
class Attachment:
    """A file of a message; `description` is its text for those who cannot see it."""

    id: str
    filename: str
    content_type: str
    content: bytes
    description: str | None
    ephemeral: bool

    def to_json(self, address: str) -> Json:
        """Discord's attachment object."""
        url = f"{address}/sandbox/attachments/{self.id}/{self.filename}"
        body = {
            "id": self.id,
            "filename": self.filename,
            "size": len(self.content),
            "url": url,
            "proxy_url": url,
            "content_type": self.content_type,
        }
        body |= {"description": self.description} if self.description else {}
        return body | ({"ephemeral": True} if self.ephemeral else {})


COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
"""Kinds of interactions."""


@dataclass
class Interaction:
    """One use of a command, a button, a select or a modal, or one question for completions.

    `name` is the command's name, the button's label, the select's placeholder or the modal's title, and
    `shown` how it stands in the chat. `created_at` and `acknowledged_at` are Unix seconds. `source` is
    the message whose component led here, `trigger` the interaction whose modal is sent, `target` what a
    context menu belongs to, `focused` the option that is completed.

    `original` is the first answer's message, None before it and after its deletion; after a deferred
    update it is the source, which then had `deferred_at_edits` edits. `modal` is the one that the first
    answer opened, `choices` the completions.
    """

    id: str
    token: str
    kind: int
    user: User
    channel_id: str
    name: str
    shown: str
    created_at: float
    source: "Message | None" = None
    trigger: "Interaction | None" = None
    target: "User | Message | None" = None
    focused: Json | None = None
    acknowledged_at: float | None = None
    original: "Message | None" = None
    deferred_at_edits: int | None = None
    followups: list["Message"] = field(default_factory=list)
    modal: Json | None = None
    choices: list[Json] | None = None

    def metadata(self) -> Json:
        """Discord's message interaction metadata object."""
        body: Json = {
            "id": self.id,
            "type": self.kind,
            "user": self.user.to_json(),
            "authorizing_integration_owners": {"0": GUILD_ID},
        }
        if isinstance(self.target, User):
            body["target_user"] = self.target.to_json()
        elif self.target:
            body["target_message_id"] = self.target.id
        if self.trigger:
            body["triggering_interaction_metadata"] = self.trigger.metadata()
        elif self.source:
            body["interacted_message_id"] = self.source.id
        return body


@dataclass
class Message:
    """A message; `edits` counts its changes, the one that fills a deferred answer among them."""

    id: str
    channel_id: str
    author: User
    created_at: float
    kind: int = 0
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    flags: int = 0
    tts: bool = False
    nonce: str | int | None = None
    edited_at: float | None = None
    edits: int = 0
    mentions: list[User] = field(default_factory=list)
    mentioned_roles: list[str] = field(default_factory=list)
    mentions_everyone: bool = False
    interaction: Interaction | None = None
    replies_to: str | None = None

    @property
    def ephemeral(self) -> bool:
        """Whether only the person who used the command sees it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        """Whether it is a deferred answer that nothing was put into yet."""
        return bool(self.flags & LOADING)

    def to_json(self, address: str) -> Json:
        """Discord's message object; `address` is the sandbox's own, for the attachments."""
        body: Json = {
            "id": self.id,
            "channel_id": self.channel_id,
            "type": self.kind,
            "author": self.author.to_json(),
            "content": self.content,
            "timestamp": iso(self.created_at),
            "edited_timestamp": iso(self.edited_at) if self.edited_at else None,
            "tts": self.tts,
            "mention_everyone": self.mentions_everyone,
            "mentions": [user.to_json() for user in self.mentions],
            "mention_roles": self.mentioned_roles,
            "attachments": [attachment.to_json(address) for attachment in self.attachments],
            "embeds": self.embeds,
            "components": self.components,
            "pinned": False,
            "flags": self.flags,
        }
        if self.nonce is not None:
            body["nonce"] = self.nonce
        if self.replies_to:
            body["message_reference"] = {
                "type": 0,
                "message_id": self.replies_to,
                "channel_id": self.channel_id,
                "guild_id": GUILD_ID,
            }
        if self.interaction:
            metadata = self.interaction.metadata()
            original = self.interaction.original
            if original and original is not self:
                metadata["original_response_message_id"] = original.id
            body |= {
                "application_id": APPLICATION_ID,
                "webhook_id": APPLICATION_ID,
                "interaction_metadata": metadata,
            }
        return body


@dataclass(frozen=True)
class Event:
    """Something the gateway tells: a session gets it if it has `intent` (0: every session does)."""

    name: str
    data: Json
    intent: int = 0


BOT = User(APPLICATION_ID, "shakelm", "shakelm", bot=True)
STUDENT = User("1100000000000000011", "student", "Student")
TEACHER = User("1100000000000000012", "teacher", "Teacher")
ASSISTANT = User("1100000000000000013", "assistant", "Assistant")
OWNER = User("1100000000000000014", "owner", "Owner")


def new_token() -> str:
    """A bot token in Discord's three parts."""
    owner = base64.urlsafe_b64encode(APPLICATION_ID.encode()).decode().rstrip("=")
    return f"{owner}.sandbox.{secrets.token_urlsafe(27)}"


class World:
    """Everything there is.

    `#verses` lets everyone do everything usual, in `#announcements` the bot may not post and `#staff`
    it does not even see. `locales` are the members' languages by user name, `guild_locale` the
    server's. The student has no permission to manage anything, the teacher has Manage
    Server through the role Teacher, the assistant a role without permissions, the owner may
    everything.
    """

    def __init__(self, token: str | None = None, *, approved_intents: int = 0) -> None:
        """Make the world.

        `token` is the bot's, by default the environment variable SANDBOX_TOKEN or a new one;
        `approved_intents` are the privileged intents that the application may use.
        """
        self.token = token or os.environ.get("SANDBOX_TOKEN") or new_token()
        self.approved_intents = approved_intents
        self.address = ""
        self.bot_connected = False
        self.clock = Clock()
        self.snowflakes = Snowflakes(self.clock)
        self.changes = Changes()
        self.users = {user.name: user for user in (STUDENT, TEACHER, ASSISTANT, OWNER)}
        self.roles = {
            role.id: role
            for role in (
                Role(GUILD_ID, "@everyone", _EVERYONE_MAY, 0),
                Role(ASSISTANT_ROLE_ID, "Assistant", 0, 1),
                Role(TEACHER_ROLE_ID, "Teacher", Permission.MANAGE_GUILD, 2),
                Role(BOT_ROLE_ID, "shakelm", 0, 3, managed=True),
            )
        }
        no_posts = Overwrite(BOT_ROLE_ID, 0, deny=Permission.SEND_MESSAGES)
        hidden = Overwrite(GUILD_ID, 0, deny=Permission.VIEW_CHANNEL)
        shown = Overwrite(TEACHER_ROLE_ID, 0, allow=Permission.VIEW_CHANNEL)
        self.channels = {
            channel.id: channel
            for channel in (
                Channel(VERSES_ID, "verses", "Ask for a verse", 0),
                Channel(ANNOUNCEMENTS_ID, "announcements", "The bot may not post here", 1, (no_posts,)),
                Channel(STAFF_ID, "staff", "The bot cannot see this", 2, (hidden, shown)),
            )
        }
        self.locales: dict[str, Locale] = dict.fromkeys(self.users, "en-US")
        self.guild_locale: Locale = "en-US"
        self.members = {
            member.user.id: member
            for member in (
                Member(BOT, (BOT_ROLE_ID,)),
                Member(STUDENT),
                Member(TEACHER, (TEACHER_ROLE_ID,)),
                Member(ASSISTANT, (ASSISTANT_ROLE_ID,)),
                Member(OWNER),
            )
        }
        self.messages: dict[str, Message] = {}
        self.attachments: dict[str, Attachment] = {}
        self.interactions: dict[str, Interaction] = {}
        self.commands: dict[str, Json] = {}
        self.old_edits: dict[str, list[float]] = {}
        self.listeners: list[Callable[[Event], None]] = []

    def tell(self, name: str, data: Json, intent: int = 0) -> None:
        """Let the gateway's sessions know of something."""
        for listener in self.listeners:
            listener(Event(name, data, intent))

    def move_clock(self, ahead_s: float) -> None:
        """Put the world's time this many seconds ahead of the machine's."""
        self.clock.ahead = ahead_s
        self.changes.happened()

    def join(self, name: str) -> User:
        """Let somebody join the server, who has no role; the name must be free."""
        user = User(self.snowflakes.next(), name, name.title())
        member = Member(user, joined_at=iso(self.clock.now()))
        self.users[name], self.members[user.id], self.locales[name] = user, member, "en-US"
        told = member.to_json() | {"user": user.to_json(), "guild_id": GUILD_ID}
        self.tell("GUILD_MEMBER_ADD", told, GUILD_MEMBERS)
        return user

    def permissions(self, user: User, channel: Channel | None = None) -> int:
        """What a member may do in a channel, or in the server as a whole."""
        if user is OWNER:
            return ALL
        role_ids = self.members[user.id].role_ids
        base = 0
        for role_id in (GUILD_ID, *role_ids):
            base |= self.roles[role_id].permissions
        if channel is None:
            return ALL if base & Permission.ADMINISTRATOR else base
        return in_channel(base, user.id, role_ids, GUILD_ID, channel.overwrites)

    def may(self, user: User, permission: int, channel: Channel | None = None) -> bool:
        """Whether a member has all of these permissions."""
        return self.permissions(user, channel) & permission == permission

    def sees(self, user: User, message: Message) -> bool:
        """Whether a member sees a message: its channel, and an ephemeral one only its addressee."""
        if message.ephemeral and message.interaction and message.interaction.user is not user:
            return False
        return self.may(user, Permission.VIEW_CHANNEL, self.channels[message.channel_id])

    def guild(self) -> Json:
        """Discord's guild object, without what changes."""
        nothing = ("icon", "splash", "discovery_splash", "banner", "description", "vanity_url_code")
        unset = ("application_id", "home_header", "incidents_data", "max_presences", "widget_channel_id")
        no_channel = ("afk_channel_id", "rules_channel_id", "public_updates_channel_id", "system_channel_id")
        return {
            "id": GUILD_ID,
            "name": "Sandbox",
            **dict.fromkeys((*nothing, *unset, *no_channel, "safety_alerts_channel_id")),
            "owner_id": OWNER.id,
            "afk_timeout": 300,
            "verification_level": 0,
            "default_message_notifications": 1,
            "explicit_content_filter": 0,
            "roles": [role.to_json() for role in self.roles.values()],
            "emojis": [],
            "stickers": [],
            "features": [],
            "mfa_level": 0,
            "system_channel_flags": 0,
            "premium_tier": 0,
            "premium_subscription_count": 0,
            "premium_progress_bar_enabled": False,
            "preferred_locale": self.guild_locale,
            "nsfw": False,
            "nsfw_level": 0,
            "region": "deprecated",
            "widget_enabled": False,
            "max_members": 500_000,
            "max_video_channel_users": 25,
            "max_stage_video_channel_users": 50,
        }

    def guild_create(self) -> Json:
        """The guild as the gateway sends it after READY, with channels and the bot's own member."""
        me = self.members[BOT.id]
        lists = ("voice_states", "threads", "presences", "stage_instances", "guild_scheduled_events")
        return self.guild() | {
            "joined_at": me.to_json()["joined_at"],
            "large": False,
            "unavailable": False,
            "member_count": len(self.members),
            "members": [me.to_json() | {"user": BOT.to_json()}],
            "channels": [channel.to_json() for channel in self.channels.values()],
            "soundboard_sounds": [],
            **{name: [] for name in lists},
        }


def permission_names(bits: int) -> str:
    """Permissions as Discord's client calls them, for sentences."""
    names = [name for permission, name in NAMES.items() if bits & permission]
    return ", ".join(names) or "permissions that nobody but an administrator has"
