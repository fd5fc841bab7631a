"""The state of a training, from its records and its job."""

import redis
from rq.job import Job

from tests.support import rq_records
from tests.support.request_makers import start_training
from worker.messages.catalog import DEFAULT, text
from worker.protocol.training_payloads import MessageAt, TrainingState, TrainProgress, TrainRequest
from worker.queue import rq_internals
from worker.queue.rq_internals import TRAIN
from worker.trainings import training_records

Connection = redis.Redis

TRAINING = TrainRequest(
    name="small", architecture="lstm", vocabulary="char", epochs=4, random_seed=1, requested_by="9"
)
MESSAGE = MessageAt(channel_id="1", message_id="2")


def test_a_training_waits_with_its_message(connection: Connection) -> None:
    training_id = start_training(connection, TRAINING, MESSAGE)
    found = training_records.find(connection, training_id)
    assert found is not None
    assert found.request == TRAINING
    assert training_records.progress(connection, training_id) == TrainProgress(
        state=TrainingState.QUEUED, epochs=4
    )
    assert training_records.watched(connection) == {training_id: MESSAGE}
    assert training_records.curves(connection, training_id) is None
    (training,) = training_records.open_trainings(connection)
    assert (training.id, training.request) == (training_id, TRAINING)
    (job,) = rq_internals.open_queue(connection, "train").jobs
    assert job.args[1] == TRAINING.model_dump(mode="json") | {"requested_by": None}

    training_records.unwatch(connection, training_id)
    training_records.unwatch(connection, training_id)
    assert training_records.watched(connection) == {}


def test_a_training_that_a_worker_has_just_taken_is_not_missed(connection: Connection) -> None:
    ids = [start_training(connection, TRAINING, MESSAGE) for _ in range(2)]
    rq_records.take(connection, TRAIN)
    assert [training.id for training in training_records.open_trainings(connection)] == ids


def test_nothing_is_known_of_an_unknown_training(connection: Connection) -> None:
    assert training_records.find(connection, "unknown") is None
    progress = training_records.progress(connection, "unknown")
    assert (progress.state, progress.error) == (TrainingState.FAILED, text(DEFAULT, "training.error.unknown"))


def test_who_asked_for_a_training_can_be_forgotten(connection: Connection) -> None:
    theirs, other = (
        start_training(connection, TRAINING.model_copy(update={"requested_by": person}), MESSAGE)
        for person in ("9", "10")
    )
    training_records.forget_person(connection, "9")

    known = [training_records.find(connection, training_id) for training_id in (theirs, other)]
    assert [training.request.requested_by for training in known if training] == [None, "10"]


RUNNING = TrainProgress(state=TrainingState.RUNNING, share=0.5, epoch=2, epochs=4, seconds_left=9)


def killed_while_it_ran(connection: Connection, retries_left: int) -> Job:
    """A training's job whose worker is gone, which no other has noticed yet."""
    training_id = start_training(connection, TRAINING, MESSAGE)
    training_records.save_progress(connection, training_id, RUNNING)
    job = rq_records.fetch(connection, training_id)
    rq_records.start(connection, job, retries_left=retries_left)
    return job


def test_a_training_whose_worker_was_killed_waits_to_go_on(connection: Connection) -> None:
    job = killed_while_it_ran(connection, retries_left=1)
    waiting = RUNNING.model_copy(update={"state": TrainingState.QUEUED, "seconds_left": None})
    assert training_records.progress(connection, job.id) == waiting
    other = start_training(connection, TRAINING, MESSAGE)

    rq_records.notice_killed_workers(connection, TRAIN)

    assert rq_internals.open_queue(connection, "train").job_ids == [job.id, other]
    assert training_records.progress(connection, job.id) == waiting


def test_a_training_that_is_lost_again_and_again_has_failed_whether_or_not_a_worker_cleans_up(
    connection: Connection,
) -> None:
    job = killed_while_it_ran(connection, retries_left=0)
    training_id = job.id

    failed = training_records.progress(connection, training_id)
    abandoned = text(DEFAULT, "training.error.abandoned")
    assert failed == TrainProgress(state=TrainingState.FAILED, share=0.5, epoch=2, epochs=4, error=abandoned)
    rq_records.notice_killed_workers(connection, TRAIN)
    assert training_records.progress(connection, training_id) == failed
    job.delete()
    assert training_records.progress(connection, training_id) == failed
    assert training_records.open_trainings(connection) == []
