"""Trainings before and while they run: proposals, orders, attached texts, and what they cost."""

import hashlib
import random
from pathlib import Path
from typing import Any

import pytest
import redis

from shakelm.data import vocabulary
from shakelm.data.corpus import NAMED, normalise
from shakelm.data.splitting import split
from shakelm.errors import ShakelmError
from shakelm.networks import architectures
from tests.support.module_process import Start
from tests.support.queued import start_training
from tests.support.waiting import eventually
from worker.messages.catalog import Refusal
from worker.protocol import retention
from worker.protocol.training_payloads import (
    AttachedText,
    MessageAt,
    TrainingState,
    TrainProgress,
    TrainRequest,
)
from worker.queue import rq_internals
from worker.queue.rq_internals import TRAIN, live_workers
from worker.trainings import attached_texts, training_plans, training_records
from worker.trainings.attached_texts import MIN_CHARACTERS
from worker.trainings.training_plans import TextSize

Connection = redis.Redis

MESSAGE = MessageAt(channel_id="1", message_id="2")
SIZE = TextSize(characters=1000, tokens={"word": 150, "char": 810}, vocabulary={"word": 40, "char": 20})


def request(**changes: Any) -> TrainRequest:
    settings: dict[str, Any] = {
        **{"name": "small", "architecture": "lstm", "vocabulary": "char", "epochs": 4},
        **{"number": 1, "requested_by": "9"},
    }
    return TrainRequest(**settings | changes)


# Proposals and orders


def test_a_proposal_is_started_once(connection: Connection) -> None:
    training_id = training_records.propose(connection, request())
    assert training_records.find(connection, training_id) is None
    assert len(training_records.open_trainings(connection)) == 0

    confirmed = training_records.take_proposal(connection, training_id)
    assert confirmed == request()
    assert training_records.take_proposal(connection, training_id) is None
    training_records.start(connection, training_id, request(), MESSAGE)
    assert len(training_records.open_trainings(connection)) == 1
    assert training_records.watched(connection) == {training_id: MESSAGE}


def test_trainings_that_wait_have_places(connection: Connection) -> None:
    ids = [start_training(connection, request(), MESSAGE) for _ in range(3)]
    places = [standing.place for one in ids if (standing := training_records.find(connection, one))]
    assert places == [1, 2, 3]
    training_records.cancel(connection, ids[0])
    second = training_records.find(connection, ids[1])
    assert second is not None
    assert (second.place, second.order, second.workers) == (1, None, 0)


def test_a_training_that_waits_is_cancelled_at_once(connection: Connection) -> None:
    training_id = start_training(connection, request(), MESSAGE)
    training_records.cancel(connection, training_id)
    assert rq_internals.open_queue(connection, "train").job_ids == []
    assert training_records.progress(connection, training_id).state is TrainingState.CANCELLED
    assert len(training_records.open_trainings(connection)) == 0


def test_who_cancels_after_a_stop_is_heard_and_not_the_other_way_round(connection: Connection) -> None:
    for orders, heard in ((["stop"], "stop"), (["stop", "cancel"], "cancel"), (["cancel", "stop"], "cancel")):
        training_id = training_records.propose(connection, request())
        assert training_records.ordered(connection, training_id) is None
        for order in orders:
            training_records.order(connection, training_id, order)  # type: ignore[arg-type]
        assert training_records.ordered(connection, training_id) == heard


def test_nothing_is_known_of_an_unknown_training(connection: Connection) -> None:
    assert training_records.find(connection, "0" * 16) is None


# Attached texts

TEXT = "to be or not to be\r\n" * 400


def attach(connection: Connection, name: str = "be.txt") -> AttachedText:
    attached, _ = attached_texts.check(name, TEXT.encode())
    attached_texts.keep(connection, attached, TEXT.encode())
    return attached


def test_an_attached_text_is_kept_by_its_checksum_until_its_training_is_over(connection: Connection) -> None:
    attached = attach(connection)
    assert attached.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()
    key = f"shakelm:corpus:{attached.sha256}"
    assert 0 < connection.ttl(key) <= retention.PROPOSAL.seconds
    ids = []
    for _ in range(2):
        ids.append(training_records.propose(connection, request(attached=attached)))
        training_records.start(connection, ids[-1], request(attached=attached), MESSAGE)
    assert retention.PROPOSAL.seconds < connection.ttl(key) <= retention.ATTACHED_TEXT.seconds
    attach(connection)  # once more, for a training that nobody has confirmed
    assert connection.ttl(key) > retention.PROPOSAL.seconds
    loaded = attached_texts.load(connection, attached)
    assert (loaded.name, loaded.text, loaded.sha256) == ("be.txt", normalise(TEXT), attached.sha256)

    training_records.cancel(connection, ids[0])
    assert connection.exists(key)  # the other one needs it
    finished = TrainProgress(state=TrainingState.FINISHED, epochs=4)
    training_records.end(connection, ids[1], finished)
    assert 0 < connection.ttl(key) <= retention.PROPOSAL.seconds  # a proposal may have the same text
    connection.delete(key)  # as Redis does when the time has come
    with pytest.raises(Refusal, match=r"be\.txt is no longer stored"):
        attached_texts.load(connection, attached)


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("sonnets.txt", "sonnets.txt"),
        ("My poems!.txt", "My-poems-.txt"),
        ("../../etc/passwd", "etc-passwd"),
        ("--corpus", "corpus"),
        ("größe.txt", "größe.txt"),
        ("***", "text"),
        ("a" * 100 + ".txt", "a" * 60 + ".txt"),
    ],
)
def test_a_file_name_is_cleaned(name: str, cleaned: str) -> None:
    assert attached_texts.check(name, TEXT.encode())[0].name == cleaned


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"a\0b", "binary"),
        (b"\xff\xfe" + TEXT.encode("utf-16-le").replace(b"\0", b" "), "byte 0 is invalid"),
        (b"", "too short"),
        (b" " * 9999, "too short"),
        (b"a" * (MIN_CHARACTERS - 1), "too short"),
        (b"a" * (attached_texts.MAX_BYTES + 1), "too large"),
    ],
)
def test_a_file_that_nobody_can_learn_from_is_refused(content: bytes, part: str) -> None:
    with pytest.raises(Refusal, match=part):
        attached_texts.check("file.txt", content)


# Plans and costs


def test_a_plan_is_its_preset_with_what_was_chosen() -> None:
    plan = training_plans.configuration(
        request(preset="best", architecture="stacked-lstm", units=32, layers=3, dropout=0.5, epochs=7)
    )
    assert plan.model.units == (32, 32, 32)
    assert (plan.model.dropout, plan.model.embedding) == (0.5, 128)
    assert (plan.training.epochs, plan.training.stateful) == (7, True)


def test_what_does_not_fit_its_preset_is_refused() -> None:
    with pytest.raises(ShakelmError, match="do not fit"):
        training_plans.configuration(request(preset="best", layers=3))


def test_the_command_repeats_the_training() -> None:
    wanted = request(preset="notebook", units=8, layers=1, dropout=0.1, learning_rate=0.01)
    assert training_plans.command(wanted, "a b.txt") == (
        "shakelm train small --preset notebook --architecture lstm --vocabulary char --corpus 'a b.txt' "
        "--units 8 --layers 1 --dropout 0.1 --epochs 4 --learning-rate 0.01 --number 1"
    )


def test_a_text_is_measured_as_it_is_split() -> None:
    words = random.Random(1).choices(["to", "be", "or", "not"], k=3000)  # noqa: S311 (no secret)
    text = " ".join(words) + " rarely rarely"
    size = training_plans.measure(text)
    learned = split(text, "contiguous").train
    for kind in ("word", "char"):
        assert size.vocabulary[kind] == len(vocabulary.fit(learned, kind))
        assert size.tokens[kind] == pytest.approx(len(vocabulary.pieces(learned, kind)), abs=1)


def test_parameters_are_those_that_keras_counts(connection: Connection) -> None:
    wanted = request(vocabulary="word", layers=2, units=12)
    model = architectures.build(training_plans.configuration(wanted).model, SIZE.vocabulary["word"])
    assert training_plans.cost(connection, wanted, SIZE).parameters == model.count_params()


def test_the_time_comes_from_what_was_measured_on_the_live_workers(
    connection: Connection, start: Start, tmp_path: Path
) -> None:
    corpus = tmp_path / "own.txt"
    corpus.write_text(TEXT)
    model = training_plans.configuration(request()).model
    training_plans.measured(connection, model, SIZE.vocabulary["char"], tokens_per_second=81.0)
    connection.hset("shakelm:training:rates", "elsewhere char", 1.0)
    seconds = training_plans.cost(connection, request(), SIZE).seconds
    assert seconds is not None
    assert seconds > 1e6  # no worker runs, and the slowest machine counts

    start("train", SHAKELM_CORPUS=str(corpus))
    eventually(lambda: len(live_workers(connection, TRAIN)), "a training worker")

    assert training_plans.cost(connection, request(), SIZE).seconds == pytest.approx(4 * 810 / 81)
    assert training_plans.cost(connection, request(epochs=8), SIZE).seconds == pytest.approx(8 * 810 / 81)
    assert training_plans.cost(connection, request(vocabulary="word"), SIZE).seconds is None
    own = training_plans.workers_corpus(connection)
    assert own is not None
    assert (own.name, own.size) == ("own.txt", training_plans.measure(normalise(TEXT)))


def test_what_the_workers_learn_from_is_told_where_it_can_be_read(connection: Connection) -> None:
    training_plans.publish_corpus(connection, "shakespeare")
    own = training_plans.workers_corpus(connection)
    assert own is not None
    assert own.size == training_plans.KNOWN_SIZES["shakespeare"]
    training_plans.publish_corpus(connection, "/nowhere/missing.txt")
    assert training_plans.workers_corpus(connection) is None


def test_sizes_are_those_of_known_corpora() -> None:
    assert training_plans.KNOWN_SIZES.keys() <= NAMED.keys()
