"""What happens around each batch and epoch: progress, history, state resets, averaged and best weights."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shakelm.networks.backend import keras
from shakelm.networks.backend import tensorflow as tf
from shakelm.store.card import Epoch
from shakelm.training.progress import OnProgress, Progress

UNSTEADY_BATCHES = 1
"""The first batch of a training takes much longer, because TensorFlow compiles its steps."""

SPEED_BATCHES = 100
"""Tokens per second are measured over the latest batches, at most this many."""


class ProgressReporter(keras.callbacks.Callback):  # type: ignore[misc]
    """Reports progress after each batch, writes the history, and ends the training once `stop` is set."""

    def __init__(
        self,
        *,
        history: list[Epoch],
        epochs: int,
        batch_tokens: int,
        stop: threading.Event,
        on_progress: OnProgress,
        sample: Callable[[], str],
    ) -> None:
        """Add to `history` until it has `epochs` entries; a batch holds `batch_tokens` tokens.

        `sample` writes a line with the weights as they are.
        """
        super().__init__()
        self._history = history
        self._epochs = epochs
        self._batch_tokens = batch_tokens
        self._stop = stop
        self._on_progress = on_progress
        self._write_sample = sample
        self._sample: str | None = None
        self._share_before = len(history) / epochs
        self._batches = 0
        self._started = self._epoch_started = time.monotonic()
        self._batches_ended = deque([self._started], maxlen=SPEED_BATCHES + 1)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 (Keras's signature)
        """Start the epoch's clocks."""
        self._epoch_started = time.monotonic()
        self._batches_ended.clear()
        self._batches_ended.append(self._epoch_started)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Report progress."""
        now = time.monotonic()
        share = (len(self._history) + (batch + 1) / self.params["steps"]) / self._epochs
        self._batches += 1
        self._batches_ended.append(now)
        if self._batches == UNSTEADY_BATCHES:
            self._started, self._share_before = now, share
            self._batches_ended.clear()
            self._batches_ended.append(now)
        speed = seconds_left = None
        if self._batches > UNSTEADY_BATCHES:
            speed = self._batch_tokens * (len(self._batches_ended) - 1) / (now - self._batches_ended[0])
            seconds_left = (now - self._started) / (share - self._share_before) * (1 - share)
        self._on_progress(
            Progress(
                stage="training",
                share=share,
                epoch=len(self._history) + 1,
                epochs=self._epochs,
                loss=logs["loss"],
                validation_loss=self._history[-1].validation_loss if self._history else None,
                tokens_per_second=speed,
                seconds_left=seconds_left,
                sample=self._sample,
            )
        )
        if self._stop.is_set():
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Add the epoch to the history. A loss that is no number ends the training: it never recovers."""
        diverged = not all(map(math.isfinite, logs.values()))
        if self._stop.is_set() or diverged:
            self.model.stop_training = True
        if diverged:
            return
        self._history.append(
            Epoch(
                epoch=epoch + 1,
                loss=logs["loss"],
                accuracy=logs["accuracy"],
                validation_loss=logs.get("val_loss"),
                validation_accuracy=logs.get("val_accuracy"),
                seconds=round(time.monotonic() - self._epoch_started, 2),
            )
        )
        self._sample = self._write_sample()


class StateReset(keras.callbacks.Callback):  # type: ignore[misc]
    """Empties the state of all streams before an epoch, and of some of them before each batch.

    A verse starts from an empty state, and so does a window of the figures: the network must learn to start
    from one.
    """

    def __init__(self, share: float, random_seed: int) -> None:
        """Empty `share` of the streams, 0 to 1, drawn by random seed, epoch and batch."""
        super().__init__()
        self._share, self._random_seed = share, random_seed
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 (Keras's signature)
        """Empty all states."""
        self._epoch = epoch
        for layer in self._stateful_layers():
            layer.reset_state()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002 (Keras's signature)
        """Empty some states."""
        if not self._share:
            return
        states = [state for layer in self._stateful_layers() for state in layer.states]
        random = np.random.default_rng((self._random_seed, self._epoch, batch))
        kept = (random.random((states[0].shape[0], 1)) >= self._share).astype(np.float32)
        for state in states:
            state.assign(state * kept)

    def _stateful_layers(self) -> list[Any]:
        return [layer for layer in self.model.layers if getattr(layer, "stateful", False)]


class BestWeightsKeeper(keras.callbacks.Callback):  # type: ignore[misc]
    """Averages the weights, scores the average after each epoch, and keeps the best one.

    The average is an exponential moving average (EMA). It follows closely at first, and with the full
    momentum later. Without validation the last epoch that ended with numbers is the best.

    Attributes:
        ema_model: the same network for batches that start from an empty state, with the averaged weights.
        ema_steps: the number of steps averaged so far.
        best_epoch: the best epoch, counted from 1; 0 until one ends with numbers.
        best_weights: the averaged weights after the best epoch.
    """

    def __init__(self, ema_model: Any, momentum: float, validation: Any | None) -> None:
        """Average with `momentum`, from 0 (no average) to below 1; `validation` is a dataset, or None."""
        super().__init__()
        self.ema_model = ema_model
        self.ema_steps = 0
        self.best_epoch = 0
        self.best_weights: list[NDArray[Any]] = ema_model.get_weights()
        self._lowest_loss = math.inf
        self._momentum, self._validation = momentum, validation
        self._approach = tf.function(self._approach_weights, reduce_retracing=True)

    def resume(
        self, ema_steps: int, best_epoch: int, history: list[Epoch], best_weights: list[NDArray[Any]]
    ) -> None:
        """Continue where another keeper was after that history. `ema_model` has its weights already."""
        self.ema_steps, self.best_epoch, self.best_weights = ema_steps, best_epoch, best_weights
        validated = [epoch.validation_loss for epoch in history if epoch.validation_loss is not None]
        self._lowest_loss = min(validated, default=math.inf)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002 (Keras's signature)
        """Let the average follow."""
        if self._momentum:
            self.ema_steps += 1
            momentum = min(self._momentum, self.ema_steps / (self.ema_steps + 10))
            self._approach(tf.constant(1 - momentum, tf.float32))

    def _approach_weights(self, share: Any) -> None:
        for averaged, current in zip(
            self.ema_model.trainable_variables, self.model.trainable_variables, strict=True
        ):
            averaged.assign(averaged + share * (current - averaged))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Validate, and keep the weights if they are the best so far."""
        if not self._momentum:
            self._approach(tf.constant(1.0))
        weights = self.ema_model.get_weights()
        if self._validation is None:
            better = math.isfinite(logs["loss"]) and all(np.isfinite(array).all() for array in weights)
        else:
            scores = self.ema_model.evaluate(self._validation, verbose=0, return_dict=True)
            logs |= {f"val_{name}": value for name, value in scores.items()}
            better = logs["val_loss"] < self._lowest_loss
        if better:
            self.best_weights, self.best_epoch = weights, epoch + 1
            self._lowest_loss = logs.get("val_loss", math.inf)
