"""The routes under `/sandbox`.

All bodies are JSON. Status 400 with `{"error": SENTENCE}` answers what Discord's client would not do. In
bodies, `user` is the member who acts (by default the student), `channel_id` the channel (by default
`#verses`), and `granted` skips a command's default permissions. A request that starts an interaction gets
`{"interaction_id": ID}`.

- `GET /state`: ids, names, languages, commands, whether the bot is connected, and how many faults wait for
  requests
- `POST /commands` {user, text, channel_id, granted, files: {OPTION: {name, content (base64)}}}
- `POST /crowds` {count, text or button, message_id, channel_id}: new members use a command or press a button
  at once, {INTERACTION_ID: USER_ID}
- `POST /autocomplete` {user, text, channel_id, granted, focused: OPTION (by default the last)}: {choices}
- `POST /presses` {user, button (label or custom id), message_id (by default the newest), channel_id}
- `POST /selections` {user, values (or labels, or names of what Discord lists), select (placeholder or custom
  id), message_id, channel_id}
- `POST /modals` {user, interaction_id (of the interaction that opened it), values: {LABEL OR ID: VALUE},
  files: {LABEL OR ID: [{name, content (base64)}]}}
- `POST /menus` {user, name, message_id or member, channel_id, granted}
- `POST /members` {name}: a new member joins, {user_id}
- `POST /locales` {user (null: the guild), locale}: {locales, guild_locale}
- `GET /interactions?since`: {ID: the same as for one} of all interactions, or of those from an id on
- `GET /interactions/ID?wait_s&after_edits`: {state, kind, command, first_answer_s, message, edits, followups,
  modal}
- `GET /messages?viewer&channel_id&since&wait_s&after_event`: {event, messages}, all or those from an id on
- `POST /messages` {user, text, channel_id}: the message
- `GET /attachments/ID/NAME`: the file
- `POST /memberships` {event: removed, invited, or outage}: what happens to the bot in the guild
- `moderation_routes` has those that change the guild, `channel_routes` those about channels and threads.
- `POST /faults`, `POST /clock`: the fields of `FaultForm` and `ClockForm`
- `DELETE /faults`: takes back those that still wait for requests
"""

from aiohttp import web

from sandbox.api.fault_switch import cause
from sandbox.api.faults import FaultForm
from sandbox.api.gateway.gateway_server import Gateway
from sandbox.api.rest.middleware import FAULTS
from sandbox.api.rest.request_context import WORLD, answer
from sandbox.client import clicks, members, replies, typed_input
from sandbox.client.members import find_member
from sandbox.client.visible_messages import find_message, messages_in_channel
from sandbox.control import channel_routes, moderation_routes
from sandbox.control.control_forms import (
    ClockForm,
    CommandLineForm,
    CrowdForm,
    LineForm,
    LocaleForm,
    MemberForm,
    MembershipForm,
    MenuForm,
    PressForm,
    SelectionForm,
    SubmissionForm,
    UnfinishedForm,
)
from sandbox.control.control_requests import (
    errors_as_json,
    known_channel_id,
    known_interaction,
    query_number,
    read_form,
    user_and_channel,
    wait_s,
)
from sandbox.control.control_views import interaction_view, locales_view, message_view, state_view
from sandbox.sandbox_error import SandboxError
from sandbox.world import interaction_lifecycle
from sandbox.world.guild_objects import User
from sandbox.world.ids import VERSES_ID
from sandbox.world.message_objects import Interaction, Message
from sandbox.world.state import from_id_on

GATEWAY = web.AppKey("gateway", Gateway)


async def _state(request: web.Request) -> web.Response:
    return answer(state_view(request.app[WORLD]) | {"pending_faults": request.app[FAULTS].pending})


async def _use_command(request: web.Request) -> web.Response:
    world, form = request.app[WORLD], await read_form(request, CommandLineForm)
    user, channel_id = user_and_channel(request, form)
    return _started(
        typed_input.use_command(world, user, channel_id, form.text, granted=form.granted, files=form.files)
    )


async def _complete(request: web.Request) -> web.Response:
    world, form = request.app[WORLD], await read_form(request, UnfinishedForm)
    user, channel_id = user_and_channel(request, form)
    interaction = typed_input.ask_for_completions(
        world, user, channel_id, form.text, focused=form.focused, granted=form.granted
    )
    return answer({"choices": await replies.completions(world, interaction)})


async def _press(request: web.Request) -> web.Response:
    world, form = request.app[WORLD], await read_form(request, PressForm)
    user, channel_id = user_and_channel(request, form)
    return _started(clicks.press(world, user, form.button, form.message_id, channel_id=channel_id))


async def _select(request: web.Request) -> web.Response:
    world, form = request.app[WORLD], await read_form(request, SelectionForm)
    user, channel_id = user_and_channel(request, form)
    return _started(
        clicks.select(world, user, form.values, form.select, form.message_id, channel_id=channel_id)
    )


async def _submit(request: web.Request) -> web.Response:
    world, form = request.app[WORLD], await read_form(request, SubmissionForm)
    interaction = known_interaction(request, form.interaction_id)
    return _started(
        clicks.submit(world, find_member(world, form.user), interaction, {**form.values, **form.files})
    )


async def _use_menu(request: web.Request) -> web.Response:
    world, form = request.app[WORLD], await read_form(request, MenuForm)
    user, channel_id = user_and_channel(request, form)
    target: User | Message
    if form.message_id is not None and form.member is None:
        target = find_message(world, user, form.message_id)
        channel_id = target.channel_id
    elif form.member is not None and form.message_id is None:
        target = find_member(world, form.member)
    else:
        raise SandboxError("A context menu belongs to a message or to a member: give message_id or member.")
    return _started(clicks.use_menu(world, user, form.name, target, channel_id, granted=form.granted))


def _started(interaction: Interaction) -> web.Response:
    return answer({"interaction_id": interaction.id})


async def _join(request: web.Request) -> web.Response:
    form = await read_form(request, MemberForm)
    return answer({"user_id": members.join(request.app[WORLD], form.name).id})


async def _set_locale(request: web.Request) -> web.Response:
    world, form = request.app[WORLD], await read_form(request, LocaleForm)
    members.set_locale(world, None if form.user is None else find_member(world, form.user), form.locale)
    return answer(locales_view(world))


async def _write(request: web.Request) -> web.Response:
    world, form = request.app[WORLD], await read_form(request, LineForm)
    user, channel_id = user_and_channel(request, form)
    return answer(message_view(world, typed_input.write(world, user, channel_id, form.text)))


async def _messages(request: web.Request) -> web.Response:
    """The messages that a member sees; with `wait_s`, as soon as there is a change after `after_event`."""
    world, changes = request.app[WORLD], request.app[WORLD].changes
    viewer = find_member(world, request.query.get("viewer", "student"))
    channel_id = known_channel_id(request, request.query.get("channel_id", VERSES_ID))
    after = int(query_number(request, "after_event", -1))
    await changes.wait_until(lambda: changes.number > after, wait_s(request))
    seen = messages_in_channel(world, viewer, channel_id, since=request.query.get("since", ""))
    views = [message_view(world, message) for message in seen]
    return answer({"event": changes.number, "messages": views})


async def _interaction(request: web.Request) -> web.Response:
    """An interaction; with `wait_s`, as soon as the bot answered it or failed to.

    With `after_edits`, the wait also lasts until the answer has more edits than that, or is deleted and
    followed up.
    """
    world = request.app[WORLD]
    interaction = known_interaction(request, request.match_info["interaction_id"])
    after = int(query_number(request, "after_edits", -1))

    def settled() -> bool:
        state = interaction_lifecycle.state(world, interaction)
        edits = interaction.original.edits if interaction.original else 0
        replaced = interaction.original is None and bool(interaction.followups)
        return state == "failed" or (state == "answered" and (edits > after or replaced))

    await world.changes.wait_until(settled, wait_s(request))
    return answer(interaction_view(world, interaction))


async def _interactions(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    asked = from_id_on(world.interactions, request.query.get("since", ""))
    return answer({one.id: interaction_view(world, one) for one in asked})


async def _gather(request: web.Request) -> web.Response:
    world, form = request.app[WORLD], await read_form(request, CrowdForm)
    channel_id = known_channel_id(request, form.channel_id)
    crowd = [members.join(world, f"member-{len(world.users)}") for _ in range(form.count)]

    def act(user: User) -> Interaction:
        if form.button is not None:
            return clicks.press(world, user, form.button, form.message_id, channel_id=channel_id)
        return typed_input.use_command(world, user, channel_id, form.text or "", granted=True)

    asked = [act(user) for user in crowd]
    return answer({one.id: one.user.id for one in asked})


async def _attachment(request: web.Request) -> web.Response:
    attachment = request.app[WORLD].attachments.get(request.match_info["attachment_id"])
    if attachment is None or attachment.filename != request.match_info["name"]:
        raise web.HTTPNotFound
    headers = {"Content-Type": attachment.content_type, "X-Content-Type-Options": "nosniff"}
    return web.Response(body=attachment.content, headers=headers)


async def _add_fault(request: web.Request) -> web.Response:
    await cause(await read_form(request, FaultForm), request.app[GATEWAY], request.app[FAULTS])
    return answer(None)


async def _clear_faults(request: web.Request) -> web.Response:
    request.app[FAULTS].clear()
    return answer(None)


async def _change_membership(request: web.Request) -> web.Response:
    world, form = request.app[WORLD], await read_form(request, MembershipForm)
    {"removed": world.remove_bot, "invited": world.invite_bot, "outage": world.break_guild}[form.event]()
    return answer(None)


async def _move_clock(request: web.Request) -> web.Response:
    world, form = request.app[WORLD], await read_form(request, ClockForm)
    world.move_clock(form.ahead_s)
    return answer({"now": world.clock.now()})


def add_control_routes(app: web.Application) -> None:
    """Add the control API's routes to an application."""
    for method, path, handler in (
        ("GET", "/state", _state),
        ("POST", "/commands", _use_command),
        ("POST", "/crowds", _gather),
        ("POST", "/autocomplete", _complete),
        ("POST", "/presses", _press),
        ("POST", "/selections", _select),
        ("POST", "/modals", _submit),
        ("POST", "/menus", _use_menu),
        ("POST", "/members", _join),
        ("POST", "/locales", _set_locale),
        ("GET", "/messages", _messages),
        ("POST", "/messages", _write),
        ("GET", "/interactions", _interactions),
        ("GET", "/interactions/{interaction_id}", _interaction),
        ("GET", "/attachments/{attachment_id}/{name}", _attachment),
        ("POST", "/faults", _add_fault),
        ("DELETE", "/faults", _clear_faults),
        ("POST", "/clock", _move_clock),
        ("POST", "/memberships", _change_membership),
        *moderation_routes.ROUTES,
        *channel_routes.ROUTES,
    ):
        app.router.add_route(method, f"/sandbox{path}", errors_as_json(handler))
