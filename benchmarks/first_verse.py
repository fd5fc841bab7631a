"""How long the first verse takes in a new process, compared with the notebook's first word.

Run it with `.venv/bin/python benchmarks/first_verse.py`. Both use the packaged word model, a stacked LSTM
with the notebook's sizes, and take turns. `shakelm verse` writes a whole verse of 8 lines. The notebook's way
imports TensorFlow, loads a Keras file, and predicts one word.
"""

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

MODEL = "shakespeare-word"
SEED = "to be or not to be"
ROUNDS = 9

NOTEBOOK = """
import json, sys
import numpy as np
import tensorflow
import keras
model = keras.models.load_model(sys.argv[1])
with open(sys.argv[2], encoding="utf-8") as file:
    words = json.load(file)["tokens"]
window = [words.index(word) for word in sys.argv[3].split()]
padded = np.array([[0] * (15 - len(window)) + window])
print(words[model.predict(padded, verbose=0)[0, -1].argmax()])
"""


def main() -> None:
    """Measure and print the table."""
    shakelm = str(Path(sys.executable).with_name("shakelm"))
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("PYTHONDONTWRITEBYTECODE", "SHAKELM_ENGINE")
        } | {"SHAKELM_STORE": f"{folder}/store", "TF_CPP_MIN_LOG_LEVEL": "3"}
        exported, vocabulary = Path(folder, "model.keras"), Path(folder, "model.vocabulary.json")
        _seconds([shakelm, "export", MODEL, str(exported)], environment)
        commands = {
            "notebook: import, load, one word": [
                *(sys.executable, "-c", NOTEBOOK),
                *(str(exported), str(vocabulary), SEED),
            ],
            "shakelm verse": [shakelm, "verse", SEED, "--model", MODEL, "--number", "1"],
        }
        rounds = [
            [_seconds(command, environment) for command in commands.values()] for _ in range(ROUNDS + 1)
        ]
    taken = dict(zip(commands, zip(*rounds[1:], strict=True), strict=True))

    console = Console(width=110)
    console.print(f"CPU ({platform.machine()}, {os.cpu_count()} cores), Python {platform.python_version()}")
    console.print(
        f"{' '.join(sys.orig_argv)}: medians of {ROUNDS} rounds, least to most, after one to warm up"
    )
    table = Table("new process", "seconds", "spread", "notebook / it")
    notebook = next(iter(taken.values()))
    for name, seconds in taken.items():
        ratio = statistics.median(a / b for a, b in zip(notebook, seconds, strict=True))
        spread = f"{min(seconds):.2f} to {max(seconds):.2f}"
        table.add_row(name, f"{statistics.median(seconds):.2f}", spread, f"{ratio:.1f}")
    console.print(table)


def _seconds(command: list[str], environment: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
