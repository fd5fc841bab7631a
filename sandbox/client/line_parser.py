"""Reads a line such as `/verse seed: to be temperature: 0.8` as Discord's client does.

A value reaches to the next `option:`; a value in double quotes may hold anything.
"""

import re
from collections.abc import Mapping, Sequence

from sandbox.client.filled_commands import (
    ChosenCommand,
    FilledCommand,
    choose,
    closest,
    fill,
    fill_unfinished,
)
from sandbox.client.option_values import LocalFile, read_file
from sandbox.sandbox_error import SandboxError
from sandbox.schemas.command_form import ATTACHMENT, STRING
from sandbox.schemas.fields import Json
from sandbox.world.guild_objects import User
from sandbox.world.state import World

_MARK = re.compile(r"(?:^|(?<=\s))([^\s:\"]{1,32}):(?=\s|$)")
_QUOTED = re.compile(r"\"[^\"]*\"")


def parse(
    world: World,
    user: User,
    channel_id: str,
    text: str,
    *,
    granted: bool = False,
    files: Mapping[str, LocalFile] | None = None,
    paths: bool = False,
) -> FilledCommand:
    """Read a whole line.

    `granted` skips the command's default permissions, as the guild's settings can. `files` are the files
    for options, by name. With `paths`, the line may give the path of a file.

    Raises:
        SandboxError: Discord's client would not send the line; the sentence says why.
    """
    chosen, rest = _find(world, user, channel_id, text, granted)
    given, attached = _split(chosen.options, rest), dict(files or {})
    for option in chosen.options if paths else ():
        name = option["name"]
        if option["type"] == ATTACHMENT and name in given and name not in attached:
            attached[name] = read_file(option, given.pop(name))
    return fill(chosen, given, attached)


def parse_unfinished(
    world: World, user: User, channel_id: str, text: str, *, focused: str | None = None, granted: bool = False
) -> FilledCommand:
    """Read a line whose option `focused`, by default the last one, is not finished.

    Raises:
        SandboxError: the line does not fit a command, or the bot does not complete that option.
    """
    chosen, rest = _find(world, user, channel_id, text, granted)
    given = _split(chosen.options, rest)
    if focused is None:
        focused = list(given)[-1] if given else ""
    return fill_unfinished(chosen, given, focused)


def _find(world: World, user: User, channel_id: str, text: str, granted: bool) -> tuple[ChosenCommand, str]:
    """The command that the line names, and the rest of the line."""
    if not text.startswith("/"):
        raise SandboxError("A command starts with a slash, as in /help.")
    line = text[1:].strip()
    chosen = choose(world, user, channel_id, line.split(), granted=granted)
    parts = line.split(maxsplit=1 + len(chosen.path))
    return chosen, parts[-1].strip() if len(parts) > 1 + len(chosen.path) else ""


def _split(options: Sequence[Json], rest: str) -> dict[str, str]:
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
        if not in_text or closest(mark[1], list(by_name)):
            hint = closest(mark[1], list(by_name), after=":")
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
