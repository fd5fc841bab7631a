"""Requests that nobody would answer any more are told or taken up, also while Discord fails for a moment."""

import asyncio
from typing import Any

import requests

from bot.background.lost_requests import LostRequests
from bot.gateway import instances
from tests.support.bot_room import Room
from tests.support.discord_messages import description
from tests.support.waiting import eventually_async
from worker.protocol.job_request import JobRequest
from worker.queue import enqueueing, open_requests, rq_internals, snapshot
from worker.queue.rq_internals import VERSE


def fail_once(room: Room) -> None:
    """Make Discord fail when it is asked for the next message."""
    form = {"kind": "503", "route": "GET /webhooks/"}
    requests.post(f"{room.sandbox.address}/sandbox/faults", json=form, timeout=30).raise_for_status()


async def waiting(room: Room) -> tuple[JobRequest, Any]:
    """A request that waits, and its notice."""
    answer = await room.ask("/verse")
    await eventually_async(lambda: rq_internals.job_ids(room.bot.connection, VERSE).queued, "a job")
    (job,) = snapshot.open_jobs(room.bot.connection)
    return job.request, room.sandbox.world.messages[answer["id"]]


async def test_what_redis_lost_is_told_once_discord_says_whether_its_author_waits(room: Room) -> None:
    request, message = await waiting(room)
    room.bot.connection.flushall()
    await asyncio.to_thread(fail_once, room)
    lost = LostRequests(room.bot)

    await lost.tell()
    assert message.edits == 0
    assert request.id in room.bot.announced

    for _ in range(2):
        await lost.tell()
    assert message.edits == 1
    assert "⏳" not in message.content
    assert description(message)
    assert room.bot.announced == {}


async def test_a_left_request_stays_while_discord_does_not_say_whether_it_has_its_notice(room: Room) -> None:
    connection = room.bot.connection
    request, _ = await waiting(room)
    job = rq_internals.fetch(connection, request.id)
    assert job is not None
    assert rq_internals.take(connection, job)
    open_requests.close(connection, request.id)
    held = enqueueing.held_job(connection, request)
    open_requests.admit(connection, request, held, 10, 10)
    connection.zadd(open_requests.HELD, {request.id: 0})  # long ago: it is looked after at once
    instances.leave(connection, "another-host:1:ended", None)
    connection.set(f"shakelm:interaction:{int(request.id, 16)}", "another-host:1:ended")
    await asyncio.to_thread(fail_once, room)
    lost = LostRequests(room.bot)

    await lost.take_up()
    assert open_requests.held_ids(connection) == [request.id]

    await lost.take_up()
    assert open_requests.held_ids(connection) == []
    assert rq_internals.job_ids(connection, VERSE).queued == [request.id]
