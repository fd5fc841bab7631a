"""The values of a command's options, from what a member types or attaches."""

import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import Base64Bytes, ConfigDict

from sandbox.client.resolved_objects import Place, resolve_named
from sandbox.sandbox_error import SandboxError
from sandbox.schemas.command_form import (
    ATTACHMENT,
    BOOLEAN,
    CHANNEL,
    INTEGER,
    LARGEST_INTEGER,
    MENTIONABLE,
    NUMBER,
    ROLE,
    STRING,
    USER,
)
from sandbox.schemas.fields import Json
from sandbox.world.attachments import new_attachment
from sandbox.world.message_objects import ATTACHMENT_LIMIT_BYTES
from sandbox.world.state import World

_NAMED = {USER: ("user",), CHANNEL: ("channel",), ROLE: ("role",), MENTIONABLE: ("user", "role")}


@dataclass(frozen=True)
class LocalFile:
    """A file that a member attaches; in JSON, its content is in base64."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: str
    content: Base64Bytes


def option_value(place: Place, option: Json, text: str, resolved: Json) -> Json:
    """The option object for a typed value; its members, roles and channels go into `resolved`.

    Raises:
        SandboxError: the option does not take the value.
    """
    kind, name = option["type"], option["name"]
    if not text:
        raise SandboxError(f"The option {name} has no value: leave it out or give one.")
    return {"type": kind, "name": name, "value": _converted(place, option, kind, text, resolved)}


def _converted(place: Place, option: Json, kind: int, text: str, resolved: Json) -> str | int | float | bool:
    name = option["name"]
    if option.get("choices"):
        return _choice_value(option, text)
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
            raise SandboxError(f"The option {name} takes a file; attach one instead of typing.")
        case _:
            return _named_id(place, option, kind, text, resolved)


def read_file(option: Json, path: str) -> LocalFile:
    """Read the file for an option.

    Raises:
        SandboxError: the file cannot be read.
    """
    try:
        return LocalFile(Path(path).name, Path(path).expanduser().read_bytes())
    except (OSError, RuntimeError, ValueError) as error:
        cause = getattr(error, "strerror", None) or "that is not a path"
        raise SandboxError(f"The option {option['name']} takes a file, but {path!r}: {cause}.") from None


def attach(world: World, file: LocalFile, resolved: Json) -> str:
    """Make an attachment of a file and put it into `resolved`.

    Returns:
        The attachment's id.

    Raises:
        SandboxError: the file is larger than 10 MiB.
    """
    if len(file.content) > ATTACHMENT_LIMIT_BYTES:
        raise SandboxError(f"{file.name} is larger than {ATTACHMENT_LIMIT_BYTES // 2**20} MiB.")
    attachment = new_attachment(world, file.name, file.content, ephemeral=True)
    world.attachments[attachment.id] = attachment
    resolved.setdefault("attachments", {})[attachment.id] = attachment.to_json(world.address)
    return attachment.id


def _choice_value(option: Json, text: str) -> str | int | float:
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
        low, high, given = (str(number).removesuffix(".0")[:80] for number in (least, most, value))
        raise SandboxError(f"The option {option['name']} takes a number from {low} to {high}, not {given}.")
    return value


def _named_id(place: Place, option: Json, kind: int, text: str, resolved: Json) -> str:
    """The id of a member (@name), a role (@name) or a channel (#name)."""
    found = resolve_named(place, _NAMED[kind], text, resolved, option.get("channel_types") or ())
    if found is None:
        raise SandboxError(f"The option {option['name']}: there is no {text[:80]!r} in this server.")
    return found
