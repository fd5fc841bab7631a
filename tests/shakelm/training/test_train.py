"""Real trainings on small texts, one of them a language whose entropy is known."""

import json
import math
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from shakelm.configuration import Configuration
from shakelm.data.corpus import Corpus
from shakelm.data.splitting import split
from shakelm.decoding import language_model
from shakelm.decoding.generation import Length, generate
from shakelm.decoding.sampling_settings import SamplingSettings
from shakelm.errors import ShakelmError
from shakelm.evaluation.scoring import score
from shakelm.networks import architectures
from shakelm.store.registry import ModelRegistry
from shakelm.training.batches import Windows
from shakelm.training.callbacks import StateReset
from shakelm.training.interrupts import STOPPING
from shakelm.training.optimization import LAST_RATE, WARM_UP_STEPS, learning_rate
from shakelm.training.progress import Progress
from shakelm.training.train import train
from shakelm.training_options import plan
from tests.support.text_trainings import corpus, validation_figure, validation_losses

LEXICON = ("abc", "abd", "aca", "bcd", "bda", "cab", "cdc", "dad")
ENTROPY = math.log(len(LEXICON)) / 4
"""Nats per character: each word is as likely as any other and takes four characters with its space."""

RANDOM = np.random.default_rng(1)


def language(words: int) -> Corpus:
    """Words drawn one after another, each as likely as any other."""
    return corpus(" ".join(np.random.default_rng(1).choice(LEXICON, words)) + " ")


def small(**settings: Any) -> Configuration:
    defaults: dict[str, Any] = {"learning_rate": 0.01, "batch_size": 16, "sequence_length": 32, "epochs": 4}
    return plan("lstm", "char", units=(24,), embedding=12, **(defaults | settings))


def test_a_trained_model_comes_near_the_entropy_of_its_language(own_store: ModelRegistry) -> None:
    version = train("entropy", language(12_000), small(), own_store, "shakelm train entropy")
    figures = version.card().held_out
    assert figures.nats_per_char == pytest.approx(ENTROPY, rel=0.03)
    assert figures.nats_per_char is not None
    assert figures.nats_per_char > ENTROPY * 0.995


def test_a_model_of_subwords_writes_where_sentencepiece_is_missing(own_store: ModelRegistry) -> None:
    configuration = plan("lstm", "subword", units=(24,), embedding=12, pieces=500, epochs=3, batch_size=16)
    version = train("pieces", language(12_000), configuration, own_store, "shakelm train pieces")
    figures = version.card().held_out
    assert figures.characters > 2 * figures.tokens
    assert figures.nats_per_char == pytest.approx(ENTROPY, rel=0.1)
    assert version.configuration() == configuration
    script = (
        "import sys; sys.modules['sentencepiece'] = sys.modules['tensorflow'] = None\n"
        "from shakelm.cli.command_line import app\n"
        "app(['verse', 'abc dad', '--model', 'pieces', '--words', '9', '--number', '1', '--json'])\n"
    )
    environment = {**os.environ, "SHAKELM_STORE": own_store.location}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=True)
    verse = json.loads(done.stdout)
    assert verse["text"].startswith("abc dad ")
    assert set(verse["text"].split()) <= set(LEXICON)
    assert (len(verse["text"].split()), verse["unknown"]) == (11, [])


def test_a_damaged_vocabulary_of_subwords_is_told_in_a_sentence(own_store: ModelRegistry) -> None:
    configuration = plan("lstm", "subword", units=(2,), embedding=2, pieces=500, epochs=1, batch_size=64)
    version = train("damaged", language(1500), configuration, own_store, "shakelm train damaged")
    path = version.file("vocabulary.json")
    path.chmod(0o644)
    path.write_text(path.read_text().replace('"a",', '"a","a",'))
    with pytest.raises(
        ShakelmError, match=r"damaged \(the piece 'a' occurs twice\): remove damaged@1, or tr"
    ):
        version.vocabulary()


def test_a_model_that_hardly_trained_knows_how_frequent_characters_are_and_no_more(
    own_store: ModelRegistry,
) -> None:
    hardly = small(learning_rate=1e-6, epochs=1)
    version = train("hardly", language(12_000), hardly, own_store, "shakelm train hardly")
    letters = "".join(LEXICON) + " " * len(LEXICON)
    shares = [letters.count(letter) / len(letters) for letter in set(letters)]
    of_frequencies = -sum(share * math.log(share) for share in shares)
    assert of_frequencies > 2 * ENTROPY
    assert version.card().held_out.nats_per_token == pytest.approx(of_frequencies, rel=0.02)


def test_a_version_is_complete_and_its_card_is_true(own_store: ModelRegistry) -> None:
    text = language(1500)
    seen: list[Progress] = []
    version = train("whole", text, small(epochs=2), own_store, "shakelm train whole", seen.append)
    assert [found.reference for found in own_store.versions()] == ["whole@1"]
    card, history = version.card(), version.history()
    assert card.corpus.sha256 == text.sha256
    assert card.command == "shakelm train whole"
    assert card.epochs == len(history.epochs) == 2
    assert card.weights == "int8"
    loaded = language_model.load(version)
    held_out = split(text.text, "contiguous").held_out
    assert score(loaded.network, loaded.vocabulary, held_out) == card.held_out
    assert score(loaded.network, loaded.vocabulary, held_out, 256) == card.held_out_windows
    shares = [progress.share for progress in seen]
    assert shares == sorted(shares)
    assert {progress.epoch for progress in seen} == {1, 2}
    # An epoch of so few batches is measured whole; its seconds include its validation.
    batches = len(Windows(loaded.vocabulary.encode(split(text.text, "contiguous").train), 32, 16, RANDOM))
    for epoch in history.epochs:
        last = [progress for progress in seen[:-1] if progress.epoch == epoch.epoch][-1]
        assert last.tokens_per_second is not None
        assert last.tokens_per_second * (epoch.seconds + 0.01) > batches * 16 * 32
    assert seen[-2].seconds_left == pytest.approx(0, abs=1e-6)
    assert seen[-1].stage == "scoring"
    assert seen[-1].tokens_per_second is seen[-1].seconds_left is None
    assert seen[-1].validation_loss == history.epochs[-1].validation_loss


def test_the_random_seed_repeats_a_training(own_store: ModelRegistry) -> None:
    text = language(1500)
    first, second, other = (
        train(
            "again",
            text,
            small(epochs=1, random_seed=random_seed, dropout=0.2),
            own_store,
            "shakelm train again",
        )
        for random_seed in (5, 5, 6)
    )
    assert (
        first.weights_file.read_bytes() == second.weights_file.read_bytes() != other.weights_file.read_bytes()
    )


def test_a_state_reset_empties_the_same_streams_in_all_layers() -> None:
    streams = 200
    configuration = plan("stacked-lstm", "char", units=(3, 4), embedding=5).model
    model = architectures.build(configuration, 10, stateful_batch_size=streams)
    model(np.zeros((streams, 2), np.int32))
    states = [state for layer in model.layers[2:4] for state in layer.states]
    assert len(states) == 4
    assert all(np.all(np.asarray(state) != 0) for state in states)

    reset = StateReset(0.25, random_seed=1)
    reset.set_model(model)
    reset.on_train_batch_begin(0)
    emptied = [np.all(np.asarray(state) == 0, axis=1) for state in states]
    assert all((each == emptied[0]).all() for each in emptied)
    assert 0.15 < emptied[0].mean() < 0.35
    untouched = [np.all(np.asarray(state)[~emptied[0]] != 0) for state in states]
    assert all(untouched)

    reset.on_epoch_begin(1)
    assert all(np.all(np.asarray(state) == 0) for state in states)


def test_the_best_epoch_is_kept_and_training_stops_early(own_store: ModelRegistry) -> None:
    # Far too little text for its size: the model learns it by heart and validation gets worse.
    noise = corpus("".join(np.random.default_rng(2).choice(list("abcdefgh"), 1500)))
    configuration = plan(
        "lstm",
        "char",
        units=(48,),
        learning_rate=0.02,
        batch_size=8,
        sequence_length=32,
        epochs=60,
        patience=6,
    )
    version = train("overfit", noise, configuration, own_store, "shakelm train overfit")
    history = version.history()
    assert len(history.epochs) == history.best + 6 < 60
    losses = validation_losses(version)
    assert losses[history.best - 1] == min(losses) < losses[-1]
    validation = validation_figure(version)
    assert abs(validation - min(losses)) < abs(validation - losses[-1])


def test_carried_state_averaged_weights_and_schedule_reach_the_entropy_too(own_store: ModelRegistry) -> None:
    settings = plan(
        "lstm",
        "char",
        units=(24,),
        embedding=12,
        learning_rate=0.02,
        batch_size=16,
        sequence_length=16,
        epochs=4,
        stateful=True,
        state_reset=0.1,
        ema_momentum=0.99,
        schedule="cosine",
        weight_decay=0.01,
        weight_dropout=0.1,
        precision="bfloat16",
    )
    version = train("carried", language(12_000), settings, own_store, "shakelm train carried")
    figures = version.card().held_out
    assert figures.nats_per_char == pytest.approx(ENTROPY, rel=0.03)


def test_averaged_weights_are_what_is_validated_and_kept(own_store: ModelRegistry) -> None:
    # An average this slow hardly moves after the first steps.
    versions = [
        train(
            f"averaged-{momentum}",
            language(1500),
            small(epochs=2, ema_momentum=momentum),
            own_store,
            "shakelm train averaged",
        )
        for momentum in (0.0, 0.999)
    ]
    plain, averaged = (version.history().epochs[-1] for version in versions)
    assert averaged.loss == plain.loss
    assert averaged.validation_loss is not None
    assert plain.validation_loss is not None
    assert averaged.validation_loss > plain.validation_loss + 0.01
    scored = versions[1].card().validation
    assert scored is not None
    assert scored.nats_per_token == pytest.approx(averaged.validation_loss, abs=0.05)


def test_without_validation_all_is_learned_from_and_the_last_epoch_is_kept(own_store: ModelRegistry) -> None:
    # Letters that only the validating part holds enter the vocabulary.
    text = language(1500).text
    cut = len(text) * 85 // 100
    configuration = plan(
        "lstm", "char", units=(8,), epochs=2, batch_size=8, sequence_length=32, validation=False
    )
    version = train(
        "final", corpus(text[:cut] + "xyz " + text[cut:]), configuration, own_store, "shakelm train final"
    )
    history = version.history()
    assert history.best == 2
    assert [epoch.validation_loss for epoch in history.epochs] == [None, None]
    assert version.card().validation is None
    assert "z" in language_model.load(version).vocabulary


@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize("interrupted_in_epoch", [1, 2])
def test_an_interrupt_keeps_the_best_so_far(own_store: ModelRegistry, interrupted_in_epoch: int) -> None:
    def interrupt(progress: Progress) -> None:
        if (
            progress.stage == "training"
            and progress.epoch == interrupted_in_epoch
            and progress.share > 0.3 / 50
        ):
            signal.raise_signal(signal.SIGINT)

    said: list[str] = []
    version = train("stopped", language(1500), small(epochs=50), own_store, "c", interrupt, said.append)
    assert said == [STOPPING]
    assert len(version.history().epochs) == interrupted_in_epoch
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert validation_figure(version) < math.log(6)


def test_the_stop_event_ends_a_training_and_keeps_the_best_epoch(own_store: ModelRegistry) -> None:
    stop = threading.Event()

    def watch(progress: Progress) -> None:
        if progress.epoch == 2:
            stop.set()

    version = train(
        "stopped", language(1500), small(epochs=50), own_store, "shakelm train stopped", watch, stop=stop
    )
    assert len(version.history().epochs) == 2
    assert not list(own_store.checkpoints.iterdir())


def test_each_epoch_is_followed_by_a_line_that_its_weights_write(own_store: ModelRegistry) -> None:
    samples: dict[int, set[str | None]] = {}

    def watch(progress: Progress) -> None:
        if progress.stage == "training":
            samples.setdefault(progress.epoch, set()).add(progress.sample)

    train("sampled", language(1500), small(epochs=3), own_store, "shakelm train sampled", watch)
    assert samples[1] == {None}
    ((second,), (third,)) = samples[2], samples[3]
    assert second != third
    for line in (second, third):
        assert line
        assert set(line) <= set("abcd ")


def test_a_loss_that_is_no_number_ends_with_a_sentence(own_store: ModelRegistry) -> None:
    with pytest.raises(ShakelmError, match="lower learning rate"):
        train(
            "diverged",
            language(400),
            plan("simple-rnn", "char", units=(512,), learning_rate=1.0, epochs=3, batch_size=4, layers=2),
            own_store,
            "shakelm train diverged",
        )
    assert own_store.versions() == []


def test_a_loss_that_is_no_number_later_ends_with_one_sentence_and_the_best_epoch(
    own_store: ModelRegistry, capfd: pytest.CaptureFixture[str]
) -> None:
    notices: list[str] = []
    # Each epoch is one batch, and its step the next one's ruin.
    settings: dict[str, Any] = {"learning_rate": 1.0, "epochs": 30, "patience": 30, "batch_size": 4096}
    configuration = plan("simple-rnn", "char", units=(512,), layers=2, **settings)
    capfd.readouterr()
    version = train("diverged", language(1500), configuration, own_store, "-", on_notice=notices.append)
    history = version.history()
    assert history.best <= len(history.epochs) < 29
    assert notices == [
        f"In epoch {len(history.epochs) + 1} the loss was no longer a number: the training ends with the "
        f"weights of epoch {history.best}."
    ]
    assert "Invalid loss" not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("char", "".join(RANDOM.choice(list("ACGT"), 3000))),
        ("char", "".join(RANDOM.choice(list("天地玄黃宇宙洪荒"), 3000))),
        ("char", "ab" * 3000),
        ("word", "हिन्दी में लिखा हुआ पाठ।\n" * 200),
        ("word", ("to be or not to be, that is the question " * 5)[:200]),
        ("char", ("to be or not to be, that is the question " * 5)[:200]),
    ],
)
def test_strange_and_short_texts_become_versions_that_write(
    own_store: ModelRegistry, kind: str, text: str
) -> None:
    configuration = plan("lstm", kind, units=(8,), embedding=4, epochs=1)
    version = train("strange", corpus(text), configuration, own_store, "-")
    loaded = language_model.load(version)
    verse = generate(loaded, "", SamplingSettings(0.8), Length(lines=1), 7)
    assert verse.text
    assert set(loaded.vocabulary.pieces(verse.text)) <= set(loaded.vocabulary.pieces(text))


def test_what_a_corpus_holds_out_is_scored_and_not_learned(own_store: ModelRegistry) -> None:
    text = language(1500).text
    held_out = "dcba" * 100
    whole = replace(corpus(text + held_out), held_out=len(held_out))
    version = train("held", whole, small(epochs=1), own_store, "-")
    assert version.card().held_out.characters == len(held_out) - 1
    loaded = language_model.load(version)
    assert score(loaded.network, loaded.vocabulary, held_out) == version.card().held_out


def test_words_are_learned_too(own_store: ModelRegistry) -> None:
    text = corpus("the king and the queen\nand the fool sing\n" * 200)
    configuration = plan(
        "stacked-lstm", "word", units=(24, 16), embedding=12, learning_rate=0.02, batch_size=4, epochs=12
    )
    version = train("words", text, configuration, own_store, "shakelm train words")
    assert version.card().held_out.accuracy > 0.9
    assert version.card().held_out.nats_per_char is None


def test_a_cosine_schedule_warms_up_and_ends_low() -> None:
    settings = plan("lstm", "char", epochs=10, schedule="cosine", learning_rate=0.01).training
    schedule = learning_rate(settings, steps=100)
    rates = [float(schedule(step)) for step in (0, WARM_UP_STEPS, 550, 1000)]
    assert rates == pytest.approx([0, 0.01, 0.0051, 0.01 * LAST_RATE], rel=0.01)


def test_a_text_is_added_to_a_version(own_store: ModelRegistry) -> None:
    first = train("first", language(3000), small(epochs=2), own_store, "-")
    more = corpus(language(3000).text.replace("dad", "dag"))
    notices: list[str] = []
    configuration = plan(
        base=first.reference,
        network=first.configuration().model,
        learning_rate=0.003,
        sequence_length=32,
        epochs=1,
    )
    second = train("second", more, configuration, own_store, "-", on_notice=notices.append, base=first)

    assert second.configuration().training.base == "first@1"
    assert second.vocabulary() == first.vocabulary()
    assert any("does not know" in notice and "'g'" in notice for notice in notices)
    losses = [version.history().epochs[0].loss for version in (first, second)]
    assert losses[1] < losses[0] - 0.3  # it knows the other words already
