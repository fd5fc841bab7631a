"""What each ingredient of the preset `best` is worth: short trainings, each with one thing changed.

Run it with `.venv/bin/python benchmarks/recipes.py [NAME…]`; without names all recipes are trained, which
takes some hours. Each trains on the first 81% of the corpus and is scored on the 9% after them, in windows of
256 characters that start from an empty state: the held-out tail plays no part. All go the same number of
epochs but for the small ones, with the learning rate's schedule made for them, and the best epoch is scored.
"""

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from shakelm.store import Store

EPOCHS = 8

SMALL = "--units 320,320 --epochs 20"
"""A network whose schedule is run to where regularisation pays, in the same time."""

RECIPES = {
    "best": "",
    "without-restarts": "--restart 0",
    "without-carried-state": "--no-carry --restart 0",
    "without-averaged-weights": "--averaging 0",
    "without-weight-dropout": "--weight-dropout 0",
    "without-dropout": "--dropout 0 --embedding-dropout 0",
    "without-weight-decay": "--weight-decay 0",
    "constant-rate": "--schedule constant",
    "in-float32": "--precision float32",
    "512-units": "--units 512,512",
    "768-units": "--units 768,768",
    "three-layers": "--units 512,512,512",
    "batch-16": "--batch 16",
    "batch-64": "--batch 64",
    "window-256": "--window 256",
    "rate-0.002": "--learning-rate 0.002",
    "small": SMALL,
    "small-without-dropout": f"{SMALL} --dropout 0 --embedding-dropout 0",
    "small-without-weight-dropout": f"{SMALL} --weight-dropout 0",
    "small-without-restarts": f"{SMALL} --restart 0",
}
"""What each recipe changes of the preset `best`."""


def main(names: list[str]) -> None:
    """Train the recipes with these names, or all, and print their figures."""
    unknown = set(names) - set(RECIPES)
    if unknown:
        sys.exit(f"There is no recipe {', '.join(sorted(unknown))}: choose from {', '.join(RECIPES)}.")
    console = Console(width=110)
    console.print(f"{platform.machine()}, {os.cpu_count()} cores; {EPOCHS} epochs each")
    table = Table("recipe", "changed", "nats/char", "best epoch", "its loss", "parameters", "minutes")
    for name in names or RECIPES:
        with tempfile.TemporaryDirectory() as folder:
            _train(name, Path(folder))
            version = Store(Path(folder)).find(name)
            card, history = version.card(), version.history()
            assert card.validation is not None
            table.add_row(
                name,
                RECIPES[name],
                f"{card.validation.nats_per_token:.4f}",
                str(history.best),
                f"{history.epochs[history.best - 1].loss:.4f}",
                f"{card.parameters:,}",
                f"{card.seconds / 60:.1f}",
            )
        console.print(table)


def _train(name: str, folder: Path) -> None:
    command = [str(Path(sys.executable).with_name("shakelm")), "train", name, "--preset", "best"]
    command += ["--validation", "--epochs", str(EPOCHS), "--patience", "100", *RECIPES[name].split()]
    subprocess.run(command, env=os.environ | {"SHAKELM_STORE": str(folder)}, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
