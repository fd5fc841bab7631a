"""Routes about registered commands."""

from aiohttp import web

from sandbox.api.rest.request_context import WORLD, Route, answer, body
from sandbox.schemas.command_form import CommandForm
from sandbox.schemas.refusals import Code, Refusal
from sandbox.schemas.validation import parse_form
from sandbox.world import command_registry
from sandbox.world.ids import APPLICATION_ID, GUILD_ID
from sandbox.world.state import World


def _scope(request: web.Request) -> tuple[World, str | None]:
    """The world, and the guild whose commands the request is about; None stands for global commands."""
    if request.match_info["application_id"] != APPLICATION_ID:
        raise Refusal.of(Code.UNKNOWN_APPLICATION)
    guild_id = request.match_info.get("guild_id")
    if guild_id not in (None, GUILD_ID):
        raise Refusal.of(Code.MISSING_ACCESS)
    return request.app[WORLD], guild_id


async def application_commands(request: web.Request) -> web.Response:
    """GET, POST and PUT /applications/{application_id}[/guilds/{guild_id}]/commands."""
    world, guild_id = _scope(request)
    if request.method == "GET":
        return answer(command_registry.registered(world, guild_id))
    if request.method == "PUT":
        return answer(command_registry.replace_all(world, guild_id, body(request)))
    command, new = command_registry.add(world, guild_id, parse_form(CommandForm, body(request)))
    return answer(command, status=201 if new else 200)


async def application_command(request: web.Request) -> web.Response:
    """GET, PATCH and DELETE one command."""
    world, guild_id = _scope(request)
    command_id = request.match_info["command_id"]
    if request.method == "GET":
        return answer(command_registry.find(world, guild_id, command_id))
    if request.method == "PATCH":
        return answer(command_registry.change(world, guild_id, command_id, body(request)))
    command_registry.remove(world, guild_id, command_id)
    return answer(None)


_GLOBAL = "/applications/{application_id}/commands"
_OF_GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"
_ALL = dict.fromkeys(("GET", "POST", "PUT"), application_commands)
_ONE = dict.fromkeys(("GET", "PATCH", "DELETE"), application_command)

ROUTES: list[Route] = [
    ("commands", _GLOBAL, _ALL),
    ("command", f"{_GLOBAL}/{{command_id}}", _ONE),
    ("guild_commands", _OF_GUILD, _ALL),
    ("guild_command", f"{_OF_GUILD}/{{command_id}}", _ONE),
]
