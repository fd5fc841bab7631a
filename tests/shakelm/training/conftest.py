"""What the tests of trainings share."""

from pathlib import Path

import pytest

from shakelm.store.registry import ModelRegistry, open_registry


@pytest.fixture
def own_store(tmp_path: Path) -> ModelRegistry:
    """An empty store without packaged versions."""
    return open_registry(tmp_path / "store", packaged=tmp_path / "nothing")
