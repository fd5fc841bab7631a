"""The world: what the stand-in for Discord knows, and what its members may do."""

import base64
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TypeVar

from sandbox.schemas.fields import Json, Locale
from sandbox.schemas.intents import GUILD_MEMBERS, GUILDS
from sandbox.world.clock import Changes, Clock, Snowflakes, iso
from sandbox.world.guild_objects import (
    PRIVATE_THREAD,
    VOICE_CHANNEL,
    AnyChannel,
    Channel,
    Member,
    Thread,
    User,
)
from sandbox.world.ids import APPLICATION_ID, GUILD_ID
from sandbox.world.message_objects import Attachment, Interaction, Message
from sandbox.world.permissions import ALL, WHILE_TIMED_OUT, Permission, permissions_in_channel
from sandbox.world.starting_guild import BOT, CHANNELS, MEMBERS, OWNER, PEOPLE, ROLES

T = TypeVar("T")


@dataclass(frozen=True)
class Event:
    """A gateway event for the sessions that have its `intent`; 0 is for all sessions."""

    name: str
    data: Json
    intent: int = 0


def new_token() -> str:
    """A bot token of three parts, as Discord makes them."""
    owner = base64.urlsafe_b64encode(APPLICATION_ID.encode()).decode().rstrip("=")
    return f"{owner}.sandbox.{secrets.token_urlsafe(27)}"


class World:
    """One guild with everything in it, from the state that `starting_guild` describes.

    `users` are the people by user name, all else is by id. `channels` holds the threads too. `locales` holds
    the language of each member by user name, `guild_locale` the guild's. `direct_channels` are those with the
    bot, in which no member takes messages. `address` is `http://HOST:PORT` of the server, once it runs.
    """

    def __init__(self, token: str | None = None, *, approved_intents: int = 0) -> None:
        """Start a world.

        `token` is the bot's token. By default it is the environment variable SANDBOX_TOKEN, or a new one.
        `approved_intents` are the privileged intents that the application may use.
        """
        self.token = token or os.environ.get("SANDBOX_TOKEN") or new_token()
        self.approved_intents = approved_intents
        self.address = ""
        self.bot_connected = False
        self.clock = Clock()
        self.snowflakes = Snowflakes(self.clock)
        self.changes = Changes()
        self.users = {user.name: user for user in PEOPLE}
        self.roles = {role.id: role for role in ROLES}
        self.channels: dict[str, AnyChannel] = {channel.id: replace(channel) for channel in CHANNELS}
        self.members = {member.user.id: member for member in MEMBERS}
        self.locales: dict[str, Locale] = dict.fromkeys(self.users, "en-US")
        self.guild_locale: Locale = "en-US"
        self.direct_channels: dict[str, User] = {}
        self.messages: dict[str, Message] = {}
        self.attachments: dict[str, Attachment] = {}
        self.interactions: dict[str, Interaction] = {}
        self.by_token: dict[str, Interaction] = {}
        self.commands: dict[str, Json] = {}
        self.old_edits: dict[str, list[float]] = {}
        self.listeners: list[Callable[[Event], None]] = []

    def dispatch(self, name: str, data: Json, intent: int = 0) -> None:
        """Send an event to the gateway's sessions."""
        for listener in self.listeners:
            listener(Event(name, data, intent))

    def remove_bot(self) -> None:
        """Remove the bot from the guild, and its commands there (documentation, "Guild Delete")."""
        self.commands = {key: one for key, one in self.commands.items() if one.get("guild_id") is None}
        self.dispatch("GUILD_DELETE", {"id": GUILD_ID}, GUILDS)
        self.changes.notify()

    def invite_bot(self) -> None:
        """Invite the bot to the guild."""
        self.dispatch("GUILD_CREATE", self.guild_create(), GUILDS)
        self.changes.notify()

    def break_guild(self) -> None:
        """Let the guild be unavailable for a moment, as in an outage."""
        self.dispatch("GUILD_DELETE", {"id": GUILD_ID, "unavailable": True}, GUILDS)
        self.dispatch("GUILD_CREATE", self.guild_create() | {"unavailable": False}, GUILDS)
        self.changes.notify()

    def move_clock(self, ahead_s: float) -> None:
        """Move the world's time this many seconds ahead of the machine's."""
        self.clock.ahead = ahead_s
        self.changes.notify()

    def join(self, name: str) -> User:
        """Add a member without roles to the guild; the name must be free."""
        user = User(self.snowflakes.next(), name, name.title())
        member = Member(user, joined_at=iso(self.clock.now()))
        self.users[name], self.members[user.id], self.locales[name] = user, member, "en-US"
        event = member.to_json() | {"user": user.to_json(), "guild_id": GUILD_ID}
        self.dispatch("GUILD_MEMBER_ADD", event, GUILD_MEMBERS)
        return user

    def permissions(self, user: User, channel: AnyChannel | None = None) -> int:
        """The permissions of a member in a channel, or in the whole guild.

        Without Connect, a voice channel takes all others but the sight of it. A private thread is for its
        members and for who manages threads.
        """
        if user is OWNER:
            return ALL
        role_ids = self.members[user.id].role_ids
        base = 0
        for role_id in (GUILD_ID, *role_ids):
            base |= self.roles[role_id].permissions
        if base & Permission.ADMINISTRATOR:
            return ALL
        if channel:
            base = permissions_in_channel(base, user.id, role_ids, GUILD_ID, channel.overwrites)
            if channel.kind == VOICE_CHANNEL and not base & Permission.CONNECT:
                base &= Permission.VIEW_CHANNEL
            elif isinstance(channel, Thread) and channel.kind == PRIVATE_THREAD:
                invited = user.id in channel.members or base & Permission.MANAGE_THREADS
                base = base if invited else 0
        return base & WHILE_TIMED_OUT if self.timed_out(user) else base

    def timed_out(self, user: User) -> bool:
        """Whether a member may only read for now."""
        return self.members[user.id].timed_out_until > self.clock.now()

    def may(self, user: User, permission: int, channel: AnyChannel | None = None) -> bool:
        """Whether a member has all these permissions."""
        return self.permissions(user, channel) & permission == permission

    def guild_channels(self) -> list[Channel]:
        """The channels without their threads."""
        return [channel for channel in self.channels.values() if isinstance(channel, Channel)]

    def threads(self, parent: Channel | None = None) -> list[Thread]:
        """The threads of a channel, or of all, from the oldest to the newest."""
        return [
            channel
            for channel in self.channels.values()
            if isinstance(channel, Thread) and parent in (None, channel.parent)
        ]

    def active_threads(self, user: User, parent: Channel | None = None) -> list[Thread]:
        """The threads of a channel, or of all, that are not archived and that a member sees."""
        return [
            thread
            for thread in self.threads(parent)
            if not thread.archived and self.may(user, Permission.VIEW_CHANNEL, thread)
        ]

    def closed(self, user: User, channel: AnyChannel) -> bool:
        """Whether a channel is a thread that is locked for a member."""
        locked = isinstance(channel, Thread) and channel.locked
        return locked and not self.may(user, Permission.MANAGE_THREADS, channel)

    def sees(self, user: User, message: Message) -> bool:
        """Whether a member sees a message: an ephemeral one only if the member started its interaction."""
        if message.ephemeral and message.interaction and message.interaction.user is not user:
            return False
        return self.may(user, Permission.VIEW_CHANNEL, self.channels[message.channel_id])

    def guild(self) -> Json:
        """Discord's guild object, without the parts that only an event holds."""
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
        """The guild as the gateway sends it after READY: with channels and the bot's own member."""
        me = self.members[BOT.id]
        lists = ("voice_states", "presences", "stage_instances", "guild_scheduled_events")
        return self.guild() | {
            "joined_at": me.to_json()["joined_at"],
            "large": False,
            "unavailable": False,
            "member_count": len(self.members),
            "members": [me.to_json() | {"user": BOT.to_json()}],
            "channels": [channel.to_json() for channel in self.guild_channels()],
            "threads": [thread.to_json() for thread in self.active_threads(BOT)],
            "soundboard_sounds": [],
            **{name: [] for name in lists},
        }


def from_id_on(by_id: dict[str, T], since: str) -> list[T]:
    """The values with the id `since` and later ones: a world's ids are in the order of time.

    It reads no earlier ones, of which a long test has tens of thousands.
    """
    newest_first = takewhile(
        lambda item: (len(item[0]), item[0]) >= (len(since), since), reversed(by_id.items())
    )
    return [value for _, value in newest_first][::-1]
