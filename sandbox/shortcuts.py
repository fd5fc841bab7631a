"""The chat's lines that begin with `!`: what a person at Discord does with the mouse."""

import re

from sandbox import clicks, commands, control, modals
from sandbox.components import BUTTON, STRING_SELECT, label
from sandbox.errors import SandboxError
from sandbox.forms import MESSAGE_MENU, USER_MENU
from sandbox.rendering import render
from sandbox.world import Interaction, Json, Message, User, World

HELP = """\
/COMMAND OPTION: VALUE …      uses a command; a file is given by its path
!press BUTTON                 presses a button of the newest message that has it
!select VALUE, VALUE          picks in the newest select; with several: !select NAME: VALUE
!submit FIELD: VALUE …        fills in the modal that was opened last and sends it
!menu COMMAND MESSAGE         uses a message's context menu; MESSAGE is its id or words of it,
                              or left out for the newest
!menu COMMAND @MEMBER         uses a member's context menu
!locale es-ES                 sets your language
!wait TEXT                    waits for a message that holds this and shows it
/quit                         leaves; anything else is a plain message"""

_NAMES = ("press", "select", "submit", "menu", "locale", "wait", "help")


async def do(world: World, user: User, channel_id: str, line: str, within_s: float) -> Interaction | str:
    """Do what the line says; the result is the interaction that it starts, or a text to show.

    Raises:
        SandboxError: there is no such line, Discord's client would not do it, or what is waited for does
            not come within so many seconds.
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
            interaction = _with_open_modal(world, user)
            return clicks.submit(world, user, interaction, _values(interaction.modal or {}, rest))
        case "menu":
            name, target = _menu(world, rest)
            return clicks.use_menu(world, user, name, _target(world, user, channel_id, target), channel_id)
        case "locale":
            control.set_locale(world, user, rest)
            return f"{user.title}'s language is {rest} now."
        case "wait":
            return await _awaited(world, user, channel_id, rest, within_s)
        case "help":
            return HELP
        case _:
            known = ", ".join(f"!{name}" for name in _NAMES)
            raise SandboxError(f"There is no !{word}; there are: {known}.")


def candidates(world: World, user: User, channel_id: str, typed: str) -> list[str]:
    """Lines that begin as `typed` does, as far as there are names to complete."""
    seen = list(clicks.newest_first(world, user, channel_id))

    def labels(kind: int) -> list[str]:
        return [label(component) for message in seen for component in clicks.offered(message, kind)]

    lines = [f"!{name}" for name in _NAMES]
    lines += [f"!press {name}" for name in labels(BUTTON)]
    lines += [f"!select {name}: " for name in labels(STRING_SELECT)]
    lines += [f'!menu "{name}" ' for name in _menus(world)]
    return [line for line in dict.fromkeys(lines) if line.lower().startswith(typed.lower())]


def _with_open_modal(world: World, user: User) -> Interaction:
    """The interaction of the member whose modal was opened last and not sent yet."""
    sent = {interaction.trigger.id for interaction in world.interactions.values() if interaction.trigger}
    for interaction in reversed(world.interactions.values()):
        if interaction.user is user and interaction.modal and interaction.id not in sent:
            return interaction
    raise SandboxError("There is no open modal.")


def _values(modal: Json, text: str) -> dict[str, str | list[str]]:
    """`Seed: to be Lines: 4` as values by label."""
    names = [field.label for field in modals.fields(modal)]
    either = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    marks = list(re.finditer(rf"(?:^|(?<=\s))({either}):(?=\s|$)", text, re.IGNORECASE))
    if text and not (marks and marks[0].start() == 0):
        raise SandboxError(
            f"Write fields as name: value, as in {names[0]}: …; there are: {', '.join(names)}."
        )
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return {mark[1]: text[mark.end() : end].strip() for mark, end in zip(marks, ends, strict=True)}


def _menus(world: World) -> list[str]:
    return [*commands.offered(world, MESSAGE_MENU), *commands.offered(world, USER_MENU)]


def _menu(world: World, text: str) -> tuple[str, str]:
    """The command's name, in quotes or not, and what stands behind it."""
    if quoted := re.fullmatch(r'"([^"]*)"\s*(.*)', text):
        return quoted[1], quoted[2]
    for name in sorted(_menus(world), key=len, reverse=True):
        if f"{text} ".lower().startswith(f"{name} ".lower()):
            return name, text[len(name) :].strip()
    return text, ""


def _target(world: World, user: User, channel_id: str, text: str) -> User | Message:
    if text.startswith("@"):
        return control.known_user(world, text.removeprefix("@"))
    if re.fullmatch(r"\d{17,20}", text):
        return clicks.seen(world, user, text)
    if message := _holding(world, user, channel_id, text):
        return message
    raise SandboxError(f"No message holds {text[:80]!r}." if text else "There is no message yet.")


def _holding(world: World, user: User, channel_id: str, text: str) -> Message | None:
    """The newest message that the member sees in the channel and that holds the text."""
    for message in clicks.newest_first(world, user, channel_id):
        if text.lower() in render(world, message).lower():
            return message
    return None


async def _awaited(world: World, user: User, channel_id: str, text: str, within_s: float) -> str:
    """A message that holds the text, as it is then."""
    await world.changes.wait_until(lambda: _holding(world, user, channel_id, text) is not None, within_s)
    message = _holding(world, user, channel_id, text)
    if message is None:
        raise SandboxError(f"No message held {text[:80]!r} within {within_s:g} seconds.")
    return render(world, message)
