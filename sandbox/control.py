"""The control API under `/sandbox`: what tests and other front ends drive the sandbox with."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar, cast, get_args

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox import interactions, messages, rest, typed
from sandbox.errors import Refusal, SandboxError
from sandbox.faults import FaultForm, GatewayFault
from sandbox.forms import MessageForm, read
from sandbox.gateway import Gateway
from sandbox.permissions import Permission
from sandbox.world import (
    APPLICATION_ID,
    GUILD_ID,
    VERSES_ID,
    Interaction,
    Json,
    Message,
    User,
    World,
)

GATEWAY = web.AppKey("gateway", Gateway)
LONGEST_WAIT_S = 120.0

_Form = TypeVar("_Form", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LineForm(_Strict):
    """A line that a member types; `granted` shows commands to them that default permissions hide."""

    user: str = "student"
    text: str
    channel_id: str = VERSES_ID
    granted: bool = False


class ClockForm(_Strict):
    """How many seconds the world's time runs ahead of the machine's."""

    ahead_s: Annotated[float, Field(ge=0, le=10 * 365 * 86400)]


def state_of(world: World) -> Json:
    """What a client of the sandbox needs to know of it."""
    return {
        "application_id": APPLICATION_ID,
        "guild_id": GUILD_ID,
        "channel_id": VERSES_ID,
        "channels": {channel.name: channel.id for channel in world.channels.values()},
        "roles": {role.name: role.id for role in world.roles.values()},
        "bot_token": world.token,
        "users": {user.name: user.id for user in world.users.values()},
        "bot_connected": world.bot_connected,
        "commands": sorted({command["name"] for command in world.commands.values()}),
        "event": world.changes.number,
    }


def use_command(
    world: World, user: User, channel_id: str, text: str, *, granted: bool = False
) -> Interaction:
    """Type a command line as a member.

    Raises:
        SandboxError: Discord's client would not send it.
    """
    line = typed.read(world, user, channel_id, text, granted=granted)
    return interactions.begin(world, user, channel_id, line.command, line.data)


def say(world: World, user: User, channel_id: str, text: str) -> Message:
    """Write a plain message as a member.

    Raises:
        SandboxError: the channel does not let them, or Discord would refuse the text.
    """
    channel = world.channels[channel_id]
    if not world.may(user, Permission.SEND_MESSAGES, channel):
        raise SandboxError(f"{user.title} may not write in #{channel.name}.")
    try:
        return messages.send(world, channel_id, user, read(MessageForm, {"content": text}), [])
    except Refusal:
        raise SandboxError("A message has 1 to 2000 characters.") from None


def message_view(world: World, message: Message) -> Json:
    """A message object, with its number of edits and the interaction that it answers."""
    view = message.to_json(world.address) | {"edits": message.edits}
    return view | ({"interaction_id": message.interaction.id} if message.interaction else {})


async def _state(request: web.Request) -> web.Response:
    return rest.answer(state_of(request.app[rest.WORLD]))


async def _commands(request: web.Request) -> web.Response:
    world, form = request.app[rest.WORLD], await _form(request, LineForm)
    user = _user(world, form.user)
    _known_channel(world, form.channel_id)
    interaction = use_command(world, user, form.channel_id, form.text, granted=form.granted)
    return rest.answer({"interaction_id": interaction.id})


async def _autocomplete(request: web.Request) -> web.Response:
    world, form = request.app[rest.WORLD], await _form(request, LineForm)
    user = _user(world, form.user)
    _known_channel(world, form.channel_id)
    line = typed.read_unfinished(world, user, form.channel_id, form.text)
    interaction = interactions.begin(
        world, user, form.channel_id, line.command, line.data, kind=interactions.AUTOCOMPLETE
    )
    await world.changes.wait_until(
        lambda: interactions.state(world, interaction) != "pending", interactions.FIRST_ANSWER_S + 1
    )
    if interaction.choices is None:
        raise SandboxError("The bot did not answer within three seconds.")
    return rest.answer({"choices": interaction.choices})


async def _write(request: web.Request) -> web.Response:
    world, form = request.app[rest.WORLD], await _form(request, LineForm)
    _known_channel(world, form.channel_id)
    return rest.answer(message_view(world, say(world, _user(world, form.user), form.channel_id, form.text)))


async def _messages(request: web.Request) -> web.Response:
    world, query = request.app[rest.WORLD], request.query
    viewer = _user(world, query.get("viewer", "student"))
    channel_id = query.get("channel_id", VERSES_ID)
    _known_channel(world, channel_id)
    after = int(_number(query.get("after_event", "-1")))
    await world.changes.wait_until(lambda: world.changes.number > after, _wait(request))
    seen = [
        item for item in world.messages.values() if item.channel_id == channel_id and world.sees(viewer, item)
    ]
    return rest.answer(
        {"event": world.changes.number, "messages": [message_view(world, message) for message in seen]}
    )


async def _interaction(request: web.Request) -> web.Response:
    """The state of an interaction; with `wait_s`, as soon as it is answered or failed.

    `after_edits` waits on until the answer was edited more often than that.
    """
    world = request.app[rest.WORLD]
    interaction = world.interactions.get(request.match_info["interaction_id"])
    if interaction is None:
        raise SandboxError("There is no such interaction.")
    after = int(_number(request.query.get("after_edits", "-1")))

    def settled() -> bool:
        state = interactions.state(world, interaction)
        edits = interaction.original.edits if interaction.original else 0
        return state == "failed" or (state == "answered" and edits > after)

    await world.changes.wait_until(settled, _wait(request))
    original = interaction.original
    return rest.answer(
        {
            "state": interactions.state(world, interaction),
            "command": interaction.command,
            "message": message_view(world, original) if original else None,
            "edits": original.edits if original else 0,
            "followups": [message_view(world, message) for message in interaction.followups],
        }
    )


async def _attachment(request: web.Request) -> web.Response:
    attachment = request.app[rest.WORLD].attachments.get(request.match_info["attachment_id"])
    if attachment is None or attachment.filename != request.match_info["name"]:
        raise web.HTTPNotFound
    headers = {"Content-Type": attachment.content_type, "X-Content-Type-Options": "nosniff"}
    return web.Response(body=attachment.content, headers=headers)


async def _faults(request: web.Request) -> web.Response:
    form = await _form(request, FaultForm)
    if form.kind in get_args(GatewayFault):
        await request.app[GATEWAY].fail(cast(GatewayFault, form.kind))
    else:
        request.app[rest.FAULTS].add(form)
    return rest.answer(None)


async def _clock(request: web.Request) -> web.Response:
    form = await _form(request, ClockForm)
    world = request.app[rest.WORLD]
    world.move_clock(form.ahead_s)
    return rest.answer({"now": world.clock.now()})


async def _form(request: web.Request, form: type[_Form]) -> _Form:
    try:
        return form.model_validate_json(await request.read())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the body"
        raise SandboxError(f"{where}: {first['msg']}.") from None


def _user(world: World, name: str) -> User:
    if name not in world.users:
        raise SandboxError(f"There is no user {name!r}; there are: {', '.join(world.users)}.")
    return world.users[name]


def _known_channel(world: World, channel_id: str) -> None:
    if channel_id not in world.channels:
        raise SandboxError(f"There is no channel {channel_id!r}.")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise SandboxError(f"{text!r} is no number.") from None


def _wait(request: web.Request) -> float:
    return max(0.0, min(_number(request.query.get("wait_s", "0")), LONGEST_WAIT_S))


def _in_one_sentence(
    handler: Callable[[web.Request], Awaitable[web.Response]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except SandboxError as error:
            return rest.answer({"error": str(error)}, status=400)

    return handle


def add_routes(app: web.Application) -> None:
    """Put the control API's routes into an application."""
    for method, path, handler in (
        ("GET", "/sandbox/state", _state),
        ("POST", "/sandbox/commands", _commands),
        ("POST", "/sandbox/autocomplete", _autocomplete),
        ("GET", "/sandbox/messages", _messages),
        ("POST", "/sandbox/messages", _write),
        ("GET", "/sandbox/interactions/{interaction_id}", _interaction),
        ("GET", "/sandbox/attachments/{attachment_id}/{name}", _attachment),
        ("POST", "/sandbox/faults", _faults),
        ("POST", "/sandbox/clock", _clock),
    ):
        app.router.add_route(method, path, _in_one_sentence(handler))
