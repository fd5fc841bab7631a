"""From a corpus and a configuration to a published version."""

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from shakelm import architectures, backend
from shakelm.backend import keras
from shakelm.configuration import Configuration, TrainingConfiguration
from shakelm.corpus import Corpus
from shakelm.errors import ShakelmError
from shakelm.evaluation import score
from shakelm.lstm import LSTM
from shakelm.network import Floats, NumpyNetwork
from shakelm.splitting import Parts, split
from shakelm.store import Store, Version
from shakelm.version import Card, CorpusFacts, Epoch, Figures, History
from shakelm.vocabulary import Vocabulary, fit

WINDOW_OF_FIGURES = 256
"""Tokens in the windows of the card's second held-out figure (nanoGPT's measure for characters)."""

MAX_GRADIENT_NORM = 1.0

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
    vocabulary = fit(parts.train, configuration.model.vocabulary)
    keras.utils.set_random_seed(settings.number)
    model = architectures.build(configuration.model, len(vocabulary), lstm=LSTM)
    started = time.monotonic()
    history = _fit(model, vocabulary, parts, settings, on_progress)
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
            validation=figures(parts.validation),
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
                validation_loss=logs["val_loss"],
                validation_accuracy=logs["val_accuracy"],
                seconds=round(time.monotonic() - self._epoch_started, 2),
            )
        )


def _fit(
    model: Any, vocabulary: Vocabulary, parts: Parts, settings: TrainingConfiguration, on_progress: OnProgress
) -> History:
    """Train until the end, the early stop or an interrupt; the model then has its best weights."""
    model.compile(
        optimizer=keras.optimizers.Adam(settings.learning_rate, global_clipnorm=MAX_GRADIENT_NORM),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,  # on a CPU XLA's compilation costs more than it gains
    )
    random = np.random.default_rng(settings.number)
    training = Windows(vocabulary.encode(parts.train), settings.window, settings.batch, random)
    validation = Windows(_at_least_two(vocabulary, parts.validation), settings.window, settings.batch)
    with _interruptible() as interrupted:
        recorder = _Recorder(settings.epochs, interrupted, on_progress)
        model.fit(
            training,
            validation_data=validation,
            epochs=settings.epochs,
            callbacks=[
                recorder,
                keras.callbacks.EarlyStopping(
                    "val_loss", patience=settings.patience, restore_best_weights=True
                ),
                keras.callbacks.TerminateOnNaN(),
            ],
            shuffle=False,  # `Windows` shuffles single windows, not whole batches
            verbose=0,
        )
    epochs = [epoch for epoch in recorder.epochs if math.isfinite(epoch.validation_loss)]
    if not epochs:
        raise ShakelmError(
            "The loss is no longer a number, so nothing was learned: train with a lower learning rate."
        )
    return History(epochs=epochs, best=min(epochs, key=lambda epoch: epoch.validation_loss).epoch)


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
