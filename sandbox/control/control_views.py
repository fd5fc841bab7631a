"""The JSON that the control API answers with."""

from sandbox.schemas.fields import Json
from sandbox.world import interaction_lifecycle
from sandbox.world.ids import APPLICATION_ID, GUILD_ID, VERSES_ID
from sandbox.world.message_objects import Interaction, Message
from sandbox.world.state import World


def state_view(world: World) -> Json:
    """The ids, names and languages that a program needs to act, and whether the bot is connected."""
    return {
        "application_id": APPLICATION_ID,
        "guild_id": GUILD_ID,
        "channel_id": VERSES_ID,
        "channels": {channel.name: channel.id for channel in world.guild_channels()},
        "threads": {thread.name: thread.id for thread in world.threads()},
        "roles": {role.name: role.id for role in world.roles.values()},
        "bot_token": world.token,
        "users": {user.name: user.id for user in world.users.values()},
        **locales_view(world),
        "bot_connected": world.bot_connected,
        "commands": sorted({command["name"] for command in world.commands.values()}),
        "event": world.changes.number,
    }


def locales_view(world: World) -> Json:
    """The languages of the members and of the guild."""
    return {"locales": world.locales, "guild_locale": world.guild_locale}


def message_view(world: World, message: Message) -> Json:
    """Discord's message object, with the number of edits and the id of its interaction."""
    view = message.to_json(world.address) | {"edits": message.edits}
    return view | ({"interaction_id": message.interaction.id} if message.interaction else {})


def interaction_view(world: World, interaction: Interaction) -> Json:
    """The state of an interaction with the bot's messages and the modal that the bot opened."""
    original, first = interaction.original, interaction.acknowledged_at
    return {
        "first_answer_s": None if first is None else first - interaction.created_at,
        "state": interaction_lifecycle.state(world, interaction),
        "kind": interaction.kind,
        "command": interaction.name,
        "message": message_view(world, original) if original else None,
        "edits": original.edits if original else 0,
        "followups": [message_view(world, message) for message in interaction.followups],
        "modal": interaction.modal,
    }
