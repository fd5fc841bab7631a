"""The buttons of a proposed training."""

import asyncio
from typing import Any

import requests

from worker.protocol.training_payloads import TrainingStatus
from worker.trainings import training_records

DEADLINE_S = 60.0


async def waiting_training(room: Any) -> TrainingStatus:
    async with asyncio.timeout(DEADLINE_S):
        while True:
            if found := training_records.open_trainings(room.bot.connection):
                return found[0]
            await asyncio.sleep(0.01)


def test_a_training_whose_message_cannot_be_posted_can_be_started_again(running: Any) -> None:
    async def test() -> None:
        async with running() as room:
            world = room.sandbox.world
            await room.ask("/admin train name: sonnets", "teacher")
            form = {"kind": "503", "route": "POST /channels/.*/messages"}
            await asyncio.to_thread(
                requests.post, f"{room.sandbox.address}/sandbox/faults", json=form, timeout=30
            )

            def told() -> bool:
                embeds = [embed for message in world.messages.values() for embed in message.embeds]
                return any("Discord is too busy" in embed.get("description", "") for embed in embeds)

            await room.press("Start", "teacher")
            assert await world.changes.wait_until(told, DEADLINE_S)
            assert training_records.ahead(room.bot.connection) == 0

            await room.press("Start", "teacher")
            assert (await waiting_training(room)).request.name == "sonnets"

    asyncio.run(test())
