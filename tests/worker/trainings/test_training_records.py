"""Trainings in Redis: proposals, places in the queue, orders."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import redis

from tests.support.request_makers import start_training, train_request
from worker.protocol.training_payloads import MessageAt, TrainingState
from worker.queue import redis_client, rq_internals
from worker.queue.rq_internals import TRAIN
from worker.trainings import supervisors, training_records

Connection = redis.Redis

MESSAGE = MessageAt(channel_id="1", message_id="2")


def test_a_proposal_is_started_once(connection: Connection) -> None:
    training_id = training_records.propose(connection, train_request())
    assert training_records.find(connection, training_id) is None
    assert len(training_records.open_trainings(connection)) == 0

    assert training_records.start_proposed(connection, training_id, "1") == train_request()
    assert training_records.start_proposed(connection, training_id, "1") is None
    assert training_records.drop_proposal(connection, training_id) is None

    assert len(training_records.open_trainings(connection)) == 1
    assert training_records.watch_first(connection, training_id, MESSAGE)
    assert not training_records.watch_first(connection, training_id, MESSAGE)
    assert training_records.watched(connection) == {training_id: MESSAGE}


def test_two_who_start_a_proposal_at_the_same_moment_start_one_training(
    connection: Connection, url: str
) -> None:
    training_id = training_records.propose(connection, train_request())
    together = threading.Barrier(8)

    def start(_number: int) -> bool:
        with redis_client.connect(url) as own:
            together.wait()
            return training_records.start_proposed(own, training_id, "1") is not None

    with ThreadPoolExecutor(8) as teachers:
        assert list(teachers.map(start, range(8))).count(True) == 1
    assert rq_internals.job_ids(connection, TRAIN).queued == [training_id]


def test_a_dropped_proposal_is_not_started(connection: Connection) -> None:
    training_id = training_records.propose(connection, train_request())
    assert training_records.drop_proposal(connection, training_id) == train_request()
    assert training_records.start_proposed(connection, training_id, "1") is None


def test_trainings_that_wait_have_places(connection: Connection) -> None:
    ids = [start_training(connection, train_request(), MESSAGE) for _ in range(3)]
    places = [standing.place for one in ids if (standing := training_records.find(connection, one))]
    assert places == [1, 2, 3]
    training_records.cancel(connection, ids[0])
    second = training_records.find(connection, ids[1])
    assert second is not None
    assert (second.place, second.order, second.workers) == (1, None, 0)


def test_a_training_that_waits_is_cancelled_at_once(connection: Connection) -> None:
    training_id = start_training(connection, train_request(), MESSAGE)
    training_records.cancel(connection, training_id)
    assert rq_internals.open_queue(connection, "train").job_ids == []
    assert training_records.progress(connection, training_id).state is TrainingState.CANCELLED
    assert len(training_records.open_trainings(connection)) == 0


def test_who_cancels_after_a_stop_is_heard_and_not_the_other_way_round(connection: Connection) -> None:
    for orders, heard in ((["stop"], "stop"), (["stop", "cancel"], "cancel"), (["cancel", "stop"], "cancel")):
        training_id = training_records.propose(connection, train_request())
        assert training_records.ordered(connection, training_id) is None
        for order in orders:
            training_records.order(connection, training_id, order)  # type: ignore[arg-type]
        assert training_records.ordered(connection, training_id) == heard


def test_nothing_is_known_of_an_unknown_training(connection: Connection) -> None:
    assert training_records.find(connection, "0" * 16) is None


def test_a_supervisor_between_two_processes_counts_as_a_worker(connection: Connection) -> None:
    assert supervisors.workers(connection) == 0
    supervisors.beat(connection, "a")
    supervisors.beat(connection, "b")
    assert supervisors.workers(connection) == 2
    supervisors.leave(connection, "a")
    assert supervisors.workers(connection) == 1
    connection.zadd("shakelm:trainings:supervisors", {"b": time.time() - 1})  # killed a while ago
    assert supervisors.workers(connection) == 0
