"""How much memory training takes: this project's windows against prefixes with one-hot targets.

Run it with `.venv/bin/python benchmarks/memory.py [SEQUENCES]`. The corpus must be in the cache or reachable.
Both ways train the notebook's stacked LSTM on words, each in its own process with all its data loaded. The
notebook's way uses only the first SEQUENCES prefixes (20,000), because most machines cannot hold all of them.
"""

import platform
import resource
import subprocess
import sys
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

ALL = 0
STEPS = 150
"""Training steps; memory no longer grows after the first few."""


def main(sequences: int) -> None:
    """Measure both ways and print the table."""
    console = Console(width=110)
    console.print(f"{platform.machine()}, Python {platform.python_version()}, {STEPS} training steps each")
    table = Table("way", "words learned from", "of", "peak resident memory")
    for way, limit in (("windows, sparse targets", ALL), ("prefixes, one-hot targets", sequences)):
        command = [sys.executable, __file__, "--child", str(limit)]
        run = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
        used, available, peak = map(int, run.stdout.split()[-3:])
        table.add_row(way, f"{used:,}", f"{available:,}", f"{peak / 2**30:.2f} GiB")
    console.print("Training the notebook's stacked LSTM on words:", table)


def child(sequences: int) -> None:
    """Train in this process; print the words used, the words available, and the peak memory in bytes."""
    import notebook

    from shakelm.data import corpus
    from shakelm.data.splitting import split
    from shakelm.data.vocabulary_kinds import fit
    from shakelm.networks import architectures
    from shakelm.networks.backend import keras
    from shakelm.networks.lstm import LSTM
    from shakelm.training.batches import Windows, dataset
    from shakelm.training_options import plan

    text = split(corpus.load("shakespeare").text, "contiguous").train
    vocabulary = fit(text, "word")
    if sequences == ALL:
        configuration = plan("stacked-lstm", "word")
        ids = vocabulary.encode(text)
        settings = configuration.training
        data: tuple[Any, ...] = (
            dataset(Windows(ids, settings.sequence_length, settings.batch_size, np.random.default_rng(1))),
        )
        network = architectures.build(configuration.model, len(vocabulary), lstm=LSTM)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        used = available = len(ids) - 1
    else:
        inputs, following = notebook.prefixes(vocabulary.encode(line) for line in text.splitlines())
        available, used = len(inputs), min(sequences, len(inputs))
        targets = keras.utils.to_categorical(following[:used], len(vocabulary))
        data = (inputs[:used], targets)
        network = notebook.network(len(vocabulary), inputs.shape[1])
        loss = keras.losses.CategoricalCrossentropy()
    network.compile(keras.optimizers.Adam(), loss, jit_compile=False)
    batch = None if sequences == ALL else notebook.BATCH
    network.fit(*data, batch_size=batch, steps_per_epoch=STEPS, shuffle=False, verbose=0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(used, available, peak * (1 if sys.platform == "darwin" else 1024))  # macOS counts bytes


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(int(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
