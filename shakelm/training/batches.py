"""What a training reads: batches of windows of tokens, shuffled or in streams."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shakelm.networks.backend import tensorflow as tf


class Windows:
    """Batches of windows: inputs and targets of shape (windows, tokens), targets one token ahead.

    With `random`, each draw shuffles the windows and shifts where they start. Without it, all windows come in
    order.
    """

    def __init__(
        self,
        ids: NDArray[np.int32],
        sequence_length: int,
        batch_size: int,
        random: np.random.Generator | None = None,
    ) -> None:
        """Cut `ids`, shape (tokens,), at least two, into windows; fewer than a window are one window."""
        self._ids = ids
        self._steps = np.arange(min(sequence_length, len(ids) - 1))
        self._count = (len(ids) - 1) // len(self._steps)
        if random is not None and self._count > 1:
            self._count -= 1  # leaves room to shift
        self._batch_size = min(batch_size, self._count)
        self._random = random
        self.draw()

    def __len__(self) -> int:
        # With shuffling, the windows that do not fill a batch are left out: others in each epoch.
        if self._random is not None:
            return self._count // self._batch_size
        return math.ceil(self._count / self._batch_size)

    def __getitem__(self, index: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        starts = self._starts[index * self._batch_size : (index + 1) * self._batch_size]
        places = starts[:, np.newaxis] + self._steps
        return self._ids[places], self._ids[places + 1]

    def draw(self) -> None:
        """Shuffle and shift the windows for the next epoch."""
        self._starts = np.arange(self._count) * len(self._steps)
        if self._random is not None:
            room = len(self._ids) - 1 - self._count * len(self._steps)
            self._starts += self._random.integers(room + 1)
            self._random.shuffle(self._starts)


class Streams:
    """Batches of windows that continue where those of the previous batch ended: inputs and targets.

    Both have shape (streams, tokens), targets one token ahead. The text is cut into streams of the same
    length. Each draw shifts where they start.
    """

    def __init__(
        self, ids: NDArray[np.int32], sequence_length: int, streams: int, random: np.random.Generator
    ) -> None:
        """Cut `ids`, shape (tokens,), into streams, each of at least two windows (`text_preparation`)."""
        self._ids, self._sequence_length, self._random = ids, sequence_length, random
        # One window fewer than there are, which leaves room to shift.
        self._count = (len(ids) - 1) // streams // sequence_length - 1
        self._starts = np.arange(streams) * ((len(ids) - 1) // streams)
        self.draw()

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        starts = self._starts + self._shift + index * self._sequence_length
        places = starts[:, np.newaxis] + np.arange(self._sequence_length)
        return self._ids[places], self._ids[places + 1]

    def draw(self) -> None:
        """Shift the streams for the next epoch."""
        self._shift = self._random.integers(self._sequence_length)


def dataset(batches: Windows | Streams) -> Any:
    """The batches as Keras reads them: a `tensorflow.data.Dataset` of the epoch that was drawn last."""

    def epoch() -> Iterator[tuple[NDArray[np.int32], NDArray[np.int32]]]:
        for index in range(len(batches)):
            yield batches[index]

    inputs, targets = batches[0]
    signature = tuple(tf.TensorSpec((None, *array.shape[1:]), array.dtype) for array in (inputs, targets))
    options = tf.data.Options()
    # The thread of the autotuner can miss the end of an iterator, and delay the process for up to a minute
    # (Model::OptimizeLoop of TensorFlow 2.21 checks before its cancellation is marked as done).
    options.autotune.enabled = False
    return (
        tf.data.Dataset.from_generator(epoch, output_signature=signature)
        .apply(tf.data.experimental.assert_cardinality(len(batches)))
        .prefetch(2)
        .with_options(options)
    )
