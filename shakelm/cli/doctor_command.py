"""`shakelm doctor`: check this machine."""

import os

import typer

from shakelm.cli import display
from shakelm.cli.console import store_root


def doctor() -> None:
    """Check what is installed and set up, and say how to cure each fault; the exit status is then 1."""
    from shakelm.cli.doctor import examine
    from shakelm.data import corpus_downloads

    findings = examine(store_root(), corpus_downloads.default_cache(), os.environ)
    display.print_table(
        "shakelm doctor",
        ["what", "state", "details"],
        [
            [
                finding.what,
                "OK" if finding.ok else "not OK",
                "\n".join(filter(None, (finding.detail, finding.cure))),
            ]
            for finding in findings
        ],
    )
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)
