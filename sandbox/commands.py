"""Registered commands (Discord documentation, "Application Commands")."""

from typing import Any

from sandbox.errors import Code, Refusal
from sandbox.forms import CHAT_INPUT, MESSAGE_MENU, USER_MENU, CommandForm, invalid, read
from sandbox.permissions import Permission
from sandbox.world import APPLICATION_ID, GUILD_ID, Json, User, World

IN_SERVERS = 0
MAX_COMMANDS = {CHAT_INPUT: 100, USER_MENU: 15, MESSAGE_MENU: 15}
"""How many of a type there may be in a server, and how many global ones (discord.py allows itself no more
than 5 of each context menu, the former figure)."""


def registered(world: World, guild_id: str | None) -> list[Json]:
    """The commands of one server, or the global ones."""
    return [command for command in world.commands.values() if command.get("guild_id") == guild_id]


def find(world: World, guild_id: str | None, command_id: str) -> Json:
    """One command.

    Raises:
        Refusal: there is none of that id (10063).
    """
    command = world.commands.get(command_id)
    if command is None or command.get("guild_id") != guild_id:
        raise Refusal.of(Code.UNKNOWN_COMMAND)
    return command


def add(world: World, guild_id: str | None, form: CommandForm) -> tuple[Json, bool]:
    """Register a command; one of the same name and type is replaced. Also says whether it is new."""
    former = _of_same_name(world, guild_id, form)
    if former is None:
        _check_number([*(command["type"] for command in registered(world, guild_id)), form.type])
    command = _stored(world, guild_id, form, former["id"] if former else world.snowflakes.next())
    world.commands[command["id"]] = command
    world.changes.happened()
    return command, former is None


def replace_all(world: World, guild_id: str | None, body: Any) -> list[Json]:
    """Register these commands and none else.

    Raises:
        Refusal: one of them is invalid, or two have one name (50035), or they are too many (30032).
    """
    forms = read(list[CommandForm], body or [])
    _check_number([form.type for form in forms])
    seen: set[tuple[int, str]] = set()
    for at, form in enumerate(forms):
        if (form.type, form.name) in seen:
            problem = "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique"
            raise invalid([((str(at), "name"), *problem)])
        seen.add((form.type, form.name))
    stored = []
    for form in forms:
        former = _of_same_name(world, guild_id, form)
        stored.append(_stored(world, guild_id, form, former["id"] if former else world.snowflakes.next()))
    for command in registered(world, guild_id):
        del world.commands[command["id"]]
    world.commands |= {command["id"]: command for command in stored}
    world.changes.happened()
    return stored


def change(world: World, guild_id: str | None, command_id: str, body: Any) -> Json:
    """Change some properties of a command.

    Raises:
        Refusal: there is none of that id (10063), or it would not be valid (50035).
    """
    former = find(world, guild_id, command_id)
    changed = {**former, **body, "type": former["type"]} if isinstance(body, dict) else body
    form = read(CommandForm, changed)
    world.commands[command_id] = _stored(world, guild_id, form, command_id)
    world.changes.happened()
    return world.commands[command_id]


def remove(world: World, guild_id: str | None, command_id: str) -> None:
    """Forget a command."""
    del world.commands[find(world, guild_id, command_id)["id"]]
    world.changes.happened()


def _check_number(types: list[int]) -> None:
    for kind, most in MAX_COMMANDS.items():
        if types.count(kind) > most:
            text = f"Maximum number of application commands reached ({most})"
            raise Refusal(400, Code.TOO_MANY_COMMANDS, text)


def offered(world: World, kind: int = CHAT_INPUT) -> dict[str, Json]:
    """The server's commands of a type by name: its own ones before global ones of the same name."""
    commands = [command for command in registered(world, None) if IN_SERVERS in (command["contexts"] or [0])]
    commands += registered(world, GUILD_ID)
    return {command["name"]: command for command in commands if command["type"] == kind}


def required_permissions(command: Json) -> int | None:
    """The permissions whose holders see the command; None: everyone does; 0: administrators alone."""
    bits = command["default_member_permissions"]
    return None if bits is None else int(bits)


def shown_to(world: World, command: Json, user: User) -> bool:
    """Whether Discord's client offers the command to a member, where no one changed its permissions."""
    required = required_permissions(command)
    if required is None:
        return True
    own = world.permissions(user)
    return bool(own & Permission.ADMINISTRATOR) or (required != 0 and own & required == required)


def _of_same_name(world: World, guild_id: str | None, form: CommandForm) -> Json | None:
    same = (
        command
        for command in registered(world, guild_id)
        if (command["name"], command["type"]) == (form.name, form.type)
    )
    return next(same, None)


def _stored(world: World, guild_id: str | None, form: CommandForm, command_id: str) -> Json:
    permissions = form.default_member_permissions
    dump = form.model_dump(exclude_none=True, include={"options"})
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
        "options": dump.get("options", []),
        "contexts": form.contexts,
        "integration_types": form.integration_types or [0],
    }
    if guild_id:
        command["guild_id"] = guild_id
    else:
        command["dm_permission"] = form.dm_permission is not False
    return command
