"""What `make audit` says of pip-audit's report, and its exit status."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "audit_report.py"

GOOD = {"name": "idna", "version": "3.10", "vulns": []}
SKIPPED = {"name": "rq", "skip_reason": "Dependency not found on PyPI and could not be audited: rq (3.0)"}
BAD = {
    "name": "requests",
    "version": "2.19",
    "vulns": [{"id": "PYSEC-2018-28", "fix_versions": ["2.20.0"], "aliases": [], "description": ""}],
}


@pytest.mark.parametrize(
    ("dependencies", "status", "sentence"),
    [
        ([GOOD], 0, "No vulnerability of the 1 pinned versions is known."),
        ([GOOD, BAD, SKIPPED], 1, "requests 2.19: PYSEC-2018-28, fixed in 2.20.0"),
        ([GOOD, SKIPPED], 2, "answered for 1 of 2 pinned versions only"),
        ([SKIPPED], 2, "could not be asked: nothing was audited"),
        ([], 2, "could not be asked: nothing was audited"),
    ],
)
def test_a_report(dependencies: list[dict[str, Any]], status: int, sentence: str) -> None:
    assert report(json.dumps({"dependencies": dependencies, "fixes": []}), status).count(sentence) == 1


@pytest.mark.parametrize("nothing", ["", "Traceback (most recent call last):", "{}"])
def test_without_a_report_nothing_was_audited(nothing: str) -> None:
    assert "could not be asked: nothing was audited" in report(nothing, 2)


def report(text: str, status: int) -> str:
    done = subprocess.run([sys.executable, SCRIPT], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (status, "")
    return done.stdout
