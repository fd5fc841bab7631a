"""Who handles an interaction, and who is done with it."""

import redis

from bot.gateway import instances
from bot.interactions.client import ADMISSIONS_AT_ONCE
from sandbox.client import typed_input
from sandbox.world.ids import VERSES_ID
from tests.support.bot_room import Running
from tests.support.waiting import eventually_async

ELSEWHERE = "another-host:1:aaaaaaaa"
"""The name of a bot on another machine."""


async def test_a_bot_that_has_lost_an_interaction_to_another_one_does_not_call_it_done(
    running: Running, valkey_url: str
) -> None:
    """As one that stood still. The other bot is about to answer, or to tell the person."""
    with redis.Redis.from_url(valkey_url) as connection:
        async with running() as room:
            for _ in range(ADMISSIONS_AT_ONCE):
                await room.bot.admissions.acquire()
            world = room.sandbox.world
            asked = typed_input.use_command(world, world.users["student"], VERSES_ID, "/verse")
            key = f"shakelm:interaction:{asked.id}"
            own = room.bot.intake.name.encode()
            await eventually_async(lambda: connection.get(key) == own, "a claim")

            instances.beat(connection, ELSEWHERE, None)
            connection.set(key, ELSEWHERE)
            await room.bot.close()  # waits for the handler

        assert connection.get(key) == ELSEWHERE.encode()
