"""The control API under `/sandbox`: what tests and other front ends drive the sandbox with.

All bodies are JSON. What Discord's client would not do is answered with 400 and `{"error": SENTENCE}`.
`user` is who acts (the student by default), `channel_id` where (`#verses`), `granted` shows commands
that default permissions hide. What starts an interaction answers `{"interaction_id": ID}`.

- `GET /state`: ids, names, languages, commands, and whether the bot is connected
- `POST /commands` {user, text, channel_id, granted, files: {OPTION: {name, content (base64)}}}
- `POST /autocomplete` {user, text, channel_id, granted, focused: OPTION (the last one)}: {choices}
- `POST /presses` {user, button (label or custom id), message_id (the newest with it), channel_id}
- `POST /selections` {user, values (or labels), select (placeholder or custom id), message_id, channel_id}
- `POST /modals` {user, interaction_id (that the modal answered), values: {LABEL OR CUSTOM ID: VALUE}}
- `POST /menus` {user, name, message_id or member, channel_id, granted}
- `POST /members` {name}: somebody joins the server, {user_id}
- `POST /locales` {user (null: the server), locale}: {locales, guild_locale}
- `GET /interactions/ID?wait_s&after_edits`: {state, kind, command, message, edits, followups, modal}
- `GET /messages?viewer&channel_id&wait_s&after_event`: {event, messages}
- `POST /messages` {user, text, channel_id}: the message
- `POST /faults`, `POST /clock`: see `FaultForm` and `ClockForm`
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, TypeVar, cast, get_args

from aiohttp import web
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationError

from sandbox import clicks, interactions, messages, rest, typed
from sandbox.errors import Refusal, SandboxError
from sandbox.faults import FaultForm, GatewayFault
from sandbox.fields import Locale
from sandbox.forms import MessageForm, read
from sandbox.gateway import Gateway
from sandbox.permissions import Permission
from sandbox.world import (
    APPLICATION_ID,
    AUTOCOMPLETE,
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


class _Act(_Strict):
    """Something that a member does in a channel."""

    user: str = "student"
    channel_id: str = VERSES_ID


class LineForm(_Act):
    """A line that a member types; `granted` shows commands to them that default permissions hide."""

    text: str
    granted: bool = False


class FileForm(_Strict):
    """A file, its content as base64."""

    name: str
    content: Base64Bytes


class CommandForm(LineForm):
    """A command line, with the files of its options."""

    files: dict[str, FileForm] = Field(default_factory=dict)


class UnfinishedForm(LineForm):
    """A command line of which an option, by default the last one, is still being typed."""

    focused: str | None = None


class PressForm(_Act):
    """A button to press."""

    button: str
    message_id: str | None = None


class SelectionForm(_Act):
    """What to pick in a select."""

    values: list[str]
    select: str | None = None
    message_id: str | None = None


class SubmissionForm(_Strict):
    """A modal to fill in and send."""

    user: str = "student"
    interaction_id: str
    values: dict[str, str | list[str]] = Field(default_factory=dict)


class MenuForm(_Act):
    """A command of the context menu of a message or of a member."""

    name: str
    message_id: str | None = None
    member: str | None = None
    granted: bool = False


class MemberForm(_Strict):
    """Somebody who joins, by a name such as Discord allows."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_.]{2,32}$")]


class LocaleForm(_Strict):
    """The language of a member, or of the server where none is named."""

    user: str | None = None
    locale: str


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
        **locales_of(world),
        "bot_connected": world.bot_connected,
        "commands": sorted({command["name"] for command in world.commands.values()}),
        "event": world.changes.number,
    }


def locales_of(world: World) -> Json:
    """The languages of the members and of the server."""
    return {"locales": world.locales, "guild_locale": world.guild_locale}


def set_locale(world: World, user: User | None, locale: str) -> None:
    """Set the language of a member, or of the server.

    Raises:
        SandboxError: Discord does not speak it.
    """
    if locale not in get_args(Locale):
        known = ", ".join(get_args(Locale))
        raise SandboxError(f"Discord does not speak {locale[:20]!r}; it speaks: {known}.")
    if user:
        world.locales[user.name] = cast(Locale, locale)
    else:
        world.guild_locale = cast(Locale, locale)


def join(world: World, name: str) -> User:
    """Let somebody join the server.

    Raises:
        SandboxError: the name is taken.
    """
    if name in world.users:
        raise SandboxError(f"There is a user {name!r} already.")
    return world.join(name)


def use_command(
    world: World,
    user: User,
    channel_id: str,
    text: str,
    *,
    granted: bool = False,
    files: Mapping[str, typed.File] | None = None,
    paths: bool = False,
) -> Interaction:
    """Type a command line as a member; the options are those of `typed.read`.

    Raises:
        SandboxError: Discord's client would not send it.
    """
    line = typed.read(world, user, channel_id, text, granted=granted, files=files, paths=paths)
    return interactions.begin(world, user, channel_id, line.command["name"], line.data)


def ask_for_completions(
    world: World, user: User, channel_id: str, text: str, *, focused: str | None = None, granted: bool = False
) -> Interaction:
    """Ask the bot what may stand in an option; the options are those of `typed.read_unfinished`.

    Raises:
        SandboxError: Discord's client would not ask.
    """
    line = typed.read_unfinished(world, user, channel_id, text, focused=focused, granted=granted)
    name = line.command["name"]
    return interactions.begin(
        world, user, channel_id, name, line.data, kind=AUTOCOMPLETE, focused=line.focused
    )


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
    world, form = request.app[rest.WORLD], await _form(request, CommandForm)
    files = {option: typed.File(file.name, file.content) for option, file in form.files.items()}
    user, channel_id = _who_and_where(world, form)
    return _begun(use_command(world, user, channel_id, form.text, granted=form.granted, files=files))


async def _autocomplete(request: web.Request) -> web.Response:
    world, form = request.app[rest.WORLD], await _form(request, UnfinishedForm)
    user, channel_id = _who_and_where(world, form)
    interaction = ask_for_completions(
        world, user, channel_id, form.text, focused=form.focused, granted=form.granted
    )
    await interactions.first_answer(world, interaction)
    if interaction.choices is None:
        raise SandboxError("The bot did not answer within three seconds.")
    return rest.answer({"choices": interaction.choices})


async def _presses(request: web.Request) -> web.Response:
    world, form = request.app[rest.WORLD], await _form(request, PressForm)
    user, channel_id = _who_and_where(world, form)
    return _begun(clicks.press(world, user, form.button, form.message_id, channel_id=channel_id))


async def _selections(request: web.Request) -> web.Response:
    world, form = request.app[rest.WORLD], await _form(request, SelectionForm)
    user, channel_id = _who_and_where(world, form)
    return _begun(
        clicks.select(world, user, form.values, form.select, form.message_id, channel_id=channel_id)
    )


async def _modals(request: web.Request) -> web.Response:
    world, form = request.app[rest.WORLD], await _form(request, SubmissionForm)
    interaction = _known_interaction(world, form.interaction_id)
    return _begun(clicks.submit(world, known_user(world, form.user), interaction, form.values))


async def _menus(request: web.Request) -> web.Response:
    world, form = request.app[rest.WORLD], await _form(request, MenuForm)
    user, channel_id = _who_and_where(world, form)
    target: User | Message
    if form.message_id is not None and form.member is None:
        target = clicks.seen(world, user, form.message_id)
        channel_id = target.channel_id
    elif form.member is not None and form.message_id is None:
        target = known_user(world, form.member)
    else:
        raise SandboxError("A context menu belongs to a message or to a member: give message_id or member.")
    return _begun(clicks.use_menu(world, user, form.name, target, channel_id, granted=form.granted))


async def _members(request: web.Request) -> web.Response:
    world, form = request.app[rest.WORLD], await _form(request, MemberForm)
    return rest.answer({"user_id": join(world, form.name).id})


async def _locales(request: web.Request) -> web.Response:
    world, form = request.app[rest.WORLD], await _form(request, LocaleForm)
    set_locale(world, None if form.user is None else known_user(world, form.user), form.locale)
    return rest.answer(locales_of(world))


def _who_and_where(world: World, form: _Act) -> tuple[User, str]:
    _known_channel(world, form.channel_id)
    return known_user(world, form.user), form.channel_id


def _begun(interaction: Interaction) -> web.Response:
    return rest.answer({"interaction_id": interaction.id})


async def _write(request: web.Request) -> web.Response:
    world, form = request.app[rest.WORLD], await _form(request, LineForm)
    user, channel_id = _who_and_where(world, form)
    return rest.answer(message_view(world, say(world, user, channel_id, form.text)))


async def _messages(request: web.Request) -> web.Response:
    world, query = request.app[rest.WORLD], request.query
    viewer = known_user(world, query.get("viewer", "student"))
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
    interaction = _known_interaction(world, request.match_info["interaction_id"])
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
            "kind": interaction.kind,
            "command": interaction.name,
            "message": message_view(world, original) if original else None,
            "edits": original.edits if original else 0,
            "followups": [message_view(world, message) for message in interaction.followups],
            "modal": interaction.modal,
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


def known_user(world: World, name: str) -> User:
    """The member of that name.

    Raises:
        SandboxError: there is none.
    """
    if name not in world.users:
        raise SandboxError(f"There is no user {name!r}; there are: {', '.join(world.users)}.")
    return world.users[name]


def _known_channel(world: World, channel_id: str) -> None:
    if channel_id not in world.channels:
        raise SandboxError(f"There is no channel {channel_id!r}.")


def _known_interaction(world: World, interaction_id: str) -> Interaction:
    if interaction_id not in world.interactions:
        raise SandboxError("There is no such interaction.")
    return world.interactions[interaction_id]


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
        ("POST", "/sandbox/presses", _presses),
        ("POST", "/sandbox/selections", _selections),
        ("POST", "/sandbox/modals", _modals),
        ("POST", "/sandbox/menus", _menus),
        ("POST", "/sandbox/members", _members),
        ("POST", "/sandbox/locales", _locales),
        ("GET", "/sandbox/messages", _messages),
        ("POST", "/sandbox/messages", _write),
        ("GET", "/sandbox/interactions/{interaction_id}", _interaction),
        ("GET", "/sandbox/attachments/{attachment_id}/{name}", _attachment),
        ("POST", "/sandbox/faults", _faults),
        ("POST", "/sandbox/clock", _clock),
    ):
        app.router.add_route(method, path, _in_one_sentence(handler))
