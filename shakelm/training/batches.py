"""What a training reads: batches of windows of a token stream, shuffled or in streams."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shakelm.errors import ShakelmError
from shakelm.networks.backend import tensorflow as tf


class Windows:
    """Batches of windows of a token stream: inputs and targets (batch, window), targets one token ahead.

    With `random`, each draw shuffles the windows and shifts where they start; without it all windows
    come in order.
    """

    def __init__(
        self, ids: NDArray[np.int32], window: int, batch: int, random: np.random.Generator | None = None
    ) -> None:
        """Cut `ids` (tokens,), at least two, into windows; a stream shorter than a window is one window."""
        self._ids = ids
        self._steps = np.arange(min(window, len(ids) - 1))
        self._count = (len(ids) - 1) // len(self._steps)
        if random is not None and self._count > 1:
            self._count -= 1  # leaves room to shift
        self._batch = min(batch, self._count)
        self._random = random
        self.draw()

    def __len__(self) -> int:
        # The windows that do not fill a batch are left out: with shuffling others are each time.
        return self._count // self._batch if self._random else math.ceil(self._count / self._batch)

    def __getitem__(self, index: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        starts = self._starts[index * self._batch : (index + 1) * self._batch]
        places = starts[:, np.newaxis] + self._steps
        return self._ids[places], self._ids[places + 1]

    def draw(self) -> None:
        """Shuffle and shift anew, for the next epoch."""
        self._starts = np.arange(self._count) * len(self._steps)
        if self._random is not None:
            room = len(self._ids) - 1 - self._count * len(self._steps)
            self._starts += self._random.integers(room + 1)
            self._random.shuffle(self._starts)


class Streams:
    """Batches of windows that go on where those of the batch before ended: inputs, targets (streams, window).

    The text is cut into so many streams of the same length; each draw shifts where they start.
    """

    def __init__(
        self, ids: NDArray[np.int32], window: int, streams: int, random: np.random.Generator
    ) -> None:
        """Cut `ids` (tokens,) into streams.

        Raises:
            ShakelmError: a stream would not fill two windows.
        """
        self._ids, self._window, self._random = ids, window, random
        # One window less than there is, which leaves room to shift.
        self._count = (len(ids) - 1) // streams // window - 1
        if self._count < 1:
            raise ShakelmError(
                f"The text is too short for {streams} streams with windows of {window} tokens: "
                "train with a smaller batch or window, or without carrying the state."
            )
        self._starts = np.arange(streams) * ((len(ids) - 1) // streams)
        self.draw()

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        places = (self._starts + self._shift + index * self._window)[:, np.newaxis] + np.arange(self._window)
        return self._ids[places], self._ids[places + 1]

    def draw(self) -> None:
        """Shift the streams anew, for the next epoch."""
        self._shift = self._random.integers(self._window)


def dataset(batches: Windows | Streams) -> Any:
    """The batches as Keras reads them: a `tensorflow.data.Dataset` of one epoch, as it is drawn by then."""

    def epoch() -> Iterator[tuple[NDArray[np.int32], NDArray[np.int32]]]:
        for index in range(len(batches)):
            yield batches[index]

    inputs, targets = batches[0]
    signature = tuple(tf.TensorSpec((None, *array.shape[1:]), array.dtype) for array in (inputs, targets))
    options = tf.data.Options()
    # Its thread can hear too late that an iterator has ended, and hold up the process for up to a minute
    # (Model::OptimizeLoop of TensorFlow 2.21 asks before its cancellation is marked as done).
    options.autotune.enabled = False
    return (
        tf.data.Dataset.from_generator(epoch, output_signature=signature)
        .apply(tf.data.experimental.assert_cardinality(len(batches)))
        .prefetch(2)
        .with_options(options)
    )
