"""Draws `docs/conversation.svg`: a real conversation with the bot, as the demo prints it.

Run it with `.venv/bin/python docs/conversation.py` after `make demo`.
"""

import io
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

LINES = (
    "/verse seed: To be, or not to be temperature: 0.8 lines: 7 number: 3",
    "/verse seed: the raven temperature: 0.7 lines: 3 model: shakespeare-word number: 7",
    "/models",
)
WIDTH = 108


def main() -> None:
    """Have the conversation and write the picture."""
    say = [argument for line in LINES for argument in ("--say", line)]
    output = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "sandbox", *say], check=True, capture_output=True, text=True
    ).stdout
    conversation = output[output.index(f"> {LINES[0]}") :]
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    for line in conversation.rstrip().splitlines():
        console.print(Text(line, style="bold" if line.startswith("> ") else ""))
    picture = Path(__file__).with_suffix(".svg")
    svg = console.export_svg(title="make demo")
    # The viewer's own monospace font suffices, so the picture loads no font from a server.
    picture.write_text(re.sub(r"@font-face {.*?}", "", svg, flags=re.DOTALL), encoding="utf-8")
    print(picture)


if __name__ == "__main__":
    main()
