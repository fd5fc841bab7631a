"""What a training will be and what it costs."""

import json
import random
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from shakelm.configuration import Configuration
from shakelm.data.named_corpora import NAMED
from shakelm.data.splitting import split
from shakelm.data.text_cleaning import clean
from shakelm.data.vocabulary_kinds import KINDS, fit
from shakelm.errors import ShakelmError
from shakelm.networks import architectures
from shakelm.networks.layers import layers
from shakelm.training_options import TEACHER_OPTIONS
from tests.support import tiny_models
from tests.support.module_process import Start
from tests.support.request_makers import train_request
from tests.support.training_choices import parse, values
from tests.support.waiting import eventually
from worker.queue.rq_internals import TRAIN, live_workers
from worker.trainings import training_plans
from worker.trainings.training_plans import TextSize

Connection = redis.Redis

SIZE = TextSize(characters=1000, tokens={"word": 150, "char": 810}, vocabulary={"word": 40, "char": 20})


def configured(**changes: Any) -> Configuration:
    """The configuration of a request for a small training, with these changes."""
    return training_plans.configuration(train_request(**changes))


TEXT = "to be or not to be\r\n" * 400

# Plans


def test_a_plan_is_its_preset_with_what_was_chosen() -> None:
    plan = configured(preset="best", architecture="stacked-lstm", units=32, layers=3, dropout=0.5, epochs=7)
    assert plan.model.units == (32, 32, 32)
    assert (plan.model.dropout, plan.model.embedding) == (0.5, 128)
    assert (plan.training.epochs, plan.training.stateful) == (7, True)


def test_what_does_not_fit_its_preset_is_refused() -> None:
    with pytest.raises(ShakelmError, match="do not fit"):
        configured(preset="best", layers=3)


def test_the_command_repeats_the_training() -> None:
    wanted = train_request(preset="notebook", units=8, layers=1, dropout=0.1, learning_rate=0.01)
    assert training_plans.command(wanted, "a b.txt") == (
        "shakelm train small --preset notebook --architecture lstm --vocabulary char --units 8 --layers 1 "
        "--dropout 0.1 --epochs 4 --learning-rate 0.01 --number 1 --corpus 'a b.txt'"
    )


SETTINGS = [name for name, option in TEACHER_OPTIONS.items() if values(option)]
EACH_VALUE = [{name: value} for name in SETTINGS for value in values(TEACHER_OPTIONS[name])]


def some_choices() -> Iterator[dict[str, Any]]:
    """Each value of each option alone, then many of them together."""
    yield from EACH_VALUE
    chosen = random.Random(1)  # noqa: S311 (no secret)
    for _ in range(300):
        names = chosen.sample(SETTINGS, chosen.randint(2, len(SETTINGS)))
        yield {name: chosen.choice(values(TEACHER_OPTIONS[name])) for name in names}


def test_the_command_of_every_request_parses_back_to_its_configuration() -> None:
    parsed = 0
    for choice in some_choices():
        wanted = train_request(**choice)
        command = shlex.split(training_plans.command(wanted, "a b.txt"))
        try:
            planned = training_plans.configuration(wanted)
        except ShakelmError as error:  # the preset and the layers, or the pieces and the vocabulary
            with pytest.raises(ShakelmError, match=re.escape(str(error))):
                parse(command)
            continue
        assert parse(command) == planned, choice
        parsed += 1
    assert parsed > 120


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_is_measured_as_it_is_split_and_for_the_chosen_vocabulary_alone(kind: str) -> None:
    words = random.Random(1).choices(["to", "be", "or", "not"], k=3000)  # noqa: S311 (no secret)
    text = " ".join(words) + " rarely rarely"
    planned = configured(vocabulary=kind)
    vocabulary = fit(learned := split(text, "contiguous").train, kind)
    estimated = kind == "subword"
    assert training_plans.measure(text, planned) == TextSize(
        characters=len(text),
        tokens={kind: round(len(learned) / 2.5) if estimated else len(vocabulary.pieces(learned))},
        vocabulary={kind: 1000 if estimated else len(vocabulary)},
    )


def test_dna_is_measured_as_characters_and_refused_as_words() -> None:
    dna = "".join(random.Random(1).choices("ACGT", k=6000))  # noqa: S311 (no secret)
    as_characters = configured(vocabulary="char")
    assert training_plans.measure(dna, as_characters).vocabulary == {"char": 5}
    with pytest.raises(ShakelmError, match="cannot be learned as words"):
        training_plans.measure(dna, configured(vocabulary="word"))


def test_a_corpus_that_is_too_short_for_a_preset_or_lacks_a_vocabulary_is_refused() -> None:
    best = train_request(preset="best", architecture="stacked-lstm", layers=2)
    least = 2 * 32 * 128 + 1
    enough = {"tokens": {"char": round(least * 0.9) + 1}, "vocabulary": {"char": 20}}
    training_plans.check(training_plans.configuration(best), SIZE.model_copy(update=enough))
    with pytest.raises(ShakelmError, match=f"{least:,} are needed") as refused:
        training_plans.check(training_plans.configuration(best), SIZE)
    assert refused.value.key == "refusal.corpus_streams"
    with pytest.raises(ShakelmError, match="cannot be learned as words"):
        training_plans.check(configured(vocabulary="word"), SIZE.model_copy(update=enough))


def test_parameters_are_those_that_keras_counts(connection: Connection) -> None:
    wanted = configured(vocabulary="word", layers=2, units=12)
    model = architectures.build(wanted.model, SIZE.vocabulary["word"])
    assert training_plans.cost(connection, wanted, SIZE).parameters == model.count_params()


def test_a_training_that_goes_on_keeps_network_and_vocabulary_of_the_version(connection: Connection) -> None:
    before = configured(vocabulary="word", layers=2, units=12)
    parameters = training_plans.cost(connection, before, SIZE).parameters
    base = tiny_models.summary("bard", vocabulary="word", parameters=parameters, network=before.model)
    wanted = train_request(base="bard@1", epochs=9)
    goes_on = training_plans.configuration(wanted, base.network)
    assert goes_on.model == before.model
    assert (goes_on.training.base, goes_on.training.epochs) == ("bard@1", 9)
    larger = SIZE.model_copy(update={"vocabulary": {"word": 900, "char": 80}})
    assert training_plans.cost(connection, goes_on, larger, base).parameters == parameters
    training_plans.record_speed(connection, before.model, SIZE.vocabulary["word"], tokens_per_second=10.0)
    assert training_plans.cost(connection, goes_on, larger, base).seconds == pytest.approx(9 * 150 / 10)
    with pytest.raises(ShakelmError, match="leave out --units"):
        training_plans.configuration(wanted.model_copy(update={"units": 8}), base.network)


def test_a_text_for_a_version_needs_no_word_twice() -> None:
    text = " ".join(f"word{number}" for number in range(1000))
    with pytest.raises(ShakelmError, match="cannot be learned as words"):
        training_plans.measure(text, configured(vocabulary="word"))
    network = configured(vocabulary="word").model
    goes_on = training_plans.configuration(train_request(vocabulary="word", base="bard@1"), network)
    assert 800 < training_plans.measure(text, goes_on).tokens["word"] < 820
    with pytest.raises(ShakelmError, match="held-out part"):
        training_plans.measure(text[:5000] + "=" * 600, goes_on)


def test_the_pieces_that_were_chosen_count(connection: Connection) -> None:
    size = training_plans.known_size("shakespeare")
    assert size is not None
    few, many = (
        training_plans.cost(connection, configured(vocabulary="subword", pieces=pieces), size).parameters
        for pieces in (500, 4000)
    )
    network = configured(vocabulary="subword", pieces=4000).model
    assert many == sum(layer.parameters for layer in layers(network, 4000)) > few


def test_the_time_comes_from_what_was_measured_on_the_live_workers(
    connection: Connection, start: Start, tmp_path: Path
) -> None:
    corpus = tmp_path / "own.txt"
    corpus.write_text(TEXT)
    model = configured().model
    training_plans.record_speed(connection, model, SIZE.vocabulary["char"], tokens_per_second=81.0)
    connection.hset("shakelm:training:rates", "elsewhere char", 1.0)
    seconds = training_plans.cost(connection, configured(), SIZE).seconds
    assert seconds is not None
    assert seconds > 1e6  # no worker runs, and the slowest machine counts

    start("train", SHAKELM_CORPUS=str(corpus))
    eventually(lambda: len(live_workers(connection, TRAIN)), "a training worker")

    assert training_plans.cost(connection, configured(), SIZE).seconds == pytest.approx(4 * 810 / 81)
    assert training_plans.cost(connection, configured(epochs=8), SIZE).seconds == pytest.approx(8 * 810 / 81)
    assert training_plans.cost(connection, configured(vocabulary="word"), SIZE).seconds is None
    own = training_plans.workers_corpus(connection)
    assert own is not None
    assert own.name == "own.txt"
    assert own.size is not None
    for kind in KINDS:
        size = training_plans.measure(clean(TEXT), configured(vocabulary=kind))
        assert size.tokens[kind] == own.size.tokens[kind]
        assert size.vocabulary[kind] == own.size.vocabulary[kind]


def test_what_the_workers_learn_from_is_told_where_it_can_be_read(connection: Connection) -> None:
    training_plans.publish_corpus(connection, "shakespeare")
    own = training_plans.workers_corpus(connection)
    assert own is not None
    known = training_plans.known_size("shakespeare")
    assert own.size is not None
    assert known is not None
    assert own.size.tokens == known.tokens | {"subword": pytest.approx(known.tokens["subword"], rel=0.03)}
    assert own.size.vocabulary == known.vocabulary
    training_plans.publish_corpus(connection, "/nowhere/missing.txt")
    assert training_plans.workers_corpus(connection) is None


def test_a_workers_corpus_has_the_sizes_that_it_can_be_learned_with(
    connection: Connection, tmp_path: Path
) -> None:
    (tmp_path / "chinese.txt").write_text("天地玄黃宇宙洪荒" * 100, encoding="utf-16")
    training_plans.publish_corpus(connection, str(tmp_path / "chinese.txt"))
    own = training_plans.workers_corpus(connection)
    assert own is not None
    assert own.size == TextSize(
        characters=800, tokens={"char": 648, "subword": 259}, vocabulary={"char": 9, "subword": 1000}
    )


def test_a_bot_of_the_former_release_can_read_a_workers_corpus(connection: Connection) -> None:
    training_plans.publish_corpus(connection, "shakespeare")
    published = json.loads(str(connection.get("shakelm:training:corpus"), "utf-8"))  # type: ignore[arg-type]
    assert published["size"]["tokens"].keys() == published["size"]["vocabulary"].keys() == {"word", "char"}


def test_the_size_of_every_known_corpus_is_known() -> None:
    for name in NAMED:
        size = training_plans.known_size(name)
        assert size is not None
        assert size.tokens.keys() == size.vocabulary.keys() == KINDS.keys()
    assert training_plans.known_size("my_poems.txt") is None
