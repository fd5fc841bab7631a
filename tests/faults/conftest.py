"""Stacks of real processes in which faults are caused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.full_stack import Stack, serving


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[Stack]:
    """A stack for one test, of which only Valkey and the sandbox run yet."""
    corpus = tmp_path / "small.txt"
    corpus.write_text("To be, or not to be: that is the question.\n" * 500)
    with serving(tmp_path, corpus) as stack:
        yield stack
