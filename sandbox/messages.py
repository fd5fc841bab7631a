"""Messages: sending, editing and deleting (Discord documentation, "Message Resource")."""

import mimetypes
import re
from dataclasses import dataclass
from pathlib import PurePath

from sandbox.components import stored
from sandbox.errors import Code, Refusal
from sandbox.forms import AllowedMentions, MessageForm, invalid
from sandbox.permissions import Permission
from sandbox.world import (
    ATTACHMENT_LIMIT_BYTES,
    BOT,
    DIRECT_MESSAGES,
    EPHEMERAL,
    GUILD_ID,
    GUILD_MESSAGES,
    LOADING,
    SUPPRESS_EMBEDS,
    SUPPRESS_NOTIFICATIONS,
    Attachment,
    Interaction,
    Json,
    Message,
    User,
    World,
)

REPLY, CHAT_INPUT_COMMAND, CONTEXT_MENU_COMMAND = 19, 20, 23

OLD_AFTER_S = 3600
OLD_EDITS = 3
"""Edits that messages older than an hour get in a channel within an hour. Discord publishes no figure."""


@dataclass(frozen=True)
class Upload:
    """A file of a multipart request, from its part `files[index]`."""

    index: str
    filename: str
    content: bytes


def send(
    world: World,
    channel_id: str,
    author: User,
    form: MessageForm,
    uploads: list[Upload],
    *,
    interaction: Interaction | None = None,
    kind: int = 0,
    replies_to: str | None = None,
) -> Message:
    """Put a message into a channel.

    Raises:
        Refusal: it is empty (50006), or a file of it is too large or missing.
    """
    settable = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | (EPHEMERAL if interaction else 0)
    message = Message(
        id=world.snowflakes.next(),
        channel_id=channel_id,
        author=author,
        created_at=world.clock.now(),
        kind=kind,
        flags=(form.flags or 0) & settable,
        tts=bool(form.tts),
        nonce=form.nonce,
        interaction=interaction,
        replies_to=replies_to,
    )
    _fill(world, message, form, uploads)
    world.messages[message.id] = message
    _tell(world, "MESSAGE_CREATE", message)
    return message


def defer(
    world: World,
    channel_id: str,
    author: User,
    interaction: Interaction,
    *,
    ephemeral: bool,
    kind: int = CHAT_INPUT_COMMAND,
    replies_to: str | None = None,
) -> Message:
    """Put a message there that says the bot is thinking."""
    message = Message(
        id=world.snowflakes.next(),
        channel_id=channel_id,
        author=author,
        created_at=world.clock.now(),
        kind=kind,
        flags=LOADING | (EPHEMERAL if ephemeral else 0),
        interaction=interaction,
        replies_to=replies_to,
    )
    world.messages[message.id] = message
    _tell(world, "MESSAGE_CREATE", message)
    return message


def edit(world: World, message: Message, form: MessageForm, uploads: list[Upload]) -> Message:
    """Change what the form names; what it does not name stays. Whether it is ephemeral never changes.

    Raises:
        Refusal: nothing would be left (50006).
    """
    _fill(world, message, form, uploads)
    if "flags" in form.model_fields_set:
        message.flags = message.flags & ~SUPPRESS_EMBEDS | (form.flags or 0) & SUPPRESS_EMBEDS
    if message.loading:
        message.flags &= ~LOADING
    else:
        message.edited_at = world.clock.now()
    message.edits += 1
    _tell(world, "MESSAGE_UPDATE", message)
    return message


def count_old_edit(world: World, message: Message) -> None:
    """Count an edit of a message that is older than an hour.

    Raises:
        Refusal: its channel had its edits of such messages (30046).
    """
    now = world.clock.now()
    if now - message.created_at <= OLD_AFTER_S:
        return
    recent = [at for at in world.old_edits.get(message.channel_id, []) if now - at < OLD_AFTER_S]
    if len(recent) >= OLD_EDITS:
        retry_after = round(recent[0] + OLD_AFTER_S - now, 3)
        raise Refusal.of(Code.TOO_MANY_OLD_EDITS, extra={"retry_after": retry_after, "global": False})
    world.old_edits[message.channel_id] = [*recent, now]


def delete(world: World, message: Message) -> None:
    """Take a message away."""
    del world.messages[message.id]
    for interaction in world.interactions.values():
        if interaction.original is message:
            interaction.original = None
    if message.interaction and message in message.interaction.followups:
        message.interaction.followups.remove(message)
    data = {"id": message.id, "channel_id": message.channel_id, "guild_id": GUILD_ID}
    _tell_who_sees(world, "MESSAGE_DELETE", message, data)


def _fill(world: World, message: Message, form: MessageForm, uploads: list[Upload]) -> None:
    """Put what a form names into a message; nothing is changed where the outcome is refused."""
    named = form.model_fields_set
    content = (form.content or "") if "content" in named else message.content
    components = stored(form.components or ()) if "components" in named else message.components
    attachments = _attachments(world, message, form, uploads)
    embeds = [embed.to_json() for embed in form.shown_embeds] if "embeds" in named else message.embeds
    if not (content or embeds or attachments or components):
        raise Refusal.of(Code.EMPTY_MESSAGE)
    addresses = {f"attachment://{item.filename}": item.to_json(world.address)["url"] for item in attachments}
    for picture in (embed[key] for embed in embeds for key in ("image", "thumbnail") if key in embed):
        picture["url"] = addresses.get(picture["url"], picture["url"])
    message.content, message.components = content, components
    message.attachments, message.embeds = attachments, embeds
    world.attachments |= {attachment.id: attachment for attachment in attachments}
    if "content" in named:
        _set_mentions(world, message, form.allowed_mentions)


def _attachments(
    world: World, message: Message, form: MessageForm, uploads: list[Upload]
) -> list[Attachment]:
    if any(len(upload.content) > ATTACHMENT_LIMIT_BYTES for upload in uploads):
        raise Refusal.of(Code.ENTITY_TOO_LARGE)
    entries = {entry.id: entry for entry in form.attachments or ()}
    keeps_all = "attachments" not in form.model_fields_set
    kept = [attachment for attachment in message.attachments if keeps_all or attachment.id in entries]
    known = {upload.index for upload in uploads} | {attachment.id for attachment in kept}
    missing = [entry.id for entry in entries.values() if entry.id not in known]
    if missing:
        positions = {entry.id: str(at) for at, entry in enumerate(form.attachments or ())}
        raise invalid(
            (
                ("attachments", positions[identity], "id"),
                "ATTACHMENT_NOT_FOUND",
                f"No file and no attachment has the id {identity}.",
            )
            for identity in missing
        )
    for upload in uploads:
        entry = entries.get(upload.index)
        name = (entry and entry.filename) or upload.filename
        description = entry.description if entry else None
        kept.append(
            attachment(world, name, upload.content, description=description, ephemeral=message.ephemeral)
        )
    return kept


def attachment(
    world: World, name: str, content: bytes, *, description: str | None = None, ephemeral: bool
) -> Attachment:
    """A file under a name that is safe in an address, its content type guessed from the name."""
    filename = _safe(name)
    return Attachment(
        id=world.snowflakes.next(),
        filename=filename,
        content_type=_content_type(filename),
        content=content,
        description=description,
        ephemeral=ephemeral,
    )


def _safe(filename: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", PurePath(filename).name) or "unknown"


def _content_type(filename: str) -> str:
    kind = mimetypes.guess_type(filename)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def _set_mentions(world: World, message: Message, allowed: AllowedMentions | None) -> None:
    """Find whom the text pings (allowed mentions object: without one, everybody it names)."""
    kinds = {"users", "roles", "everyone"} if allowed is None else set(allowed.parse or ())
    user_ids = None if "users" in kinds else set((allowed and allowed.users) or ())
    role_ids = None if "roles" in kinds else set((allowed and allowed.roles) or ())
    channel = world.channels[message.channel_id]
    may_ping_all = world.may(message.author, Permission.MENTION_EVERYONE, channel)
    named = dict.fromkeys(re.findall(r"<@!?(\d+)>", message.content))
    message.mentions = [
        world.members[user_id].user
        for user_id in named
        if user_id in world.members and (user_ids is None or user_id in user_ids)
    ]
    message.mentioned_roles = [
        role_id
        for role_id in dict.fromkeys(re.findall(r"<@&(\d+)>", message.content))
        if role_id in world.roles and may_ping_all and (role_ids is None or role_id in role_ids)
    ]
    message.mentions_everyone = bool(
        may_ping_all and "everyone" in kinds and re.search(r"@(everyone|here)\b", message.content)
    )


def _tell(world: World, name: str, message: Message) -> None:
    data = message.to_json(world.address)
    if not message.ephemeral:
        data["guild_id"] = GUILD_ID
        member = world.members.get(message.author.id)
        data |= {"member": member.to_json()} if member else {}
    _tell_who_sees(world, name, message, data)


def _tell_who_sees(world: World, name: str, message: Message, data: Json) -> None:
    """Ephemeral messages belong to the intent for direct messages (documentation, "Gateway Events")."""
    if message.ephemeral or world.may(BOT, Permission.VIEW_CHANNEL, world.channels[message.channel_id]):
        world.tell(name, data, DIRECT_MESSAGES if message.ephemeral else GUILD_MESSAGES)
    world.changes.happened()
