"""The channel messages that follow trainings."""

from typing import Any

import pytest

from bot.background.training_message_updates import TrainingMessages
from tests.support.bot_room import Room
from tests.support.discord_messages import description, title
from tests.support.request_makers import start_training
from worker.protocol.model_payloads import HeldOut
from worker.protocol.training_payloads import MessageAt, TrainingState, TrainProgress, TrainRequest
from worker.trainings import training_records

PNG = b"\x89PNG\r\n\x1a\n"


async def training_in(room: Room, channel: str = "verses") -> tuple[str, Any]:
    """Start a training. Returns its id, and the message that follows it."""
    world = room.sandbox.world
    (channel_id,) = (known.id for known in world.channels.values() if known.name == channel)
    sent = await room.bot.get_partial_messageable(int(channel_id)).send("soon")
    request = TrainRequest(
        name="sonnets", architecture="lstm", vocabulary="char", epochs=4, random_seed=1, requested_by="1"
    )
    at = MessageAt(channel_id=channel_id, message_id=str(sent.id))
    return start_training(room.bot.connection, request, at), world.messages[str(sent.id)]


def running_at(share: float) -> TrainProgress:
    return TrainProgress(state=TrainingState.RUNNING, share=share, epoch=1, epochs=4, loss=2.0)


FINISHED = TrainProgress(
    state=TrainingState.FINISHED,
    share=1,
    epoch=4,
    epochs=4,
    model="sonnets@1",
    held_out=HeldOut(nats_per_token=2, perplexity=7.4, accuracy=0.4, unknown=0, nats_per_char=2),
    curves="Loss over 4 epochs",
)


async def test_a_message_is_edited_when_its_content_changes(room: Room) -> None:
    training, message = await training_in(room)
    watcher = TrainingMessages(room.bot)
    for share, edits in ((0.25, 1), (0.25, 1), (0.5, 2)):
        training_records.save_progress(room.bot.connection, training, running_at(share))
        await watcher.refresh()
        assert message.edits == edits
        assert f"{share:.0%}" in description(message)


async def test_the_last_edit_brings_the_result_with_its_curves(room: Room) -> None:
    training, message = await training_in(room)
    training_records.save_curves(room.bot.connection, training, PNG)
    training_records.save_progress(room.bot.connection, training, FINISHED)
    watcher = TrainingMessages(room.bot)
    await watcher.refresh()
    await watcher.refresh()

    assert message.edits == 1
    assert "sonnets" in description(message)
    (picture,) = message.attachments
    assert picture.content == PNG
    assert picture.description == "Loss over 4 epochs"
    assert not training_records.watched(room.bot.connection)


async def test_a_restarted_bot_goes_on_with_the_messages(room: Room) -> None:
    training, message = await training_in(room)
    training_records.save_progress(room.bot.connection, training, running_at(0.25))
    await TrainingMessages(room.bot).refresh()
    training_records.save_progress(room.bot.connection, training, FINISHED)
    await TrainingMessages(room.bot).refresh()

    assert "complete" in title(message)


async def test_a_deleted_message_is_no_longer_updated(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    training, message = await training_in(room)
    _, other = await training_in(room)
    del room.sandbox.world.messages[message.id]
    await TrainingMessages(room.bot).refresh()

    assert training not in training_records.watched(room.bot.connection)
    assert other.edits == 1
    assert f"Giving up the message of training {training}" in caplog.text


async def test_an_old_message_is_replaced_by_a_new_one(room: Room) -> None:
    world, connection = room.sandbox.world, room.bot.connection
    training, old = await training_in(room)
    training_records.save_progress(connection, training, running_at(0.25))
    await TrainingMessages(room.bot, renew_s=0).refresh()

    new = world.messages[training_records.watched(connection)[training].message_id]
    assert new is not old
    assert "25%" in description(new)
    assert new.components
    assert f"/{new.id}" in description(old)
    assert not old.components

    training_records.save_curves(connection, training, PNG)
    training_records.save_progress(connection, training, FINISHED)
    await TrainingMessages(room.bot).refresh()
    assert "complete" in title(new)
    assert [picture.content for picture in new.attachments] == [PNG]
    assert old.edits == 1


async def test_a_new_message_is_sent_even_if_the_old_one_cannot_be_edited(room: Room) -> None:
    world, connection = room.sandbox.world, room.bot.connection
    training, old = await training_in(room)
    del world.messages[old.id]
    training_records.save_progress(connection, training, running_at(0.25))
    await TrainingMessages(room.bot, renew_s=0).refresh()

    new = world.messages[training_records.watched(connection)[training].message_id]
    assert "25%" in description(new)


async def test_the_bot_waits_as_long_as_discord_asks(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    world = room.sandbox.world
    training, message = await training_in(room)
    world.move_clock(2 * 3600)
    watcher = TrainingMessages(room.bot)
    for share in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6):
        training_records.save_progress(room.bot.connection, training, running_at(share))
        await watcher.refresh()

    assert message.edits == 3
    assert caplog.text.count("Could not edit") == 1
    assert training in training_records.watched(room.bot.connection)
