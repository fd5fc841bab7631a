"""Messages, attachments and interactions (Discord documentation, "Message" and "Interactions")."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sandbox.schemas.fields import Json
from sandbox.world.clock import iso
from sandbox.world.guild_objects import Thread, User
from sandbox.world.ids import APPLICATION_ID, GUILD_ID

SUPPRESS_EMBEDS = 1 << 2
HAS_THREAD = 1 << 5
EPHEMERAL = 1 << 6
LOADING = 1 << 7
SUPPRESS_NOTIFICATIONS = 1 << 12
HAS_SNAPSHOT = 1 << 14
"""Flags of messages."""

ATTACHMENT_LIMIT_BYTES = 10 * 2**20

THREAD_CREATED, REPLY, CHAT_INPUT_COMMAND, THREAD_STARTER_MESSAGE, CONTEXT_MENU_COMMAND = 18, 19, 20, 21, 23
"""Kinds of messages; 0 is a plain one."""

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
"""Kinds of interactions."""


@dataclass(frozen=True)
class Attachment:
    """A file of a message; `description` is its alternative text, `size` a picture's width and height."""

    id: str
    filename: str
    content_type: str
    content: bytes
    description: str | None
    ephemeral: bool
    size: tuple[int, int] | None = None

    def url(self, address: str) -> str:
        """Its address; `address` is where the sandbox listens."""
        return f"{address}/sandbox/attachments/{self.id}/{self.filename}"

    def media(self, address: str) -> Json:
        """What Discord says of it where an embed shows it."""
        body: Json = {"url": self.url(address), "proxy_url": self.url(address)}
        body |= {"description": self.description} if self.description else {}
        return body | ({"width": self.size[0], "height": self.size[1]} if self.size else {})

    def to_json(self, address: str) -> Json:
        """Discord's attachment object; `address` is where the sandbox listens."""
        body = {
            "id": self.id,
            "filename": self.filename,
            "size": len(self.content),
            "content_type": self.content_type,
            **self.media(address),
        }
        return body | ({"ephemeral": True} if self.ephemeral else {})


_IN_SNAPSHOTS = (
    "type",
    "content",
    "mentions",
    "mention_roles",
    "attachments",
    "embeds",
    "timestamp",
    "edited_timestamp",
    "flags",
    "components",
)


@dataclass(eq=False)
class Interaction:
    """One use of a command, a button, a select or a modal, or one request for completions.

    - `name`: the command's name, the button's label, the select's placeholder or the modal's title
    - `shown`: the same as the chat shows it
    - `created_at`, `acknowledged_at`: Unix seconds; the latter is the time of the first answer
    - `source`: the message with the component that was used
    - `trigger`: the interaction that opened the modal that was submitted
    - `target`: the user or the message whose context menu was used
    - `focused`: the option to complete
    - `original`: the message of the first answer, or None while there is none. After a deferred update it
      is the source
    - `deferred_at_edits`: the edits that the source had at a deferred update
    - `followups`: the messages after the first answer
    - `modal`: the modal that the first answer opened
    - `choices`: the completions
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


@dataclass(eq=False)
class Message:
    """A message.

    `attachments` are all its files, also those that its embeds show. `edits` counts its changes, including
    the one that fills a deferred answer. `replies_to` is the message that it answers, or the one from which
    its thread started. `thread` is the one that started here, `position` the message's place in the thread
    that it is in. `forwarded` is the message that it forwards, and `snapshot` what that said then.
    """

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
    replies_to: "Message | None" = None
    deleted: bool = False
    thread: Thread | None = None
    position: int | None = None
    forwarded: "Message | None" = None
    snapshot: Json | None = None

    @property
    def ephemeral(self) -> bool:
        """Whether only the person who started the interaction sees it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        """Whether it is a deferred answer that is still empty."""
        return bool(self.flags & LOADING)

    def listed_attachments(self, address: str) -> list[Attachment]:
        """The files below the message: those that no embed shows."""
        shown = {media["url"] for _, media in embed_media(self.embeds)}
        return [attachment for attachment in self.attachments if attachment.url(address) not in shown]

    def to_json(self, address: str, *, with_reference: bool = True) -> Json:
        """Discord's message object; `address` is where the sandbox listens, for the attachments' URLs.

        It holds the message that it answers, but of that one no further message.
        """
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
            "attachments": [item.to_json(address) for item in self.listed_attachments(address)],
            "embeds": self.embeds,
            "components": self.components,
            "pinned": False,
            "flags": self.flags,
        }
        if self.nonce is not None:
            body["nonce"] = self.nonce
        if self.position is not None:
            body["position"] = self.position
        if self.thread and self.kind == THREAD_CREATED:
            body["message_reference"] = _reference(self.thread.id)
        elif self.thread:
            body["thread"] = self.thread.to_json()
        if self.forwarded:
            body["message_reference"] = _reference(self.forwarded.channel_id, self.forwarded, kind=1)
            body["message_snapshots"] = [{"message": self.snapshot}]
        if self.replies_to:
            body["message_reference"] = _reference(self.replies_to.channel_id, self.replies_to)
            if with_reference:
                answered = self.replies_to
                body["referenced_message"] = (
                    None if answered.deleted else answered.to_json(address, with_reference=False)
                )
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

    def to_snapshot(self, address: str) -> Json:
        """What a message that forwards this one shows: the message in Discord's snapshot object."""
        body = self.to_json(address)
        return self.snapshot or {key: body[key] for key in _IN_SNAPSHOTS}


def _reference(channel_id: str, message: Message | None = None, kind: int = 0) -> Json:
    """Discord's message reference object."""
    body: Json = {"type": kind, "channel_id": channel_id, "guild_id": GUILD_ID}
    return body | ({"message_id": message.id} if message else {})


def embed_media(embeds: Iterable[Json]) -> Iterator[tuple[str, Json]]:
    """The pictures of embeds: the key of each, and the object with its `url`."""
    for embed in embeds:
        for key in ("image", "thumbnail"):
            if key in embed:
                yield key, embed[key]


_NOTHING: Json = {"content": "", "embeds": [], "attachments": [], "components": []}


def masked(message: Json) -> Json:
    """A message as an application without the message content intent gets it.

    What the bot wrote and what mentions it stays (documentation, "Gateway", message content intent).
    """
    if answered := message.get("referenced_message"):
        message = message | {"referenced_message": masked(answered)}
    if message["author"]["id"] == APPLICATION_ID:
        return message
    if snapshots := message.get("message_snapshots"):
        shown = [{"message": snapshot["message"] | _NOTHING} for snapshot in snapshots]
        message = message | {"message_snapshots": shown}
    if any(user["id"] == APPLICATION_ID for user in message["mentions"]):
        return message
    return message | _NOTHING
