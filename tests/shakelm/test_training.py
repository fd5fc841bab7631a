"""Real trainings on small texts, one of them a language whose entropy is known."""

import hashlib
import math
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from shakelm import generation
from shakelm.configuration import Configuration, plan
from shakelm.corpus import Corpus
from shakelm.errors import ShakelmError
from shakelm.evaluation import score
from shakelm.splitting import split
from shakelm.store import Store
from shakelm.training import LAST_RATE, WARM_UP_STEPS, Progress, Streams, Windows, train, training_rate

LEXICON = ("abc", "abd", "aca", "bcd", "bda", "cab", "cdc", "dad")
ENTROPY = math.log(len(LEXICON)) / 4
"""Nats per character: each word is as likely as any other and takes four characters with its space."""


def corpus(text: str) -> Corpus:
    return Corpus("synthetic", text, hashlib.sha256(text.encode()).hexdigest())


def language(words: int) -> Corpus:
    """Words drawn one after another, each as likely as any other."""
    return corpus(" ".join(np.random.default_rng(1).choice(LEXICON, words)) + " ")


def small(**settings: float) -> Configuration:
    defaults: dict[str, float] = {"learning_rate": 0.01, "batch": 16, "window": 32, "epochs": 4}
    return plan("lstm", "char", units=(24,), embedding=12, **(defaults | settings))


@pytest.fixture
def own_store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", packaged=tmp_path / "nothing")


def test_a_trained_model_comes_near_the_entropy_of_its_language(own_store: Store) -> None:
    version = train("entropy", language(12_000), small(), own_store, "shakelm train entropy")
    figures = version.card().held_out
    assert figures.nats_per_char == pytest.approx(ENTROPY, rel=0.03)
    assert figures.nats_per_char > ENTROPY * 0.995


def test_a_model_that_hardly_trained_does_not(own_store: Store) -> None:
    broken = small(learning_rate=1e-6, epochs=1)
    version = train("broken", language(12_000), broken, own_store, "shakelm train broken")
    assert version.card().held_out.nats_per_token > 2 * ENTROPY


def test_a_version_is_complete_and_its_card_is_true(own_store: Store) -> None:
    text = language(1500)
    seen: list[Progress] = []
    version = train("whole", text, small(epochs=2), own_store, "shakelm train whole", seen.append)
    assert [found.reference for found in own_store.versions()] == ["whole@1"]
    card, history = version.card(), version.history()
    assert card.corpus.sha256 == text.sha256
    assert card.command == "shakelm train whole"
    assert card.epochs == len(history.epochs) == 2
    assert card.weights == "float16"
    loaded = generation.load(version)
    held_out = split(text.text, "contiguous").held_out
    assert score(loaded.network, loaded.vocabulary, held_out) == card.held_out
    assert score(loaded.network, loaded.vocabulary, held_out, 256) == card.held_out_windows
    shares = [progress.share for progress in seen]
    assert shares == sorted(shares)
    assert {progress.epoch for progress in seen} == {1, 2}
    assert seen[-1].stage == "scoring"
    assert seen[-1].validation_loss == history.epochs[-1].validation_loss


def test_the_number_repeats_a_training(own_store: Store) -> None:
    text = language(1500)
    first, second, other = (
        train("again", text, small(epochs=1, number=number, dropout=0.2), own_store, "shakelm train again")
        for number in (5, 5, 6)
    )
    assert first.weights.read_bytes() == second.weights.read_bytes() != other.weights.read_bytes()


def test_the_best_epoch_is_kept_and_training_stops_early(own_store: Store) -> None:
    # Far too little text for its size: the model learns it by heart and validation gets worse.
    noise = corpus("".join(np.random.default_rng(2).choice(list("abcdefgh"), 1500)))
    configuration = plan(
        "lstm", "char", units=(48,), learning_rate=0.02, batch=8, window=32, epochs=60, patience=6
    )
    version = train("overfit", noise, configuration, own_store, "shakelm train overfit")
    history = version.history()
    assert len(history.epochs) == history.best + 6 < 60
    losses = [epoch.validation_loss for epoch in history.epochs]
    assert losses[history.best - 1] == min(losses) < losses[-1]
    validation = version.card().validation.nats_per_token
    assert abs(validation - min(losses)) < abs(validation - losses[-1])


def test_carried_state_averaged_weights_and_schedule_reach_the_entropy_too(own_store: Store) -> None:
    settings = plan(
        "lstm",
        "char",
        units=(24,),
        embedding=12,
        learning_rate=0.02,
        batch=8,
        window=16,
        epochs=6,
        carry=True,
        averaging=0.99,
        schedule="cosine",
        weight_decay=0.01,
        weight_dropout=0.1,
        precision="bfloat16",
    )
    version = train("carried", language(12_000), settings, own_store, "shakelm train carried")
    figures = version.card().held_out
    assert figures.nats_per_char == pytest.approx(ENTROPY, rel=0.03)


def test_averaged_weights_are_what_is_validated_and_kept(own_store: Store) -> None:
    # So slow an average hardly moves from where it was after the first steps.
    versions = [
        train(
            f"averaged-{averaging}",
            language(1500),
            small(epochs=2, averaging=averaging),
            own_store,
            "shakelm train averaged",
        )
        for averaging in (0.0, 0.999)
    ]
    plain, averaged = (version.history().epochs[-1] for version in versions)
    assert averaged.loss == plain.loss
    assert averaged.validation_loss is not None
    assert plain.validation_loss is not None
    assert averaged.validation_loss > plain.validation_loss + 0.01
    scored = versions[1].card().validation
    assert scored is not None
    assert scored.nats_per_token == pytest.approx(averaged.validation_loss, abs=0.05)


def test_without_validation_all_is_learned_from_and_the_last_epoch_is_kept(own_store: Store) -> None:
    # Letters that only the validating part holds enter the vocabulary.
    text = language(1500).text
    cut = len(text) * 85 // 100
    configuration = plan("lstm", "char", units=(8,), epochs=2, batch=8, window=32, validation=False)
    version = train(
        "final", corpus(text[:cut] + "xyz " + text[cut:]), configuration, own_store, "shakelm train final"
    )
    history = version.history()
    assert history.best == 2
    assert [epoch.validation_loss for epoch in history.epochs] == [None, None]
    assert version.card().validation is None
    assert "z" in generation.load(version).vocabulary


@pytest.fixture
def interrupts() -> Iterator[None]:
    """Ctrl-C as on a terminal, also where the tests run in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize("interrupted_in_epoch", [1, 2])
def test_an_interrupt_keeps_the_best_so_far(own_store: Store, interrupted_in_epoch: int) -> None:
    def interrupt(progress: Progress) -> None:
        if (
            progress.stage == "training"
            and progress.epoch == interrupted_in_epoch
            and progress.share > 0.3 / 50
        ):
            signal.raise_signal(signal.SIGINT)

    version = train(
        "stopped", language(1500), small(epochs=50), own_store, "shakelm train stopped", interrupt
    )
    assert len(version.history().epochs) == interrupted_in_epoch
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert version.card().validation.nats_per_token < math.log(6)


def test_a_loss_that_is_no_number_ends_with_a_sentence(own_store: Store) -> None:
    with pytest.raises(ShakelmError, match="lower learning rate"):
        train(
            "diverged",
            language(400),
            plan("simple-rnn", "char", units=(512,), learning_rate=1.0, epochs=3, batch=4, layers=4),
            own_store,
            "shakelm train diverged",
        )
    assert own_store.versions() == []


def test_words_are_learned_too(own_store: Store) -> None:
    text = corpus("the king and the queen\nand the fool sing\n" * 200)
    configuration = plan(
        "stacked-lstm", "word", units=(24, 16), embedding=12, learning_rate=0.02, batch=4, epochs=12
    )
    version = train("words", text, configuration, own_store, "shakelm train words")
    assert version.card().held_out.accuracy > 0.9
    assert version.card().held_out.nats_per_char is None


def test_windows_hold_each_token_once_and_targets_lie_one_ahead() -> None:
    ids = np.arange(103, dtype=np.int32)
    windows = Windows(ids, window=10, batch=4)
    batches = [windows[index] for index in range(len(windows))]
    inputs = np.concatenate([batch for batch, _ in batches])
    targets = np.concatenate([batch for _, batch in batches])
    assert inputs.ravel().tolist() == list(range(100))
    assert (targets == inputs + 1).all()


def test_shuffled_windows_shift_from_epoch_to_epoch() -> None:
    windows = Windows(np.arange(103, dtype=np.int32), 10, 4, np.random.default_rng(1))
    starts = set()
    for _ in range(30):
        inputs, targets = windows[0]
        assert (targets == inputs + 1).all()
        starts |= {int(row[0]) % 10 for row in inputs}
        windows.on_epoch_end()
    assert len(starts) > 5


def test_streams_go_on_where_the_window_before_ended() -> None:
    ids = np.arange(1000, dtype=np.int32)
    streams = Streams(ids, window=10, streams=4, random=np.random.default_rng(1))
    shifts = set()
    for _ in range(20):
        batches = [streams[index] for index in range(len(streams))]
        joined = np.concatenate([inputs for inputs, _ in batches], axis=1)
        assert (np.diff(joined, axis=1) == 1).all()
        assert all((targets == inputs + 1).all() for inputs, targets in batches)
        assert len(np.unique(joined)) == joined.size
        shifts.add(int(joined[0, 0]))
        streams.on_epoch_end()
    assert len(shifts) > 5


def test_a_text_too_short_for_its_streams_is_refused() -> None:
    with pytest.raises(ShakelmError, match="smaller batch or window"):
        Streams(np.arange(100, dtype=np.int32), window=32, streams=8, random=np.random.default_rng(1))


def test_a_cosine_schedule_warms_up_and_ends_low() -> None:
    settings = plan("lstm", "char", epochs=10, schedule="cosine", learning_rate=0.01).training
    schedule = training_rate(settings, steps=100)
    rates = [float(schedule(step)) for step in (0, WARM_UP_STEPS, 550, 1000)]
    assert rates == pytest.approx([0, 0.01, 0.0051, 0.01 * LAST_RATE], rel=0.01)


def test_a_stream_shorter_than_a_window_is_one_window() -> None:
    windows = Windows(np.arange(5, dtype=np.int32), 10, 4, np.random.default_rng(1))
    assert len(windows) == 1
    assert windows[0][0].tolist() == [[0, 1, 2, 3]]
