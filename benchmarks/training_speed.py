"""How fast training is: this project's LSTM layer against Keras's and PyTorch's, windows against prefixes.

Run it with `.venv/bin/python benchmarks/training_speed.py`. The corpus must be in the cache or reachable. The
members of each comparison take turns, step by step, in one process, so that changes of the machine's speed
affect them alike. PyTorch is compared if it is installed.
"""

import functools
import importlib.util
import multiprocessing
import os
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any

import notebook
import numpy as np
from rich.console import Console
from rich.table import Table

from shakelm.configuration import Precision
from shakelm.data import corpus
from shakelm.data.splitting import split
from shakelm.data.vocabulary_kinds import fit
from shakelm.networks import architectures
from shakelm.networks.backend import device, halve_threads, keras
from shakelm.networks.lstm import LSTM
from shakelm.training.batches import Windows
from shakelm.training.optimization import MAX_GRADIENT_NORM
from shakelm.training_options import plan

ROUNDS = 7
EMBEDDING = 100

Step = Callable[[], Any]


def main() -> None:
    """Measure and print the three tables."""
    console = Console(width=110)
    console.print(f"{device()}, Python {platform.python_version()}, medians of {ROUNDS} rounds")
    layers(console)
    # In a process of its own, which divides the threads as a training on characters does.
    apart = multiprocessing.get_context("spawn").Process(target=frameworks, args=(console.width,))
    apart.start()
    apart.join()
    windows_against_prefixes(console)


def layers(console: Console) -> None:
    """The same network with Keras's LSTM, with this project's, and with bfloat16 products."""
    table = Table("network", "batch x window", "Keras", "own", "own, bfloat16", "ratio", "ratio, bfloat16")
    kinds = (keras.layers.LSTM, LSTM, functools.partial(LSTM, precision="bfloat16"))
    for units, batch, window in (((512, 512), 64, 128), ((384, 384), 32, 128), ((150, 100), 32, 32)):
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


def frameworks(width: int) -> None:
    """The same network, optimizer and clipping with this project's layer and with PyTorch's.

    PyTorch computes in bfloat16 as its documentation advises, inside `torch.autocast`.
    """
    console = Console(width=width)
    if importlib.util.find_spec("torch") is None:
        console.print("PyTorch is not installed, so it is not compared: `pip install torch`.")
        return
    halve_threads()
    table = Table("precision", "network", "batch x window", "PyTorch", "own", "ratio")
    precisions: tuple[Precision, ...] = ("float32", "bfloat16")
    for precision in precisions:
        for units, batch, window in ((512, 64, 128), (512, 32, 128)):
            tokens = np.random.default_rng(1).integers(1, 66, (batch, window))
            configuration = plan("stacked-lstm", "char", units=(units, units), embedding=EMBEDDING).model
            layer = functools.partial(LSTM, precision=precision)
            optimizer = keras.optimizers.AdamW(global_clipnorm=MAX_GRADIENT_NORM)
            own = _step(
                architectures.build(configuration, 66, lstm=layer), tokens, tokens, optimizer=optimizer
            )
            theirs = _torch_step(units, precision, tokens)
            reference, speed = (batch * window / seconds for seconds in _medians([theirs, own]))
            table.add_row(
                precision,
                str((units, units)),
                f"{batch} x {window}",
                f"{reference:,.0f}/s",
                f"{speed:,.0f}/s",
                f"{speed / reference:.2f}",
            )
    console.print("Characters trained on in a second, against PyTorch's nn.LSTM:", table)


def _torch_step(units: int, precision: str, tokens: Any) -> Step:
    """One training step of embedding, two LSTM layers, and output layer, after one run."""
    import torch

    torch.set_num_threads(os.cpu_count() or 1)
    embedding, output = torch.nn.Embedding(66, EMBEDDING), torch.nn.Linear(units, 66)
    lstm = torch.nn.LSTM(EMBEDDING, units, 2, batch_first=True)
    parameters = [parameter for part in (embedding, lstm, output) for parameter in part.parameters()]
    optimizer = torch.optim.AdamW(parameters)
    ids = torch.tensor(tokens)

    def step() -> float:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            logits = output(lstm(embedding(ids))[0])
        loss = torch.nn.functional.cross_entropy(logits.float().flatten(0, 1), ids.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, MAX_GRADIENT_NORM)
        optimizer.step()
        return float(loss.detach())

    step()
    return step


def windows_against_prefixes(console: Console) -> None:
    """The notebook's stacked LSTM on words: one example per prefix, or one per position in a window."""
    text = split(corpus.load("shakespeare").text, "contiguous").train
    vocabulary = fit(text, "word")
    configuration = plan("stacked-lstm", "word")
    settings = configuration.training
    inputs, targets = Windows(vocabulary.encode(text), settings.sequence_length, settings.batch_size)[0]
    own = _step(architectures.build(configuration.model, len(vocabulary), lstm=LSTM), inputs, targets)
    prefixes, following = notebook.prefixes(vocabulary.encode(line) for line in text.splitlines()[:2000])
    prefix_step = _step(
        notebook.network(len(vocabulary), prefixes.shape[1]),
        prefixes[: notebook.BATCH],
        keras.utils.to_categorical(following[: notebook.BATCH], len(vocabulary)),
        loss="categorical_crossentropy",
    )
    own_s, prefix_s = _medians([own, prefix_step])
    speeds = targets.size / own_s, notebook.BATCH / prefix_s
    table = Table("way", "words predicted in a step", "words/s", "ratio")
    table.add_row("prefixes, one-hot targets", str(notebook.BATCH), f"{speeds[1]:,.0f}", "1")
    table.add_row(
        "windows, sparse targets", str(targets.size), f"{speeds[0]:,.0f}", f"{speeds[0] / speeds[1]:.1f}"
    )
    console.print("Words predicted in training in a second, the notebook's stacked LSTM:", table)


def _step(network: Any, inputs: Any, targets: Any, loss: Any = None, optimizer: Any = None) -> Step:
    """One training step, compiled, after one run."""
    network.compile(
        optimizer or keras.optimizers.Adam(),
        loss or keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    network.train_on_batch(inputs, targets)
    return lambda: network.train_on_batch(inputs, targets)


def _medians(steps: list[Step]) -> list[float]:
    """The median seconds of each step. The steps take turns."""
    seconds: list[list[float]] = [[] for _ in steps]
    for _ in range(ROUNDS):
        for step, taken in zip(steps, seconds, strict=True):
            started = time.perf_counter()
            step()
            taken.append(time.perf_counter() - started)
    return [statistics.median(taken) for taken in seconds]


if __name__ == "__main__":
    main()
