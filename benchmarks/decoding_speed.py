"""How fast verses are written: one, 32 at once, and one of 2,000 words.

Run it with `.venv/bin/python benchmarks/decoding_speed.py`. The network is the packaged word model, a stacked
LSTM with the notebook's sizes. The measurements take turns in one process, so that changes of the machine's
speed affect all of them alike. A word is any token that the model predicts, including line ends.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

# As in the workers. NumPy reads this variable at its first import.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from shakelm.decoding import generation, language_model
from shakelm.decoding.generation import Length, VerseSettings
from shakelm.decoding.language_model import LanguageModel
from shakelm.decoding.sampling_settings import SamplingSettings
from shakelm.networks.backend import device, keras, software
from shakelm.networks.loading import load_weights
from shakelm.store.registry import PACKAGED, open_registry
from shakelm.store.version import Version

MODEL = "shakespeare-word"
SEED = "to be or not to be"
SAMPLING = SamplingSettings(0.8)
ROUNDS = 9
VERSES = 32
WORDS = 60
NOTEBOOK_WINDOW = 15
NOTEBOOK_WORDS = 10
FLOOR_STEPS = 500
LENGTHS = (100, 500, 1000, 2000)

Measure = Callable[[], float]
"""Does the work once, and returns the seconds per word."""


def main() -> None:
    """Measure and print the three tables."""
    console = Console(width=110)
    versions = ", ".join(f"{name} {number}" for name, number in software().items())
    console.print(
        f"{device()}, {versions}\n{' '.join(sys.orig_argv)}: medians of {ROUNDS} rounds, least to most"
    )
    version = open_registry(PACKAGED).find(MODEL)
    model = language_model.load(version)
    weights = load_weights(version.weights_file)

    notebook, floor, single, together = _rounds(
        [_notebook(version, weights), _floor(weights), _single(model), _together(model)]
    )
    table = _table("one verse", "µs a word", "notebook / it", "it / floor")
    for name, taken in (
        ("notebook: predict on the window", notebook),
        ("generate", single),
        ("floor", floor),
    ):
        table.add_row(name, *_microseconds(taken), _ratio(notebook, taken), _ratio(taken, floor))
    console.print(table)

    table = _table(f"{VERSES} verses", "µs a word", "speed-up")
    for name, taken in (("generate, one after another", single), ("generate_batch", together)):
        table.add_row(name, *_microseconds(taken), _ratio(single, taken))
    console.print(table, _alike(model))

    lengths = _rounds([_long(model, words) for words in LENGTHS])
    table = _table("words in a verse", "µs a word", f"to {LENGTHS[0]} words")
    for words, taken in zip(LENGTHS, lengths, strict=True):
        table.add_row(f"{words:,}", *_microseconds(taken), _ratio(taken, lengths[0]))
    console.print(table)


def _notebook(version: Version, weights: dict[str, NDArray[np.float32]]) -> Measure:
    """The notebook's way: one `predict` per word, on the last words, padded on the left."""
    layers = ("recurrent_0", "recurrent_1")
    parts = [f"{layer}.{part}" for layer in layers for part in ("kernel", "recurrent_kernel", "bias")]
    names = ["embedding.embeddings", *parts, "output.kernel", "output.bias"]
    vocabulary, embedding = weights["embedding.embeddings"].shape
    model: Any = keras.Sequential(
        [
            keras.Input((NOTEBOOK_WINDOW,), dtype="int32"),
            keras.layers.Embedding(vocabulary, embedding),
            keras.layers.LSTM(150, return_sequences=True),
            keras.layers.LSTM(100),
            keras.layers.Dense(vocabulary, activation="softmax"),
        ]
    )
    model.set_weights([weights[name] for name in names])
    seed = language_model.load(version).vocabulary.encode(SEED).tolist()
    random = np.random.default_rng(1)

    def measure() -> float:
        words = list(seed)
        started = time.perf_counter()
        for _ in range(NOTEBOOK_WORDS):
            window = words[-NOTEBOOK_WINDOW:]
            padded = np.array([[0] * (NOTEBOOK_WINDOW - len(window)) + window], np.int32)
            scores = np.log(model.predict(padded, verbose=0)[0].astype(np.float64)) / SAMPLING.temperature
            shares = np.exp(scores - scores.max())
            words.append(int(random.choice(vocabulary, p=shares / shares.sum())))
        return (time.perf_counter() - started) / NOTEBOOK_WORDS

    return measure


def _floor(weights: dict[str, NDArray[np.float32]]) -> Measure:
    """Read once what every step reads: all weights except the embedding and its kernel, which are tables."""
    first = ("embedding.embeddings", "recurrent_0.kernel")
    arrays = [array.ravel() for name, array in weights.items() if name not in first]

    def measure() -> float:
        started = time.perf_counter()
        for _ in range(FLOOR_STEPS):
            for array in arrays:
                np.dot(array, array)
        return (time.perf_counter() - started) / FLOOR_STEPS

    return measure


def _requests(words: int = WORDS) -> list[VerseSettings]:
    return [VerseSettings(SEED, SAMPLING, Length(words=words), number) for number in range(VERSES)]


def _write(model: LanguageModel, request: VerseSettings) -> generation.Verse:
    return generation.generate(model, request.prompt, request.sampling, request.length, request.random_seed)


def _single(model: LanguageModel) -> Measure:
    """The verses one after another."""

    def measure() -> float:
        started = time.perf_counter()
        verses = [_write(model, request) for request in _requests()]
        return (time.perf_counter() - started) / sum(verse.tokens for verse in verses)

    return measure


def _together(model: LanguageModel) -> Measure:
    """The same verses at once."""

    def measure() -> float:
        started = time.perf_counter()
        verses = generation.generate_batch(model, _requests())
        return (time.perf_counter() - started) / sum(verse.tokens for verse in verses)

    return measure


def _long(model: LanguageModel, words: int) -> Measure:
    """One verse of that length."""
    request = _requests(words)[0]

    def measure() -> float:
        started = time.perf_counter()
        verse = _write(model, request)
        return (time.perf_counter() - started) / verse.tokens

    return measure


def _alike(model: LanguageModel) -> str:
    """A sentence on how many verses written at once equal those written one by one."""
    requests = _requests()
    verses = generation.generate_batch(model, requests)
    same = sum(verse == _write(model, request) for verse, request in zip(verses, requests, strict=True))
    return f"{same} of {VERSES} verses written at once are, to the letter, those written one by one"


def _rounds(measures: list[Measure]) -> list[list[float]]:
    """The results of each measure, taken in turns, without the first round."""
    rounds = [[measure() for measure in measures] for _ in range(ROUNDS + 1)][1:]
    return [list(taken) for taken in zip(*rounds, strict=True)]


def _table(title: str, *columns: str) -> Table:
    table = Table(title, columns[0], "spread", *columns[1:])
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _microseconds(taken: list[float]) -> tuple[str, str]:
    """The median and the range, in microseconds."""
    return f"{statistics.median(taken) * 1e6:,.0f}", f"{min(taken) * 1e6:,.0f} to {max(taken) * 1e6:,.0f}"


def _ratio(one: list[float], other: list[float]) -> str:
    """The median of the ratios of all rounds."""
    return f"{statistics.median(a / b for a, b in zip(one, other, strict=True)):,.2f}"


if __name__ == "__main__":
    main()
