"""What a member types: commands, options to complete, and plain messages."""

from collections.abc import Mapping

from sandbox.client import line_parser
from sandbox.client.option_values import LocalFile
from sandbox.sandbox_error import SandboxError
from sandbox.schemas.message_form import MessageForm
from sandbox.schemas.refusals import Refusal
from sandbox.schemas.validation import parse_form
from sandbox.world import channel_messages, interaction_lifecycle
from sandbox.world.guild_objects import User
from sandbox.world.message_objects import AUTOCOMPLETE, Interaction, Message
from sandbox.world.permissions import Permission
from sandbox.world.state import World


def use_command(
    world: World,
    user: User,
    channel_id: str,
    text: str,
    *,
    granted: bool = False,
    files: Mapping[str, LocalFile] | None = None,
    paths: bool = False,
) -> Interaction:
    """Use a command as a member. The parameters are those of `line_parser.parse`.

    Raises:
        SandboxError: Discord's client would not send the command; the sentence says why.
    """
    line = line_parser.parse(world, user, channel_id, text, granted=granted, files=files, paths=paths)
    return interaction_lifecycle.start(world, user, channel_id, line.command["name"], line.data)


def ask_for_completions(
    world: World, user: User, channel_id: str, text: str, *, focused: str | None = None, granted: bool = False
) -> Interaction:
    """Ask the bot to complete an option. The parameters are those of `line_parser.parse_unfinished`.

    `replies.completions` waits for the answer.

    Raises:
        SandboxError: Discord's client would not ask; the sentence says why.
    """
    line = line_parser.parse_unfinished(world, user, channel_id, text, focused=focused, granted=granted)
    name = line.command["name"]
    return interaction_lifecycle.start(
        world, user, channel_id, name, line.data, kind=AUTOCOMPLETE, focused=line.focused
    )


def write(world: World, user: User, channel_id: str, text: str) -> Message:
    """Write a plain message as a member.

    Raises:
        SandboxError: the member may not write in the channel, or the text is empty or too long.
    """
    channel = world.channels[channel_id]
    if not world.may(user, Permission.SEND_MESSAGES, channel):
        raise SandboxError(f"{user.display_name} may not write in #{channel.name}.")
    try:
        return channel_messages.send(world, channel_id, user, parse_form(MessageForm, {"content": text}), [])
    except Refusal:
        raise SandboxError("A message has 1 to 2000 characters.") from None
