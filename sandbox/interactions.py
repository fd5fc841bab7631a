"""The life of an interaction (Discord documentation, "Receiving and Responding").

A command, a button, a select or a modal is used; the bot has three seconds for the first answer and
fifteen minutes, by the interaction's token, for everything after it.
"""

import asyncio
import secrets
from typing import Any, Literal

from sandbox import messages
from sandbox.errors import Code, Refusal
from sandbox.forms import (
    INTEGER,
    LARGEST_INTEGER,
    STRING,
    AutocompleteForm,
    CallbackForm,
    Choice,
    MessageForm,
    invalid,
    read,
)
from sandbox.messages import CHAT_INPUT_COMMAND, CONTEXT_MENU_COMMAND, REPLY, Upload
from sandbox.modals import ModalForm
from sandbox.world import (
    APPLICATION_ID,
    ATTACHMENT_LIMIT_BYTES,
    AUTOCOMPLETE,
    BOT,
    COMMAND,
    COMPONENT,
    EPHEMERAL,
    GUILD_ID,
    MODAL_SUBMIT,
    Interaction,
    Json,
    Message,
    User,
    World,
)

FIRST_ANSWER_S = 3
TOKEN_LIFETIME_S = 15 * 60

MESSAGE_ANSWER, DEFERRED_ANSWER, DEFERRED_UPDATE, UPDATE = 4, 5, 6, 7
AUTOCOMPLETE_ANSWER, MODAL_ANSWER = 8, 9

_FITTING = {
    COMMAND: (MESSAGE_ANSWER, DEFERRED_ANSWER, MODAL_ANSWER),
    COMPONENT: (MESSAGE_ANSWER, DEFERRED_ANSWER, DEFERRED_UPDATE, UPDATE, MODAL_ANSWER),
    AUTOCOMPLETE: (AUTOCOMPLETE_ANSWER,),
    MODAL_SUBMIT: (MESSAGE_ANSWER, DEFERRED_ANSWER),
}
"""The first answers to each kind of interaction; modals opened from a message also take updates of it."""

State = Literal["pending", "deferred", "answered", "failed"]


def begin(
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
    """Let a member use something; `data` is the interaction's data as the gateway tells it.

    The rest is as in `Interaction`; by default `shown` is the name behind a slash.
    """
    interaction = Interaction(
        id=world.snowflakes.next(),
        token=secrets.token_urlsafe(90),
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
    world.interactions[interaction.id] = interaction
    channel = world.channels[channel_id]
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
    world.tell("INTERACTION_CREATE", event)
    world.changes.happened()
    asyncio.get_running_loop().call_later(FIRST_ANSWER_S, world.changes.happened)
    return interaction


def state(world: World, interaction: Interaction) -> State:
    """Where an interaction stands; failed means that Discord shows "The application did not respond".

    A deferred update is deferred until the message is edited or a follow-up comes.
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


async def first_answer(world: World, interaction: Interaction) -> None:
    """Wait until there is a first answer, or none can come any more."""
    await world.changes.wait_until(lambda: state(world, interaction) != "pending", FIRST_ANSWER_S + 1)


def answer(world: World, interaction_id: str, token: str, body: Any, uploads: list[Upload]) -> Json:
    """Take the first answer; the result is the interaction callback response object.

    Raises:
        Refusal: the interaction is unknown or older than three seconds (10062), was answered before
            (40060), or the answer is not one that fits (50035, 50006).
    """
    interaction = world.interactions.get(interaction_id)
    if interaction is None or interaction.token != token:
        raise Refusal.of(Code.UNKNOWN_INTERACTION)
    if interaction.acknowledged_at is not None:
        raise Refusal.of(Code.ALREADY_ACKNOWLEDGED)
    if world.clock.now() - interaction.created_at > FIRST_ANSWER_S:
        raise Refusal.of(Code.UNKNOWN_INTERACTION)
    form = read(CallbackForm, body)
    fitting = _FITTING[interaction.kind]
    if interaction.kind == MODAL_SUBMIT and interaction.source:
        fitting += (DEFERRED_UPDATE, UPDATE)
    if form.type not in fitting:
        raise invalid([(("type",), "BASE_TYPE_CHOICES", f"Value must be one of {fitting}.")])
    data = form.data or {}
    if form.type == AUTOCOMPLETE_ANSWER:
        interaction.choices = _choices(interaction, data)
    elif form.type == MODAL_ANSWER:
        interaction.modal = read(ModalForm, data, at=("data",)).to_json()
    elif form.type == DEFERRED_UPDATE and interaction.source:
        interaction.original = interaction.source
        interaction.deferred_at_edits = interaction.source.edits
    else:
        _show(world, interaction, form.type, read(MessageForm, data, at=("data",)), uploads)
    interaction.acknowledged_at = world.clock.now()
    world.changes.happened()
    return _callback_response(world, interaction, form.type)


def _show(
    world: World, interaction: Interaction, kind: int, form: MessageForm, uploads: list[Upload]
) -> None:
    """Answer with a message, a notice that the bot is thinking, or a change of the component's message."""
    source = interaction.source
    if kind == UPDATE:
        if source is None or source.id not in world.messages:
            raise Refusal.of(Code.UNKNOWN_MESSAGE)
        interaction.original = messages.edit(world, source, form, uploads)
        return
    where = interaction.channel_id
    menu = (interaction.trigger or interaction).target
    message_kind = REPLY if source else CONTEXT_MENU_COMMAND if menu else CHAT_INPUT_COMMAND
    replies_to = source.id if source else None
    if kind == DEFERRED_ANSWER:
        ephemeral = bool((form.flags or 0) & EPHEMERAL)
        interaction.original = messages.defer(
            world, where, BOT, interaction, ephemeral=ephemeral, kind=message_kind, replies_to=replies_to
        )
    else:
        interaction.original = messages.send(
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
    """The completions of an answer.

    Raises:
        Refusal: there are more than 25, or one is too long or not of the option's type (50035).
    """
    choices = read(AutocompleteForm, data, at=("data",)).choices
    kind = interaction.focused["type"] if interaction.focused else STRING
    mistakes = (
        (("data", "choices", str(at), "value"), *wrong)
        for at, choice in enumerate(choices)
        if (wrong := _unfit(choice, kind))
    )
    if problems := list(mistakes):
        raise invalid(problems)
    return [choice.model_dump(exclude_none=True) for choice in choices]


def _unfit(choice: Choice, kind: int) -> tuple[str, str] | None:
    """What is wrong with a choice's value for an option of that type."""
    value = choice.value
    if kind == STRING:
        fits = isinstance(value, str)
        return None if fits else ("STRING_TYPE_CONVERT", f"Could not interpret {value!r} as string.")
    if isinstance(value, str) or (kind == INTEGER and isinstance(value, float)):
        return "NUMBER_TYPE_COERCE", f"Value {value!r} is not {'int' if kind == INTEGER else 'float'}."
    if abs(value) > LARGEST_INTEGER:
        return "NUMBER_TYPE_MAX", f"Value should be less than or equal to {LARGEST_INTEGER}."
    return None


def of_token(world: World, application_id: str, token: str) -> Interaction:
    """The interaction whose webhook this is.

    Raises:
        Refusal: the application is another (10015), the token is unknown or older than fifteen
            minutes (401 with 50027), or the interaction has no first answer yet or asks for
            completions (10015).
    """
    if application_id != APPLICATION_ID:
        raise Refusal.of(Code.UNKNOWN_WEBHOOK)
    interaction = next((item for item in world.interactions.values() if item.token == token), None)
    if interaction is None or world.clock.now() - interaction.created_at > TOKEN_LIFETIME_S:
        raise Refusal.of(Code.INVALID_WEBHOOK_TOKEN)
    if interaction.acknowledged_at is None or interaction.kind == AUTOCOMPLETE:
        raise Refusal.of(Code.UNKNOWN_WEBHOOK)
    return interaction


def message_of(interaction: Interaction, message_id: str) -> Message:
    """The first answer (`@original`) or a follow-up.

    Raises:
        Refusal: it is not there, or no longer (10008).
    """
    own = [interaction.original, *interaction.followups]
    wanted = interaction.original.id if message_id == "@original" and interaction.original else message_id
    message = next((message for message in own if message and message.id == wanted), None)
    if message is None:
        raise Refusal.of(Code.UNKNOWN_MESSAGE)
    return message


def follow_up(world: World, interaction: Interaction, form: MessageForm, uploads: list[Upload]) -> Message:
    """Add a message after the first answer. Where that was deferred, this fills it, as at Discord."""
    original = interaction.original
    if original and original.loading:
        return messages.edit(world, original, form, uploads)
    message = messages.send(
        world,
        interaction.channel_id,
        BOT,
        form,
        uploads,
        interaction=interaction,
        kind=REPLY if original else 0,
        replies_to=original.id if original else None,
    )
    interaction.followups.append(message)
    world.changes.happened()
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
    resource = {"type": kind, "message": original.to_json(world.address)}
    return {"interaction": response, "resource": resource}
