"""The log channels hear which version is live."""

from typing import Any

import pytest

from bot.background import live_version
from sandbox.world.ids import GUILD_ID
from tests.support import tiny_models
from tests.support.bot_room import Room
from tests.support.waiting import eventually_async
from worker.protocol.model_payloads import ModelIndex
from worker.records import guild_settings, model_index


def go_live(room: Room, number: int) -> None:
    """Publish an index in which that version is live."""
    versions = [tiny_models.summary("bard", one, live=one == number) for one in (1, 2)]
    model_index.save(room.bot.connection, ModelIndex(versions=versions))


def told(room: Room) -> list[str]:
    """What the channels have read of live versions."""
    return [one.content for one in room.sandbox.world.messages.values() if "live model" in one.content]


@pytest.fixture
async def watched(room: Room) -> Room:
    """A guild with a log channel, in which version 1 has been live for some time."""
    (verses,) = (one.id for one in room.sandbox.world.channels.values() if one.name == "verses")
    guild_settings.change(room.bot.connection, GUILD_ID, log_channel=verses)
    await eventually_async(lambda: room.bot.guilds, "the guild")
    go_live(room, 1)
    await live_version.announce(room.bot)
    return room


async def test_a_new_live_version_is_announced_once(watched: Room) -> None:
    assert told(watched) == []
    go_live(watched, 2)
    for _ in range(3):
        await live_version.announce(watched.bot)
    assert told(watched) == [r"✅ bard\@2 is the live model now"]


async def test_a_channel_that_is_gone_hinders_nothing(watched: Room) -> None:
    settings: dict[str, Any] = {"log_channel": "1"}
    guild_settings.change(watched.bot.connection, GUILD_ID, **settings)
    go_live(watched, 2)
    await live_version.announce(watched.bot)
    assert told(watched) == []
