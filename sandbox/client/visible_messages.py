"""What a member sees: messages, and the buttons and selects on them."""

from sandbox.sandbox_error import SandboxError
from sandbox.schemas.components import walk_components
from sandbox.schemas.fields import Json
from sandbox.world.guild_objects import User
from sandbox.world.message_objects import Message
from sandbox.world.state import World, from_id_on


def messages_in_channel(world: World, user: User, channel_id: str, since: str = "") -> list[Message]:
    """The messages of a channel that a member sees, or those from an id on, from the oldest to the newest."""
    return [
        message
        for message in from_id_on(world.messages, since)
        if message.channel_id == channel_id and world.sees(user, message)
    ]


def find_message(world: World, user: User, message_id: str) -> Message:
    """The message of that id.

    Raises:
        SandboxError: the member sees no such message.
    """
    message = world.messages.get(message_id)
    if message is None or not world.sees(user, message):
        raise SandboxError(f"{user.display_name} sees no message {message_id[:30]!r}.")
    return message


def components_of(message: Message, *kinds: int) -> list[Json]:
    """The components of a message that are of these kinds, such as BUTTON."""
    return [component for component in walk_components(message.components) if component["type"] in kinds]
