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


def discord_description() -> Any:
    """The description in the file SPEC, or beside the checkout; without one, the test is skipped."""
    path = Path(os.environ.get("SPEC") or _BESIDE_THE_CHECKOUT)
    if not path.is_file():
        pytest.skip("Discord's OpenAPI description is not here: set SPEC to its file (openapi.json).")
    return _read(path)
