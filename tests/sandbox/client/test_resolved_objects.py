"""Members, roles and channels that a command carries, with computed permissions."""

import pytest

from sandbox.client.resolved_objects import Place, resolve_channel, resolve_member
from sandbox.schemas.fields import Json
from sandbox.world.ids import ANNOUNCEMENTS_ID, APPLICATION_ID, BOT_ROLE_ID, STAFF_ID, VERSES_ID
from sandbox.world.permissions import Permission
from sandbox.world.state import World


@pytest.mark.parametrize(("name", "sees_staff"), [("student", False), ("teacher", True), ("owner", True)])
def test_channels_have_the_permissions_of_who_acts(name: str, sees_staff: bool) -> None:
    world = World("t")
    resolved: Json = {}
    place = Place(world, world.users[name], VERSES_ID)
    for channel_id in (VERSES_ID, STAFF_ID):
        assert resolve_channel(place, world.channels[channel_id], resolved) == channel_id
    bits = {key: int(channel["permissions"]) for key, channel in resolved["channels"].items()}
    assert bits[VERSES_ID] & Permission.SEND_MESSAGES
    assert bool(bits[STAFF_ID] & Permission.VIEW_CHANNEL) is sees_staff


def test_members_have_their_permissions_in_the_channel() -> None:
    world = World("t")
    resolved: Json = {}
    place = Place(world, world.users["student"], ANNOUNCEMENTS_ID)
    resolve_member(place, world.members[APPLICATION_ID], resolved)
    bits = int(resolved["members"][APPLICATION_ID]["permissions"])
    assert bits & Permission.VIEW_CHANNEL and not bits & Permission.SEND_MESSAGES
    assert "user" not in resolved["members"][APPLICATION_ID]
    assert resolved["users"][APPLICATION_ID]["bot"]


def test_only_the_role_of_the_bot_is_tagged() -> None:
    tags = {role.id: role.to_json().get("tags") for role in World("t").roles.values()}
    assert {key: tag for key, tag in tags.items() if tag} == {BOT_ROLE_ID: {"bot_id": APPLICATION_ID}}
