"""Reads a line such as `/verse seed: to be temperature: 0.8` as Discord's client does.

The client knows the registered commands and refuses what does not fit them before the bot hears of it. A
value reaches to the next `option:`; a value in double quotes may hold anything.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.client.command_access import check_may_use
from sandbox.client.option_values import LocalFile, attach, option_value, read_file
from sandbox.client.resolved_objects import Place
from sandbox.sandbox_error import SandboxError
from sandbox.schemas.command_form import ATTACHMENT, STRING, SUB_COMMAND, SUB_COMMAND_GROUP
from sandbox.schemas.fields import Json
from sandbox.world import command_registry
from sandbox.world.guild_objects import User
from sandbox.world.ids import GUILD_ID
from sandbox.world.state import World

_MARK = re.compile(r"(?:^|(?<=\s))([^\s:\"]{1,32}):(?=\s|$)")
_QUOTED = re.compile(r"\"[^\"]*\"")


@dataclass(frozen=True)
class CommandLine:
    """A command, and the data of its interaction as the gateway sends it.

    `focused` is the option that the member is still typing.
    """

    command: Json
    data: Json
    focused: Json | None = None


def parse(
    world: World,
    user: User,
    channel_id: str,
    text: str,
    *,
    granted: bool = False,
    files: Mapping[str, LocalFile] | None = None,
    paths: bool = False,
) -> CommandLine:
    """Read a whole line.

    `granted` skips the command's default permissions, as the guild's settings can. `files` are the files
    for options, by name. With `paths`, the line may give the path of a file.

    Raises:
        SandboxError: Discord's client would not send the line; the sentence says why.
    """
    command, path, options, rest = _find(world, user, channel_id, text, granted)
    values: list[Json] = []
    resolved: Json = {}
    given, attached = _split(options, rest), dict(files or {})
    for option in options:
        name = option["name"]
        if option["type"] == ATTACHMENT and (name in attached or (name in given and paths)):
            file = attached.pop(name, None) or read_file(option, given[name])
            values.append({"type": ATTACHMENT, "name": name, "value": attach(world, file, resolved)})
        elif name in given:
            values.append(option_value(Place(world, user, channel_id), option, given[name], resolved))
        elif option.get("required"):
            raise SandboxError(f"The option {name} is required: {option['description']}.")
    if attached:
        raise SandboxError(f"/{command['name']} has no option {next(iter(attached))!r} that takes a file.")
    return CommandLine(command, _interaction_data(command, path, values, resolved))


def parse_unfinished(
    world: World, user: User, channel_id: str, text: str, *, focused: str | None = None, granted: bool = False
) -> CommandLine:
    """Read a line whose option `focused`, by default the last one, is not finished.

    Raises:
        SandboxError: the line does not fit a command, or the bot does not complete that option.
    """
    command, path, options, rest = _find(world, user, channel_id, text, granted)
    given = _split(options, rest)
    by_name = {option["name"]: option for option in options}
    if focused is None:
        focused = list(given)[-1] if given else ""
    if not by_name.get(focused, {}).get("autocomplete"):
        where = f"in the option {focused}" if focused else "at the end of this line"
        raise SandboxError(f"The bot completes nothing {where}.")
    kind, typed = by_name[focused]["type"], given.pop(focused, "")
    unfinished = {"type": kind, "name": focused, "value": typed, "focused": True}
    place = Place(world, user, channel_id)
    values = [option_value(place, by_name[name], value, {}) for name, value in given.items()]
    return CommandLine(command, _interaction_data(command, path, [*values, unfinished], {}), unfinished)


def _find(
    world: World, user: User, channel_id: str, text: str, granted: bool
) -> tuple[Json, list[Json], list[Json], str]:
    """The command, the named subcommands, the options of the last of them, and the rest of the line."""
    if not text.startswith("/"):
        raise SandboxError("A command starts with a slash, as in /help.")
    name, _, rest = text[1:].strip().partition(" ")
    offered = command_registry.offered(world)
    if name not in offered:
        raise SandboxError(f"There is no command /{name}.{_closest(name, offered, '/')}")
    command = offered[name]
    check_may_use(world, user, channel_id, command, f"/{name}", granted=granted)
    path: list[Json] = []
    options: list[Json] = command["options"]
    while options and options[0]["type"] in (SUB_COMMAND, SUB_COMMAND_GROUP):
        by_name = {option["name"]: option for option in options}
        word, _, rest = rest.strip().partition(" ")
        if word not in by_name:
            named = " ".join([name, *(option["name"] for option in path)])
            known = ", ".join(f"/{named} {option}" for option in by_name)
            raise SandboxError(f"/{named} has no subcommand {word or '(none given)'}; there are: {known}.")
        path.append(by_name[word])
        options = by_name[word].get("options", [])
    return command, path, options, rest.strip()


def _closest(word: str, known: "dict[str, Json] | list[str]", before: str = "", after: str = "") -> str:
    near = difflib.get_close_matches(word, list(known), 1)
    return f" Did you mean {before}{near[0]}{after}?" if near else ""


def _split(options: list[Json], rest: str) -> dict[str, str]:
    """The text of each option in the line, in the line's order."""
    by_name = {option["name"]: option for option in options}
    quoted = [range(*match.span()) for match in _QUOTED.finditer(rest)]
    marks = [match for match in _MARK.finditer(rest) if not any(match.start() in span for span in quoted)]
    known = [match for match in marks if match[1] in by_name]
    for mark in marks:
        if mark in known:
            continue
        before = [match for match in known if match.start() < mark.start()]
        in_text = before and by_name[before[-1][1]]["type"] == STRING
        if not in_text or _closest(mark[1], list(by_name)):
            hint = _closest(mark[1], list(by_name), after=":")
            names = ", ".join(by_name) or "none"
            raise SandboxError(f"There is no option {mark[1]} (there are: {names}).{hint}")
    if rest and (not known or known[0].start() > 0):
        unassigned = rest[: known[0].start()] if known else rest
        example = next(iter(by_name), None)
        cure = (
            f"write options as name: value, as in {example}: …" if example else "this command has no options"
        )
        raise SandboxError(f"{unassigned.strip()!r} belongs to no option; {cure}.")
    given: dict[str, str] = {}
    ends = [following.start() for following in known[1:]] + [len(rest)]
    for mark, end in zip(known, ends, strict=False):
        if mark[1] in given:
            raise SandboxError(f"The option {mark[1]} is given twice.")
        value = rest[mark.end() : end].strip()
        given[mark[1]] = value[1:-1] if _QUOTED.fullmatch(value) else value
    return given


def _interaction_data(command: Json, path: list[Json], values: list[Json], resolved: Json) -> Json:
    for option in reversed(path):
        values = [{"type": option["type"], "name": option["name"], "options": values}]
    data: Json = {"id": command["id"], "name": command["name"], "type": command["type"], "options": values}
    if resolved:
        data["resolved"] = resolved
    if command.get("guild_id"):
        data["guild_id"] = GUILD_ID
    return data
