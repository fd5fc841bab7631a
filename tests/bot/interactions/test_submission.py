"""A request is in the queue exactly if its author was told so."""

import asyncio
import gc
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import redis
import requests

from bot.__main__ import THREADS
from bot.background.lost_requests import LostRequests
from bot.gateway import instances
from bot.interactions.answers import arguments
from bot.interactions.client import ADMISSIONS_AT_ONCE
from sandbox.client import clicks, typed_input
from sandbox.world import interaction_lifecycle
from sandbox.world.ids import APPLICATION_ID, GUILD_ID, VERSES_ID
from sandbox.world.message_objects import Interaction
from tests.support.bot_room import Room, Running
from tests.support.discord_messages import description, is_private, title
from tests.support.request_makers import shared_line, verse_request
from tests.support.waiting import eventually_async
from worker.lessons import shared_lines
from worker.messages import discord_json, notices
from worker.protocol.custom_ids import Append
from worker.protocol.job_request import ReplyTo, id_of
from worker.queue import admission, open_requests, rq_internals, snapshot, withdrawal
from worker.queue.rq_internals import VERSE
from worker.records import guild_settings

ENDED = "another-host:1:ended"
"""The name of a bot that has ended."""


@pytest.fixture
def connection(valkey_url: str) -> Iterator[redis.Redis]:
    """Another connection than the bot's."""
    with redis.Redis.from_url(valkey_url) as connection:
        yield connection
        connection.client_unpause()


def records(connection: redis.Redis) -> list[bytes]:
    """The keys of all verse records."""
    return list(connection.scan_iter("shakelm:verse:*"))


def assert_nothing_is_left(connection: redis.Redis) -> None:
    assert snapshot.open_jobs(connection) == []
    assert open_requests.held_ids(connection) == []
    assert rq_internals.job_ids(connection, VERSE).queued == []
    assert records(connection) == []


async def refuse_first_answer(room: Room) -> None:
    """Have Discord refuse first answers to interactions."""
    fault = {"kind": "503", "route": "POST /interactions/", "times": 1000}
    response = await asyncio.to_thread(
        requests.post, f"{room.sandbox.address}/sandbox/faults", json=fault, timeout=30
    )
    response.raise_for_status()


def told(room: Room, part: str) -> bool:
    """Whether the channel has a message with this part."""
    messages = room.sandbox.world.messages.values()
    return any(part in message.content for message in messages)


async def test_a_request_is_in_the_queue_once_its_notice_is_sent(
    running: Running, connection: redis.Redis
) -> None:
    async with running() as room:
        notice = await room.ask("/verse")
    (queued,) = rq_internals.job_ids(connection, VERSE).queued
    assert "⏳" in notice["content"]
    assert notice["components"][0]["components"][0]["custom_id"] == f"cancel:{queued}"
    assert records(connection) == [f"shakelm:verse:{queued}".encode()]
    assert open_requests.held_ids(connection) == []


async def test_a_request_whose_notice_is_refused_leaves_nothing(
    running: Running, connection: redis.Redis
) -> None:
    async with running() as room:
        await refuse_first_answer(room)
        world = room.sandbox.world
        student = world.users["student"]
        typed_input.use_command(world, student, VERSES_ID, "/verse")
        await room.until(lambda: told(room, f"<@{student.id}>: I could not answer"), "a sentence")
        await eventually_async(lambda: not records(connection), "a withdrawal")
    assert_nothing_is_left(connection)


async def test_a_press_whose_deferral_is_refused_leaves_nothing(
    running: Running, connection: redis.Redis
) -> None:
    line = shared_line()
    shared_lines.begin(connection, line)
    row = discord_json.rows([discord_json.button("b", Append(line.id, line.version, 0))])
    async with running() as room:
        channel = room.bot.get_partial_messageable(int(VERSES_ID))
        await channel.send(**arguments(discord_json.plain("a") | {"components": row}))
        await refuse_first_answer(room)
        world = room.sandbox.world
        clicks.press(world, world.users["student"], "b")
        await room.until(lambda: told(room, "I could not answer"), "a sentence")
        await eventually_async(lambda: not snapshot.open_jobs(connection), "a withdrawal")
    assert_nothing_is_left(connection)
    assert shared_lines.find(connection, line.id) == line


async def test_while_redis_hangs_people_are_told_in_time_and_nothing_is_enqueued_later(
    running: Running, connection: redis.Redis
) -> None:
    async with running() as room:
        connection.client_pause(60_000, all=False)
        answer = await room.ask("/verse")  # fails if there is no answer within Discord's 3 seconds
        connection.client_unpause()
        assert is_private(answer)
        assert "The queue does not respond" in description(answer)
    assert_nothing_is_left(connection)


async def test_other_commands_are_answered_while_many_requests_wait_for_admission(
    running: Running, connection: redis.Redis
) -> None:
    many = THREADS + 8
    guild_settings.change(connection, GUILD_ID, per_minute=600, open_per_person=many)
    async with running() as room:
        connection.client_pause(60_000, all=False)
        answers = await asyncio.gather(*(room.ask("/verse") for _ in range(many)))
        help_ = await room.ask("/help")
        connection.client_unpause()
    assert all(re.search("queue does not respond|Too many people", description(one)) for one in answers)
    assert title(help_) == "Help"
    assert_nothing_is_left(connection)


async def test_a_request_whose_turn_comes_too_late_is_not_counted(
    running: Running, connection: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    guild_settings.change(connection, GUILD_ID, per_minute=2)
    async with running() as room:
        connection.client_pause(60_000, all=False)
        answers = await asyncio.gather(*(room.ask("/verse") for _ in range(4)))
        connection.client_unpause()
        assert all("The queue does not respond" in description(answer) for answer in answers)
        await eventually_async(lambda: not snapshot.open_jobs(connection), "a withdrawal")
        assert "⏳" in (await room.ask("/verse"))["content"]
    assert len(records(connection)) == 1
    gc.collect()  # asyncio reports an error that nobody has looked at when its task is collected
    assert "never retrieved" not in caplog.text


async def test_a_request_that_a_limit_refuses_is_not_counted(
    running: Running, connection: redis.Redis
) -> None:
    guild_settings.change(connection, GUILD_ID, per_minute=2, open_per_person=1)
    async with running() as room:
        assert "⏳" in (await room.ask("/verse"))["content"]
        (first,) = await eventually_async(lambda: rq_internals.job_ids(connection, VERSE).queued, "a job")
        for _ in range(3):
            refused = await room.ask("/verse")
            assert is_private(refused)
            assert "⏳" not in refused["content"]
        assert len(records(connection)) == 1
        assert withdrawal.withdraw(connection, first)
        assert "⏳" in (await room.ask("/verse"))["content"]


async def ask_during_admission(room: Room) -> Any:
    """Ask for a verse, and wait until its admission is under way."""
    world = room.sandbox.world
    asked = typed_input.use_command(world, world.users["student"], VERSES_ID, "/verse")
    await eventually_async(lambda: room.bot.admissions._value < ADMISSIONS_AT_ONCE, "an admission")
    return asked


async def test_a_bot_that_closes_finishes_what_it_has_begun(
    running: Running, connection: redis.Redis
) -> None:
    async with running() as room:
        connection.client_pause(60_000, all=False)
        asked = await ask_during_admission(room)
        closing = asyncio.create_task(room.bot.close())
        connection.client_unpause()
        await closing
    assert "⏳" in asked.original.content
    assert len(rq_internals.job_ids(connection, VERSE).queued) == 1


async def test_a_bot_closes_while_redis_hangs(
    running: Running, connection: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    async with running() as room:
        connection.client_pause(60_000, all=False)
        await ask_during_admission(room)
        await room.bot.close()
    assert "The next bot does not know" in caplog.text
    connection.client_unpause()
    assert rq_internals.job_ids(connection, VERSE).queued == []


def is_done(connection: redis.Redis, asked: Interaction) -> bool:
    """Whether no bot has to do anything for the interaction any more."""
    return connection.get(f"shakelm:interaction:{asked.id}") == b"done"


def leave_admitted(connection: redis.Redis, asked: Interaction) -> str:
    """Do what a bot does that ends between the admission of a request and its notice. The request's id."""
    token = ReplyTo(
        application_id=APPLICATION_ID, token=asked.token, locale="en-US", expires_at=asked.created_at + 900
    )
    request = verse_request(
        id=id_of(int(asked.id)),
        author=asked.user.id,
        guild=GUILD_ID,
        channel=asked.channel_id,
        reply_to=token,
    )
    admission.admit(connection, request)
    connection.zadd(open_requests.HELD, {request.id: 0})  # long ago: it is looked after at once
    instances.leave(connection, ENDED, None)
    connection.set(f"shakelm:interaction:{asked.id}", ENDED)
    return request.id


@pytest.mark.parametrize("noticed", [True, False], ids=["noticed", "without-notice"])
async def test_a_busy_bot_leaves_a_request_that_an_ended_bot_has_admitted_to_be_looked_after(
    running: Running, connection: redis.Redis, noticed: bool
) -> None:
    async with running() as room:
        for _ in range(ADMISSIONS_AT_ONCE):
            await room.bot.admissions.acquire()
        world = room.sandbox.world
        student = world.users["student"]
        asked = typed_input.use_command(world, student, VERSES_ID, "/verse")
        job_id = leave_admitted(connection, asked)
        if noticed:
            notice = notices.queued(1, 1, "en-US", cancel=job_id)
            interaction_lifecycle.respond(world, asked, {"type": 4, "data": notice}, [])
        await eventually_async(partial(is_done, connection, asked), "an end of the interaction")
        assert (asked.original is not None) == noticed  # nothing that is told replaces it

        await LostRequests(room.bot).take_up()

        assert told(room, f"<@{student.id}>: I could not answer") != noticed
    if noticed:
        assert rq_internals.job_ids(connection, VERSE).queued == [job_id]
    else:
        assert_nothing_is_left(connection)


async def test_people_whose_requests_an_ended_bot_left_are_told_in_one_message(
    running: Running, connection: redis.Redis
) -> None:
    async with running() as room:
        for _ in range(ADMISSIONS_AT_ONCE):
            await room.bot.admissions.acquire()
        world = room.sandbox.world
        people = [world.users[name] for name in ("student", "assistant", "teacher")]
        for person in people:
            asked = typed_input.use_command(world, person, VERSES_ID, "/verse")
            leave_admitted(connection, asked)
            await eventually_async(partial(is_done, connection, asked), "an end of the interaction")

        await LostRequests(room.bot).take_up()

        (message,) = (one.content for one in world.messages.values() if "could not answer" in one.content)
        assert all(f"<@{person.id}>" in message for person in people)
    assert_nothing_is_left(connection)
