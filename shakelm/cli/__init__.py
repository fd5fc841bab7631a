"""The `shakelm` command."""

import os
import sys

# NumPy's products are small here: its threads would wait for each other, for seconds on a busy machine. NumPy
# reads this variable when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def main() -> None:
    """Run the command. Ctrl-C ends it quietly, even while its modules load."""
    try:
        from shakelm.cli import command_line
    except KeyboardInterrupt:
        sys.exit(130)
    command_line.main()


__all__ = ["main"]
