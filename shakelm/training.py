"""From a corpus and a configuration to a published version."""

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from shakelm import architectures, backend
from shakelm.backend import keras
from shakelm.backend import tensorflow as tf
from shakelm.configuration import Configuration, TrainingConfiguration
from shakelm.corpus import Corpus
from shakelm.errors import ShakelmError
from shakelm.evaluation import score
from shakelm.lstm import LSTM
from shakelm.network import Floats, NumpyNetwork
from shakelm.splitting import split
from shakelm.store import Store, Version
from shakelm.version import Card, CorpusFacts, Epoch, Figures, History
from shakelm.vocabulary import Vocabulary, fit

WINDOW_OF_FIGURES = 256
"""Tokens in the windows of the card's second held-out figure (nanoGPT's measure for characters)."""

MAX_GRADIENT_NORM = 1.0
SECOND_MOMENT = 0.99
"""Adam's decay of squared gradients; a shorter memory than usual, for trainings of a few thousand steps."""

WARM_UP_STEPS = 100
LAST_RATE = 0.02
"""The share of the learning rate at which a cosine schedule ends."""

HALF_PRECISION_COST = 0.0005
"""Weights are stored as float16 where that costs at most so many nats per token on the validation text."""


@dataclass(frozen=True)
class Progress:
    """Where a training stands.

    `share` of all training steps done, 0 to 1; losses in nats per token (`loss` is the running epoch's,
    under dropout; `validation_loss` the last finished epoch's); `seconds_left` if every epoch is run.
    """

    stage: Literal["training", "scoring"]
    share: float
    epoch: int
    epochs: int
    loss: float | None
    validation_loss: float | None
    seconds_left: float | None


OnProgress = Callable[[Progress], None]


def train(
    name: str,
    corpus: Corpus,
    configuration: Configuration,
    store: Store,
    command: str,
    on_progress: OnProgress = lambda _progress: None,
) -> Version:
    """Train a model, score it once on the held-out part and publish it.

    Training stops early when the validation loss no longer improves, and the best epoch's weights are
    kept. An interrupt (Ctrl-C) ends it after the batch that is under way; that epoch is validated like a
    whole one, and the best is kept. A second interrupt ends everything without a version.

    Args:
        name: what the version is called.
        corpus: the text; split here, vocabulary and everything else is learned from its training part.
        configuration: sizes and settings, as from `configuration.plan`.
        store: where the version goes.
        command: what to write on the card as the command that repeats this training.
        on_progress: called after every batch, and before the final scoring.

    Raises:
        ShakelmError: the text is too short, the loss is no longer a number, or the store cannot be written.
    """
    settings = configuration.training
    parts = split(corpus.text, settings.split)
    text = parts.train if settings.validation else parts.train + parts.validation
    vocabulary = fit(text, configuration.model.vocabulary)
    keras.utils.set_random_seed(settings.number)
    started = time.monotonic()
    validation = parts.validation if settings.validation else None
    model, history = _fit(configuration, vocabulary, text, validation, on_progress)
    seconds = time.monotonic() - started
    on_progress(_scoring(history, settings))
    weights = _stored_precision(architectures.weights_of(model), configuration, vocabulary, parts.validation)

    def write(folder: Path, number: int) -> None:
        network = NumpyNetwork(_as_float32(weights), configuration.model.cell)

        def figures(text: str, window: int | None = WINDOW_OF_FIGURES) -> Figures:
            return score(network, vocabulary, text, window)

        card = Card(
            name=name,
            version=number,
            corpus=CorpusFacts(name=corpus.name, sha256=corpus.sha256, characters=len(corpus.text)),
            command=command,
            number=settings.number,
            parameters=model.count_params(),
            weights=str(next(iter(weights.values())).dtype),
            epochs=len(history.epochs),
            seconds=round(seconds, 1),
            validation=figures(validation) if validation else None,
            held_out=figures(parts.held_out, window=None),
            held_out_windows=figures(parts.held_out),
            trained_at=datetime.now(UTC).replace(microsecond=0),
            software=backend.software(),
            device=backend.device(),
        )
        (folder / "weights.safetensors").write_bytes(save(weights))
        for file, content in (
            ("vocabulary.json", vocabulary),
            ("configuration.json", configuration),
            ("history.json", history),
            ("card.json", card),
        ):
            (folder / file).write_text(content.model_dump_json(indent=1) + "\n", encoding="utf-8")

    return store.publish(name, write)


class Windows(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of windows of a token stream: inputs and targets (batch, window), targets one token ahead.

    With `random`, each epoch shuffles the windows and shifts where they start; without it all windows
    come in order.
    """

    def __init__(
        self, ids: NDArray[np.int32], window: int, batch: int, random: np.random.Generator | None = None
    ) -> None:
        """Cut `ids` (tokens,), at least two, into windows; a stream shorter than a window is one window."""
        super().__init__()
        self._ids = ids
        self._steps = np.arange(min(window, len(ids) - 1))
        self._count = (len(ids) - 1) // len(self._steps)
        if random is not None and self._count > 1:
            self._count -= 1  # leaves room to shift
        self._batch = min(batch, self._count)
        self._random = random
        self.on_epoch_end()

    def __len__(self) -> int:
        # The windows that do not fill a batch are left out: with shuffling others are each time.
        return self._count // self._batch if self._random else math.ceil(self._count / self._batch)

    def __getitem__(self, index: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        starts = self._starts[index * self._batch : (index + 1) * self._batch]
        places = starts[:, np.newaxis] + self._steps
        return self._ids[places], self._ids[places + 1]

    def on_epoch_end(self) -> None:
        """Shuffle and shift for the next epoch."""
        self._starts = np.arange(self._count) * len(self._steps)
        if self._random is not None:
            room = len(self._ids) - 1 - self._count * len(self._steps)
            self._starts += self._random.integers(room + 1)
            self._random.shuffle(self._starts)


class Streams(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of windows that go on where those of the batch before ended: inputs, targets (streams, window).

    The text is cut into so many streams of the same length; each epoch shifts where they start.
    """

    def __init__(
        self, ids: NDArray[np.int32], window: int, streams: int, random: np.random.Generator
    ) -> None:
        """Cut `ids` (tokens,) into streams.

        Raises:
            ShakelmError: a stream would not fill two windows.
        """
        super().__init__()
        self._ids, self._window, self._random = ids, window, random
        # One window less than there is, which leaves room to shift.
        self._count = (len(ids) - 1) // streams // window - 1
        if self._count < 1:
            raise ShakelmError(
                f"The text is too short for {streams} streams with windows of {window} tokens: "
                "train with a smaller batch or window, or without carrying the state."
            )
        self._starts = np.arange(streams) * ((len(ids) - 1) // streams)
        self.on_epoch_end()

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        places = (self._starts + self._shift + index * self._window)[:, np.newaxis] + np.arange(self._window)
        return self._ids[places], self._ids[places + 1]

    def on_epoch_end(self) -> None:
        """Shift the streams for the next epoch."""
        self._shift = self._random.integers(self._window)


class _Recorder(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes the history and reports progress."""

    def __init__(self, epochs: int, interrupted: threading.Event, on_progress: OnProgress) -> None:
        super().__init__()
        self.epochs: list[Epoch] = []
        self._total = epochs
        self._interrupted = interrupted
        self._on_progress = on_progress
        self._started = self._epoch_started = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 (Keras's signature)
        self._epoch_started = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        share = (len(self.epochs) + (batch + 1) / self.params["steps"]) / self._total
        elapsed = time.monotonic() - self._started
        self._on_progress(
            Progress(
                stage="training",
                share=share,
                epoch=len(self.epochs) + 1,
                epochs=self._total,
                loss=logs["loss"],
                validation_loss=self.epochs[-1].validation_loss if self.epochs else None,
                seconds_left=elapsed / share - elapsed,
            )
        )

        if self._interrupted.is_set():
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 (Keras's signature)
        if self._interrupted.is_set():
            self.model.stop_training = True
        self.epochs.append(
            Epoch(
                epoch=len(self.epochs) + 1,
                loss=logs["loss"],
                accuracy=logs["accuracy"],
                validation_loss=logs.get("val_loss"),
                validation_accuracy=logs.get("val_accuracy"),
                seconds=round(time.monotonic() - self._epoch_started, 2),
            )
        )


class _Keeper(keras.callbacks.Callback):  # type: ignore[misc]
    """Averages the weights, scores the average after each epoch, and keeps the best, or else the last.

    `kept` is the same network for batches that start from an empty state, with the averaged weights; the
    average follows closely at first and with the full momentum later.
    """

    def __init__(self, kept: Any, momentum: float, validation: Windows | None) -> None:
        super().__init__()
        self._kept, self._momentum, self._validation = kept, momentum, validation
        self._steps = 0
        self._lowest = math.inf
        self._best: list[NDArray[Any]] | None = None
        self._approach = tf.function(self._approach_weights, reduce_retracing=True)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 (Keras's signature)
        for layer in self.model.layers:
            if getattr(layer, "stateful", False):
                layer.reset_state()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002 (Keras's signature)
        if self._momentum:
            self._steps += 1
            momentum = min(self._momentum, self._steps / (self._steps + 10))
            self._approach(tf.constant(1 - momentum, tf.float32))

    def _approach_weights(self, share: Any) -> None:
        for averaged, current in zip(
            self._kept.trainable_variables, self.model.trainable_variables, strict=True
        ):
            averaged.assign(averaged + share * (current - averaged))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 (Keras's signature)
        if not self._momentum:
            self._approach(tf.constant(1.0))
        if self._validation is None:
            return
        scores = self._kept.evaluate(self._validation, verbose=0, return_dict=True)
        logs |= {f"val_{name}": value for name, value in scores.items()}
        if logs["val_loss"] < self._lowest:
            self._lowest = logs["val_loss"]
            self._best = self._kept.get_weights()

    def on_train_end(self, logs: Any = None) -> None:  # noqa: ARG002 (Keras's signature)
        if self._best is not None:
            self._kept.set_weights(self._best)


def _fit(
    configuration: Configuration,
    vocabulary: Vocabulary,
    text: str,
    validation: str | None,
    on_progress: OnProgress,
) -> tuple[Any, History]:
    """Train until the end, the early stop or an interrupt; the network with the kept weights, the history."""
    settings = configuration.training
    random = np.random.default_rng(settings.number)
    ids = vocabulary.encode(text)
    training = (
        Streams(ids, settings.window, settings.batch, random)
        if settings.carry
        else Windows(ids, settings.window, settings.batch, random)
    )
    scored = None
    if validation is not None:
        scored = Windows(_at_least_two(vocabulary, validation), settings.window, settings.batch)
    layer = partial(LSTM, weight_dropout=configuration.model.weight_dropout, precision=settings.precision)
    model = architectures.build(
        configuration.model, len(vocabulary), layer, streams=settings.batch if settings.carry else None
    )
    kept = architectures.build(configuration.model, len(vocabulary), layer)
    kept.set_weights(model.get_weights())
    goal = {
        "loss": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "metrics": ["accuracy"],
        "jit_compile": False,  # on a CPU XLA's compilation costs more than it gains
    }
    model.compile(_optimizer(settings, len(training)), **goal)
    kept.compile(**goal)
    with _interruptible() as interrupted:
        recorder = _Recorder(settings.epochs, interrupted, on_progress)
        # The keeper is the first: it scores what the others look at.
        callbacks = [_Keeper(kept, settings.averaging, scored), recorder, keras.callbacks.TerminateOnNaN()]
        if scored is not None:
            callbacks.append(keras.callbacks.EarlyStopping("val_loss", patience=settings.patience))
        model.fit(
            training,
            epochs=settings.epochs,
            callbacks=callbacks,
            shuffle=False,  # `Windows` shuffles single windows, not whole batches
            verbose=0,
        )
    epochs = [epoch for epoch in recorder.epochs if math.isfinite(epoch.judged_loss)]
    if not epochs:
        raise ShakelmError(
            "The loss is no longer a number, so nothing was learned: train with a lower learning rate."
        )
    best = epochs[-1] if validation is None else min(epochs, key=lambda epoch: epoch.judged_loss)
    return kept, History(epochs=epochs, best=best.epoch)


def training_rate(settings: TrainingConfiguration, steps: int) -> Any:
    """The learning rate: a number, or Keras's schedule of it over all epochs of so many steps."""
    if settings.schedule == "constant":
        return settings.learning_rate
    warm_up = min(WARM_UP_STEPS, steps)
    return keras.optimizers.schedules.CosineDecay(
        0.0,
        decay_steps=max(1, steps * settings.epochs - warm_up),
        alpha=LAST_RATE,
        warmup_target=settings.learning_rate,
        warmup_steps=warm_up,
    )


def _optimizer(settings: TrainingConfiguration, steps: int) -> Any:
    """AdamW (Loshchilov and Hutter, 2019, arXiv:1711.05101) for epochs of so many steps."""
    optimizer = keras.optimizers.AdamW(
        training_rate(settings, steps),
        weight_decay=settings.weight_decay,
        beta_2=SECOND_MOMENT,
        global_clipnorm=MAX_GRADIENT_NORM,
    )
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets, instead of an exception in native code, which would abort.

    Only where Ctrl-C would raise KeyboardInterrupt: a process that ignores it or handles it itself goes on
    doing so.
    """
    interrupted = threading.Event()

    def interrupt(number: int, frame: FrameType | None) -> None:
        if interrupted.is_set():
            signal.default_int_handler(number, frame)
        interrupted.set()

    handler = signal.getsignal(signal.SIGINT)
    if handler is not signal.default_int_handler:
        yield interrupted
        return
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, handler)


def _at_least_two(vocabulary: Vocabulary, text: str) -> NDArray[np.int32]:
    ids = vocabulary.encode(text)
    if len(ids) < 2:
        raise ShakelmError("The validation part holds fewer than two tokens: give a longer text.")
    return ids


def _scoring(history: History, settings: TrainingConfiguration) -> Progress:
    last = history.epochs[-1]
    return Progress("scoring", 1.0, last.epoch, settings.epochs, last.loss, last.validation_loss, None)


def _stored_precision(
    weights: dict[str, Floats], configuration: Configuration, vocabulary: Vocabulary, validation: str
) -> dict[str, NDArray[np.floating[Any]]]:
    """The weights as float16 where that costs next to nothing, else as they are."""
    halved = {name: array.astype(np.float16) for name, array in weights.items()}
    whole, rounded = (
        score(
            NumpyNetwork(_as_float32(arrays), configuration.model.cell),
            vocabulary,
            validation,
            WINDOW_OF_FIGURES,
        )
        for arrays in (weights, halved)
    )
    # A weight too large for float16 becomes infinite, and the rounded figure no number: keep float32 then.
    if rounded.nats_per_token - whole.nats_per_token <= HALF_PRECISION_COST:
        return dict(halved)
    return dict(weights)


def _as_float32(weights: Any) -> dict[str, Floats]:
    return {name: array.astype(np.float32) for name, array in weights.items()}
