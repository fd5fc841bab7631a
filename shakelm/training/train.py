"""From a corpus and a configuration to a published version."""

import math
import threading
from typing import Any

from shakelm import machine
from shakelm.configuration import Configuration
from shakelm.data.corpus import Corpus
from shakelm.decoding import language_model
from shakelm.errors import ShakelmError
from shakelm.networks import architectures, backend
from shakelm.networks.backend import keras
from shakelm.networks.loading import load_weights
from shakelm.store.card import History
from shakelm.store.registry import ModelRegistry
from shakelm.store.version import Version
from shakelm.text_preparation import PreparedText, prepare
from shakelm.training import checkpoints, training_run
from shakelm.training.batches import dataset
from shakelm.training.callbacks import ProgressReporter, StateReset
from shakelm.training.checkpoints import CheckpointFile
from shakelm.training.interrupts import explain_resumption, interrupts_set
from shakelm.training.progress import OnNotice, OnProgress, Progress
from shakelm.training.publication import FinishedTraining, publish
from shakelm.training.training_run import TrainingRun


def train(
    name: str,
    corpus: Corpus,
    configuration: Configuration,
    store: ModelRegistry,
    command: str,
    on_progress: OnProgress = lambda _progress: None,
    on_notice: OnNotice = lambda _sentence: None,
    stop: threading.Event | None = None,
    base: Version | None = None,
    prepared: PreparedText | None = None,
) -> Version:
    """Train a model, score it once on the held-out part and publish it.

    Training stops early when the validation loss no longer improves. The version has the weights of the best
    epoch. An interrupt (Ctrl-C), or the event `stop` once it is set, ends the training after the current
    batch. That epoch is validated like a whole one, and the best epoch is kept. A second interrupt ends
    everything without a version.

    After each whole epoch a checkpoint is written. If the process is killed, the same training (name, text
    and configuration) resumes from it, with the curves and the version of a training that was never
    interrupted. The checkpoint is removed when the version is published or the training is discarded.

    Args:
        name: what the version is called.
        corpus: the text. It is split here; all that is learned comes from its training part.
        configuration: sizes and settings, as from `training_options.plan`.
        store: where the version goes, and the checkpoints until then.
        command: the command that repeats this training, for the card.
        on_progress: called after every batch, and before the final scoring. What it raises ends the
            training; `Discarded` removes the checkpoint too.
        on_notice: called with a sentence when the processor lacks bfloat16, when the vocabulary of `base`
            lacks tokens of the text, when the training resumes, when a checkpoint cannot be read or written,
            when the loss is no longer a number, and at an interrupt.
        stop: ends the training early, when it is set.
        base: the version that the training goes on from, as the configuration names it.
        prepared: what `prepare` made of the corpus, by a caller that has checked it already.

    Raises:
        ShakelmError: the name is malformed, the text cannot be learned from (`prepare`), the loss is no
            longer a number, `base` is damaged, the store cannot be written, or the same training is under
            way in another process.
        Discarded: `on_progress` raised it.
    """
    before = language_model.load(base) if base is not None else None
    prepared = prepared or prepare(
        corpus.text, configuration, corpus.held_out, before.vocabulary if before is not None else None
    )
    if prepared.unknown_summary:
        on_notice(prepared.unknown_summary)
    configuration = _computable(configuration, on_notice)
    settings = configuration.training
    parts, vocabulary = prepared.parts, prepared.vocabulary
    store.prepare(name)
    with (
        checkpoints.claim(store.checkpoints, name, corpus.sha256, configuration) as checkpoint_file,
        explain_resumption(checkpoint_file, on_notice),
    ):
        if not vocabulary.wide_output:
            backend.halve_threads()
        keras.utils.set_random_seed(settings.random_seed)
        run = training_run.start(
            configuration,
            vocabulary,
            prepared.learned,
            parts.validation if settings.validation else None,
            load_weights(base.weights_file) if base is not None else None,
        )
        _resume(run, checkpoint_file, on_notice)
        if not run.is_over():
            _fit(run, checkpoint_file, on_progress, on_notice, stop or threading.Event())
        weights = _best_weights(run)
        seconds = run.elapsed()
        history = History(
            epochs=[epoch for epoch in run.epochs if math.isfinite(epoch.judged_loss)],
            best=run.keeper.best_epoch,
        )
        on_progress(_scoring(history, settings.epochs))
        return publish(
            store,
            FinishedTraining(
                name=name,
                corpus=corpus,
                parts=parts,
                command=command,
                configuration=configuration,
                vocabulary=vocabulary,
                weights=weights,
                parameters=run.model.count_params(),
                history=history,
                seconds=seconds,
            ),
        )


def _computable(configuration: Configuration, on_notice: OnNotice) -> Configuration:
    """The configuration with the precision that this machine computes in, if it leaves the choice."""
    if configuration.training.precision != "auto":
        return configuration
    # On a GPU, Keras's own layer is the fastest, and has float32 alone.
    fast = machine.has_bfloat16() and not backend.has_gpu()
    if not fast and not backend.has_gpu():
        on_notice("This processor has no bfloat16: the training computes in float32, which takes longer.")
    precision = "bfloat16" if fast else "float32"
    settings = configuration.training.model_copy(update={"precision": precision})
    return configuration.model_copy(update={"training": settings})


def _resume(run: TrainingRun, file: CheckpointFile, on_notice: OnNotice) -> None:
    """Resume from the checkpoint, if there is one."""
    checkpoint = file.read(run.arrays(), on_notice)
    if checkpoint is not None:
        run.resume(checkpoint)
        on_notice(f"Going on after epoch {len(run.epochs)} of {run.configuration.training.epochs}.")


def _fit(
    run: TrainingRun,
    file: CheckpointFile,
    on_progress: OnProgress,
    on_notice: OnNotice,
    stop: threading.Event,
) -> None:
    """Train until the last epoch, the early stop or an interrupt."""
    settings = run.configuration.training
    with interrupts_set(stop, on_notice):
        run.model.fit(
            dataset(run.batches),
            initial_epoch=len(run.epochs),
            epochs=settings.epochs,
            callbacks=[
                run.keeper,  # the first: it scores what the others look at
                StateReset(settings.state_reset, settings.random_seed),
                ProgressReporter(
                    history=run.epochs,
                    epochs=settings.epochs,
                    batch_tokens=run.batches[0][0].size,
                    stop=stop,
                    on_progress=on_progress,
                    sample=run.sample,
                ),
                _EpochBoundary(run, file, on_notice, stop),
            ],
            shuffle=False,  # the batches are shuffled already; Keras would warn that it cannot
            verbose=0,
        )


class _EpochBoundary(keras.callbacks.Callback):  # type: ignore[misc]
    """Draws the batches before an epoch. After it, writes the checkpoint and applies the early stop.

    A loss that is no number ends the epoch at once, without the line that Keras's `TerminateOnNaN` prints.
    """

    def __init__(
        self, run: TrainingRun, file: CheckpointFile, on_notice: OnNotice, stop: threading.Event
    ) -> None:
        super().__init__()
        self._run, self._file, self._on_notice, self._stop = run, file, on_notice, stop

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 (Keras's signature)
        self._run.batches.draw()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002 (Keras's signature)
        if not math.isfinite(logs["loss"]):
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self._run.is_over():
            self.model.stop_training = True
        # After an interrupt, the epoch is not whole. After one without numbers, the training cannot continue.
        if not all(map(math.isfinite, logs.values())):
            if best := self._run.keeper.best_epoch:
                self._on_notice(
                    f"In epoch {epoch + 1} the loss was no longer a number: the training ends with the "
                    f"weights of epoch {best}."
                )
        elif not self._stop.is_set():
            self._file.write(self._run.checkpoint(), self._on_notice)


def _best_weights(run: TrainingRun) -> dict[str, Any]:
    """The weights of the best epoch, by name.

    Raises:
        ShakelmError: no epoch ended with numbers.
    """
    if not run.keeper.best_epoch:
        raise ShakelmError(
            "The loss is no longer a number, so nothing was learned: train with a lower learning rate.",
            key="training.error.diverged",
        )
    run.keeper.ema_model.set_weights(run.keeper.best_weights)
    return architectures.weights_of(run.keeper.ema_model)


def _scoring(history: History, epochs: int) -> Progress:
    last = history.epochs[-1]
    return Progress("scoring", 1.0, last.epoch, epochs, last.loss, last.validation_loss, None, None)
