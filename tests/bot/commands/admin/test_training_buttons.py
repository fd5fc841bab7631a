"""The buttons of a proposed training."""

import asyncio

import requests

from tests.support.bot_room import Room
from tests.support.discord_messages import description
from tests.support.waiting import eventually_async
from worker.trainings import training_records


async def test_a_training_whose_message_cannot_be_posted_starts_all_the_same(room: Room) -> None:
    world = room.sandbox.world
    await room.ask("/admin train name: sonnets", "teacher")
    form = {"kind": "503", "route": "POST /channels/.*/messages", "times": 1000}
    await asyncio.to_thread(requests.post, f"{room.sandbox.address}/sandbox/faults", json=form, timeout=30)

    def told() -> bool:
        return any("Its message comes" in description(message) for message in world.messages.values())

    await room.press("Start", "teacher")
    await room.until(told, "a sentence")
    (training,) = await eventually_async(
        lambda: training_records.open_trainings(room.bot.connection), "a training"
    )
    assert training.request.name == "sonnets"


async def test_trainings_are_listed_stopped_and_canceled_by_commands(room: Room) -> None:
    connection = room.bot.connection
    assert "No training runs" in description(await room.ask("/admin training list", "teacher"))
    for name in ("sonnets", "plays"):
        await room.ask(f"/admin train name: {name}", "teacher")
        await room.press("Start", "teacher")
    listed = description(await room.ask("/admin training list", "teacher"))
    assert "sonnets: number 1" in listed
    assert "plays: number 2" in listed

    await room.ask("/admin training cancel training: plays", "teacher")
    (left,) = training_records.open_trainings(connection)
    await room.ask("/admin training stop training: sonnets", "teacher")
    assert training_records.ordered(connection, left.id) == "stop"

    refused = await room.ask("/admin training stop training: plays", "teacher")
    assert "No training 'plays' runs" in description(refused)
