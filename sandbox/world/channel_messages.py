"""Messages of channels: sending, editing and deleting (Discord documentation, "Message Resource")."""

import re
from typing import Any

from sandbox.schemas.components import components_json, walk_components
from sandbox.schemas.fields import Json
from sandbox.schemas.intents import DIRECT_MESSAGES, GUILD_MESSAGES, MESSAGE_CONTENT
from sandbox.schemas.layout import COMPONENTS_V2, FILE, media_of
from sandbox.schemas.message_form import AllowedMentions, MessageForm
from sandbox.schemas.refusals import Code, Refusal
from sandbox.schemas.validation import invalid_form
from sandbox.world.attachments import Upload, attachments_after
from sandbox.world.guild_changes import add_to_thread, check_open, reopen
from sandbox.world.guild_objects import Thread, User
from sandbox.world.ids import GUILD_ID
from sandbox.world.message_objects import (
    CHAT_INPUT_COMMAND,
    EPHEMERAL,
    HAS_SNAPSHOT,
    HAS_THREAD,
    LOADING,
    SUPPRESS_EMBEDS,
    SUPPRESS_NOTIFICATIONS,
    THREAD_STARTER_MESSAGE,
    Attachment,
    Interaction,
    Message,
    embed_media,
    masked,
)
from sandbox.world.permissions import Permission
from sandbox.world.starting_guild import BOT
from sandbox.world.state import World

NONCE_KEPT_S = 300
"""How long a nonce is remembered. Discord's documentation says "a few minutes"."""

OLD_AFTER_S = 3600
OLD_EDITS = 3
"""Edits of messages older than an hour that a channel allows in an hour. Discord publishes no figure."""


def send(
    world: World,
    channel_id: str,
    author: User,
    form: MessageForm,
    uploads: list[Upload],
    *,
    interaction: Interaction | None = None,
    kind: int = 0,
    replies_to: Message | None = None,
    forwards: Message | None = None,
) -> Message:
    """Send a message to a channel. A thread that is archived reopens.

    Raises:
        Refusal: it is empty (50006), a file is too large (40005) or missing (50035), or the channel is a
            thread that is locked (160005, 50083).
    """
    if form.enforce_nonce and (same := _with_nonce(world, author, form.nonce)):
        return same
    message = compose(
        world,
        channel_id,
        author,
        form,
        uploads,
        interaction=interaction,
        kind=kind,
        replies_to=replies_to,
        forwards=forwards,
    )
    return add(world, message)


def compose(
    world: World,
    channel_id: str,
    author: User,
    form: MessageForm,
    uploads: list[Upload],
    *,
    interaction: Interaction | None = None,
    kind: int = 0,
    replies_to: Message | None = None,
    forwards: Message | None = None,
    message_id: str | None = None,
) -> Message:
    """Make a message that `add` puts into its channel.

    `message_id` is its id if that is known before, as that of a forum's post.

    Raises:
        Refusal: it is empty (50006), or a file is too large (40005) or missing (50035).
    """
    settable = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2 | (EPHEMERAL if interaction else 0)
    message = Message(
        id=message_id or world.snowflakes.next(),
        channel_id=channel_id,
        author=author,
        created_at=world.clock.now(),
        kind=kind,
        flags=(form.flags or 0) & settable | (HAS_SNAPSHOT if forwards else 0),
        tts=bool(form.tts),
        nonce=form.nonce,
        interaction=interaction,
        replies_to=replies_to,
        forwarded=forwards,
        snapshot=forwards.to_snapshot(world.address) if forwards else None,
    )
    _fill(world, message, form, uploads)
    return message


def note_of_thread(world: World, channel_id: str, author: User, kind: int, **fields: Any) -> Message:
    """Add the message of a kind by which Discord itself notes that a thread started."""
    created_at = world.clock.now()
    return add(world, Message(world.snowflakes.next(), channel_id, author, created_at, kind, **fields))


def show_thread(world: World, message: Message, thread: Thread) -> None:
    """Show the thread that started from a message below it."""
    message.thread, message.flags = thread, message.flags | HAS_THREAD
    _dispatch(world, "MESSAGE_UPDATE", message)


def add(world: World, message: Message) -> Message:
    """Put a message into its channel. Who writes in a thread becomes its member.

    Raises:
        Refusal: the channel is a thread that is locked (160005, 50083).
    """
    channel = world.channels[message.channel_id]
    reopen(world, message.author, channel)
    if not message.ephemeral:
        channel.last_message_id = message.id
    if isinstance(channel, Thread) and not message.ephemeral:
        message.position = channel.total_messages
        if message.id != channel.id and message.kind != THREAD_STARTER_MESSAGE:
            channel.messages += 1
            channel.total_messages += 1
        if not message.interaction:
            add_to_thread(world, channel, message.author)
    world.messages[message.id] = message
    _dispatch(world, "MESSAGE_CREATE", message)
    return message


def _with_nonce(world: World, author: User, nonce: str | int | None) -> Message | None:
    """The author's message of the last minutes with that nonce (Discord: Create Message)."""
    if nonce is None:
        return None
    since = world.clock.now() - NONCE_KEPT_S
    return next(
        (
            message
            for message in reversed(world.messages.values())
            if (message.author.id, message.nonce) == (author.id, nonce) and message.created_at > since
        ),
        None,
    )


def defer(
    world: World,
    channel_id: str,
    author: User,
    interaction: Interaction,
    *,
    ephemeral: bool,
    kind: int = CHAT_INPUT_COMMAND,
    replies_to: Message | None = None,
) -> Message:
    """Send a message that says that the bot is thinking."""
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
    return add(world, message)


def edit(world: World, message: Message, form: MessageForm, uploads: list[Upload]) -> Message:
    """Change the fields that the form names. An ephemeral message stays ephemeral.

    Raises:
        Refusal: the message would be empty (50006), a file is too large (40005) or missing (50035), or the
            channel is a thread that is archived (50083) or locked (160005).
    """
    check_open(world, message.author, world.channels[message.channel_id])
    _fill(world, message, form, uploads)
    if "flags" in form.model_fields_set:
        message.flags = message.flags & ~SUPPRESS_EMBEDS | (form.flags or 0) & (
            SUPPRESS_EMBEDS | COMPONENTS_V2
        )
    if message.loading:
        message.flags &= ~LOADING
    else:
        message.edited_at = world.clock.now()
    message.edits += 1
    _dispatch(world, "MESSAGE_UPDATE", message)
    return message


def count_old_edit(world: World, message: Message) -> None:
    """Count the edit if the message is older than an hour.

    Raises:
        Refusal: the channel allows no more such edits now (30046).
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
    """Delete a message."""
    channel = world.channels[message.channel_id]
    if isinstance(channel, Thread) and message.id != channel.id and not message.ephemeral:
        channel.messages -= 1
    del world.messages[message.id]
    message.deleted = True
    for interaction in world.interactions.values():
        if interaction.original is message:
            interaction.original = None
    if message.interaction and message in message.interaction.followups:
        message.interaction.followups.remove(message)
    data = {"id": message.id, "channel_id": message.channel_id, "guild_id": GUILD_ID}
    _dispatch_if_visible(world, "MESSAGE_DELETE", message, data)


def _fill(world: World, message: Message, form: MessageForm, uploads: list[Upload]) -> None:
    """Apply a form to a message. A refusal leaves the message as it was."""
    named = form.model_fields_set
    content = (form.content or "") if "content" in named else message.content
    components = components_json(form.components or ()) if "components" in named else message.components
    attachments = attachments_after(world, message, form, uploads)
    embeds = [embed.to_json() for embed in form.shown_embeds] if "embeds" in named else message.embeds
    second_version = (message.flags | (form.flags or 0)) & COMPONENTS_V2
    if second_version and (content or embeds):
        code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
        text = (
            "The text and the embeds have to be removed before components of the second version replace them"
        )
        raise invalid_form([(("flags",), code, text)])
    shown = content or embeds or components or (attachments and not second_version)
    if not (shown or message.snapshot):
        raise Refusal.of(Code.EMPTY_MESSAGE)
    _unfurl_media(world, components, [*message.attachments, *attachments])
    _show_files(world, embeds, [*message.attachments, *attachments])
    message.content, message.components = content, components
    message.attachments, message.embeds = attachments, embeds
    world.attachments |= {attachment.id: attachment for attachment in attachments}
    if "content" in named or message.id not in world.messages:
        _set_mentions(world, message, form.allowed_mentions)


def _show_files(world: World, embeds: list[Json], attachments: list[Attachment]) -> None:
    """Put the files of a message into the embeds that name them by `attachment://NAME` or by address."""
    files = {item.url(world.address): item for item in attachments}
    files |= {f"attachment://{item.filename}": item for item in attachments}
    for _, picture in embed_media(embeds):
        if file := files.get(picture["url"]):
            picture |= file.media(world.address) | {"content_type": file.content_type}
    for embed in embeds:
        for key in ("author", "footer"):
            icon = embed.get(key, {})
            if file := files.get(icon.get("icon_url", "")):
                icon["icon_url"] = icon["proxy_icon_url"] = file.url(world.address)


def _unfurl_media(world: World, components: list[Json], attachments: list[Attachment]) -> None:
    """Complete the pictures and files of components.

    Raises:
        Refusal: a component shows a file that the message does not have (50035).
    """
    files = {item.url(world.address): item for item in attachments}
    files |= {f"attachment://{item.filename}": item for item in attachments}
    for component in walk_components(components):
        for media in media_of(component):
            file = files.get(media["url"])
            if file is None and media["url"].startswith("attachment://"):
                code = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
                raise invalid_form([(("components",), code, "The referenced attachment was not found.")])
            media |= {"id": media.get("id") or world.snowflakes.next(), "proxy_url": media["url"]}
            if file:
                media |= file.media(world.address) | {
                    "content_type": file.content_type,
                    "attachment_id": file.id,
                }
            if file and component["type"] == FILE:
                component |= {"name": file.filename, "size": len(file.content)}


def _set_mentions(world: World, message: Message, allowed: AllowedMentions | None) -> None:
    """Set whom the text pings: the members and roles that it names and that `allowed` lets it ping."""
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
    answered = message.replies_to.author if message.replies_to and not message.interaction else None
    if answered and answered not in message.mentions and (allowed is None or allowed.replied_user):
        message.mentions.append(answered)
    message.mentioned_roles = [
        role_id
        for role_id in dict.fromkeys(re.findall(r"<@&(\d+)>", message.content))
        if role_id in world.roles and may_ping_all and (role_ids is None or role_id in role_ids)
    ]
    message.mentions_everyone = bool(
        may_ping_all and "everyone" in kinds and re.search(r"@(everyone|here)\b", message.content)
    )


def for_bot(world: World, message: Message) -> Json:
    """Discord's message object as the bot gets it over REST."""
    data = message.to_json(world.address)
    return data if world.approved_intents & MESSAGE_CONTENT else masked(data)


def _dispatch(world: World, name: str, message: Message) -> None:
    data = message.to_json(world.address)
    if not message.ephemeral:
        data["guild_id"] = GUILD_ID
        member = world.members.get(message.author.id)
        data |= {"member": member.to_json()} if member else {}
    _dispatch_if_visible(world, name, message, data)


def _dispatch_if_visible(world: World, name: str, message: Message, data: Json) -> None:
    """Send an event about a message, unless the bot does not see its channel.

    Ephemeral messages belong to the intent for direct messages (documentation, "Gateway Events").
    """
    if message.ephemeral or world.may(BOT, Permission.VIEW_CHANNEL, world.channels[message.channel_id]):
        world.dispatch(name, data, DIRECT_MESSAGES if message.ephemeral else GUILD_MESSAGES)
    world.changes.notify()
