"""Who may administer, and where the bot can keep a message."""

import asyncio
from typing import Any

import pytest

from bot.interactions.checks import check_model
from shakelm.errors import ShakelmError
from worker.protocol.model_payloads import ModelIndex

EPHEMERAL = 1 << 6


def description(message: dict[str, Any]) -> str:
    return str(message["embeds"][0]["description"])


def test_a_role_may_administer_where_one_is_set(running: Any) -> None:
    async def test() -> None:
        async with running() as room:
            roles = {role.name: role.id for role in room.sandbox.world.roles.values()}
            refused = await room.ask("/admin status", "assistant")
            assert "need the permission Manage Server" in description(refused)
        async with running(SHAKELM_ADMIN_ROLE=roles["Assistant"]) as room:
            assert (await room.ask("/admin status", "assistant"))["embeds"][0]["title"] == "Status"
            assert (await room.ask("/admin status", "teacher"))["embeds"][0]["title"] == "Status"
            refused = await room.ask("/admin status", "student")
            assert "need the role Assistant or the permission Manage Server" in description(refused)
            assert refused["flags"] & EPHEMERAL

    asyncio.run(test())


def test_a_training_needs_a_channel_in_which_the_bot_may_post(running: Any) -> None:
    async def test() -> None:
        async with running() as room:
            command = "/admin train architecture: lstm vocabulary: char"
            refused = await room.ask(command, "teacher", "announcements")
            assert "I need Send Messages in this channel" in description(refused)
            assert refused["flags"] & EPHEMERAL
            assert len(room.sandbox.world.messages) == 1

    asyncio.run(test())


def test_an_unknown_model_passes_only_while_no_worker_has_said_what_there_is() -> None:
    check_model("anything", None)

    with pytest.raises(ShakelmError, match="no model 'anything'"):
        check_model("anything", ModelIndex(versions=[]))
