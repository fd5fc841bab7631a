"""How fast training is: this project's LSTM layer against Keras's, and its windows against prefixes.

Run it with `.venv/bin/python benchmarks/training.py`; the corpus must be in the cache or reachable. Each pair
takes turns, step by step, in one process, so that a machine whose speed drifts treats both alike.
"""

import functools
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from shakelm import architectures, corpus
from shakelm.backend import device, keras
from shakelm.configuration import plan
from shakelm.lstm import LSTM
from shakelm.splitting import split
from shakelm.training import Windows
from shakelm.vocabulary import fit

ROUNDS = 7
PREFIX_BATCH = 32

Step = Callable[[], Any]


def main() -> None:
    """Measure and print both tables."""
    console = Console(width=110)
    console.print(f"{device()}, Python {platform.python_version()}, medians of {ROUNDS} rounds")
    layers(console)
    windows_against_prefixes(console)


def layers(console: Console) -> None:
    """The same network with Keras's LSTM, with this project's, and with bfloat16 products."""
    table = Table("network", "batch x window", "Keras", "own", "own, bfloat16", "ratio", "ratio, bfloat16")
    kinds = (keras.layers.LSTM, LSTM, functools.partial(LSTM, precision="bfloat16"))
    for units, batch, window in (((512, 512), 64, 128), ((384, 384), 32, 128), ((150, 100), 8, 32)):
        tokens = np.random.default_rng(1).integers(1, 66, (batch, window))
        configuration = plan("stacked-lstm", "char", units=units).model
        steps = [_step(architectures.build(configuration, 66, lstm=kind), tokens, tokens) for kind in kinds]
        reference, own, narrow = (batch * window / seconds for seconds in _medians(steps))
        table.add_row(
            str(units),
            f"{batch} x {window}",
            *(f"{speed:,.0f}/s" for speed in (reference, own, narrow)),
            f"{own / reference:.2f}",
            f"{narrow / reference:.2f}",
        )
    console.print("Characters trained on in a second, 2 LSTM layers:", table)


def windows_against_prefixes(console: Console) -> None:
    """The notebook's stacked LSTM on words: every prefix of a line an example, or every window position."""
    text = split(corpus.load("shakespeare").text, "contiguous").train
    vocabulary = fit(text, "word")
    configuration = plan("stacked-lstm", "word").model
    ids = vocabulary.encode(text)
    inputs, targets = Windows(ids, window=32, batch=8)[0]
    own = _step(architectures.build(configuration, len(vocabulary), lstm=LSTM), inputs, targets)
    prefixes, following = _prefixes(vocabulary.encode(line) for line in text.splitlines()[:2000])
    notebook = _step(
        _notebook_network(len(vocabulary), prefixes.shape[1]),
        prefixes[:PREFIX_BATCH],
        keras.utils.to_categorical(following[:PREFIX_BATCH], len(vocabulary)),
        loss="categorical_crossentropy",
    )
    own_s, notebook_s = _medians([own, notebook])
    speeds = targets.size / own_s, PREFIX_BATCH / notebook_s
    table = Table("way", "words predicted in a step", "words/s", "ratio")
    table.add_row("prefixes, one-hot targets", str(PREFIX_BATCH), f"{speeds[1]:,.0f}", "1")
    table.add_row(
        "windows, sparse targets", str(targets.size), f"{speeds[0]:,.0f}", f"{speeds[0] / speeds[1]:.1f}"
    )
    console.print("Words predicted in training in a second, the notebook's stacked LSTM:", table)


def _prefixes(lines: Any) -> tuple[np.ndarray, np.ndarray]:
    """All prefixes of each line, padded on the left to the longest line, and the word after each."""
    lines = [line for line in lines if len(line) > 1]
    longest = max(map(len, lines)) - 1
    examples = [(line[:end], line[end]) for line in lines for end in range(1, len(line))]
    padded = np.zeros((len(examples), longest), np.int32)
    for row, (prefix, _) in zip(padded, examples, strict=True):
        row[longest - len(prefix) :] = prefix
    return padded, np.array([word for _, word in examples])


def _notebook_network(vocabulary_size: int, length: int) -> Any:
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


def _step(network: Any, inputs: Any, targets: Any, loss: Any = None) -> Step:
    """One training step, compiled and run once before it is returned."""
    network.compile(
        keras.optimizers.Adam(),
        loss or keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    network.train_on_batch(inputs, targets)
    return lambda: network.train_on_batch(inputs, targets)


def _medians(steps: list[Step]) -> list[float]:
    """Median seconds of each step, taken in turns."""
    seconds: list[list[float]] = [[] for _ in steps]
    for _ in range(ROUNDS):
        for step, taken in zip(steps, seconds, strict=True):
            started = time.perf_counter()
            step()
            taken.append(time.perf_counter() - started)
    return [statistics.median(taken) for taken in seconds]


if __name__ == "__main__":
    main()
