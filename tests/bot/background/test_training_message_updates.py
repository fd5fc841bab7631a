"""The channel messages that follow trainings."""

import time
from typing import Any

import pytest

from bot.background import training_message_updates
from bot.background.training_message_updates import TrainingMessages
from sandbox.api.faults import FaultForm
from sandbox.world import guild_changes
from sandbox.world.ids import GUILD_ID, VERSES_ID
from sandbox.world.threads import thread_starts
from tests.support.bot_room import Room
from tests.support.discord_messages import description, title
from tests.support.request_makers import start_training, train_request
from worker.protocol.model_payloads import HeldOut
from worker.protocol.training_payloads import MessageAt, TrainingState, TrainProgress, TrainRequest
from worker.records import guild_settings, incidents
from worker.trainings import training_records
from worker.trainings.training_records import NOT_POSTED

PNG = b"\x89PNG\r\n\x1a\n"


async def training_in(room: Room, channel: str = "verses") -> tuple[str, Any]:
    """Start a training. Returns its id, and the message that follows it."""
    world = room.sandbox.world
    (channel_id,) = (known.id for known in world.channels.values() if known.name == channel)
    sent = await room.bot.get_partial_messageable(int(channel_id)).send("soon")
    request = TrainRequest(
        name="sonnets",
        architecture="lstm",
        vocabulary="char",
        epochs=4,
        random_seed=1,
        guild=GUILD_ID,
        requested_by="1",
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


async def test_a_deleted_message_is_replaced_by_a_new_one(room: Room) -> None:
    world = room.sandbox.world
    training, message = await training_in(room)
    _, other = await training_in(room)
    del world.messages[message.id]
    await TrainingMessages(room.bot).refresh()

    new = world.messages[training_records.watched(room.bot.connection)[training].message_id]
    assert "sonnets" in title(new)
    assert other.edits == 1


def forbid(room: Room, times: int, **fault: object) -> None:
    """Have Discord refuse so many edits and messages of the bot."""
    route = "(PATCH|POST) /channels/"
    room.sandbox.faults.add(FaultForm.model_validate({"route": route, "times": times, "kind": "403"} | fault))


@pytest.mark.parametrize(
    "fault", [{"kind": "403", "code": 50013}, {"kind": "404", "code": 10003}, {"kind": "400", "code": 50083}]
)
async def test_a_message_that_cannot_be_edited_is_edited_later(
    room: Room, fault: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_message_updates, "FIRST_PAUSE_S", 0.0)
    training, message = await training_in(room)
    watcher = TrainingMessages(room.bot)
    forbid(room, 3, **fault)
    training_records.save_progress(room.bot.connection, training, running_at(0.25))
    for _ in range(3):
        await watcher.refresh()
        assert message.edits == 0
    await watcher.refresh()
    assert "25%" in description(message)


async def test_pauses_grow_while_a_message_cannot_be_edited(room: Room) -> None:
    _, message = await training_in(room)
    watcher = TrainingMessages(room.bot)
    forbid(room, 1)
    await watcher.refresh()
    await watcher.refresh()  # within the pause: nothing is sent
    assert message.edits == 0
    assert room.sandbox.faults.pending == 0


async def test_without_permission_to_attach_files_the_text_comes_alone(room: Room) -> None:
    training, message = await training_in(room)
    training_records.save_curves(room.bot.connection, training, PNG)
    training_records.save_progress(room.bot.connection, training, FINISHED)
    forbid(room, 1)
    await TrainingMessages(room.bot).refresh()
    assert "complete" in title(message)
    assert message.attachments == []
    assert training not in training_records.watched(room.bot.connection)


async def test_an_end_that_its_message_cannot_show_is_told_in_the_log_channel(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_message_updates, "FIRST_PAUSE_S", 0.0)
    world, connection = room.sandbox.world, room.bot.connection
    training, message = await training_in(room)
    guild_settings.change(connection, GUILD_ID, log_channel=message.channel_id)
    training_records.save_progress(connection, training, FINISHED)
    watcher = TrainingMessages(room.bot)
    forbid(room, 1000, route="PATCH /channels/")
    await watcher.refresh()
    assert training in training_records.watched(connection)
    await watcher.refresh()
    assert training not in training_records.watched(connection)
    assert any(
        one is not message and "complete" in title(one) for one in world.messages.values() if one.embeds
    )


async def test_an_end_reopens_an_archived_thread_and_progress_does_not(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_message_updates, "FIRST_PAUSE_S", 0.0)
    world, connection = room.sandbox.world, room.bot.connection
    root = world.messages[str((await room.bot.get_partial_messageable(int(VERSES_ID)).send("x")).id)]
    thread = thread_starts.start_from_message(world, world.users["teacher"], root, "ours")
    training, message = await training_in(room, "ours")
    guild_changes.change_thread(world, thread, archived=True)
    watcher = TrainingMessages(room.bot)
    training_records.save_progress(connection, training, running_at(0.5))
    await watcher.refresh()
    assert thread.archived and message.edits == 0

    training_records.save_progress(connection, training, FINISHED)
    await watcher.refresh()
    assert not thread.archived
    assert any(
        one is not message and "complete" in title(one) for one in world.messages.values() if one.embeds
    )
    assert message.edits == 1  # a link to the new one


async def test_an_end_that_nobody_can_be_told_is_an_incident(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_message_updates, "FIRST_PAUSE_S", 0.0)
    training, _ = await training_in(room)
    training_records.save_progress(room.bot.connection, training, FINISHED)
    watcher = TrainingMessages(room.bot)
    forbid(room, 1000)
    await watcher.refresh()
    await watcher.refresh()
    (incident,) = incidents.latest(room.bot.connection)
    assert "training sonnets" in incident.sentence


async def test_a_training_without_a_message_gets_one(room: Room) -> None:
    world, connection = room.sandbox.world, room.bot.connection
    channel = next(iter(world.channels))
    request = train_request(name="sonnets", guild=GUILD_ID)
    training = start_training(connection, request, MessageAt(channel_id=channel, message_id=NOT_POSTED))
    watcher = TrainingMessages(room.bot)
    await watcher.refresh()
    assert training_records.watched(connection)[training].message_id == NOT_POSTED  # its starter posts it

    connection.zadd("shakelm:trainings", {training: time.time() - 60})
    await watcher.refresh()
    posted = world.messages[training_records.watched(connection)[training].message_id]
    assert "sonnets" in title(posted)


async def test_who_started_a_long_training_is_pinged_at_its_end(room: Room) -> None:
    world, connection = room.sandbox.world, room.bot.connection
    teacher = world.users["teacher"].id
    channel = next(iter(world.channels))
    sent = await room.bot.get_partial_messageable(int(channel)).send("soon")
    request = train_request(name="sonnets", guild=GUILD_ID, requested_by=teacher)
    training = start_training(connection, request, MessageAt(channel_id=channel, message_id=str(sent.id)))
    connection.zadd("shakelm:trainings", {training: time.time() - 600})
    training_records.save_progress(connection, training, FINISHED)
    await TrainingMessages(room.bot).refresh()
    (ping,) = [one for one in world.messages.values() if one.content.startswith(f"<@{teacher}>")]
    assert f"/{sent.id}" in ping.content
    assert [user["id"] for user in ping.to_json(world.address)["mentions"]] == [teacher]


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
