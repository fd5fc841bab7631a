"""Writes `shakelm/evaluation/named_baselines.json`: what `shakelm baseline` prints for the named corpora.

Run it with `.venv/bin/python docs/baseline_figures.py`. It downloads the corpora that are not in the cache.
"""

import json
import shlex
import subprocess
import sys
from typing import Any

from shakelm.evaluation.named_baselines import FILE

COMMANDS = (
    "shakelm baseline --corpus shakespeare --vocabulary char --order 10",
    # Without the validation text, as the shipped word model learned: its vocabulary is the same.
    "shakelm baseline --corpus shakespeare --vocabulary word --validation",
    "shakelm baseline --corpus shakespeare-plays --vocabulary char --order 10",
    "shakelm baseline --corpus quijote --vocabulary char --order 10",
)


def rows(command: str) -> list[dict[str, Any]]:
    """What the command prints for each order, with the command.

    Raises:
        subprocess.CalledProcessError: the command fails.
    """
    program = [sys.executable, "-m", "shakelm.cli", *shlex.split(command)[1:], "--json"]
    printed = subprocess.run(program, stdout=subprocess.PIPE, check=True).stdout  # noqa: S603 (ours)
    return [{"command": command, **row} for row in json.loads(printed)]


if __name__ == "__main__":
    found = [row for command in COMMANDS for row in rows(command)]
    FILE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
