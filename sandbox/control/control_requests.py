"""Reading requests to the control API, and answering errors in one sentence."""

import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from sandbox.api.rest.request_context import WORLD, answer
from sandbox.client.members import find_member
from sandbox.client.resolved_objects import find_named_role
from sandbox.control.control_forms import ActForm
from sandbox.sandbox_error import SandboxError, first_problem
from sandbox.world.guild_objects import Role, User
from sandbox.world.message_objects import Interaction

MAX_WAIT_S = 120.0

_Form = TypeVar("_Form", bound=BaseModel)

ControlHandler = Callable[[web.Request], Awaitable[web.Response]]


async def read_form(request: web.Request, form: type[_Form]) -> _Form:
    """The body of a request.

    Raises:
        SandboxError: it does not fit the form.
    """
    try:
        return form.model_validate_json(await request.read())
    except ValidationError as error:
        raise SandboxError(first_problem(error, "the body")[1]) from None


def user_and_channel(request: web.Request, form: ActForm) -> tuple[User, str]:
    """The member who acts, and the id of the channel.

    Raises:
        SandboxError: there is no such member or channel.
    """
    world = request.app[WORLD]
    return find_member(world, form.user), known_channel_id(request, form.channel_id)


def known_channel_id(request: web.Request, channel_id: str) -> str:
    """The id, if it is that of a channel.

    Raises:
        SandboxError: there is no such channel.
    """
    if channel_id not in request.app[WORLD].channels:
        raise SandboxError(f"There is no channel {channel_id!r}.")
    return channel_id


def known_role(request: web.Request, name: str) -> Role:
    """The role of that name or id.

    Raises:
        SandboxError: there is no such role.
    """
    role = find_named_role(request.app[WORLD], name)
    if role is None:
        known = ", ".join(role.name for role in request.app[WORLD].roles.values())
        raise SandboxError(f"There is no role {name!r}; there are: {known}.")
    return role


def known_interaction(request: web.Request, interaction_id: str) -> Interaction:
    """The interaction with that id.

    Raises:
        SandboxError: there is no such interaction.
    """
    interaction = request.app[WORLD].interactions.get(interaction_id)
    if interaction is None:
        raise SandboxError("There is no such interaction.")
    return interaction


def query_number(request: web.Request, name: str, default: float) -> float:
    """A number in the query, or the default if the query does not give it.

    Raises:
        SandboxError: it is not a number.
    """
    text = request.query.get(name)
    try:
        number = default if text is None else float(text)
        if math.isfinite(number):
            return number
        raise ValueError
    except ValueError:
        raise SandboxError(f"{name}: {text!r} is not a number.") from None


def wait_s(request: web.Request) -> float:
    """The seconds that a request wants to wait: `wait_s` of the query, from 0 to `MAX_WAIT_S`.

    Raises:
        SandboxError: it is not a number.
    """
    return max(0.0, min(query_number(request, "wait_s", 0), MAX_WAIT_S))


def errors_as_json(handler: ControlHandler) -> ControlHandler:
    """The handler, with status 400 and `{"error": SENTENCE}` in place of a SandboxError."""

    async def handle(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except SandboxError as error:
            return answer({"error": str(error)}, status=400)

    return handle
