"""The commands that the bot has registered (Discord documentation, "Application Commands")."""

from typing import Any

from sandbox.schemas.command_form import CHAT_INPUT, MESSAGE_MENU, USER_MENU, CommandForm
from sandbox.schemas.fields import Json
from sandbox.schemas.refusals import Code, Refusal
from sandbox.schemas.validation import invalid_form, parse_form
from sandbox.world.guild_objects import User
from sandbox.world.ids import APPLICATION_ID, GUILD_ID
from sandbox.world.permissions import Permission
from sandbox.world.state import World

IN_GUILDS = 0
"""The context of a command that guilds offer."""

MAX_COMMANDS = {CHAT_INPUT: 100, USER_MENU: 15, MESSAGE_MENU: 15}
"""The most commands of each type in a guild, and the most global ones. (discord.py allows itself only 5
commands of each context menu, Discord's earlier limit.)"""


_DUPLICATE = "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique"


def registered(world: World, guild_id: str | None) -> list[Json]:
    """The commands of a guild, or the global ones (None)."""
    return [command for command in world.commands.values() if command.get("guild_id") == guild_id]


def find(world: World, guild_id: str | None, command_id: str) -> Json:
    """The command of that id.

    Raises:
        Refusal: there is no such command (10063).
    """
    command = world.commands.get(command_id)
    if command is None or command.get("guild_id") != guild_id:
        raise Refusal.of(Code.UNKNOWN_COMMAND)
    return command


def add(world: World, guild_id: str | None, form: CommandForm) -> tuple[Json, bool]:
    """Register a command, in place of one of the same name and type.

    Returns:
        The command, and whether it is new.

    Raises:
        Refusal: there are too many commands of its type (30032).
    """
    former = _namesake(world, guild_id, form)
    if former is None:
        _check_count([*(command["type"] for command in registered(world, guild_id)), form.type])
    command = _command_object(world, guild_id, form, former["id"] if former else world.snowflakes.next())
    world.commands[command["id"]] = command
    world.changes.notify()
    return command, former is None


def replace_all(world: World, guild_id: str | None, body: Any) -> list[Json]:
    """Register these commands and remove all others.

    Raises:
        Refusal: a command is invalid or two have the same name (50035), or there are too many (30032).
    """
    forms = parse_form(list[CommandForm], body)
    _check_count([form.type for form in forms])
    seen: set[tuple[int, str]] = set()
    for at, form in enumerate(forms):
        if (form.type, form.name) in seen:
            raise invalid_form([((str(at), "name"), *_DUPLICATE)])
        seen.add((form.type, form.name))
    by_id = {command["id"]: command for command in registered(world, guild_id)}
    stored = []
    for form in forms:
        former = by_id.get(form.id or "") or _namesake(world, guild_id, form)
        stored.append(
            _command_object(world, guild_id, form, former["id"] if former else world.snowflakes.next())
        )
    for command in registered(world, guild_id):
        del world.commands[command["id"]]
    world.commands |= {command["id"]: command for command in stored}
    world.changes.notify()
    return stored


def change(world: World, guild_id: str | None, command_id: str, body: Any) -> Json:
    """Change the properties of a command that the body names.

    Raises:
        Refusal: there is no such command (10063), or the result is invalid (50035).
    """
    former = find(world, guild_id, command_id)
    changed = {**former, **body, "type": former["type"]} if isinstance(body, dict) else body
    form = parse_form(CommandForm, changed)
    same = _namesake(world, guild_id, form)
    if same and same["id"] != command_id:
        raise invalid_form([(("name",), *_DUPLICATE)])
    world.commands[command_id] = _command_object(world, guild_id, form, command_id)
    world.changes.notify()
    return world.commands[command_id]


def remove(world: World, guild_id: str | None, command_id: str) -> None:
    """Remove a command.

    Raises:
        Refusal: there is no such command (10063).
    """
    del world.commands[find(world, guild_id, command_id)["id"]]
    world.changes.notify()


def _check_count(types: list[int]) -> None:
    for kind, most in MAX_COMMANDS.items():
        if types.count(kind) > most:
            text = f"Maximum number of application commands reached ({most})"
            raise Refusal(400, Code.TOO_MANY_COMMANDS, text)


def offered(world: World, kind: int = CHAT_INPUT) -> dict[str, Json]:
    """The commands of a type that the guild offers, by name; its own replace global ones of the same name."""
    commands = [command for command in registered(world, None) if IN_GUILDS in (command["contexts"] or [0])]
    commands += registered(world, GUILD_ID)
    return {command["name"]: command for command in commands if command["type"] == kind}


def required_permissions(command: Json) -> int | None:
    """The permissions that a member needs to see a command; None: none, 0: those of an administrator."""
    bits = command["default_member_permissions"]
    return None if bits is None else int(bits)


def shown_to(world: World, command: Json, user: User) -> bool:
    """Whether Discord's client shows a command to a member, by its default permissions."""
    required = required_permissions(command)
    if required is None:
        return True
    own = world.permissions(user)
    return bool(own & Permission.ADMINISTRATOR) or (required != 0 and own & required == required)


def _namesake(world: World, guild_id: str | None, form: CommandForm) -> Json | None:
    same = (
        command
        for command in registered(world, guild_id)
        if (command["name"], command["type"]) == (form.name, form.type)
    )
    return next(same, None)


def _command_object(world: World, guild_id: str | None, form: CommandForm, command_id: str) -> Json:
    permissions = form.default_member_permissions
    command: Json = {
        "id": command_id,
        "application_id": APPLICATION_ID,
        "version": world.snowflakes.next(),
        "type": form.type,
        "name": form.name,
        "name_localizations": form.name_localizations,
        "description": form.description or "",
        "description_localizations": form.description_localizations,
        "default_member_permissions": None if permissions is None else str(permissions),
        "nsfw": bool(form.nsfw),
        "options": [option.to_json() for option in form.options or ()],
        "contexts": form.contexts,
        "integration_types": form.integration_types or [0],
    }
    if guild_id:
        command["guild_id"] = guild_id
    else:
        command["dm_permission"] = form.dm_permission is not False
    return command
