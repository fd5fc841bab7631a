"""Who handles an interaction, and who is done with it."""

from types import SimpleNamespace
from typing import Any, cast

import redis

from bot.gateway import instances, intake
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


async def test_nobody_takes_an_interaction_over_from_a_bot_that_has_just_kept_it(
    running: Running, valkey_url: str
) -> None:
    """The other bot has looked before: it took this one for dead."""
    with redis.Redis.from_url(valkey_url) as connection:
        async with running() as room:
            await room.ask("/models")
            (asked,) = room.sandbox.world.interactions.values()
            key = f"shakelm:interaction:{asked.id}"
            await eventually_async(lambda: connection.get(key) == b"done", "an end of the interaction")
            interaction = SimpleNamespace(id=int(asked.id))
            assert await room.bot.intake.keeps(cast(Any, interaction))  # it is done by this bot
            assert connection.get(key) == b"done"
            connection.set(key, room.bot.intake.name)

            connection.delete(f"shakelm:bot:alive:{room.bot.intake.name}")
            assert await room.bot.intake.keeps(cast(Any, interaction))
            assert connection.exists(f"shakelm:bot:alive:{room.bot.intake.name}")
            kept = connection.get(key)
            assert kept != room.bot.intake.name.encode()
            assert intake.owner_of(connection, int(asked.id)) == room.bot.intake.name
            assert await room.bot.intake.keeps(cast(Any, interaction))

            connection.set(key, ELSEWHERE)
            assert not await room.bot.intake.keeps(cast(Any, interaction))
            assert connection.get(key) == ELSEWHERE.encode()
