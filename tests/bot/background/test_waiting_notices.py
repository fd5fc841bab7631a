"""Waiting notices are kept current, never overwrite a verse, and end in time."""

import asyncio
import time
from functools import partial
from typing import Any

import pytest
import redis
import requests

from bot.background import waiting_notices as bot_waiting
from bot.background.waiting_notices import WaitingNotices
from tests.support.bot_room import Room, Running
from tests.support.discord_messages import description
from tests.support.request_makers import enqueue, reply_to, shared_line, verse_request
from tests.support.waiting import eventually_async
from worker.delivery import answer_lock, webhook_client
from worker.lessons import shared_lines
from worker.lessons.next_tokens import StepRequest
from worker.messages import discord_json
from worker.protocol.job_request import JobRequest
from worker.protocol.verse_payloads import VerseRequest
from worker.queue import pausing, snapshot, withdrawal

VERSE = discord_json.embed("", "a verse", discord_json.BLUE)


async def waiting_in(room: Room, *people: str) -> tuple[list[JobRequest], list[Any]]:
    """Ask for a verse as each of these people. Returns the requests and the messages."""
    connection, world = room.bot.connection, room.sandbox.world
    shown = []
    for user in people:
        ahead = len(snapshot.open_jobs(connection))
        answer = await room.ask("/verse", user)
        more = partial(_has_more_jobs_than, connection, ahead)
        await eventually_async(more, "one job more")
        shown.append(world.messages[answer["id"]])
    asked = sorted((job.request for job in snapshot.open_jobs(connection)), key=lambda request: request.id)
    return asked, shown


def _has_more_jobs_than(connection: redis.Redis, number: int) -> bool:
    return len(snapshot.open_jobs(connection)) > number


def fault(room: Room, kind: str, **more: Any) -> None:
    """Make the next edits of messages fail."""
    form = {"kind": kind, "route": "PATCH", **more}
    requests.post(f"{room.sandbox.address}/sandbox/faults", json=form, timeout=30).raise_for_status()


def request_that_dies_in(seconds: float) -> VerseRequest:
    """A request with a token that Discord does not know."""
    return verse_request(reply_to=reply_to(seconds_left=seconds))


async def watcher_of(room: Room) -> WaitingNotices:
    """The waiting notices, after a first refresh."""
    watcher = WaitingNotices(room.bot)
    await watcher.refresh()
    return watcher


def write(room: Room, request: JobRequest) -> None:
    """Write the verse as a worker does."""
    answer_lock.claim(room.bot.connection, request.reply_to)
    webhook_client.edit_original(room.bot.settings.api_base, request.reply_to, VERSE)


async def test_a_message_that_is_answered_in_place_gets_no_notice(room: Room) -> None:
    (asked,), (message,) = await waiting_in(room, "student")
    room.bot.connection.flushdb()
    stays = asked.reply_to.model_copy(update={"in_place": True})
    shared_lines.begin(room.bot.connection, shared_line(id=asked.id))
    step = StepRequest(line=asked.id, version=0, author="1", guild="2", channel="3", reply_to=stays)
    enqueue(room.bot.connection, step)
    watcher = await watcher_of(room)
    pausing.pause(room.bot.connection)
    await watcher.refresh()
    assert message.edits == 0


async def test_a_notice_is_edited_when_the_place_has_changed(room: Room) -> None:
    (first, second), (_, message) = await waiting_in(room, "student", "teacher")
    watcher = await watcher_of(room)
    assert message.edits == 0
    assert "number 2" in message.content

    withdrawal.withdraw(room.bot.connection, first.id)
    for _ in range(2):
        await watcher.refresh()
    assert message.edits == 1
    assert "next" in message.content
    (row,) = message.components
    (button,) = row["components"]
    assert (button["label"], button["custom_id"]) == ("Cancel", f"cancel:{second.id}")

    pausing.pause(room.bot.connection)
    await watcher.refresh()
    assert message.edits == 2
    assert "paused" in message.content


async def test_a_restarted_bot_goes_on_with_the_notices(room: Room) -> None:
    (first, _), (_, message) = await waiting_in(room, "student", "teacher")
    withdrawal.withdraw(room.bot.connection, first.id)
    watcher = await watcher_of(room)
    await watcher.refresh()
    assert "next" in message.content


async def test_a_verse_waits_for_a_slow_refresh_and_is_not_overwritten(room: Room) -> None:
    (request,), (message,) = await waiting_in(room, "student")
    watcher = await watcher_of(room)
    pausing.pause(room.bot.connection)
    await asyncio.to_thread(fault, room, "slow", seconds=1)
    refreshing = asyncio.create_task(watcher.refresh())
    await eventually_async(lambda: room.bot.connection.keys("shakelm:answer:*:lease"), "a refresh")
    await asyncio.gather(refreshing, asyncio.to_thread(write, room, request))

    assert message.edits == 2
    assert description(message) == "a verse"
    assert (message.content, message.components) == ("", [])


async def test_a_refresh_after_the_verse_is_dropped(room: Room) -> None:
    (request,), (message,) = await waiting_in(room, "student")
    held = room.bot.deliveries = asyncio.Semaphore(0)
    watcher = await watcher_of(room)
    pausing.pause(room.bot.connection)
    refreshing = asyncio.create_task(watcher.refresh())
    await eventually_async(lambda: held._waiters, "a refresh that waits")
    await asyncio.to_thread(write, room, request)
    held.release()
    await refreshing

    assert message.edits == 1
    assert description(message) == "a verse"


async def test_the_next_requests_are_refreshed_first(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot_waiting, "EDITS_A_ROUND", 2)
    _, shown = await waiting_in(room, "student", "teacher", "assistant")
    watcher = await watcher_of(room)
    for edits in ([1, 1, 0], [1, 1, 1], [1, 1, 1]):
        await watcher.refresh()
        assert [message.edits for message in shown] == edits


async def test_a_notice_that_discord_refuses_is_tried_once(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    enqueue(room.bot.connection, request_that_dies_in(300))  # Discord does not know its token
    _, (message,) = await waiting_in(room, "student")
    watcher = await watcher_of(room)
    with caplog.at_level("INFO"):
        for _ in range(2):
            await watcher.refresh()
    assert message.edits == 1
    assert caplog.text.count("stays as it is") == 1


async def test_a_refresh_that_fails_is_repeated(room: Room) -> None:
    _, (message,) = await waiting_in(room, "student")
    watcher = await watcher_of(room)
    await asyncio.to_thread(fault, room, "503", times=4)
    for _ in range(5):
        await watcher.refresh()
    assert message.edits == 1


async def test_an_author_is_told_before_the_token_expires(room: Room) -> None:
    (first, _), shown = await waiting_in(room, "student", "student")
    watcher = await watcher_of(room)
    await watcher.withdraw()
    assert [message.edits for message in shown] == [0, 0]

    room.bot.settings = room.bot.settings.model_copy(update={"withdraw_s": 900})
    await watcher.withdraw()
    await watcher.refresh()
    assert [message.edits for message in shown] == [1, 1]
    for message in shown:
        assert "waited too long" in description(message)
    assert not withdrawal.withdraw(room.bot.connection, first.id)


async def test_only_requests_with_expiring_tokens_are_withdrawn(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(SHAKELM_WITHDRAW_S=60) as room:
        kept = enqueue(room.bot.connection, request_that_dies_in(300))
        enqueue(room.bot.connection, request_that_dies_in(30))
        await WaitingNotices(room.bot).withdraw()

        assert [job.request.id for job in snapshot.open_jobs(room.bot.connection)] == [kept]
        assert "Could not tell an author about a withdrawal" in caplog.text  # Discord does not know its token
        assert "token=" not in caplog.text


async def test_whoever_cannot_be_told_in_place_is_told_in_the_channel(room: Room) -> None:
    (request,), (message,) = await waiting_in(room, "student")
    await asyncio.to_thread(fault, room, "503", times=100)
    soon = request.reply_to.model_copy(update={"expires_at": time.time() + 1})

    await bot_waiting.tell_withdrawn(room.bot, request.model_copy(update={"reply_to": soon}), {})

    assert message.edits == 0
    messages = room.sandbox.world.messages.values()
    assert any(f"<@{request.author}>: I could not answer" in one.content for one in messages)
