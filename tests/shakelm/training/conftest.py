"""What the tests of trainings share."""

from pathlib import Path

import pytest

from shakelm.store.registry import Store


@pytest.fixture
def own_store(tmp_path: Path) -> Store:
    """An empty store without packaged versions."""
    return Store(tmp_path / "store", packaged=tmp_path / "nothing")
