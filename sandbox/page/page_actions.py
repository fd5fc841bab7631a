"""What a page asks for, as forms, and what the sandbox then does."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from sandbox.client import clicks, filled_commands, members, replies, typed_input
from sandbox.client.command_access import seen_channel
from sandbox.client.option_values import LocalFile
from sandbox.client.visible_messages import find_message
from sandbox.sandbox_error import SandboxError, first_problem
from sandbox.schemas.fields import Json
from sandbox.world import interaction_lifecycle
from sandbox.world.guild_objects import User
from sandbox.world.message_objects import Interaction
from sandbox.world.state import World


class Action(BaseModel):
    """Base of what a member does; `number` comes back with the result."""

    model_config = ConfigDict(extra="forbid")

    number: int


class InChannel(Action):
    """What a member does in a channel."""

    channel_id: str


class Write(InChannel):
    """Write a message, which may reply to another one."""

    do: Literal["write"]
    text: str
    replies_to: str | None = None


class Use(InChannel):
    """Use the command that the words name, with texts and files for its options."""

    do: Literal["use"]
    words: list[str]
    values: dict[str, str] = {}
    files: dict[str, LocalFile] = {}


class Check(InChannel):
    """Ask what is wrong with the given options."""

    do: Literal["check"]
    words: list[str]
    values: dict[str, str]


class Complete(InChannel):
    """Ask the bot to complete the option `focused`."""

    do: Literal["complete"]
    words: list[str]
    values: dict[str, str]
    focused: str


class Press(Action):
    """Press a button."""

    do: Literal["press"]
    message_id: str
    custom_id: str


class Select(Action):
    """Pick values in a select."""

    do: Literal["select"]
    message_id: str
    custom_id: str
    values: list[str]


class Submit(Action):
    """Submit the modal that an interaction opened, with values and files for its fields."""

    do: Literal["submit"]
    interaction_id: str
    values: dict[str, str | list[str]]
    files: dict[str, list[LocalFile]] = {}


class Menu(InChannel):
    """Use a command of the context menu of a message or of a member."""

    do: Literal["menu"]
    name: str
    message_id: str | None = None
    member: str | None = None


class SetLocale(Action):
    """Choose the member's language."""

    do: Literal["locale"]
    locale: str


AnyAction = Write | Use | Check | Complete | Press | Select | Submit | Menu | SetLocale

_ACTION: TypeAdapter[AnyAction] = TypeAdapter(Annotated[AnyAction, Field(discriminator="do")])


def parse_action(body: Any) -> AnyAction:
    """The action that a page asks for.

    Raises:
        SandboxError: there is no such action.
    """
    try:
        return _ACTION.validate_python(body)
    except ValidationError as error:
        raise SandboxError(first_problem(error, "the action")[1]) from None


async def perform(world: World, user: User, action: AnyAction) -> Json | Interaction:
    """Do what a member asks for.

    Returns:
        The interaction that it starts, or what the page needs to know of anything else.

    Raises:
        FieldError: an option or a field does not take its value.
        SandboxError: Discord's client would not do it; the sentence says why.
    """
    if isinstance(action, InChannel):
        seen_channel(world, user, action.channel_id)
    match action:
        case Write():
            typed_input.write(world, user, action.channel_id, action.text, replies_to=action.replies_to)
            return {}
        case Check():
            chosen = filled_commands.choose(world, user, action.channel_id, action.words)
            return {"mistakes": filled_commands.mistakes(chosen, action.values)}
        case Complete():
            asked = typed_input.complete_filled_command(
                world, user, action.channel_id, action.words, action.values, action.focused
            )
            return {"choices": await replies.completions(world, asked)}
        case SetLocale():
            members.set_locale(world, user, action.locale)
            world.changes.notify()
            return {}
        case _:
            return _start(world, user, action)


async def outcome(world: World, interaction: Interaction) -> Json:
    """The state of an interaction once the bot answered it or failed to, and the modal that it opened."""
    await interaction_lifecycle.wait_for_first_answer(world, interaction)
    state = interaction_lifecycle.state(world, interaction)
    return {"interaction_id": interaction.id, "state": state, "modal": interaction.modal}


def _start(world: World, user: User, action: Use | Press | Select | Submit | Menu) -> Interaction:
    match action:
        case Use():
            return typed_input.use_filled_command(
                world, user, action.channel_id, action.words, action.values, action.files
            )
        case Press():
            channel_id = find_message(world, user, action.message_id).channel_id
            return clicks.press(world, user, action.custom_id, action.message_id, channel_id=channel_id)
        case Select():
            channel_id = find_message(world, user, action.message_id).channel_id
            return clicks.select(
                world, user, action.values, action.custom_id, action.message_id, channel_id=channel_id
            )
        case Submit():
            opened_by = world.interactions.get(action.interaction_id)
            if opened_by is None:
                raise SandboxError("There is no such modal.")
            return clicks.submit(world, user, opened_by, {**action.values, **action.files})
        case Menu():
            if action.message_id:
                message = find_message(world, user, action.message_id)
                return clicks.use_menu(world, user, action.name, message, message.channel_id)
            member = members.find_member(world, action.member or "")
            return clicks.use_menu(world, user, action.name, member, action.channel_id)
