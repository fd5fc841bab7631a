"""The chat: a member types in the terminal and reads what Discord would show."""

import asyncio
import contextlib
import sys
from collections.abc import Callable
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout

from sandbox.client import clicks, typed_input
from sandbox.client.members import find_member
from sandbox.client.modal_filling import modal_fields
from sandbox.client.replies import ANSWER_WITHIN_S, answered, no_answer
from sandbox.client.visible_messages import messages_in_channel
from sandbox.sandbox_error import SandboxError
from sandbox.schemas.fields import Json
from sandbox.terminal import shortcuts
from sandbox.terminal.line_completion import LineCompleter
from sandbox.terminal.rendering import plain, render, render_field, render_modal
from sandbox.world import interaction_lifecycle
from sandbox.world.guild_objects import User
from sandbox.world.ids import VERSES_ID
from sandbox.world.message_objects import AUTOCOMPLETE, Interaction, Message
from sandbox.world.starting_guild import TEACHER
from sandbox.world.state import World

Show = Callable[[str], None]


async def say(
    world: World,
    user: User,
    text: str,
    show: Show,
    *,
    files: Path | None = None,
    within_s: float = ANSWER_WITHIN_S,
) -> None:
    """Type a line as a member and show the final answer.

    Files of the answer are shown by their addresses, or, if `files` is given, saved into that folder.

    The teacher types a line that starts with /admin. A line with an exclamation mark is one of
    `shortcuts`. Other text without a slash is a plain message, which gets no answer.

    Raises:
        SandboxError: the line is refused, or no final answer comes in `within_s` seconds.
    """
    as_teacher = text.split(maxsplit=1)[:1] == ["/admin"] and user is not TEACHER
    show(f"> {text}" + (f"  (typed by {TEACHER.display_name})" if as_teacher else ""))
    user = TEACHER if as_teacher else user
    interaction = await _act(world, user, text, show, within_s)
    if interaction is None:
        return
    messages = await answered(world, interaction, within_s=within_s)
    if interaction.modal:
        show(f"{render_modal(interaction.modal)}\n(!submit FIELD: VALUE … submits it)")
    for message in messages:
        shown = render(world, message)
        show(shown if files is None else _saved(world, message, shown, files))


def _saved(world: World, message: Message, shown: str, folder: Path) -> str:
    """Save the message's files; what is shown of it then names them instead of their addresses."""
    for attachment in message.attachments:
        path = folder / f"{attachment.id}-{attachment.filename}"
        path.write_bytes(attachment.content)
        shown = shown.replace(attachment.to_json(world.address)["url"], str(path))
    return shown


async def _act(
    world: World, user: User, line: str, show: Show, within_s: float = ANSWER_WITHIN_S
) -> Interaction | None:
    """Act on a typed line and return the interaction that it starts, if there is one."""
    if line.startswith("/"):
        return typed_input.use_command(world, user, VERSES_ID, line, paths=True)
    if not line.startswith("!"):
        typed_input.write(world, user, VERSES_ID, line)
        return None
    done = await shortcuts.run(world, user, VERSES_ID, line, within_s)
    if isinstance(done, Interaction):
        return done
    show(done)
    return None


async def talk(world: World, user: User, show: Show = print) -> None:
    """Let a person type until they leave with /quit, Ctrl-D or Ctrl-C."""
    session: PromptSession[str] = PromptSession(
        completer=LineCompleter(world, user), complete_while_typing=True
    )
    channel = world.channels[VERSES_ID].name
    show(
        f"You are {user.display_name} in #{channel}; !as teacher makes you the teacher, who may use /admin. "
        "!help lists what you can type; /quit or Ctrl-D leaves."
    )
    # Shown texts hold no control characters except those that dim.
    with patch_stdout(raw=True):
        reader = asyncio.create_task(_show_news(world, user, show))
        try:
            while True:
                # The caller handles signals.
                line = (await session.prompt_async("> ", handle_sigint=False)).strip()
                if line == "/quit":
                    return
                try:
                    changed = as_member(world, line)
                except SandboxError as error:
                    show(plain(str(error)))
                    continue
                if changed:
                    user = changed
                    session.completer = LineCompleter(world, user)
                    reader.cancel()
                    reader = asyncio.create_task(_show_news(world, user, show))
                    show(f"You are {user.display_name} now.")
                elif line:
                    await _type(world, user, line, show)
        except (EOFError, KeyboardInterrupt):
            return
        finally:
            reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reader


def as_member(world: World, line: str) -> User | None:
    """The member that a line such as `!as teacher` names. None for any other line.

    Raises:
        SandboxError: there is no such member.
    """
    word, _, name = line.partition(" ")
    return find_member(world, name.strip()) if word == "!as" else None


async def _type(world: World, user: User, line: str, show: Show) -> None:
    """Act on a typed line; if the bot opens a modal, ask for its fields."""
    try:
        interaction = await _act(world, user, line, show)
    except SandboxError as error:
        show(plain(str(error)))
        return
    if interaction is None:
        return
    await interaction_lifecycle.wait_for_first_answer(world, interaction)
    if interaction.modal:
        await _fill_in(world, interaction, interaction.modal, show)


async def _fill_in(world: World, interaction: Interaction, modal: Json, show: Show) -> None:
    """Ask for the fields of a modal in order and submit it; Ctrl-C and Ctrl-D close it."""
    session: PromptSession[str] = PromptSession()
    show(f"[{plain(modal['title'])}] (Enter: next field, Ctrl-C: close)")
    values = {field.component["custom_id"]: field.initial_value for field in modal_fields(modal)}
    while True:
        try:
            for field in modal_fields(modal):
                key = field.component["custom_id"]
                values[key] = await session.prompt_async(
                    f"{render_field(field)} ", default=values[key], handle_sigint=False
                )
            clicks.submit(world, interaction.user, interaction, dict(values), paths=True)
        except SandboxError as error:
            show(plain(str(error)))
        except (EOFError, KeyboardInterrupt):
            show("Closed without submitting.")
            return
        else:
            return


async def _show_news(world: World, user: User, show: Show) -> None:
    """Show each message that is new or changed, and each interaction that the bot did not answer."""
    shown: dict[str, int] = {item.id: item.edits for item in world.messages.values()}
    silent = {item.id for item in world.interactions.values()}
    number = world.changes.number
    while True:
        for message in _news(world, user, shown):
            shown[message.id] = message.edits
            show(f"\n{render(world, message, _dim)}")
        for interaction in world.interactions.values():
            failed = (
                interaction_lifecycle.state(world, interaction) == "failed"
                and interaction.kind != AUTOCOMPLETE
            )
            if failed and interaction.user is user and interaction.id not in silent:
                silent.add(interaction.id)
                show(plain(no_answer(interaction)))
        await world.changes.wait_until(lambda seen=number: world.changes.number > seen, 3600)  # type: ignore[misc]
        number = world.changes.number


def _dim(text: str) -> str:
    return f"\x1b[2m{text}\x1b[22m" if sys.stdout.isatty() else text


def _news(world: World, user: User, shown: dict[str, int]) -> list[Message]:
    return [
        message
        for message in messages_in_channel(world, user, VERSES_ID)
        if shown.get(message.id, -1) < message.edits and message.author is not user
    ]
