"""The terminal chat: a member of the server types, and reads what they would see at Discord."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.patch_stdout import patch_stdout

from sandbox import commands, control, interactions
from sandbox.errors import SandboxError
from sandbox.forms import BOOLEAN, SUB_COMMAND, SUB_COMMAND_GROUP
from sandbox.rendering import no_answer, render
from sandbox.world import TEACHER, VERSES_ID, Interaction, Json, Message, User, World

WAITING_MARK = "⏳"
"""Begins the text of an answer that is still to be edited. Bots that work in the background mark theirs
so, and `--say` then waits for the edit."""

ANSWER_WITHIN_S = 120.0

Show = Callable[[str], None]


async def say(world: World, user: User, text: str, show: Show, *, within_s: float = ANSWER_WITHIN_S) -> None:
    """Type one line as a member and show the final reply.

    A line that starts with /admin is typed by the teacher. Text without a slash is a plain message and
    gets no reply.

    Raises:
        SandboxError: the line is refused, or no final reply comes in time.
    """
    show(f"> {text}")
    user = TEACHER if text.split(maxsplit=1)[:1] == ["/admin"] else user
    if not text.startswith("/"):
        control.say(world, user, VERSES_ID, text)
        return
    interaction = control.use_command(world, user, VERSES_ID, text)
    await world.changes.wait_until(lambda: _is_settled(world, interaction), within_s)
    if interactions.state(world, interaction) == "failed":
        raise SandboxError(no_answer(interaction.command))
    if not _is_settled(world, interaction):
        raise SandboxError(f"/{interaction.command} got no final answer within {within_s:g} seconds.")
    for message in (interaction.original, *interaction.followups):
        if message:
            show(render(world, message))


def _is_settled(world: World, interaction: Interaction) -> bool:
    """Whether the answer is final: it failed, or it is there and does not say that it waits."""
    state = interactions.state(world, interaction)
    original = interaction.original
    waits = original is not None and original.content.startswith(WAITING_MARK)
    return state == "failed" or (state == "answered" and not waits)


async def talk(world: World, user: User, show: Show = print) -> None:
    """Let a person type until they leave with /quit, Ctrl-D or Ctrl-C."""
    session: PromptSession[str] = PromptSession(
        completer=CommandCompleter(world, user), complete_while_typing=True
    )
    channel = world.channels[VERSES_ID].name
    show(f"You are {user.title} in #{channel} (--as NAME makes you another). /quit or Ctrl-D leaves.")
    with patch_stdout():
        reader = asyncio.create_task(_show_news(world, user, show))
        try:
            while True:
                # The caller has handlers of its own for signals.
                line = (await session.prompt_async("> ", handle_sigint=False)).strip()
                if line == "/quit":
                    return
                if line:
                    _type(world, user, line, show)
        except (EOFError, KeyboardInterrupt):
            return
        finally:
            reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reader


def _type(world: World, user: User, line: str, show: Show) -> None:
    try:
        if line.startswith("/"):
            control.use_command(world, user, VERSES_ID, line)
        else:
            control.say(world, user, VERSES_ID, line)
    except SandboxError as error:
        show(str(error))


async def _show_news(world: World, user: User, show: Show) -> None:
    """Show every message that is new or changed, and every command that was not answered."""
    shown: dict[str, int] = {item.id: item.edits for item in world.messages.values()}
    silent = {item.id for item in world.interactions.values()}
    number = world.changes.number
    while True:
        for message in _news(world, user, shown):
            shown[message.id] = message.edits
            show(f"\n{render(world, message)}")
        for interaction in world.interactions.values():
            failed = interactions.state(world, interaction) == "failed"
            if failed and interaction.user is user and interaction.id not in silent:
                silent.add(interaction.id)
                show(no_answer(interaction.command))
        await world.changes.wait_until(lambda seen=number: world.changes.number > seen, 3600)  # type: ignore[misc]
        number = world.changes.number


def _news(world: World, user: User, shown: dict[str, int]) -> list[Message]:
    return [
        message
        for message in world.messages.values()
        if message.channel_id == VERSES_ID
        and shown.get(message.id, -1) < message.edits
        and (message.author is not user)
        and world.sees(user, message)
    ]


class CommandCompleter(Completer):
    """Completes names of commands, subcommands and options, and the values of choices."""

    def __init__(self, world: World, user: User) -> None:
        self._world, self._user = world, user

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """The endings that fit what stands before the cursor."""
        del complete_event
        typed = document.text_before_cursor
        if not typed.startswith("/"):
            return
        *before, word = typed[1:].split(" ")
        for name, description in self._candidates(before).items():
            if name.startswith(word):
                yield Completion(name, start_position=-len(word), display_meta=description)

    def _candidates(self, before: list[str]) -> dict[str, str]:
        offered = {
            name: command
            for name, command in commands.offered(self._world).items()
            if commands.shown_to(self._world, command, self._user)
        }
        if not before:
            return {name: command["description"] for name, command in offered.items()}
        if before[0] not in offered:
            return {}
        options: list[Json] = offered[before[0]]["options"]
        rest = before[1:]
        while options and options[0]["type"] in (SUB_COMMAND, SUB_COMMAND_GROUP):
            if not rest:
                return {option["name"]: option["description"] for option in options}
            chosen = next((option for option in options if option["name"] == rest[0]), None)
            options, rest = (chosen or {}).get("options", []), rest[1:]
        if rest and rest[-1].endswith(":"):
            return _values(options, rest[-1][:-1])
        return {
            f"{option['name']}:": option["description"]
            for option in options
            if f"{option['name']}:" not in rest
        }


def _values(options: list[Json], name: str) -> dict[str, str]:
    option = next((option for option in options if option["name"] == name), None)
    if option is None:
        return {}
    if option["type"] == BOOLEAN:
        return {"true": "", "false": ""}
    return {choice["name"]: "" for choice in option.get("choices", ())}
