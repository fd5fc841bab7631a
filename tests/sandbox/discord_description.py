"""Discord's OpenAPI description, where a test can find it."""

import functools
import json
import os
from pathlib import Path
from typing import Any

import pytest

_BESIDE_THE_CHECKOUT = Path(__file__).parents[3] / "shared" / "discord" / "openapi.json"


@functools.cache
def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def find_description() -> Any:
    """The description in the file SPEC, or beside the checkout; None if it is not there."""
    path = Path(os.environ.get("SPEC") or _BESIDE_THE_CHECKOUT)
    return _read(path) if path.is_file() else None


def discord_description() -> Any:
    """The description; without one, the test is skipped."""
    description = find_description()
    if description is None:
        pytest.skip("Discord's OpenAPI description is not here: set SPEC to its file (openapi.json).")
    return description
