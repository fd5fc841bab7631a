"""Checks of permissions and models."""

import pytest

from bot.interactions.checks import check_model
from shakelm.errors import ShakelmError
from tests.support.bot_room import Room, Running
from tests.support.discord_messages import description, is_private, title
from worker.protocol.model_payloads import ModelIndex


async def test_members_with_the_administrators_role_pass(running: Running) -> None:
    async with running() as room:
        roles = {role.name: role.id for role in room.sandbox.world.roles.values()}
        refused = await room.ask("/admin status", "assistant")
        assert "need the permission Manage Server" in description(refused)
    async with running(SHAKELM_ADMIN_ROLE=roles["Assistant"]) as room:
        assert title(await room.ask("/admin status", "assistant")) == "Status"
        assert title(await room.ask("/admin status", "teacher")) == "Status"
        refused = await room.ask("/admin status", "student")
        assert "need the role Assistant or the permission Manage Server" in description(refused)
        assert is_private(refused)


async def test_a_training_needs_a_channel_in_which_the_bot_may_post(room: Room) -> None:
    command = "/admin train architecture: lstm vocabulary: char"
    refused = await room.ask(command, "teacher", "announcements")
    assert "I need Send Messages in this channel" in description(refused)
    assert is_private(refused)
    assert len(room.sandbox.world.messages) == 1


def test_an_unknown_model_passes_only_without_an_index() -> None:
    check_model("anything", None)

    with pytest.raises(ShakelmError, match="no model 'anything'"):
        check_model("anything", ModelIndex(versions=[]))
