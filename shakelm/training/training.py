"""From a corpus and a configuration to a published version."""

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from shakelm.configuration import Configuration, TrainingConfiguration
from shakelm.data.corpus import Corpus
from shakelm.data.splitting import split
from shakelm.data.vocabulary import Vocabulary, fit
from shakelm.decoding.generation import LanguageModel, Length, write
from shakelm.decoding.sampling import Sampling
from shakelm.errors import ShakelmError
from shakelm.evaluation.scoring import score
from shakelm.networks import architectures, backend
from shakelm.networks.backend import keras
from shakelm.networks.lstm import LSTM
from shakelm.networks.network import Floats, NumpyNetwork
from shakelm.store.card import Card, CorpusFacts, Epoch, Figures, History
from shakelm.store.registry import Store, Version
from shakelm.training import checkpoints
from shakelm.training.batches import Streams, Windows, dataset
from shakelm.training.callbacks import Keeper, Recorder, Restarter
from shakelm.training.checkpoints import Arrays, Checkpoint, CheckpointFile, Standing
from shakelm.training.progress import OnNotice, OnProgress, Progress

WINDOW_OF_FIGURES = 256
"""Tokens in the windows of the card's second held-out figure (nanoGPT's measure for characters)."""

MAX_GRADIENT_NORM = 1.0
SECOND_MOMENT = 0.99
"""Adam's decay of squared gradients; a shorter memory than usual, for trainings of a few thousand steps."""

WARM_UP_STEPS = 100
LAST_RATE = 0.02
"""The share of the learning rate at which a cosine schedule ends."""

SAMPLE_TEMPERATURE = 0.8
"""Of the line that is written after each epoch."""

HALF_PRECISION_COST = 0.0005
"""Weights are stored as float16 where that costs at most so many nats per token on the validation text."""


def train(
    name: str,
    corpus: Corpus,
    configuration: Configuration,
    store: Store,
    command: str,
    on_progress: OnProgress = lambda _progress: None,
    on_notice: OnNotice = lambda _sentence: None,
    stop: threading.Event | None = None,
) -> Version:
    """Train a model, score it once on the held-out part and publish it.

    Training stops early when the validation loss no longer improves, and the best epoch's weights are
    kept. An interrupt (Ctrl-C) ends it after the batch that is under way; that epoch is validated like a
    whole one, and the best is kept; so does the event `stop`, once it is set. A second interrupt ends
    everything without a version.

    After each whole epoch a checkpoint is written, and the same training (name, text and configuration)
    goes on from it if its process was killed: the curves and the version are those of a training that was
    never interrupted. The checkpoint is removed when the version is published, or the training discarded.

    Args:
        name: what the version is called.
        corpus: the text; split here, vocabulary and everything else is learned from its training part.
        configuration: sizes and settings, as from `configuration.plan`.
        store: where the version goes, and the checkpoints until then.
        command: what to write on the card as the command that repeats this training.
        on_progress: called after every batch, and before the final scoring; what it raises ends the
            training, and `Discarded` removes its checkpoint too.
        on_notice: given a sentence where the training goes on after an epoch, where a checkpoint cannot be
            read or written, and where a second interrupt ends it.
        stop: ends the training early, when it is set.

    Raises:
        ShakelmError: the name is malformed, the text is too short, the loss is no longer a number, the store
            cannot be written, or the same training is under way in another process.
        Discarded: `on_progress` raised it.
    """
    settings = configuration.training
    parts = split(corpus.text, settings.split)
    text = parts.train if settings.validation else parts.train + parts.validation
    vocabulary = fit(text, configuration.model.vocabulary)
    validation = parts.validation if settings.validation else None
    store.prepare(name)
    with (
        checkpoints.claim(store.checkpoints, name, corpus.sha256, configuration) as checkpoint_file,
        _saying_how_to_go_on(checkpoint_file, on_notice),
    ):
        if vocabulary.kind == "char":  # with a vocabulary of words the output layer takes the most time
            backend.halve_threads()
        keras.utils.set_random_seed(settings.random_seed)
        run = _fit(
            configuration,
            vocabulary,
            text,
            validation,
            checkpoint_file,
            on_progress,
            on_notice,
            stop or threading.Event(),
        )
        seconds = run.elapsed()
        history = History(
            epochs=[epoch for epoch in run.epochs if math.isfinite(epoch.judged_loss)],
            best=run.keeper.best_epoch,
        )
        on_progress(_scoring(history, settings))
        weights = _stored_precision(
            architectures.weights_of(run.keeper.kept), configuration, vocabulary, parts.validation
        )

        def write(folder: Path, number: int) -> None:
            network = NumpyNetwork(_as_float32(weights), configuration.model.cell)

            def figures(text: str, window: int | None = WINDOW_OF_FIGURES) -> Figures:
                return score(network, vocabulary, text, window)

            card = Card(
                name=name,
                version=number,
                corpus=CorpusFacts(name=corpus.name, sha256=corpus.sha256, characters=len(corpus.text)),
                command=command,
                random_seed=settings.random_seed,
                parameters=run.model.count_params(),
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


@dataclass
class _Run:
    """A training under way: all that changes in it, which is what a checkpoint holds.

    `random` is the one NumPy generator that it draws from, `seconds` what it took before this process.
    """

    model: Any
    keeper: Keeper
    batches: Windows | Streams
    random: np.random.Generator
    epochs: list[Epoch] = field(default_factory=list)
    seconds: float = 0.0
    started: float = field(default_factory=time.monotonic)

    def checkpoint(self) -> Checkpoint:
        """Where it stands; only after a whole epoch."""
        standing = Standing(
            epochs=self.epochs,
            best=self.keeper.best_epoch,
            averaged=self.keeper.steps,
            seconds=self.elapsed(),
            generator=self.random.bit_generator.state,
        )
        return Checkpoint(standing, self.arrays())

    def arrays(self) -> Arrays:
        """Copies of all arrays; those of the network include the states of its seed generators."""
        return {
            "network": [np.asarray(variable) for variable in self.model.variables],
            "optimizer": [np.asarray(variable) for variable in self.model.optimizer.variables],
            "kept": self.keeper.kept.get_weights(),
            "best": self.keeper.best,
        }

    def resume(self, checkpoint: Checkpoint) -> None:
        """Stand where the checkpoint was written."""
        standing, arrays = checkpoint.standing, checkpoint.arrays
        for owner, name in ((self.model, "network"), (self.model.optimizer, "optimizer")):
            for variable, array in zip(owner.variables, arrays[name], strict=True):
                variable.assign(array)
        self.keeper.kept.set_weights(arrays["kept"])
        self.keeper.resume(standing.averaged, standing.best, standing.epochs, arrays["best"])
        self.random.bit_generator.state = standing.generator
        self.epochs = list(standing.epochs)
        self.seconds = standing.seconds

    def elapsed(self) -> float:
        """Seconds that it has taken up to now, in all its processes."""
        return self.seconds + time.monotonic() - self.started

    def is_over(self, settings: TrainingConfiguration) -> bool:
        """Whether every epoch was run, or the best is too long ago."""
        passed = len(self.epochs)
        patience_is_lost = settings.validation and passed - self.keeper.best_epoch >= settings.patience
        return passed == settings.epochs or patience_is_lost


def _fit(
    configuration: Configuration,
    vocabulary: Vocabulary,
    text: str,
    validation: str | None,
    file: CheckpointFile,
    on_progress: OnProgress,
    on_notice: OnNotice,
    interrupted: threading.Event,
) -> _Run:
    """Train until the end, the early stop or an interrupt; `kept` then has the best weights."""
    settings = configuration.training
    run = _start(configuration, vocabulary, text, validation)
    checkpoint = file.read(run.arrays(), on_notice)
    if checkpoint is not None:
        run.resume(checkpoint)
        on_notice(f"Going on after epoch {len(run.epochs)} of {settings.epochs}.")
    if not run.is_over(settings):
        with _interruptible(interrupted):

            def after_epoch(_epoch: int, logs: dict[str, float]) -> None:
                if run.is_over(settings):
                    run.model.stop_training = True
                # After an interrupt the epoch is not whole, and one without numbers leads nowhere.
                if not interrupted.is_set() and all(map(math.isfinite, logs.values())):
                    file.write(run.checkpoint(), on_notice)

            tokens = run.batches[0][0].size
            run.model.fit(
                dataset(run.batches),
                initial_epoch=len(run.epochs),
                epochs=settings.epochs,
                callbacks=[
                    run.keeper,  # the first: it scores what the others look at
                    Restarter(settings.state_reset, settings.random_seed),
                    Recorder(
                        run.epochs,
                        settings.epochs,
                        tokens,
                        interrupted,
                        on_progress,
                        lambda: _sample(run.keeper.kept, configuration, vocabulary),
                    ),
                    keras.callbacks.TerminateOnNaN(),
                    keras.callbacks.LambdaCallback(
                        on_epoch_begin=lambda *_: run.batches.draw(), on_epoch_end=after_epoch
                    ),
                ],
                shuffle=False,  # Keras would say that it cannot: the batches are shuffled already
                verbose=0,
            )
    if not run.keeper.best_epoch:
        raise ShakelmError(
            "The loss is no longer a number, so nothing was learned: train with a lower learning rate."
        )
    run.keeper.kept.set_weights(run.keeper.best)
    return run


def _start(configuration: Configuration, vocabulary: Vocabulary, text: str, validation: str | None) -> _Run:
    """A training before its first step."""
    settings = configuration.training
    random = np.random.default_rng(settings.random_seed)
    ids = vocabulary.encode(text)
    batches = (
        Streams(ids, settings.sequence_length, settings.batch_size, random)
        if settings.stateful
        else Windows(ids, settings.sequence_length, settings.batch_size, random)
    )
    scored = None
    if validation is not None:
        scored = dataset(Windows(_at_least_two(vocabulary, validation), settings.sequence_length, settings.batch_size))
    layer = partial(LSTM, weight_dropout=configuration.model.weight_dropout, precision=settings.precision)
    model = architectures.build(
        configuration.model, len(vocabulary), layer, streams=settings.batch_size if settings.stateful else None
    )
    model.get_layer("output").bias.assign(log_frequencies(ids, len(vocabulary)))
    kept = architectures.build(configuration.model, len(vocabulary), layer)
    kept.set_weights(model.get_weights())
    _compile(model, optimizer=_optimizer(settings, len(batches)))
    model.optimizer.build(model.trainable_variables)
    _compile(kept)
    return _Run(model, Keeper(kept, settings.ema_momentum, scored), batches, random)


def _compile(model: keras.Model, **options: Any) -> None:
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        # An object has its variables at once. Those of a name come while the step is traced, which is then
        # traced a second time.
        metrics=[keras.metrics.SparseCategoricalAccuracy("accuracy")],
        jit_compile=False,  # on a CPU XLA's compilation costs more than it gains
        **options,
    )


def log_frequencies(ids: NDArray[np.int32], vocabulary_size: int) -> NDArray[np.float32]:
    """The output layer's first bias: the logarithms of how frequent the tokens are, shape (vocabulary,).

    A network that begins with the frequencies need not spend its first epochs on finding them. Each token
    counts once more than it occurs, so that none is impossible (Laplace's rule).
    """
    counts = np.bincount(ids, minlength=vocabulary_size) + 1
    logarithms: NDArray[np.float32] = np.log(counts / counts.sum(), dtype=np.float32)
    return logarithms


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
def _saying_how_to_go_on(file: CheckpointFile, on_notice: OnNotice) -> Iterator[None]:
    """Say what is left where an interrupt ends everything."""
    try:
        yield
    except KeyboardInterrupt:
        on_notice(
            f"Stopped without a version: run the same command again to go on after epoch {file.epoch}."
            if file.epoch
            else "Stopped without a version, before the first epoch was whole."
        )
        raise


@contextmanager
def _interruptible(interrupted: threading.Event) -> Iterator[None]:
    """Have the first Ctrl-C set the event, instead of raising in native code, which would abort.

    Only where Ctrl-C would raise KeyboardInterrupt: a process that ignores it or handles it itself goes on
    doing so.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        if interrupted.is_set():
            signal.default_int_handler(number, frame)
        interrupted.set()

    handler = signal.getsignal(signal.SIGINT)
    if handler is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def _sample(kept: Any, configuration: Configuration, vocabulary: Vocabulary) -> str:
    """A line that the network writes with the weights as they are."""
    network = NumpyNetwork(architectures.weights_of(kept), configuration.model.cell)
    model = LanguageModel("", vocabulary, network)
    number = configuration.training.random_seed
    return write(model, "", Sampling(SAMPLE_TEMPERATURE), Length(lines=1), number).text


def _at_least_two(vocabulary: Vocabulary, text: str) -> NDArray[np.int32]:
    ids = vocabulary.encode(text)
    if len(ids) < 2:
        raise ShakelmError("The validation part holds fewer than two tokens: give a longer text.")
    return ids


def _scoring(history: History, settings: TrainingConfiguration) -> Progress:
    last = history.epochs[-1]
    return Progress("scoring", 1.0, last.epoch, settings.epochs, last.loss, last.validation_loss, None, None)


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
