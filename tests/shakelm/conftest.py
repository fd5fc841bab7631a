"""Versions small enough to write many of: what the tests of this folder share."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shakelm.store.registry import ModelRegistry, open_registry
from tests.support import tiny_models


def write_files(name: str, folder: Path, number: int) -> None:
    """Write all files of a version; the weights say which number they belong to."""
    tiny_models.write_description(folder, name, number)
    (folder / "weights.safetensors").write_text(f"weights of {name}@{number}")
    (folder / "vocabulary.json").write_text("{}")


@pytest.fixture
def writer() -> Callable[[str], Callable[[Path, int], None]]:
    """Given a name, what `ModelRegistry.publish` calls to write the files of a version of that name."""
    return lambda name: lambda folder, number: write_files(name, folder, number)


@pytest.fixture
def packaged(tmp_path: Path) -> Path:
    """A folder of versions that ship with the package: shakespeare-plays@1 and shakespeare-word@1."""
    for name in ("shakespeare-plays", "shakespeare-word"):
        folder = tmp_path / "packaged" / name / "1"
        folder.mkdir(parents=True)
        write_files(name, folder, 1)
    return tmp_path / "packaged"


@pytest.fixture
def store(tmp_path: Path, packaged: Path) -> ModelRegistry:
    """An empty store, whose folder does not exist yet, over the packaged versions."""
    return open_registry(tmp_path / "store", packaged)


@pytest.fixture
def own_store(tmp_path: Path) -> ModelRegistry:
    """An empty store without packaged versions."""
    return open_registry(tmp_path / "store", packaged=tmp_path / "nothing")


@pytest.fixture
def interrupts() -> Iterator[None]:
    """Ctrl-C as on a terminal, also where the tests run in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
