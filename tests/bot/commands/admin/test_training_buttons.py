"""The buttons of a proposed training."""

import asyncio

import requests

from tests.support.bot_room import Room
from tests.support.discord_messages import description
from tests.support.waiting import eventually_async
from worker.trainings import training_records


async def test_a_training_whose_message_cannot_be_posted_can_be_started_again(room: Room) -> None:
    world = room.sandbox.world
    await room.ask("/admin train name: sonnets", "teacher")
    form = {"kind": "503", "route": "POST /channels/.*/messages"}
    await asyncio.to_thread(requests.post, f"{room.sandbox.address}/sandbox/faults", json=form, timeout=30)

    def told() -> bool:
        return any("Discord is too busy" in description(message) for message in world.messages.values())

    await room.press("Start", "teacher")
    await room.until(told, "a sentence")
    assert training_records.open_trainings(room.bot.connection) == []

    await room.press("Start", "teacher")
    (training,) = await eventually_async(
        lambda: training_records.open_trainings(room.bot.connection), "a training"
    )
    assert training.request.name == "sonnets"
