"""Stacks of real processes in which faults are caused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.full_stack import Stack, serving


@pytest.fixture(scope="session")
def small_text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus of the stacks."""
    corpus = tmp_path_factory.mktemp("corpus") / "small.txt"
    corpus.write_text("To be, or not to be: that is the question.\n" * 500)
    return corpus


@pytest.fixture
def own_stack(tmp_path: Path, small_text: Path) -> Iterator[Stack]:
    """A stack for one test, of which only Valkey and the sandbox run yet."""
    with serving(tmp_path, small_text) as stack:
        yield stack


@pytest.fixture(scope="module")
def shared_stack(tmp_path_factory: pytest.TempPathFactory, small_text: Path) -> Iterator[Stack]:
    """A bot and a verse worker for the tests of a file that leave them as they were."""
    with serving(tmp_path_factory.mktemp("stack"), small_text) as stack:
        stack.bot = stack.start_bot()
        stack.verse_worker = stack.start_worker("verse")
        yield stack
