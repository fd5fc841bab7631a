"""Trainings that are cut short and go on: the same curve and the same weights, to the last digit."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from shakelm.configuration import Configuration
from shakelm.errors import ShakelmError
from shakelm.lifetimes import ABANDONED_CHECKPOINT_S
from shakelm.store.registry import ModelRegistry, open_registry
from shakelm.store.version import Version
from shakelm.training.checkpoints import (
    Arrays,
    Checkpoint,
    CheckpointFile,
    CheckpointMetadata,
    claim,
)
from shakelm.training.interrupts import STOPPING
from shakelm.training.progress import Discarded, Progress
from shakelm.training.train import train
from shakelm.training_options import plan
from tests.support.text_trainings import corpus, validation_figure, validation_losses

LINES = np.random.default_rng(1).choice(
    ["to be or not to be", "that is the question", "to sleep no more"], 400
)
TEXT = "\n".join(LINES) + "\n"


class CutShortError(Exception):
    """Ends a training from within, as a worker does that is told to stop."""


def cut_short(progress: Progress) -> None:
    """In the middle of the third epoch."""
    if progress.epoch == 3 and progress.share > 2.5 / progress.epochs:
        raise CutShortError


def small(**settings: Any) -> Configuration:
    defaults = {"learning_rate": 0.01, "batch_size": 16, "sequence_length": 32, "epochs": 4, "dropout": 0.2}
    return plan("lstm", "char", units=(16,), embedding=8, **(defaults | settings))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """What `small()` makes of the text without interruption."""
    store = open_registry(tmp_path_factory.mktemp("whole"), packaged=Path("nothing"))
    return train("model", corpus(TEXT), small(), store, "shakelm train model")


def checkpoint(store: ModelRegistry) -> Path:
    (folder,) = store.checkpoints.iterdir()
    return folder / "checkpoint.safetensors"


def curves(version: Version) -> list[dict[str, Any]]:
    """The history without what a clock says."""
    return [epoch.model_dump(exclude={"seconds"}) for epoch in version.history().epochs]


def assert_the_same(version: Version, other: Version) -> None:
    assert curves(version) == curves(other)
    assert version.history().best == other.history().best
    assert version.card().held_out == other.card().held_out
    assert version.weights_file.read_bytes() == other.weights_file.read_bytes()


# The command


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts the same command with a store of that name; what still runs at the end is killed."""
    (tmp_path / "corpus.txt").write_text(TEXT, encoding="utf-8")
    arguments = (
        "train model --architecture stacked-lstm --vocabulary char --corpus corpus.txt --units 16 --layers 2 "
        "--embedding 8 --batch 8 --window 16 --epochs 5 --patience 5 --learning-rate 0.01 --dropout 0.2 "
        "--weight-dropout 0.3 --averaging 0.99 --carry --restart 0.2 --schedule cosine --weight-decay 0.01"
    )
    processes = ExitStack()

    def start(store: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "shakelm.cli", *arguments.split()],
            cwd=tmp_path,
            env=os.environ | {"SHAKELM_STORE": str(tmp_path / store), "COLUMNS": "120"},
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        processes.enter_context(process)  # waits for its end
        processes.callback(process.kill)
        return process

    with processes:
        yield start


def test_a_killed_command_goes_on_as_if_nothing_had_happened(
    tmp_path: Path, command: Callable[[str], subprocess.Popen[str]]
) -> None:
    whole, killed = command("whole"), command("killed")
    assert killed.stderr is not None
    for line in killed.stderr:
        if line.startswith("epoch 2:"):
            killed.kill()
    assert killed.wait() == -signal.SIGKILL
    again = command("killed")
    _, said = again.communicate()
    assert again.returncode == 0, said
    first, *epochs = said.splitlines()
    after = int(first.removeprefix("Going on after epoch ").removesuffix(" of 5."))
    assert after >= 2
    assert [line.partition(":")[0] for line in epochs] == [f"epoch {epoch}" for epoch in range(after + 1, 6)]
    _, said = whole.communicate()
    assert whole.returncode == 0, said
    assert "Going on" not in said

    version, other = (
        open_registry(tmp_path / store, packaged=tmp_path / "nothing").find("model@1")
        for store in ("killed", "whole")
    )
    assert_the_same(version, other)
    assert version.card().epochs == 5


# What goes on, and what does not


def test_a_training_goes_on_from_its_checkpoint(own_store: ModelRegistry, whole: Version) -> None:
    with pytest.raises(CutShortError):
        train("model", corpus(TEXT), small(), own_store, "shakelm train model", cut_short)
    assert own_store.versions() == []
    assert checkpoint(own_store).exists()
    seen: list[Progress] = []
    said: list[str] = []
    version = train("model", corpus(TEXT), small(), own_store, "again", seen.append, said.append)
    assert said == ["Going on after epoch 2 of 4."]
    assert seen[0].epoch == 3
    assert 2 / 4 < seen[0].share < 3 / 4
    assert_the_same(version, whole)
    # The card's seconds are rounded to a tenth, those of the epochs to a hundredth.
    assert version.card().seconds + 0.1 > sum(epoch.seconds for epoch in version.history().epochs)
    assert list(own_store.checkpoints.iterdir()) == []


def test_streams_without_validation_go_on_too(own_store: ModelRegistry) -> None:
    configuration = small(validation=False, ema_momentum=0.9, stateful=True)
    with pytest.raises(CutShortError):
        train("model", corpus(TEXT), configuration, own_store, "shakelm train model", cut_short)
    version, other = (
        train("model", corpus(TEXT), configuration, own_store, "shakelm train model") for _ in range(2)
    )
    assert_the_same(version, other)


def test_patience_counts_over_an_interruption(own_store: ModelRegistry) -> None:
    """The validation text runs backwards: the more the network learns, the worse its figure gets."""
    text = corpus("abcd" * 810 + "dcba" * 190)
    configuration = small(epochs=60, patience=4, batch_size=8, learning_rate=0.05)
    with pytest.raises(CutShortError):
        train("model", text, configuration, own_store, "shakelm train model", cut_short)
    seen: list[Progress] = []
    version = train("model", text, configuration, own_store, "shakelm train model", seen.append)
    history = version.history()
    losses = validation_losses(version)
    assert losses[0] == min(losses)
    assert (history.best, seen[0].epoch, len(losses)) == (1, 3, 5)
    validation = validation_figure(version)
    assert abs(validation - losses[0]) < abs(validation - min(losses[1:]))


def test_a_training_that_ended_is_published_without_another_epoch(
    own_store: ModelRegistry, whole: Version
) -> None:
    def cut_in_scoring(progress: Progress) -> None:
        if progress.stage == "scoring":
            raise CutShortError

    with pytest.raises(CutShortError):
        train("model", corpus(TEXT), small(), own_store, "shakelm train model", cut_in_scoring)
    seen: list[Progress] = []
    version = train("model", corpus(TEXT), small(), own_store, "shakelm train model", seen.append)
    assert [progress.stage for progress in seen] == ["scoring"]
    assert_the_same(version, whole)


def test_another_configuration_does_not_take_a_checkpoint(own_store: ModelRegistry) -> None:
    with pytest.raises(CutShortError):
        train("model", corpus(TEXT), small(), own_store, "shakelm train model", cut_short)
    left = checkpoint(own_store)
    said: list[str] = []
    configuration = small(epochs=1)
    version = train("model", corpus(TEXT), configuration, own_store, "c", on_notice=said.append)
    assert len(version.history().epochs) == 1
    assert said == []
    assert checkpoint(own_store) == left
    assert left.exists()


@pytest.mark.parametrize(
    ("name", "sha256", "settings"),
    [("other", "0", {}), ("model", "1", {}), ("model", "0", {"random_seed": 2})],
)
def test_each_training_has_a_checkpoint_of_its_own(
    tmp_path: Path, name: str, sha256: str, settings: dict[str, Any]
) -> None:
    with (
        claim(tmp_path, "model", "0", small()) as file,
        claim(tmp_path, name, sha256, small(**settings)) as other,
    ):
        assert file.path != other.path
    with claim(tmp_path, "model", "0", small()) as again:
        assert again.path == file.path


def test_a_damaged_checkpoint_starts_the_training_again(own_store: ModelRegistry, whole: Version) -> None:
    with pytest.raises(CutShortError):
        train("model", corpus(TEXT), small(), own_store, "shakelm train model", cut_short)
    damage(checkpoint(own_store))
    said: list[str] = []
    version = train("model", corpus(TEXT), small(), own_store, "c", on_notice=said.append)
    (sentence,) = said
    assert "the training starts again from the beginning" in sentence
    assert_the_same(version, whole)


# The file


METADATA = CheckpointMetadata(
    epochs=[], best_epoch=0, ema_steps=3, seconds=1.5, random_state={"state": 2**100}
)


def arrays() -> Arrays:
    return {"network": [np.full(index, index, np.float32) for index in range(12)], "best": [np.array(7)]}


def damage(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def age(file: Path) -> None:
    """What a version with another layout would have written."""
    with safe_open(file, framework="numpy") as opened:
        metadata = opened.metadata()["standing"]
    save_file(load_file(file), file, {"standing": metadata.replace('"layout":1', '"layout":0')})


def strip(file: Path) -> None:
    """What another program would have written."""
    save_file(load_file(file), file)


def lengthen(file: Path) -> None:
    """What a version with another network would have written."""
    CheckpointFile(file).write(Checkpoint(METADATA, arrays() | {"best": [np.zeros(2)]}), fail)


def fail(sentence: str) -> None:
    raise AssertionError(sentence)


def test_a_checkpoint_reads_as_it_was_written(tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / "file.safetensors")
    assert file.read(arrays(), fail) is None
    file.write(Checkpoint(METADATA, arrays()), fail)
    read = file.read(arrays(), fail)
    assert read is not None
    assert read.metadata == METADATA
    assert read.arrays.keys() == arrays().keys()
    for name, group in arrays().items():
        assert [array.tolist() for array in read.arrays[name]] == [array.tolist() for array in group]


@pytest.mark.parametrize("spoil", [damage, age, strip, lengthen])
def test_a_checkpoint_that_cannot_be_used_is_put_aside(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    file = CheckpointFile(tmp_path / "file.safetensors")
    file.write(Checkpoint(METADATA, arrays()), fail)
    spoil(file.path)
    said: list[str] = []
    assert file.read(arrays(), said.append) is None
    assert [path.name for path in tmp_path.iterdir()] == ["file.unreadable"]
    (sentence,) = said
    assert sentence.startswith("The checkpoint cannot be used (")
    assert sentence.endswith("the training starts again from the beginning.")
    assert "\n" not in sentence


def test_the_same_training_is_not_done_twice_at_once(tmp_path: Path) -> None:
    with (
        claim(tmp_path, "model", "0", small()),
        pytest.raises(ShakelmError, match="under way in another process"),
        claim(tmp_path, "model", "0", small()),
    ):
        pass


def test_a_training_that_never_ended_an_epoch_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(CutShortError), claim(tmp_path, "model", "0", small()):
        raise CutShortError
    assert list(tmp_path.iterdir()) == []


def test_a_training_that_is_thrown_away_leaves_nothing(own_store: ModelRegistry) -> None:
    def throw_away(progress: Progress) -> None:
        if progress.epoch == 3:
            assert list(own_store.checkpoints.glob("*/checkpoint.safetensors"))
            raise Discarded

    with pytest.raises(Discarded):
        train("unwanted", corpus(TEXT), small(), own_store, "shakelm train unwanted", throw_away)
    assert not list(own_store.checkpoints.iterdir())
    assert own_store.versions() == []


@pytest.mark.usefixtures("interrupts")
def test_a_second_interrupt_says_how_to_go_on(own_store: ModelRegistry) -> None:
    def interrupt_twice(progress: Progress) -> None:
        if progress.epoch == 3:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    said: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        train("model", corpus(TEXT), small(), own_store, "c", interrupt_twice, said.append)
    assert said == [
        STOPPING,
        "Stopped without a version: run the same command again to go on after epoch 2.",
    ]
    assert own_store.versions() == []
    assert checkpoint(own_store).exists()


@pytest.fixture
def small_files() -> Iterator[Callable[[int], None]]:
    """Has the system refuse files of this process that are longer than that many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_training_without_room_for_checkpoints_says_so_and_ends_with_its_version(
    own_store: ModelRegistry, small_files: Callable[[int], None]
) -> None:
    small_files(20_000)  # more than the version's files, less than a checkpoint
    said: list[str] = []
    version = train("model", corpus(TEXT), small(epochs=2), own_store, "c", on_notice=said.append)
    assert len(version.history().epochs) == 2
    assert [sentence.partition(" (")[0] for sentence in said] == [
        "Epoch 1 has no checkpoint",
        "Epoch 2 has no checkpoint",
    ]
    assert list(own_store.checkpoints.iterdir()) == []


def test_abandoned_checkpoints_are_removed_when_another_training_begins(own_store: ModelRegistry) -> None:
    folders: dict[str, Path] = {}
    for name in ("old", "young", "mine"):
        with pytest.raises(CutShortError), claim(own_store.checkpoints, name, "0", small()) as file:
            file.path.touch()
            folders[name] = file.path.parent
            raise CutShortError
    (folders["mine"] / ".checkpoint.safetensors-0123").touch()
    with claim(own_store.checkpoints, "old-and-under-way", "0", small()) as file:
        file.path.touch()
        folders["under way"] = file.path.parent
        long_ago = time.time() - ABANDONED_CHECKPOINT_S - 1
        for name in ("old", "under way", "mine"):
            os.utime(folders[name], (long_ago, long_ago))
        with pytest.raises(CutShortError), claim(own_store.checkpoints, "mine", "0", small()) as file:
            assert file.path.exists()
            assert {name for name, folder in folders.items() if folder.exists()} == {
                "young",
                "mine",
                "under way",
            }
            assert sorted(path.name for path in folders["mine"].iterdir()) == [file.path.name, "lock"]
            raise CutShortError


def test_a_folder_that_cannot_be_written_is_told_at_once(own_store: ModelRegistry) -> None:
    Path(own_store.location).mkdir()
    own_store.checkpoints.touch()
    with pytest.raises(ShakelmError, match="SHAKELM_STORE"):
        train("model", corpus(TEXT), small(), own_store, "shakelm train model")
