"""The whole chain as real processes: one stack that most tests share, and stacks of single tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from shakelm.store.registry import open_registry
from tests.support.control_client import Discord
from tests.support.discord_messages import title
from tests.support.full_stack import Stack, serving
from worker.queue import pausing


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small text with lines and words that repeat, from which a model learns something in seconds."""
    chosen = np.random.default_rng(1)
    words = "the king shall bid my lord speak truth and love hath no fear of night or death".split()  # noqa: SIM905
    lines = [" ".join(chosen.choice(words, 7)).capitalize() + chosen.choice([*",.;!"]) for _ in range(2500)]
    path = tmp_path_factory.mktemp("corpus") / "small.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> Iterator[Stack]:
    """Everything running: Valkey, the sandbox, the bot, a worker of each kind."""
    record = os.environ.get("SHAKELM_RECORD")
    with serving(tmp_path_factory.mktemp("stack"), corpus, record) as stack:
        stack.start_all()
        yield stack


@pytest.fixture(scope="session")
def discord(stack: Stack) -> Discord:
    """People in front of the whole stack."""
    return stack.discord


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The version that is live before anything was trained or promoted."""
    return open_registry(tmp_path_factory.mktemp("store")).find(None).reference


@pytest.fixture
def own_stack(tmp_path: Path, corpus: Path) -> Iterator[Stack]:
    """A stack for one test, of which only Valkey and the sandbox run yet."""
    with serving(tmp_path, corpus) as stack:
        yield stack


@pytest.fixture
def paused(stack: Stack) -> Iterator[None]:
    """No verse is written while the test runs."""
    pausing.pause(stack.redis)
    yield
    pausing.resume(stack.redis)


@pytest.fixture
def promotions_undone(stack: Stack, discord: Discord, shipped: str) -> Iterator[None]:
    """After the test the version that ships is live again, and nothing is left to roll back."""
    yield
    while "is live again" in title(discord.ask("/admin rollback", "teacher")):
        pass
    assert open_registry(stack.store).live().reference == shipped
