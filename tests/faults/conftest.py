"""Stacks of real processes in which faults are caused."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shakelm.decoding import trial
from shakelm.store.registry import open_registry
from tests.support import tiny_models
from tests.support.full_stack import Stack, serving
from tests.support.module_process import Process


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


@pytest.fixture(scope="module")
def quick_stack(tmp_path_factory: pytest.TempPathFactory, small_text: Path) -> Iterator[Stack]:
    """A stack whose live version writes a verse in a moment, with a verse worker and no bot yet."""
    with serving(tmp_path_factory.mktemp("stack"), small_text) as stack:
        store = open_registry(stack.store)
        tiny_models.publish(store, "letters", "a")
        trial.promote(store, "letters")
        stack.verse_worker = stack.start_worker("verse")
        yield stack


@pytest.fixture
def start_bot(quick_stack: Stack) -> Iterator[Callable[[], Process]]:
    """Starts a bot of the stack. A failed test leaves none to the next one."""
    started: list[Process] = []

    def start() -> Process:
        started.append(quick_stack.start_bot())
        return started[-1]

    yield start
    for bot in started:
        bot.kill()
