"""Completion of typed lines in the chat."""

from collections.abc import AsyncGenerator, Iterable

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from sandbox.client import replies, typed_input
from sandbox.sandbox_error import SandboxError
from sandbox.schemas.command_form import BOOLEAN, SUB_COMMAND, SUB_COMMAND_GROUP
from sandbox.schemas.fields import Json
from sandbox.terminal import shortcuts
from sandbox.terminal.rendering import plain
from sandbox.world import command_registry
from sandbox.world.guild_objects import User
from sandbox.world.ids import VERSES_ID
from sandbox.world.state import World


class LineCompleter(Completer):
    """Completes the names of commands, subcommands, options and buttons, and the values of options."""

    def __init__(self, world: World, user: User) -> None:
        self._world, self._user = world, user

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """The completions of the text before the cursor, without those of the bot."""
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
        """The completions of the text before the cursor, with those of the bot."""
        for completion in self.get_completions(document, complete_event):
            yield completion
        typed = document.text_before_cursor
        if not typed.startswith("/") or typed.endswith(":"):
            return
        try:
            interaction = typed_input.ask_for_completions(self._world, self._user, VERSES_ID, typed)
            choices = await replies.completions(self._world, interaction)
        except SandboxError:
            return
        value = interaction.focused["value"] if interaction.focused else ""
        for choice in choices if typed.endswith(value) else ():
            yield Completion(str(choice["value"]), start_position=-len(value), display=plain(choice["name"]))

    def _candidates(self, before: list[str]) -> dict[str, str]:
        offered = {
            name: command
            for name, command in command_registry.offered(self._world).items()
            if command_registry.shown_to(self._world, command, self._user)
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
