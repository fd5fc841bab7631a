"""The course notebook's training on words: each prefix of a line predicts one word, with a one-hot target."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shakelm.networks.backend import keras

BATCH = 32
"""The batch size of the notebook, which is Keras's default."""


def prefixes(lines: Iterable[NDArray[np.int32]]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """All prefixes of each line, shape (prefixes, length), padded on the left, and the id after each."""
    lines = [line for line in lines if len(line) > 1]
    longest = max(map(len, lines)) - 1
    examples = [(line[:end], line[end]) for line in lines for end in range(1, len(line))]
    padded = np.zeros((len(examples), longest), np.int32)
    for row, (prefix, _) in zip(padded, examples, strict=True):
        row[longest - len(prefix) :] = prefix
    return padded, np.array([word for _, word in examples], np.int32)


def network(vocabulary_size: int, length: int) -> Any:
    """Embedding 100, LSTM 150 and 100, softmax over the word after the whole prefix."""
    return keras.Sequential(
        [
            keras.Input((length,), dtype="int32"),
            keras.layers.Embedding(vocabulary_size, 100),
            keras.layers.LSTM(150, return_sequences=True),
            keras.layers.LSTM(100),
            keras.layers.Dense(vocabulary_size, activation="softmax"),
        ]
    )
