"""What a member sees, as the JSON that the page gets."""

from collections.abc import Iterator
from typing import get_args

from sandbox.client.command_access import takes_messages
from sandbox.schemas.command_form import CHAT_INPUT, MESSAGE_MENU, USER_MENU
from sandbox.schemas.fields import Json, Locale
from sandbox.world import command_registry
from sandbox.world.guild_objects import AnyChannel, Thread, User
from sandbox.world.ids import GUILD_ID
from sandbox.world.message_objects import Interaction, Message
from sandbox.world.permissions import Permission
from sandbox.world.starting_guild import BOT
from sandbox.world.state import World


def guild_view(world: World, user: User) -> Json:
    """The guild for a member: channels that the member sees, members, roles, and who the member is."""
    return {
        "id": GUILD_ID,
        "name": world.guild()["name"],
        "address": world.address,
        "languages": list(get_args(Locale)),
        "me": {"id": user.id, "name": user.name, "locale": world.locales[user.name]},
        "channels": [
            _channel_view(world, user, channel)
            for channel in _in_order(world)
            if world.may(user, Permission.VIEW_CHANNEL, channel)
        ],
        "roles": {role.id: role.name for role in world.roles.values()},
        "members": [_member_view(world, member.user) for member in world.members.values()],
    }


def _in_order(world: World) -> Iterator[AnyChannel]:
    """The channels, each before its threads."""
    for channel in world.guild_channels():
        yield channel
        yield from world.threads(channel)


def _channel_view(world: World, user: User, channel: AnyChannel) -> Json:
    view: Json = {
        "id": channel.id,
        "name": channel.name,
        "topic": channel.topic,
        "kind": channel.kind,
        "may_write": takes_messages(world, user, channel),
    }
    if isinstance(channel, Thread):
        view |= {"parent": channel.parent.id, "archived": channel.archived, "locked": channel.locked}
    return view


def _member_view(world: World, user: User) -> Json:
    roles = (world.roles[role_id] for role_id in world.members[user.id].role_ids)
    return {
        "id": user.id,
        "name": user.name,
        "display_name": user.display_name,
        "bot": user.bot,
        "online": world.bot_connected if user is BOT else True,
        "roles": [role.name for role in roles if not role.managed],
    }


def commands_view(world: World, user: User) -> list[Json]:
    """The commands that Discord's client shows to a member, as the bot registered them."""
    return [
        command
        for kind in (CHAT_INPUT, USER_MENU, MESSAGE_MENU)
        for command in command_registry.offered(world, kind).values()
        if command_registry.shown_to(world, command, user)
    ]


def message_view(world: World, user: User, message: Message) -> Json:
    """Discord's message object for a member, with what the page shows of its interaction."""
    view = message.to_json(world.address) | {"edits": message.edits}
    answered = message.replies_to
    if answered and not answered.deleted and not world.sees(user, answered):
        view["referenced_message"] = None  # as in an answer to a button that one person sees
    interaction = message.interaction
    if interaction:
        view["used"] = {"by": interaction.user.id, "shown": interaction.shown, "kind": interaction.kind}
    return view


def unanswered_view(interaction: Interaction) -> Json:
    """A use of a command, a component or a modal that the bot did not answer in time."""
    return {
        "id": interaction.id,
        "channel_id": interaction.channel_id,
        "shown": interaction.shown,
        "source": interaction.source.id if interaction.source else None,
    }
