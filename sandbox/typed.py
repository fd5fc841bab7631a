"""A typed line such as `/verse seed: to be temperature: 0.8`, read as Discord's client would.

The client knows the registered commands and refuses what does not fit them before the bot hears of
it. A value reaches to the next `option:`; one in double quotes is taken as it stands.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox import commands, messages
from sandbox.errors import SandboxError
from sandbox.forms import (
    ATTACHMENT,
    BOOLEAN,
    CHANNEL,
    INTEGER,
    LARGEST_INTEGER,
    MENTIONABLE,
    NUMBER,
    ROLE,
    STRING,
    SUB_COMMAND,
    SUB_COMMAND_GROUP,
    USER,
)
from sandbox.permissions import Permission
from sandbox.world import ATTACHMENT_LIMIT_BYTES, GUILD_ID, Json, User, World, permission_names

_MARK = re.compile(r"(?:^|(?<=\s))([^\s:\"]{1,32}):(?=\s|$)")
_QUOTED = re.compile(r"\"[^\"]*\"")


@dataclass(frozen=True)
class Line:
    """A command with the data of its interaction; `data` is as the gateway tells it.

    `focused` is the option that is still being typed.
    """

    command: Json
    data: Json
    focused: Json | None = None


@dataclass(frozen=True)
class File:
    """A file that a member attaches."""

    name: str
    content: bytes


def read(
    world: World,
    user: User,
    channel_id: str,
    text: str,
    *,
    granted: bool = False,
    files: Mapping[str, File] | None = None,
    paths: bool = False,
) -> Line:
    """Read a whole line.

    `granted` shows the command to the user whatever its default permissions are, as a server's
    settings can. `files` are the values of options that take one; with `paths`, the line itself may
    give the path of one.

    Raises:
        SandboxError: Discord's client would not send it; the sentence says why.
    """
    command, path, options, rest = _find(world, user, channel_id, text, granted)
    values: list[Json] = []
    resolved: Json = {}
    given, attached = _split(options, rest), dict(files or {})
    for option in options:
        name = option["name"]
        if option["type"] == ATTACHMENT and (name in attached or (name in given and paths)):
            file = attached.pop(name, None) or _opened(option, given[name])
            values.append({"type": ATTACHMENT, "name": name, "value": _attached(world, file, resolved)})
        elif name in given:
            values.append(_value(world, option, given[name], resolved))
        elif option.get("required"):
            raise SandboxError(f"The option {name} is required: {option['description']}.")
    if attached:
        raise SandboxError(f"/{command['name']} has no option {next(iter(attached))!r} that takes a file.")
    return Line(command, _data(command, path, values, resolved))


def read_unfinished(
    world: World, user: User, channel_id: str, text: str, *, focused: str | None = None, granted: bool = False
) -> Line:
    """Read a line of which the option `focused`, by default the last one, is still being typed.

    Raises:
        SandboxError: that option is none that the bot completes.
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
    values = [_value(world, by_name[name], value, {}) for name, value in given.items()]
    return Line(command, _data(command, path, [*values, unfinished], {}), unfinished)


def _find(
    world: World, user: User, channel_id: str, text: str, granted: bool
) -> tuple[Json, list[Json], list[Json], str]:
    """The command, the subcommands on the way, the options at its end, and the rest of the line."""
    if not text.startswith("/"):
        raise SandboxError("A command starts with a slash, as in /help.")
    name, _, rest = text[1:].strip().partition(" ")
    offered = commands.offered(world)
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
            so_far = " ".join([name, *(option["name"] for option in path)])
            known = ", ".join(f"/{so_far} {option}" for option in by_name)
            raise SandboxError(f"/{so_far} has no subcommand {word or '(none given)'}; there are: {known}.")
        path.append(by_name[word])
        options = by_name[word].get("options", [])
    return command, path, options, rest.strip()


def check_may_use(
    world: World, user: User, channel_id: str, command: Json, shown: str, *, granted: bool
) -> None:
    """Refuse a command that Discord does not show to a member, or that the channel does not let them use.

    Raises:
        SandboxError: it is so.
    """
    if not granted and not commands.shown_to(world, command, user):
        needed = permission_names(commands.required_permissions(command) or 0)
        raise SandboxError(f"Discord does not show {shown} to {user.title}: it is for members with {needed}.")
    if not world.may(user, Permission.USE_APPLICATION_COMMANDS, world.channels[channel_id]):
        raise SandboxError(f"{user.title} may not use commands in #{world.channels[channel_id].name}.")


def _closest(word: str, known: "dict[str, Json] | list[str]", before: str = "", after: str = "") -> str:
    near = difflib.get_close_matches(word, list(known), 1)
    return f" Did you mean {before}{near[0]}{after}?" if near else ""


def _split(options: list[Json], rest: str) -> dict[str, str]:
    """The text of each option that the line gives, in its order."""
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
        stray = rest[: known[0].start()] if known else rest
        how = next(iter(by_name), None)
        cure = f"write options as name: value, as in {how}: …" if how else "this command has no options"
        raise SandboxError(f"{stray.strip()!r} belongs to no option; {cure}.")
    given: dict[str, str] = {}
    ends = [following.start() for following in known[1:]] + [len(rest)]
    for mark, end in zip(known, ends, strict=False):
        if mark[1] in given:
            raise SandboxError(f"The option {mark[1]} is given twice.")
        value = rest[mark.end() : end].strip()
        given[mark[1]] = value[1:-1] if _QUOTED.fullmatch(value) else value
    return given


def _value(world: World, option: Json, text: str, resolved: Json) -> Json:
    """The option object for a typed value; members, roles and channels are added to `resolved`."""
    kind, name = option["type"], option["name"]
    if not text:
        raise SandboxError(f"The option {name} has no value: leave it out or give one.")
    return {"type": kind, "name": name, "value": _converted(world, option, kind, text, resolved)}


def _converted(world: World, option: Json, kind: int, text: str, resolved: Json) -> str | int | float | bool:
    name = option["name"]
    if option.get("choices"):
        return _chosen(option, text)
    match kind:
        case _ if kind == STRING:
            least, most = option.get("min_length", 0), option.get("max_length", 6000)
            if not least <= len(text) <= most:
                raise SandboxError(
                    f"The option {name} takes {least} to {most} characters; these are {len(text)}."
                )
            return text
        case _ if kind == INTEGER:
            if not re.fullmatch(r"-?[0-9]{1,400}", text):
                raise SandboxError(f"The option {name} takes a whole number, not {text[:80]!r}.")
            return _in_range(option, int(text))
        case _ if kind == NUMBER:
            if not re.fullmatch(r"-?[0-9]{1,400}(\.[0-9]{1,400})?", text):
                raise SandboxError(f"The option {name} takes a number, not {text[:80]!r}.")
            return _in_range(option, float(text))
        case _ if kind == BOOLEAN:
            if text.lower() not in ("true", "false"):
                raise SandboxError(f"The option {name} takes true or false, not {text[:80]!r}.")
            return text.lower() == "true"
        case _ if kind == ATTACHMENT:
            raise SandboxError(f"The option {name} takes a file, which cannot be typed here: attach it.")
        case _:
            return _referenced(world, option, kind, text, resolved)


def _opened(option: Json, path: str) -> File:
    try:
        return File(Path(path).name, Path(path).expanduser().read_bytes())
    except (OSError, RuntimeError, ValueError) as error:
        cause = getattr(error, "strerror", None) or "that is no path"
        raise SandboxError(f"The option {option['name']} takes a file, but {path!r}: {cause}.") from None


def _attached(world: World, file: File, resolved: Json) -> str:
    """The id of an attachment that holds the file."""
    if len(file.content) > ATTACHMENT_LIMIT_BYTES:
        raise SandboxError(f"{file.name} is larger than {ATTACHMENT_LIMIT_BYTES // 2**20} MiB.")
    attachment = messages.attachment(world, file.name, file.content, ephemeral=True)
    world.attachments[attachment.id] = attachment
    resolved.setdefault("attachments", {})[attachment.id] = attachment.to_json(world.address)
    return attachment.id


def _chosen(option: Json, text: str) -> str | int | float:
    for choice in option["choices"]:
        if text.lower() in (choice["name"].lower(), str(choice["value"]).lower()):
            value: str | int | float = choice["value"]
            return value
    known = ", ".join(choice["name"] for choice in option["choices"])
    raise SandboxError(f"The option {option['name']} takes one of: {known}; not {text[:80]!r}.")


def _in_range(option: Json, value: int | float) -> int | float:
    least = option.get("min_value", -LARGEST_INTEGER)
    most = option.get("max_value", LARGEST_INTEGER)
    if not least <= value <= most:
        raise SandboxError(f"The option {option['name']} takes a number from {least} to {most}, not {value}.")
    return value


def _referenced(world: World, option: Json, kind: int, text: str, resolved: Json) -> str:
    """The id of a member (@name), a role (@name) or a channel (#name)."""
    wanted = text.lstrip("@#").lower()

    def keep(group: str, identity: str, body: Json) -> str:
        resolved.setdefault(group, {})[identity] = body
        return identity

    if kind in (USER, MENTIONABLE):
        for member in world.members.values():
            if wanted in (member.user.name, member.user.id):
                permissions = str(world.permissions(member.user))
                keep("members", member.user.id, member.to_json() | {"permissions": permissions})
                return keep("users", member.user.id, member.user.to_json())
    if kind in (ROLE, MENTIONABLE):
        for role in world.roles.values():
            if wanted in (role.name.lower(), role.id):
                return keep("roles", role.id, role.to_json())
    if kind == CHANNEL:
        for channel in world.channels.values():
            if wanted in (channel.name, channel.id):
                return keep("channels", channel.id, channel.to_json() | {"permissions": "0"})
    raise SandboxError(f"The option {option['name']}: there is no {text[:80]!r} in this server.")


def _data(command: Json, path: list[Json], values: list[Json], resolved: Json) -> Json:
    for option in reversed(path):
        values = [{"type": option["type"], "name": option["name"], "options": values}]
    data: Json = {"id": command["id"], "name": command["name"], "type": command["type"], "options": values}
    if resolved:
        data["resolved"] = resolved
    if command.get("guild_id"):
        data["guild_id"] = GUILD_ID
    return data
