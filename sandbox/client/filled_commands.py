"""A command that a member fills in: which one, its options, and the interaction data that it makes.

The client knows the registered commands and refuses what does not fit them before the bot hears of it.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sandbox.client.command_access import check_may_use
from sandbox.client.option_values import LocalFile, attach, option_value
from sandbox.client.resolved_objects import Place
from sandbox.sandbox_error import FieldError, SandboxError
from sandbox.schemas.command_form import ATTACHMENT, SUB_COMMAND, SUB_COMMAND_GROUP
from sandbox.schemas.fields import Json
from sandbox.world import command_registry
from sandbox.world.guild_objects import User
from sandbox.world.ids import GUILD_ID
from sandbox.world.state import World


@dataclass(frozen=True)
class FilledCommand:
    """A command, its name with those of subcommands, and the data of its interaction at the gateway.

    `focused` is the option that the member is still typing.
    """

    command: Json
    shown: str
    data: Json
    focused: Json | None = None


@dataclass(frozen=True)
class ChosenCommand:
    """A command, the place where it is used, the subcommands that lead to its options, and these options."""

    place: Place
    command: Json
    path: Sequence[Json]
    options: Sequence[Json]

    @property
    def shown(self) -> str:
        """Its whole name, as in `/admin train`."""
        return "/" + " ".join([self.command["name"], *(option["name"] for option in self.path)])


def choose(
    world: World, user: User, channel_id: str, words: Sequence[str], *, granted: bool = False
) -> ChosenCommand:
    """Find the command that the words name; words after it are left alone.

    `granted` skips the command's default permissions, as the guild's settings can.

    Raises:
        SandboxError: there is no such command or subcommand, or the member may not use it.
    """
    name, rest = words[0] if words else "", list(words[1:])
    offered = command_registry.offered(world)
    if name not in offered:
        raise SandboxError(f"There is no command /{name[:80]}.{closest(name, offered, '/')}")
    command = offered[name]
    check_may_use(world, user, channel_id, command, f"/{name}", granted=granted)
    path: list[Json] = []
    options: list[Json] = command["options"]
    while options and options[0]["type"] in (SUB_COMMAND, SUB_COMMAND_GROUP):
        by_name = {option["name"]: option for option in options}
        word = rest.pop(0) if rest else ""
        if word not in by_name:
            named = " ".join([name, *(option["name"] for option in path)])
            known = ", ".join(f"/{named} {option}" for option in by_name)
            given = word[:80] or "(none given)"
            raise SandboxError(f"/{named} has no subcommand {given}; there are: {known}.")
        path.append(by_name[word])
        options = by_name[word].get("options", [])
    return ChosenCommand(Place(world, user, channel_id), command, path, options)


def closest(word: str, known: Iterable[str], before: str = "", after: str = "") -> str:
    """A question that names the known word that is most like this one; empty if none is."""
    near = difflib.get_close_matches(word[:80], list(known), 1)
    return f" Did you mean {before}{near[0]}{after}?" if near else ""


def fill(chosen: ChosenCommand, given: Mapping[str, str], files: Mapping[str, LocalFile]) -> FilledCommand:
    """Fill in the options of a command: texts by name, and files by name.

    Raises:
        FieldError: an option does not take its value, or a required one has none.
        SandboxError: the command has no option of that name.
    """
    values: list[Json] = []
    resolved: Json = {}
    attached = dict(files)
    if unknown := set(given) - {option["name"] for option in chosen.options}:
        raise SandboxError(f"{chosen.shown} has no option {min(unknown)[:80]!r}.")
    for option in chosen.options:
        name = option["name"]
        if option["type"] == ATTACHMENT and name in attached:
            file = attach(chosen.place.world, attached.pop(name), resolved)
            values.append({"type": ATTACHMENT, "name": name, "value": file})
        elif name in given:
            values.append(_value(chosen.place, option, given[name], resolved))
        elif option.get("required"):
            meaning = option["description"].rstrip(" .…")
            raise FieldError(name, f"The option {name} is required{meaning and ': ' + meaning}.")
    if attached:
        raise SandboxError(
            f"/{chosen.command['name']} has no option {next(iter(attached))!r} that takes a file."
        )
    return FilledCommand(chosen.command, chosen.shown, _interaction_data(chosen, values, resolved))


def fill_unfinished(chosen: ChosenCommand, given: Mapping[str, str], focused: str) -> FilledCommand:
    """Fill in a command whose option `focused` is not finished, to ask the bot for completions.

    Raises:
        FieldError: another option does not take its value.
        SandboxError: the bot does not complete that option.
    """
    by_name = {option["name"]: option for option in chosen.options}
    if not by_name.get(focused, {}).get("autocomplete"):
        where = f"in the option {focused}" if focused else "at the end of this line"
        raise SandboxError(f"The bot completes nothing {where}.")
    unfinished = {
        "type": by_name[focused]["type"],
        "name": focused,
        "value": given.get(focused, ""),
        "focused": True,
    }
    values = [
        _value(chosen.place, by_name[name], value, {})
        for name, value in given.items()
        if name != focused and name in by_name
    ]
    data = _interaction_data(chosen, [*values, unfinished], {})
    return FilledCommand(chosen.command, chosen.shown, data, unfinished)


def mistakes(chosen: ChosenCommand, given: Mapping[str, str], files: Iterable[str] = ()) -> dict[str, str]:
    """What is wrong with each of the given options: a sentence by the option's name."""
    found: dict[str, str] = {}
    for option in chosen.options:
        name = option["name"]
        if name in given and name not in files:
            try:
                option_value(chosen.place, option, given[name], {})
            except SandboxError as error:
                found[name] = str(error)
    return found


def _value(place: Place, option: Json, text: str, resolved: Json) -> Json:
    try:
        return option_value(place, option, text, resolved)
    except SandboxError as error:
        raise FieldError(option["name"], str(error)) from None


def _interaction_data(chosen: ChosenCommand, values: list[Json], resolved: Json) -> Json:
    for option in reversed(chosen.path):
        values = [{"type": option["type"], "name": option["name"], "options": values}]
    command = chosen.command
    data: Json = {"id": command["id"], "name": command["name"], "type": command["type"], "options": values}
    if resolved:
        data["resolved"] = resolved
    if command.get("guild_id"):
        data["guild_id"] = GUILD_ID
    return data
