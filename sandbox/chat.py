"""The terminal chat: a member of the server types, and reads what they would see at Discord."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator, Callable, Iterable

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.patch_stdout import patch_stdout

from sandbox import clicks, commands, control, interactions, modals, shortcuts
from sandbox.errors import SandboxError
from sandbox.forms import BOOLEAN, SUB_COMMAND, SUB_COMMAND_GROUP
from sandbox.rendering import no_answer, plain, render, render_field, render_modal
from sandbox.world import AUTOCOMPLETE, TEACHER, VERSES_ID, Interaction, Json, Message, User, World

WAITING_MARK = "⏳"
"""Begins the text of an answer that is still to be edited. Bots that work in the background mark theirs
so, and `--say` then waits for the edit."""

ANSWER_WITHIN_S = 120.0

Show = Callable[[str], None]


async def say(world: World, user: User, text: str, show: Show, *, within_s: float = ANSWER_WITHIN_S) -> None:
    """Type one line as a member and show the final reply.

    A line that starts with /admin is typed by the teacher, one with an exclamation mark is one of
    `shortcuts`. Other text without a slash is a plain message and gets no reply.

    Raises:
        SandboxError: the line is refused, or no final reply comes in time.
    """
    show(f"> {text}")
    user = TEACHER if text.split(maxsplit=1)[:1] == ["/admin"] else user
    interaction = await _do(world, user, text, show, within_s)
    if interaction is None:
        return
    await world.changes.wait_until(lambda: _is_settled(world, interaction), within_s)
    if interactions.state(world, interaction) == "failed":
        raise SandboxError(no_answer(interaction.shown))
    if not _is_settled(world, interaction):
        raise SandboxError(f"{interaction.shown} got no final answer within {within_s:g} seconds.")
    if interaction.modal:
        show(f"{render_modal(interaction.modal)}\n(!submit FIELD: VALUE … sends it)")
    for message in _answers(interaction):
        show(render(world, message))


async def _do(
    world: World, user: User, line: str, show: Show, within_s: float = ANSWER_WITHIN_S
) -> Interaction | None:
    """Do what a typed line says; the result is the interaction that it starts, if any."""
    if line.startswith("/"):
        return control.use_command(world, user, VERSES_ID, line, paths=True)
    if not line.startswith("!"):
        control.say(world, user, VERSES_ID, line)
        return None
    done = await shortcuts.do(world, user, VERSES_ID, line, within_s)
    if isinstance(done, Interaction):
        return done
    show(done)
    return None


def _answers(interaction: Interaction) -> list[Message]:
    return [message for message in (interaction.original, *interaction.followups) if message]


def _is_settled(world: World, interaction: Interaction) -> bool:
    """Whether the answer is final: it failed, or it is there and does not say that it waits."""
    state = interactions.state(world, interaction)
    waits = any(message.content.startswith(WAITING_MARK) for message in _answers(interaction))
    return state == "failed" or (state == "answered" and not waits)


async def talk(world: World, user: User, show: Show = print) -> None:
    """Let a person type until they leave with /quit, Ctrl-D or Ctrl-C."""
    session: PromptSession[str] = PromptSession(
        completer=LineCompleter(world, user), complete_while_typing=True
    )
    channel = world.channels[VERSES_ID].name
    show(
        f"You are {user.title} in #{channel} (--as NAME makes you another). "
        "!help says what you can type; /quit or Ctrl-D leaves."
    )
    # What is shown holds no control characters but those that dim.
    with patch_stdout(raw=True):
        reader = asyncio.create_task(_show_news(world, user, show))
        try:
            while True:
                # The caller has handlers of its own for signals.
                line = (await session.prompt_async("> ", handle_sigint=False)).strip()
                if line == "/quit":
                    return
                if line:
                    await _type(world, user, line, show)
        except (EOFError, KeyboardInterrupt):
            return
        finally:
            reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reader


async def _type(world: World, user: User, line: str, show: Show) -> None:
    """Do what a typed line says, and ask for the fields of a modal where the bot opens one."""
    try:
        interaction = await _do(world, user, line, show)
    except SandboxError as error:
        show(plain(str(error)))
        return
    if interaction is None:
        return
    await interactions.first_answer(world, interaction)
    if interaction.modal:
        await _fill_in(world, interaction, interaction.modal, show)


async def _fill_in(world: World, interaction: Interaction, modal: Json, show: Show) -> None:
    """Ask for the fields of a modal one after another and send it; Ctrl-C and Ctrl-D close it unsent."""
    session: PromptSession[str] = PromptSession()
    show(f"[{plain(modal['title'])}] (Enter goes on, Ctrl-C closes)")
    values = {field.component["custom_id"]: field.opened_with for field in modals.fields(modal)}
    while True:
        try:
            for field in modals.fields(modal):
                key = field.component["custom_id"]
                values[key] = await session.prompt_async(
                    f"{render_field(field)} ", default=values[key], handle_sigint=False
                )
            clicks.submit(world, interaction.user, interaction, dict(values))
        except SandboxError as error:
            show(plain(str(error)))
        except (EOFError, KeyboardInterrupt):
            show("Closed, nothing was sent.")
            return
        else:
            return


async def _show_news(world: World, user: User, show: Show) -> None:
    """Show every message that is new or changed, and every command that was not answered."""
    shown: dict[str, int] = {item.id: item.edits for item in world.messages.values()}
    silent = {item.id for item in world.interactions.values()}
    number = world.changes.number
    while True:
        for message in _news(world, user, shown):
            shown[message.id] = message.edits
            show(f"\n{render(world, message, _dim)}")
        for interaction in world.interactions.values():
            failed = interactions.state(world, interaction) == "failed" and interaction.kind != AUTOCOMPLETE
            if failed and interaction.user is user and interaction.id not in silent:
                silent.add(interaction.id)
                show(no_answer(interaction.shown))
        await world.changes.wait_until(lambda seen=number: world.changes.number > seen, 3600)  # type: ignore[misc]
        number = world.changes.number


def _dim(text: str) -> str:
    return f"\x1b[2m{text}\x1b[22m" if sys.stdout.isatty() else text


def _news(world: World, user: User, shown: dict[str, int]) -> list[Message]:
    return [
        message
        for message in world.messages.values()
        if message.channel_id == VERSES_ID
        and shown.get(message.id, -1) < message.edits
        and (message.author is not user)
        and world.sees(user, message)
    ]


class LineCompleter(Completer):
    """Completes names of commands, subcommands, options and buttons, and the values of choices."""

    def __init__(self, world: World, user: User) -> None:
        self._world, self._user = world, user

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """The endings that fit what stands before the cursor."""
        del complete_event
        typed = document.text_before_cursor
        if typed.startswith("!"):
            for line in shortcuts.candidates(self._world, self._user, VERSES_ID, typed):
                yield Completion(line, start_position=-len(typed))
        if not typed.startswith("/"):
            return
        *before, word = typed[1:].split(" ")
        for name, description in self._candidates(before).items():
            if name.startswith(word):
                yield Completion(name, start_position=-len(word), display_meta=description)

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """Those, and what the bot offers for the option before the cursor."""
        for completion in self.get_completions(document, complete_event):
            yield completion
        typed = document.text_before_cursor
        if not typed.startswith("/") or typed.endswith(":"):
            return
        try:
            interaction = control.ask_for_completions(self._world, self._user, VERSES_ID, typed)
        except SandboxError:
            return
        await interactions.first_answer(self._world, interaction)
        value = interaction.focused["value"] if interaction.focused else ""
        for choice in (interaction.choices or ()) if typed.endswith(value) else ():
            yield Completion(str(choice["value"]), start_position=-len(value), display=plain(choice["name"]))

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
