"""The value of each part of the preset `best`: each recipe changes one or two settings.

Run it with `.venv/bin/python benchmarks/recipes.py [NAME…]`. Without names, it trains all recipes, which
takes two hours. Each recipe trains on the first 81% of the corpus. Its best epoch is scored on the next 9%,
in windows of 256 characters that start from an empty state. The held-out text is not used. The learning-rate
schedule of each recipe fits its number of epochs.
"""

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from shakelm.store.registry import open_registry

SHORT = "--epochs 8 --dropout 0.45"
"""The recipe of version 3, shortened to ten minutes."""

SMALL = "--units 320,320 --epochs 20"
"""A network with enough epochs for regularization to pay, in seven minutes."""

RECIPES = {
    "best": "",
    "best-16-epochs": "--epochs 16",
    "small": SMALL,
    "small-more-dropout": f"{SMALL} --dropout 0.45",
    "small-without-dropout": f"{SMALL} --dropout 0 --embedding-dropout 0",
    "small-without-weight-dropout": f"{SMALL} --weight-dropout 0",
    "small-more-dropout-alone": f"{SMALL} --dropout 0.45 --weight-dropout 0",
    "short": SHORT,
    "short-without-restarts": f"{SHORT} --restart 0",
    "short-without-averaging": f"{SHORT} --averaging 0",
    "short-without-dropout": f"{SHORT} --dropout 0 --embedding-dropout 0",
}
"""The changes that each recipe makes to the preset `best`."""


def main(names: list[str]) -> None:
    """Train the recipes with these names, or all, and print their figures."""
    unknown = set(names) - set(RECIPES)
    if unknown:
        sys.exit(f"There is no recipe {', '.join(sorted(unknown))}: choose from {', '.join(RECIPES)}.")
    console = Console(width=110)
    console.print(f"{platform.machine()}, {os.cpu_count()} cores")
    table = Table("recipe", "changed", "nats/char", "best epoch", "its loss", "parameters", "minutes")
    for name in names or RECIPES:
        with tempfile.TemporaryDirectory() as folder:
            _train(name, Path(folder))
            version = open_registry(Path(folder)).find(name)
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
    command += ["--validation", "--patience", "100", *RECIPES[name].split()]
    subprocess.run(command, env=os.environ | {"SHAKELM_STORE": str(folder)}, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
