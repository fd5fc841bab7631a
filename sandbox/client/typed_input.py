"""What a member types: commands, options to complete, and plain messages."""

from collections.abc import Mapping, Sequence

from sandbox.client import line_parser
from sandbox.client.command_access import check_takes_interactions
from sandbox.client.filled_commands import FilledCommand, choose, fill, fill_unfinished
from sandbox.client.option_values import LocalFile
from sandbox.client.visible_messages import find_message
from sandbox.sandbox_error import SandboxError
from sandbox.schemas.message_form import MessageForm
from sandbox.schemas.refusals import Refusal
from sandbox.schemas.validation import parse_form
from sandbox.world import channel_messages, interaction_lifecycle
from sandbox.world.guild_objects import AnyChannel, User
from sandbox.world.message_objects import AUTOCOMPLETE, REPLY, Interaction, Message
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
    return _start(world, user, channel_id, line)


def use_filled_command(
    world: World,
    user: User,
    channel_id: str,
    words: Sequence[str],
    given: Mapping[str, str],
    files: Mapping[str, LocalFile],
) -> Interaction:
    """Use the command that the words name, with texts and files for its options by name.

    Raises:
        FieldError: an option does not take its value, or a required one has none.
        SandboxError: Discord's client would not send the command for another reason.
    """
    chosen = choose(world, user, channel_id, words)
    return _start(world, user, channel_id, fill(chosen, given, files))


def _start(world: World, user: User, channel_id: str, filled: FilledCommand) -> Interaction:
    name = filled.command["name"]
    return interaction_lifecycle.start(world, user, channel_id, name, filled.data, shown=filled.shown)


def ask_for_completions(
    world: World, user: User, channel_id: str, text: str, *, focused: str | None = None, granted: bool = False
) -> Interaction:
    """Ask the bot to complete an option. The parameters are those of `line_parser.parse_unfinished`.

    `replies.completions` waits for the answer.

    Raises:
        SandboxError: Discord's client would not ask; the sentence says why.
    """
    line = line_parser.parse_unfinished(world, user, channel_id, text, focused=focused, granted=granted)
    return _start_completion(world, user, channel_id, line)


def complete_filled_command(
    world: World, user: User, channel_id: str, words: Sequence[str], given: Mapping[str, str], focused: str
) -> Interaction:
    """Ask the bot to complete the option `focused` of the command that the words name.

    Raises:
        SandboxError: Discord's client would not ask; the sentence says why.
    """
    chosen = choose(world, user, channel_id, words)
    return _start_completion(world, user, channel_id, fill_unfinished(chosen, given, focused))


def _start_completion(world: World, user: User, channel_id: str, filled: FilledCommand) -> Interaction:
    name = filled.command["name"]
    return interaction_lifecycle.start(
        world, user, channel_id, name, filled.data, kind=AUTOCOMPLETE, focused=filled.focused
    )


def write(world: World, user: User, channel_id: str, text: str, *, replies_to: str | None = None) -> Message:
    """Write a plain message as a member; `replies_to` is the id of the message that it answers.

    Raises:
        SandboxError: the member may not write in the channel, or sees no message there that takes replies, or
            the text is empty or too long.
    """
    channel = _channel_to_write_in(world, user, channel_id)
    answered = find_message(world, user, replies_to) if replies_to else None
    if answered and answered.ephemeral:
        raise SandboxError("A message that one person sees takes no replies.")
    if answered and answered.channel_id != channel_id:
        raise SandboxError(f"The message to reply to is not in #{channel.name}.")
    kind = REPLY if answered else 0
    try:
        form = parse_form(MessageForm, {"content": text})
        return channel_messages.send(world, channel_id, user, form, [], kind=kind, replies_to=answered)
    except Refusal:
        raise SandboxError("A message has 1 to 2000 characters.") from None


def forward(world: World, user: User, channel_id: str, message_id: str) -> Message:
    """Forward a message to a channel as a member.

    Raises:
        SandboxError: the member sees no such message, or may not write in the channel.
    """
    _channel_to_write_in(world, user, channel_id)
    found = find_message(world, user, message_id)
    if found.ephemeral:
        raise SandboxError("A message that one person sees cannot be forwarded.")
    return channel_messages.send(world, channel_id, user, MessageForm(), [], forwards=found)


def _channel_to_write_in(world: World, user: User, channel_id: str) -> AnyChannel:
    channel = world.channels[channel_id]
    check_takes_interactions(world, user, channel)
    if not world.may(user, channel.to_write, channel):
        raise SandboxError(f"{user.display_name} may not write in #{channel.name}.")
    return channel
