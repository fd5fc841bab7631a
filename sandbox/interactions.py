"""The life of an interaction (Discord documentation, "Receiving and Responding").

A command is used; the bot has three seconds for the first answer and fifteen minutes, by the
interaction's token, for everything after it.
"""

import asyncio
import secrets
from typing import Any, Literal

from sandbox import messages
from sandbox.errors import Code, Refusal
from sandbox.forms import AutocompleteForm, CallbackForm, MessageForm, invalid, read
from sandbox.messages import CHAT_INPUT_COMMAND, REPLY, Upload
from sandbox.world import (
    APPLICATION_ID,
    ATTACHMENT_LIMIT_BYTES,
    BOT,
    EPHEMERAL,
    GUILD_ID,
    Interaction,
    Json,
    Message,
    User,
    World,
)

FIRST_ANSWER_S = 3
TOKEN_LIFETIME_S = 15 * 60

COMMAND, AUTOCOMPLETE = 2, 4
MESSAGE_ANSWER, DEFERRED_ANSWER, AUTOCOMPLETE_ANSWER = 4, 5, 8

State = Literal["pending", "deferred", "answered", "failed"]


def begin(
    world: World, user: User, channel_id: str, command: Json, data: Json, *, kind: int = COMMAND
) -> Interaction:
    """Let a member use a command; `data` is the interaction's data as the gateway tells it."""
    interaction = Interaction(
        id=world.snowflakes.next(),
        token=secrets.token_urlsafe(90),
        kind=kind,
        user=user,
        channel_id=channel_id,
        command=command["name"],
        created_at=world.clock.now(),
    )
    world.interactions[interaction.id] = interaction
    channel = world.channels[channel_id]
    member = world.members[user.id].to_json()
    event = {
        "id": interaction.id,
        "application_id": APPLICATION_ID,
        "type": kind,
        "data": data,
        "guild": {"id": GUILD_ID, "locale": "en-US", "features": []},
        "guild_id": GUILD_ID,
        "channel": channel.to_json() | {"permissions": str(world.permissions(user, channel))},
        "channel_id": channel_id,
        "member": member | {"user": user.to_json(), "permissions": str(world.permissions(user, channel))},
        "token": interaction.token,
        "version": 1,
        "app_permissions": str(world.permissions(BOT, channel)),
        "locale": "en-US",
        "guild_locale": "en-US",
        "entitlements": [],
        "authorizing_integration_owners": {"0": GUILD_ID},
        "context": 0,
        "attachment_size_limit": ATTACHMENT_LIMIT_BYTES,
    }
    world.tell("INTERACTION_CREATE", event)
    world.changes.happened()
    asyncio.get_running_loop().call_later(FIRST_ANSWER_S, world.changes.happened)
    return interaction


def state(world: World, interaction: Interaction) -> State:
    """Where an interaction stands; failed means that Discord shows "The application did not respond"."""
    age = world.clock.now() - interaction.created_at
    if interaction.acknowledged_at is None:
        return "pending" if age <= FIRST_ANSWER_S else "failed"
    if interaction.original and interaction.original.loading:
        return "deferred" if age <= TOKEN_LIFETIME_S else "failed"
    return "answered"


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
    fitting = (MESSAGE_ANSWER, DEFERRED_ANSWER) if interaction.kind == COMMAND else (AUTOCOMPLETE_ANSWER,)
    if form.type not in fitting:
        raise invalid([(("type",), "BASE_TYPE_CHOICES", f"Value must be one of {fitting}.")])
    if form.type == AUTOCOMPLETE_ANSWER:
        choices = read(AutocompleteForm, form.data or {}, at=("data",)).choices
        interaction.choices = [choice.model_dump(exclude_none=True) for choice in choices]
    else:
        message_form = read(MessageForm, form.data or {}, at=("data",))
        if form.type == DEFERRED_ANSWER:
            ephemeral = bool((message_form.flags or 0) & EPHEMERAL)
            message = messages.defer(world, interaction.channel_id, BOT, interaction, ephemeral=ephemeral)
        else:
            message = messages.send(
                world,
                interaction.channel_id,
                BOT,
                message_form,
                uploads,
                interaction=interaction,
                kind=CHAT_INPUT_COMMAND,
            )
        interaction.original = message
    interaction.acknowledged_at = world.clock.now()
    world.changes.happened()
    return _callback_response(world, interaction, form.type)


def of_token(world: World, application_id: str, token: str) -> Interaction:
    """The interaction whose webhook this is.

    Raises:
        Refusal: the application is another (10015), the token is unknown or older than fifteen
            minutes (401 with 50027), or the interaction has no first answer yet (10015).
    """
    if application_id != APPLICATION_ID:
        raise Refusal.of(Code.UNKNOWN_WEBHOOK)
    interaction = next((item for item in world.interactions.values() if item.token == token), None)
    if interaction is None or world.clock.now() - interaction.created_at > TOKEN_LIFETIME_S:
        raise Refusal.of(Code.INVALID_WEBHOOK_TOKEN)
    if interaction.acknowledged_at is None:
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
        return {"interaction": response, "resource": {"type": kind}}
    response |= {
        "response_message_id": original.id,
        "response_message_loading": original.loading,
        "response_message_ephemeral": original.ephemeral,
    }
    resource: Json = {"type": kind}
    if kind == MESSAGE_ANSWER:
        resource["message"] = original.to_json(world.address)
    return {"interaction": response, "resource": resource}
