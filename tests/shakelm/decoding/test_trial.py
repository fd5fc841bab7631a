"""A version is tried before it goes live: what is damaged is refused, and the live one stays."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from shakelm.decoding import trial
from shakelm.errors import ShakelmError
from shakelm.store.registry import ModelRegistry, open_registry
from tests.support import tiny_models


@pytest.fixture
def store(tmp_path: Path) -> ModelRegistry:
    """A store with good@1, which is live, and bad@1, which a test damages."""
    store = open_registry(tmp_path / "store")
    for name in ("good", "bad"):
        tiny_models.publish(store, name, "a")
    trial.promote(store, "good")
    return store


def truncate(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def empty(file: Path) -> None:
    file.write_bytes(b"")


def grow(file: Path) -> None:
    """As a sparse file: it takes no room on the disk."""
    os.truncate(file, 4 * 1024**3)


def to_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def to_pipe(file: Path) -> None:
    """Whoever opens it would wait for ever."""
    file.unlink()
    os.mkfifo(file)


def remove(file: Path) -> None:
    file.unlink()


def change(edit: Callable[[dict[str, np.ndarray]], None]) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        arrays = load_file(file)
        edit(arrays)
        save_file(arrays, file)

    return damage


def put_nan(arrays: dict[str, np.ndarray]) -> None:
    arrays["output.bias"][0] = np.nan


def put_infinity(arrays: dict[str, np.ndarray]) -> None:
    arrays["output.bias"][0] = np.inf


def widen(arrays: dict[str, np.ndarray]) -> None:
    arrays["output.bias"] = np.zeros(7, np.float32)


def drop(arrays: dict[str, np.ndarray]) -> None:
    del arrays["output.bias"]


def declare_four_gigabytes(file: Path) -> None:
    header = json.dumps({"output.bias": {"dtype": "F32", "shape": [2**30], "data_offsets": [0, 2**32]}})
    file.write_bytes(len(header).to_bytes(8, "little") + header.encode())


def flip_a_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


WEIGHTS = [
    *(truncate, empty, grow, to_folder, to_pipe, remove, declare_four_gigabytes, flip_a_bit),
    *(change(put_nan), change(put_infinity), change(widen), change(drop)),
]


def refuse(store: ModelRegistry) -> str:
    with pytest.raises(ShakelmError) as refused:
        trial.promote(store, "bad")
    assert store.live().reference == "good@1"
    assert refused.value.key == "refusal.damaged_model"
    return str(refused.value)


@pytest.mark.parametrize("damage", WEIGHTS)
def test_damaged_weights_do_not_go_live(store: ModelRegistry, damage: Callable[[Path], None]) -> None:
    damage(store.find("bad@1").weights_file)
    assert "is damaged" in refuse(store)


@pytest.mark.parametrize("file", ["card.json", "configuration.json", "history.json", "vocabulary.json"])
@pytest.mark.parametrize("damage", [truncate, empty, grow, to_pipe])
def test_no_damaged_file_goes_live(store: ModelRegistry, file: str, damage: Callable[[Path], None]) -> None:
    damage(store.find("bad@1").file(file))
    if file == "card.json" and damage is to_pipe:
        with pytest.raises(ShakelmError):
            trial.promote(store, "bad")  # a version without a card is none
        return
    refuse(store)


def test_a_card_with_a_figure_that_is_no_number_is_damaged(store: ModelRegistry) -> None:
    card = store.find("bad@1").file("card.json")
    content = json.loads(card.read_text())
    content["held_out"]["perplexity"] = float("nan")
    card.write_text(json.dumps(content))
    refuse(store)


def test_a_card_of_a_former_release_has_no_checksum_and_goes_live(store: ModelRegistry) -> None:
    card = store.find("bad@1").file("card.json")
    content = json.loads(card.read_text())
    content.pop("weights_sha256", None)
    card.write_text(json.dumps(content))
    assert trial.promote(store, "bad").reference == "bad@1"


def test_the_versions_that_ship_pass_the_trial(tmp_path: Path) -> None:
    versions = open_registry(tmp_path).versions()
    assert versions
    for version in versions:
        trial.check(version)
        assert version.card().weights_sha256


def test_a_rollback_leaves_out_a_damaged_version(store: ModelRegistry) -> None:
    for name in ("bad", "good"):
        trial.promote(store, name)
    remove(store.find("bad@1").weights_file)
    assert trial.roll_back(store).reference == "good@1"


def test_without_a_sound_former_version_nothing_is_rolled_back(tmp_path: Path) -> None:
    store = open_registry(tmp_path / "store", packaged=tmp_path / "none")
    for name in ("bad", "good"):
        tiny_models.publish(store, name, "a")
        trial.promote(store, name)
    remove(store.find("bad@1").weights_file)
    with pytest.raises(ShakelmError) as refused:
        trial.roll_back(store)
    assert refused.value.key == "refusal.no_previous_model"
    assert store.live().reference == "good@1"


def test_a_name_alone_is_the_live_version_of_that_name(store: ModelRegistry) -> None:
    tiny_models.publish(store, "good", "b")
    assert store.find("good").reference == "good@1"
    assert trial.promote(store, "good").reference == "good@2"  # a promotion means the newest
    assert store.find("bad").reference == "bad@1"


def test_a_linked_version_is_removed_without_what_it_links_to(store: ModelRegistry, tmp_path: Path) -> None:
    folder = store.find("bad@1").file("card.json").parent
    elsewhere = tmp_path / "elsewhere"
    shutil.move(folder, elsewhere)
    folder.symlink_to(elsewhere, target_is_directory=True)
    assert store.remove("bad@1").reference == "bad@1"
    assert (elsewhere / "card.json").is_file()
    assert "bad@1" not in [version.reference for version in store.versions()]
