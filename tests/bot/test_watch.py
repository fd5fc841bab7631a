"""The background loops: what keeps training messages up to date, and verses from waiting in vain."""

import asyncio
import logging
import time
from typing import Any

import pytest
import redis

from bot import watch
from bot.watch import TrainingMessages
from worker import queues
from worker.payloads import (
    HeldOut,
    MessageAt,
    ReplyTo,
    TrainingState,
    TrainProgress,
    TrainRequest,
    VerseRequest,
)

PNG = b"\x89PNG\r\n\x1a\n"


async def training_in(room: Any, channel: str = "verses") -> tuple[str, Any]:
    """A training in the queue, and the message that shows it."""
    world = room.sandbox.world
    (channel_id,) = (known.id for known in world.channels.values() if known.name == channel)
    sent = await room.bot.get_partial_messageable(int(channel_id)).send("soon")
    request = TrainRequest(
        name="sonnets", architecture="lstm", vocabulary="char", epochs=4, number=1, requested_by="1"
    )
    at = MessageAt(channel_id=channel_id, message_id=str(sent.id))
    return queues.enqueue_training(room.bot.connection, request, at), world.messages[str(sent.id)]


def running_at(share: float) -> TrainProgress:
    return TrainProgress(state=TrainingState.RUNNING, share=share, epoch=1, epochs=4, loss=2.0)


FINISHED = TrainProgress(
    state=TrainingState.FINISHED,
    share=1,
    epoch=4,
    epochs=4,
    model="sonnets@1",
    held_out=HeldOut(nats_per_token=2, perplexity=7.4, accuracy=0.4, unknown=0, nats_per_char=2),
)


def test_a_message_is_edited_when_there_is_something_new_to_say(running: Any) -> None:
    async def test() -> None:
        async with running() as room:
            training, message = await training_in(room)
            watcher = TrainingMessages(room.bot)
            for share, edits in ((0.25, 1), (0.25, 1), (0.5, 2)):
                queues.save_progress(room.bot.connection, training, running_at(share))
                await watcher.refresh()
                assert message.edits == edits
                assert f"{share:.0%}" in message.embeds[0]["description"]

    asyncio.run(test())


def test_the_end_comes_with_the_curves_and_is_the_last_edit(running: Any) -> None:
    async def test() -> None:
        async with running() as room:
            training, message = await training_in(room)
            queues.save_curves(room.bot.connection, training, PNG)
            queues.save_progress(room.bot.connection, training, FINISHED)
            watcher = TrainingMessages(room.bot)
            await watcher.refresh()
            await watcher.refresh()

            assert message.edits == 1
            assert "sonnets" in message.embeds[0]["description"]
            (picture,) = message.attachments
            assert picture.content == PNG
            assert picture.description == (
                "Loss and accuracy of sonnets@1 over 4 epochs, on the training and the validation part."
            )
            assert not queues.watched_trainings(room.bot.connection)

    asyncio.run(test())


def test_another_bot_goes_on_where_the_first_stopped(running: Any) -> None:
    async def test() -> None:
        async with running() as room:
            training, message = await training_in(room)
            queues.save_progress(room.bot.connection, training, running_at(0.25))
            await TrainingMessages(room.bot).refresh()
            queues.save_progress(room.bot.connection, training, FINISHED)
            await TrainingMessages(room.bot).refresh()

            assert "done" in message.embeds[0]["title"]

    asyncio.run(test())


def test_a_deleted_message_is_let_go(running: Any, caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        async with running() as room:
            training, message = await training_in(room)
            _, other = await training_in(room)
            del room.sandbox.world.messages[message.id]
            await TrainingMessages(room.bot).refresh()

            assert training not in queues.watched_trainings(room.bot.connection)
            assert other.edits == 1
            assert f"Giving up the message of training {training}" in caplog.text

    asyncio.run(test())


def test_where_discord_bars_edits_the_bot_waits_as_it_is_told(
    running: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        async with running() as room:
            world = room.sandbox.world
            training, message = await training_in(room)
            world.move_clock(2 * 3600)
            watcher = TrainingMessages(room.bot)
            for share in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6):
                queues.save_progress(room.bot.connection, training, running_at(share))
                await watcher.refresh()

            assert message.edits == 3
            assert caplog.text.count("Could not edit") == 1
            assert training in queues.watched_trainings(room.bot.connection)

    asyncio.run(test())


def request_that_dies_in(seconds: float) -> VerseRequest:
    reply_to = ReplyTo(application_id="1", token="token", expires_at=time.time() + seconds)
    return VerseRequest(number=1, reply_to=reply_to)


def test_only_verses_that_nobody_will_write_in_time_are_withdrawn(
    running: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        async with running(SHAKELM_WITHDRAW_S=60) as room:
            kept = queues.enqueue_verse(room.bot.connection, request_that_dies_in(300))
            queues.enqueue_verse(room.bot.connection, request_that_dies_in(30))
            await watch.withdraw_verses(room.bot)

            assert queues.queue(room.bot.connection, queues.VERSE).job_ids == [kept]
            assert "Could not say that a verse was withdrawn" in caplog.text  # nobody has that token
            assert "token=" not in caplog.text

    asyncio.run(test())


def test_a_loop_goes_on_and_repeats_no_complaint(caplog: pytest.LogCaptureFixture) -> None:
    troubles: list[Exception | None] = [
        redis.ConnectionError("away"),
        redis.ConnectionError("away"),
        None,
        redis.ConnectionError("away"),
        ValueError("a bug"),
    ]
    left = iter(troubles)
    done = asyncio.Event()

    async def step() -> None:
        trouble = next(left, "over")
        if trouble == "over":
            done.set()
        elif trouble is not None:
            raise trouble

    async def test() -> None:
        loop = asyncio.create_task(watch.repeat(step, 0))
        await asyncio.wait_for(done.wait(), 30)
        loop.cancel()

    with caplog.at_level(logging.WARNING):
        asyncio.run(test())

    said = [(record.getMessage(), bool(record.exc_info)) for record in caplog.records]
    assert said == [
        ("Trying again: away", False),
        ("Trying again: away", False),
        ("Trying again: a bug", True),
    ]
