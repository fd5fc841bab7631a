"""The life of an interaction (Discord documentation, "Receiving and Responding").

It starts when a member uses a command, a button, a select or a modal. The bot then has three seconds for
the first answer, and fifteen minutes, by the interaction's token, for edits and follow-ups.
"""

import asyncio
import secrets
from typing import Any, Literal

from sandbox.schemas.callback_form import (
    AUTOCOMPLETE_ANSWER,
    DEFERRED_ANSWER,
    DEFERRED_UPDATE,
    MESSAGE_ANSWER,
    MODAL_ANSWER,
    UPDATE,
    AutocompleteForm,
    CallbackForm,
)
from sandbox.schemas.command_form import STRING, type_problem
from sandbox.schemas.fields import Json
from sandbox.schemas.layout import COMPONENTS_V2
from sandbox.schemas.message_form import MessageForm, parse_message_form
from sandbox.schemas.modals import ModalForm
from sandbox.schemas.refusals import Code, Refusal
from sandbox.schemas.validation import invalid_form, parse_form
from sandbox.world import channel_messages
from sandbox.world.attachments import Upload
from sandbox.world.guild_changes import change_thread
from sandbox.world.guild_objects import Thread, User
from sandbox.world.ids import APPLICATION_ID, GUILD_ID
from sandbox.world.message_objects import (
    ATTACHMENT_LIMIT_BYTES,
    AUTOCOMPLETE,
    CHAT_INPUT_COMMAND,
    COMMAND,
    COMPONENT,
    CONTEXT_MENU_COMMAND,
    EPHEMERAL,
    MODAL_SUBMIT,
    REPLY,
    Interaction,
    Message,
)
from sandbox.world.starting_guild import BOT
from sandbox.world.state import World

FIRST_ANSWER_S = 3
TOKEN_LIFETIME_S = 15 * 60
TOKEN_LENGTH = 120

_ALLOWED_ANSWERS = {
    COMMAND: (MESSAGE_ANSWER, DEFERRED_ANSWER, MODAL_ANSWER),
    COMPONENT: (MESSAGE_ANSWER, DEFERRED_ANSWER, DEFERRED_UPDATE, UPDATE, MODAL_ANSWER),
    AUTOCOMPLETE: (AUTOCOMPLETE_ANSWER,),
    MODAL_SUBMIT: (MESSAGE_ANSWER, DEFERRED_ANSWER),
}
"""The types of first answers that each kind of interaction takes. A modal that a message opened also takes
updates of that message."""

State = Literal["pending", "deferred", "answered", "failed"]


def start(
    world: World,
    user: User,
    channel_id: str,
    name: str,
    data: Json,
    *,
    kind: int = COMMAND,
    shown: str | None = None,
    source: Message | None = None,
    trigger: Interaction | None = None,
    target: User | Message | None = None,
    focused: Json | None = None,
) -> Interaction:
    """Start an interaction of a member and send it to the bot.

    `data` is the interaction's data as the gateway sends it. The other parameters are the fields of
    `Interaction`; `shown` is by default the name after a slash.
    """
    interaction = Interaction(
        id=world.snowflakes.next(),
        token=secrets.token_urlsafe(TOKEN_LENGTH * 3 // 4),
        kind=kind,
        user=user,
        channel_id=channel_id,
        name=name,
        shown=shown or f"/{name}",
        created_at=world.clock.now(),
        source=source,
        trigger=trigger,
        target=target,
        focused=focused,
    )
    world.interactions[interaction.id] = world.by_token[interaction.token] = interaction
    channel = world.channels[channel_id]
    if isinstance(channel, Thread) and channel.archived and kind != AUTOCOMPLETE:
        change_thread(world, channel, archived=False)  # Discord's client does so before
    member = world.members[user.id].to_json()
    event = {
        "id": interaction.id,
        "application_id": APPLICATION_ID,
        "type": kind,
        "data": data,
        "guild": {"id": GUILD_ID, "locale": world.guild_locale, "features": []},
        "guild_id": GUILD_ID,
        "channel": channel.to_json() | {"permissions": str(world.permissions(user, channel))},
        "channel_id": channel_id,
        "member": member | {"user": user.to_json(), "permissions": str(world.permissions(user, channel))},
        "token": interaction.token,
        "version": 1,
        "app_permissions": str(world.permissions(BOT, channel)),
        "locale": world.locales[user.name],
        "guild_locale": world.guild_locale,
        "entitlements": [],
        "authorizing_integration_owners": {"0": GUILD_ID},
        "context": 0,
        "attachment_size_limit": ATTACHMENT_LIMIT_BYTES,
    }
    if source:
        event["message"] = source.to_json(world.address)
    world.dispatch("INTERACTION_CREATE", event)
    world.changes.notify()
    asyncio.get_running_loop().call_later(FIRST_ANSWER_S, world.changes.notify)
    return interaction


def state(world: World, interaction: Interaction) -> State:
    """The state of an interaction; "failed" is what Discord shows as "The application did not respond".

    A deferred update stays "deferred" until the bot edits the message or sends a follow-up.
    """
    age = world.clock.now() - interaction.created_at
    original = interaction.original
    if interaction.acknowledged_at is None:
        return "pending" if age <= FIRST_ANSWER_S else "failed"
    if original and original.loading:
        return "deferred" if age <= TOKEN_LIFETIME_S else "failed"
    if original and original.edits == interaction.deferred_at_edits and not interaction.followups:
        return "deferred"
    return "answered"


async def wait_for_first_answer(world: World, interaction: Interaction) -> None:
    """Wait for the first answer, at most until the bot's three seconds are over."""
    await world.changes.wait_until(lambda: state(world, interaction) != "pending", FIRST_ANSWER_S + 1)


def unanswered(world: World, interaction_id: str, token: str) -> Interaction:
    """The interaction that still waits for its first answer.

    Raises:
        Refusal: the interaction is unknown or older than three seconds (10062), or it has an answer already
            (40060).
    """
    interaction = world.interactions.get(interaction_id)
    if interaction is None or interaction.token != token:
        raise Refusal.of(Code.UNKNOWN_INTERACTION)
    if interaction.acknowledged_at is not None:
        raise Refusal.of(Code.ALREADY_ACKNOWLEDGED)
    if world.clock.now() - interaction.created_at > FIRST_ANSWER_S:
        raise Refusal.of(Code.UNKNOWN_INTERACTION)
    _check_channel(world, interaction)
    return interaction


def respond(world: World, interaction: Interaction, body: Any, uploads: list[Upload]) -> Json:
    """Take the bot's first answer.

    Returns:
        Discord's interaction callback response object.

    Raises:
        Refusal: the answer is invalid (50035, 50006).
    """
    form = parse_form(CallbackForm, body)
    allowed = _ALLOWED_ANSWERS[interaction.kind]
    if interaction.kind == MODAL_SUBMIT and interaction.source:
        allowed += (DEFERRED_UPDATE, UPDATE)
    if form.type not in allowed:
        raise invalid_form([(("type",), "BASE_TYPE_CHOICES", f"Value must be one of {allowed}.")])
    data = form.data or {}
    if form.type == AUTOCOMPLETE_ANSWER:
        interaction.choices = _choices(interaction, data)
    elif form.type == MODAL_ANSWER:
        interaction.modal = parse_form(ModalForm, data, at=("data",)).to_json()
    elif form.type == DEFERRED_UPDATE and interaction.source:
        interaction.original = interaction.source
        interaction.deferred_at_edits = interaction.source.edits
    else:
        edited = interaction.source if form.type == UPDATE else None
        second_version = edited is not None and bool(edited.flags & COMPONENTS_V2)
        message = parse_message_form(data, at=("data",), second_version=second_version)
        _show(world, interaction, form.type, message, uploads)
    interaction.acknowledged_at = world.clock.now()
    world.changes.notify()
    return _callback_response(world, interaction, form.type)


def _show(
    world: World, interaction: Interaction, kind: int, form: MessageForm, uploads: list[Upload]
) -> None:
    """Show an answer: a message, a note that the bot is thinking, or an edit of the component's message."""
    source = interaction.source
    if kind == UPDATE:
        if source is None or source.id not in world.messages:
            raise Refusal.of(Code.UNKNOWN_MESSAGE)
        interaction.original = channel_messages.edit(world, source, form, uploads)
        return
    where = interaction.channel_id
    menu = (interaction.trigger or interaction).target
    message_kind = REPLY if source else CONTEXT_MENU_COMMAND if menu else CHAT_INPUT_COMMAND
    replies_to = source or (menu if isinstance(menu, Message) else None)
    if kind == DEFERRED_ANSWER:
        ephemeral = bool((form.flags or 0) & EPHEMERAL)
        interaction.original = channel_messages.defer(
            world, where, BOT, interaction, ephemeral=ephemeral, kind=message_kind, replies_to=replies_to
        )
    else:
        interaction.original = channel_messages.send(
            world,
            where,
            BOT,
            form,
            uploads,
            interaction=interaction,
            kind=message_kind,
            replies_to=replies_to,
        )


def _choices(interaction: Interaction, data: Json) -> list[Json]:
    """The completions in an answer.

    Raises:
        Refusal: there are more than 25, or one is too long or has another type than the option (50035).
    """
    choices = parse_form(AutocompleteForm, data, at=("data",)).choices
    kind = interaction.focused["type"] if interaction.focused else STRING
    mistakes = (
        (("data", "choices", str(at), "value"), *wrong)
        for at, choice in enumerate(choices)
        if (wrong := type_problem(choice.value, kind))
    )
    if problems := list(mistakes):
        raise invalid_form(problems)
    return [choice.model_dump(exclude_none=True) for choice in choices]


def with_token(world: World, application_id: str, token: str) -> Interaction:
    """The interaction that a webhook's token belongs to.

    Raises:
        Refusal: the application is unknown (10015), the token is unknown or older than fifteen minutes
            (401 with 50027), or the interaction has no first answer or asks for completions (10015).
    """
    if application_id != APPLICATION_ID:
        raise Refusal.of(Code.UNKNOWN_WEBHOOK)
    interaction = world.by_token.get(token)
    if interaction is None or world.clock.now() - interaction.created_at > TOKEN_LIFETIME_S:
        raise Refusal.of(Code.INVALID_WEBHOOK_TOKEN)
    if interaction.acknowledged_at is None or interaction.kind == AUTOCOMPLETE:
        raise Refusal.of(Code.UNKNOWN_WEBHOOK)
    _check_channel(world, interaction)
    return interaction


def _check_channel(world: World, interaction: Interaction) -> None:
    if interaction.channel_id not in world.channels:
        raise Refusal.of(Code.UNKNOWN_CHANNEL)


def answer_message(interaction: Interaction, message_id: str) -> Message:
    """The first answer (`@original`) or a follow-up.

    Raises:
        Refusal: there is no such message (10008).
    """
    messages = [interaction.original, *interaction.followups]
    wanted = interaction.original.id if message_id == "@original" and interaction.original else message_id
    message = next((message for message in messages if message and message.id == wanted), None)
    if message is None or message.deleted:  # a press may be answered after its message was deleted
        raise Refusal.of(Code.UNKNOWN_MESSAGE)
    return message


def follow_up(world: World, interaction: Interaction, form: MessageForm, uploads: list[Upload]) -> Message:
    """Add a message after the first answer. A follow-up fills a deferred answer, as it does at Discord."""
    original = interaction.original
    if original and original.loading:
        return channel_messages.edit(world, original, form, uploads)
    message = channel_messages.send(
        world,
        interaction.channel_id,
        BOT,
        form,
        uploads,
        interaction=interaction,
        kind=REPLY if original else 0,
        replies_to=original,
    )
    interaction.followups.append(message)
    world.changes.notify()
    return message


def _callback_response(world: World, interaction: Interaction, kind: int) -> Json:
    original = interaction.original
    response: Json = {"id": interaction.id, "type": interaction.kind}
    if original is None:
        return {"interaction": response}
    response |= {
        "response_message_id": original.id,
        "response_message_loading": original.loading,
        "response_message_ephemeral": original.ephemeral,
    }
    if kind not in (MESSAGE_ANSWER, UPDATE):
        return {"interaction": response}
    resource = {"type": kind, "message": channel_messages.for_bot(world, original)}
    return {"interaction": response, "resource": resource}
