"""Lines that begin with `!`: what a person does with the mouse at Discord."""

import re

from sandbox.client import clicks
from sandbox.client.members import find_member, set_locale
from sandbox.client.modal_filling import modal_fields
from sandbox.client.visible_messages import components_of, find_message, messages_in_channel
from sandbox.sandbox_error import SandboxError
from sandbox.schemas.command_form import MESSAGE_MENU, USER_MENU
from sandbox.schemas.components import BUTTON, SELECTS, component_label
from sandbox.schemas.fields import Json
from sandbox.terminal.rendering import render
from sandbox.world import command_registry
from sandbox.world.guild_objects import User
from sandbox.world.message_objects import Interaction, Message
from sandbox.world.state import World

HELP = """\
/COMMAND OPTION: VALUE …      uses a command; the value for a file is its path
!press BUTTON                 presses the button on the newest message that has it
!select VALUE, VALUE          picks options in the newest select; to name one: !select NAME: VALUE
!submit FIELD: VALUE …        fills in the modal that opened last and submits it
!menu COMMAND MESSAGE         uses a message's context menu; MESSAGE is its id or part of its text,
                              by default the newest message
!menu COMMAND @MEMBER         uses a member's context menu
!as teacher                   makes you another member: student, teacher, assistant, or owner
!locale es-ES                 sets your language
!wait TEXT                    waits for a message with this text and shows it
!help                         lists these lines
/quit                         leaves; any other line is a plain message"""

_NAMES = ("press", "select", "submit", "menu", "as", "locale", "wait", "help")


async def run(world: World, user: User, channel_id: str, line: str, within_s: float) -> Interaction | str:
    """Act on a line that begins with `!`.

    Returns:
        The interaction that the line starts, or a text to show.

    Raises:
        SandboxError: there is no such shortcut, Discord's client would not do it, or the awaited message
            does not come in `within_s` seconds.
    """
    word, _, rest = line.removeprefix("!").partition(" ")
    rest = rest.strip()
    match word:
        case "press":
            return clicks.press(world, user, rest.strip('"'), channel_id=channel_id)
        case "select":
            name, colon, values = rest.partition(": ")
            return clicks.select(
                world,
                user,
                re.split(r",\s*", values if colon else rest),
                name if colon else None,
                channel_id=channel_id,
            )
        case "submit":
            interaction = clicks.with_open_modal(world, user)
            return clicks.submit(world, user, interaction, _values(interaction.modal or {}, rest), paths=True)
        case "menu":
            name, target = _menu(world, rest)
            return clicks.use_menu(world, user, name, _target(world, user, channel_id, target), channel_id)
        case "locale":
            set_locale(world, user, rest)
            return f"{user.display_name}'s language is {rest} now."
        case "wait":
            return await _awaited(world, user, channel_id, rest, within_s)
        case "help":
            return HELP
        case _:
            known = ", ".join(f"!{name}" for name in _NAMES)
            raise SandboxError(f"There is no !{word}; there are: {known}.")


def candidates(world: World, user: User, channel_id: str, typed: str) -> list[str]:
    """The shortcuts that begin as `typed` does, with the names of buttons, selects and menus."""
    seen = messages_in_channel(world, user, channel_id)[::-1]

    def labels(*kinds: int) -> list[str]:
        return [
            component_label(component) for message in seen for component in components_of(message, *kinds)
        ]

    lines = [f"!{name}" for name in _NAMES]
    lines += [f"!press {name}" for name in labels(BUTTON)]
    lines += [f"!select {name}: " for name in labels(*SELECTS)]
    lines += [f'!menu "{name}" ' for name in _menus(world)]
    return [line for line in dict.fromkeys(lines) if line.lower().startswith(typed.lower())]


def _values(modal: Json, text: str) -> dict[str, str | list[str]]:
    """The values by label in a text such as `Seed: to be Lines: 4`."""
    names = [field.label for field in modal_fields(modal)]
    either = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    marks = list(re.finditer(rf"(?:^|(?<=\s))({either}):(?=\s|$)", text, re.IGNORECASE))
    if text and not (marks and marks[0].start() == 0):
        raise SandboxError(
            f"Write fields as name: value, as in {names[0]}: …; there are: {', '.join(names)}."
        )
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return {mark[1]: text[mark.end() : end].strip() for mark, end in zip(marks, ends, strict=True)}


def _menus(world: World) -> list[str]:
    return [*command_registry.offered(world, MESSAGE_MENU), *command_registry.offered(world, USER_MENU)]


def _menu(world: World, text: str) -> tuple[str, str]:
    """The command's name, with or without quotes, and the text after it."""
    if quoted := re.fullmatch(r'"([^"]*)"\s*(.*)', text):
        return quoted[1], quoted[2]
    for name in sorted(_menus(world), key=len, reverse=True):
        if f"{text} ".lower().startswith(f"{name} ".lower()):
            return name, text[len(name) :].strip()
    return text, ""


def _target(world: World, user: User, channel_id: str, text: str) -> User | Message:
    if text.startswith("@"):
        return find_member(world, text.removeprefix("@"))
    if re.fullmatch(r"\d{17,20}", text):
        return find_message(world, user, text)
    if message := _containing(world, user, channel_id, text):
        return message
    raise SandboxError(f"No message contains {text[:80]!r}." if text else "There is no message yet.")


def _containing(world: World, user: User, channel_id: str, text: str) -> Message | None:
    """The newest message with that text that the member sees in the channel."""
    for message in reversed(messages_in_channel(world, user, channel_id)):
        if text.lower() in render(world, message).lower():
            return message
    return None


async def _awaited(world: World, user: User, channel_id: str, text: str, within_s: float) -> str:
    """Wait for a message with that text."""
    await world.changes.wait_until(lambda: _containing(world, user, channel_id, text) is not None, within_s)
    message = _containing(world, user, channel_id, text)
    if message is None:
        raise SandboxError(f"No message contained {text[:80]!r} within {within_s:g} seconds.")
    return render(world, message)
