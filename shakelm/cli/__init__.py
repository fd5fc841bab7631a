"""The `shakelm` command."""

import os

# NumPy's products are small here: its threads would wait for each other, for seconds on a busy machine. NumPy
# reads this variable when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from shakelm.cli.command_line import main

__all__ = ["main"]
