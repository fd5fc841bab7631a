"""The routes under `/sandbox` by which moderators change the guild.

- `POST /channel_deletions` {channel_id}
- `POST /overwrites` {channel_id, role or member, allow: [PERMISSION], deny: [PERMISSION]}
- `POST /role_permissions` {role, permissions: [PERMISSION]}
- `POST /roles` {user, roles: [NAME OR ID]}
- `POST /timeouts` {user, seconds (0 ends it)}
- `POST /message_deletions` {message_id}

A permission is a name such as SEND_MESSAGES. The answer has status 204.
"""

from aiohttp import web

from sandbox.api.rest.request_context import WORLD, answer
from sandbox.client.members import find_member
from sandbox.control.control_forms import (
    ChannelDeletionForm,
    MessageDeletionForm,
    OverwriteForm,
    RolePermissionsForm,
    RolesForm,
    TimeoutForm,
)
from sandbox.control.control_requests import (
    ControlHandler,
    known_channel_id,
    known_role,
    read_form,
)
from sandbox.sandbox_error import SandboxError
from sandbox.world import channel_messages, guild_changes
from sandbox.world.guild_objects import Thread
from sandbox.world.permissions import Overwrite


async def _delete_channel(request: web.Request) -> web.Response:
    world, form = request.app[WORLD], await read_form(request, ChannelDeletionForm)
    guild_changes.delete_channel(world, world.channels[known_channel_id(request, form.channel_id)])
    return answer(None)


async def _delete_message(request: web.Request) -> web.Response:
    world, form = request.app[WORLD], await read_form(request, MessageDeletionForm)
    message = world.messages.get(form.message_id)
    if message is None:
        raise SandboxError(f"There is no message {form.message_id[:30]!r}.")
    channel_messages.delete(world, message)
    return answer(None)


async def _set_overwrite(request: web.Request) -> web.Response:
    world, form = request.app[WORLD], await read_form(request, OverwriteForm)
    channel = world.channels[known_channel_id(request, form.channel_id)]
    if isinstance(channel, Thread):
        raise SandboxError("The permissions in a thread are those of its channel.")
    if form.role is not None:
        kind, identity = 0, known_role(request, form.role).id
    else:
        kind, identity = 1, find_member(world, form.member or "").id
    guild_changes.set_overwrite(world, channel, Overwrite(identity, kind, form.allow, form.deny))
    return answer(None)


async def _set_role_permissions(request: web.Request) -> web.Response:
    world, form = request.app[WORLD], await read_form(request, RolePermissionsForm)
    guild_changes.set_role_permissions(world, known_role(request, form.role).id, form.permissions)
    return answer(None)


async def _set_roles(request: web.Request) -> web.Response:
    world, form = request.app[WORLD], await read_form(request, RolesForm)
    role_ids = tuple(known_role(request, name).id for name in form.roles)
    guild_changes.set_roles(world, find_member(world, form.user), role_ids)
    return answer(None)


async def _time_out(request: web.Request) -> web.Response:
    world, form = request.app[WORLD], await read_form(request, TimeoutForm)
    guild_changes.time_out(world, find_member(world, form.user), form.seconds)
    return answer(None)


ROUTES: list[tuple[str, str, ControlHandler]] = [
    ("POST", "/channel_deletions", _delete_channel),
    ("POST", "/message_deletions", _delete_message),
    ("POST", "/overwrites", _set_overwrite),
    ("POST", "/role_permissions", _set_role_permissions),
    ("POST", "/roles", _set_roles),
    ("POST", "/timeouts", _time_out),
]
