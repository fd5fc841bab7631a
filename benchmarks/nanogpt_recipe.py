"""The preset `quick` beside nanoGPT's recipe for a CPU: seconds of training, and nats on the held-out tenth.

Run it with `.venv/bin/python benchmarks/nanogpt_recipe.py [STEPS]` in an environment with PyTorch. All learn
from the first 90% of `shakespeare`, one after another on the same cores, and are scored on its last tenth.
With a number of steps, it shows in a minute that everything works, and measures nothing: the transformer
takes so many instead of 2,000, and this project's networks are small and take one epoch.
"""

import importlib.util
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from shakelm.data import corpus
from shakelm.data.splitting import split
from shakelm.data.vocabulary_kinds import fit
from shakelm.decoding import language_model
from shakelm.evaluation.scoring import FIGURES_WINDOW, score
from shakelm.store.registry import open_registry

sys.path.insert(0, str(Path(__file__).parents[1]))

CORPUS = "shakespeare"
QUICK = "--preset quick --no-validation"
TRAININGS = (QUICK, f"{QUICK} --epochs 8 --dropout 0.25")
"""Options of `shakelm train`."""

SHORTENED = "--epochs 1 --units 16"


@dataclass(frozen=True)
class Result:
    """What a training took and gave: seconds; nats per character in windows of nanoGPT's 64 and of 256."""

    training_s: float
    process_s: float | None
    short_windows: float
    windows: float | None


def main(steps: str | None = None) -> None:
    """Train, measure, and print the table."""
    if importlib.util.find_spec("torch") is None:
        sys.exit("nanoGPT's recipe needs PyTorch, and it is not installed: `pip install torch`.")
    if steps is not None and not (steps.isdecimal() and int(steps) > 0):
        sys.exit(f"{steps!r} is no number of steps: give a whole number of at least 1.")
    console = Console(width=110)
    console.print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    nanogpt = _nanogpt(None if steps is None else int(steps))
    table = Table(
        "training", "seconds", "of nanoGPT's", "process, s", "windows of 64", f"of {FIGURES_WINDOW}"
    )
    _add(table, "nanoGPT's recipe for a CPU", nanogpt, nanogpt)
    console.print("Nats per character on the held-out tenth, in windows that start from nothing:", table)
    for options in TRAININGS:
        trained = _shakelm(options if steps is None else f"{options} {SHORTENED}")
        _add(table, options, trained, nanogpt)
        console.print(table)


def _add(table: Table, name: str, result: Result, reference: Result) -> None:
    table.add_row(
        name,
        f"{result.training_s:.0f}",
        f"{result.training_s / reference.training_s:.2f}",
        "-" if result.process_s is None else f"{result.process_s:.0f}",
        f"{result.short_windows:.4f}",
        "-" if result.windows is None else f"{result.windows:.4f}",
    )


def _nanogpt(steps: int | None) -> Result:
    """Train the transformer. Its first step of all, for which PyTorch loads its parts, is not counted."""
    import torch

    from benchmarks import small_transformer

    parts = split(corpus.load([CORPUS]).text, "contiguous")
    learned = parts.train + parts.validation
    vocabulary = fit(learned, "char")
    ids, held_out = (torch.tensor(vocabulary.encode(text)).long() for text in (learned, parts.held_out))
    small_transformer.train(ids, len(vocabulary), steps=1)
    started = time.perf_counter()
    weights = small_transformer.train(ids, len(vocabulary), steps or small_transformer.STEPS)
    training_s = time.perf_counter() - started
    return Result(training_s, None, small_transformer.nats_per_token(weights, held_out), None)


def _shakelm(options: str) -> Result:
    """Run `shakelm train` in a new process and an empty store."""
    from benchmarks import small_transformer

    command = [str(Path(sys.executable).with_name("shakelm")), "train", "beside-nanogpt", *options.split()]
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        subprocess.run([*command, "--corpus", CORPUS], env=os.environ | {"SHAKELM_STORE": folder}, check=True)
        process_s = time.perf_counter() - started
        version = open_registry(Path(folder)).find("beside-nanogpt")
        card = version.card()
        model = language_model.load(version)
    held_out = split(corpus.load([CORPUS]).text, "contiguous").held_out
    short = score(model.network, model.vocabulary, held_out, small_transformer.CONTEXT)
    assert card.held_out_windows is not None
    return Result(card.seconds, process_s, short.nats_per_token, card.held_out_windows.nats_per_token)


if __name__ == "__main__":
    main(*sys.argv[1:])
