"""Versions in memory."""

import shutil
from pathlib import Path

import pytest
from safetensors.numpy import load_file, save_file

from shakelm.decoding import language_model
from shakelm.errors import ShakelmError
from shakelm.store.registry import PACKAGED, open_registry


def copied_version(folder: Path) -> Path:
    """Copy a packaged version into a store as copy@1. Return the path of its weights."""
    (newest,) = sorted((PACKAGED / "shakespeare-word").iterdir())[-1:]
    shutil.copytree(newest, folder / "copy" / "1")
    return folder / "copy" / "1" / "weights.safetensors"


@pytest.mark.parametrize("name", ["shakespeare-word", "shakespeare-char"])
def test_a_packaged_version_is_loaded(name: str, tmp_path: Path) -> None:
    version = open_registry(tmp_path).find(name)
    model = language_model.load(version)
    assert model.reference == version.reference
    assert model.vocabulary == version.vocabulary()


def test_a_version_with_missing_or_damaged_weights_is_refused_with_a_cure(tmp_path: Path) -> None:
    weights = copied_version(tmp_path)
    version = open_registry(tmp_path).find("copy")
    language_model.load(version)

    arrays = load_file(weights)
    arrays.pop("output.bias")
    save_file(arrays, weights)
    with pytest.raises(ShakelmError, match=r"is damaged .*output\.bias.*: remove copy@1, or train it again"):
        language_model.load(version)
    weights.write_bytes(b"not a safetensors file")
    with pytest.raises(ShakelmError, match=r"is damaged .*: remove copy@1, or train it again"):
        language_model.load(version)
    weights.unlink()
    with pytest.raises(ShakelmError, match=r"is damaged .*: remove copy@1, or train it again"):
        language_model.load(version)
