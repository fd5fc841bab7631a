"""The store after a process that was killed at any step of a change, and under many processes at once."""

import itertools
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from shakelm.decoding import trial
from shakelm.errors import ShakelmError
from shakelm.lifetimes import LEFTOVER_S
from shakelm.store import local_storage
from shakelm.store.local_storage import LocalStorage
from shakelm.store.registry import LiveAlias, ModelRegistry, open_registry
from shakelm.training import checkpoints
from shakelm.training.checkpoints import Arrays, Checkpoint, CheckpointMetadata
from shakelm.training_options import plan
from tests.support import tiny_models
from tests.support.fault_causes.killed_steps import killed_before
from tests.support.module_process import run_together, start_script

BEFORE = {"good@1", "good@2", "good@3"}
"""The versions of the store before a change. good@2 is live, and good@1 was."""

LEAST_STEPS = 10
"""Each change has more steps."""

Change = Callable[[ModelRegistry], object]


def opened(folder: Path) -> ModelRegistry:
    return open_registry(folder, packaged=folder / "nothing")


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """The folder of a store before a change."""
    store = opened(tmp_path / "before")
    for _ in BEFORE:
        tiny_models.publish(store, "good", "a")
    for reference in ("good@1", "good@2"):
        trial.promote(store, reference)
    return tmp_path / "before"


def after_each_step(before: Path, change: Change) -> Iterator[ModelRegistry]:
    """The store as it is after the change was killed before its first step, its second, and so on."""
    change(opened(shutil.copytree(before, before.with_name("rehearsal"), symlinks=True)))
    for step in itertools.count(1):
        folder = shutil.copytree(before, before.with_name(f"step-{step}"), symlinks=True)
        store = opened(folder)
        if not killed_before(step, lambda store=store: change(store)):  # type: ignore[misc]
            assert step > LEAST_STEPS
            print(f"killed at {step - 1} steps")
            return
        assert_sound(store)
        yield opened(folder)
        shutil.rmtree(folder)


def references(store: ModelRegistry) -> set[str]:
    return {version.reference for version in store.versions()}


def assert_sound(store: ModelRegistry) -> None:
    """Each version that is listed is whole, and so is the live one."""
    for version in [*store.versions(), store.live()]:
        trial.check(version)


def assert_nothing_is_left(store: ModelRegistry) -> None:
    """A day later, the next publication has removed what killed processes left.

    Empty folders stay: they keep numbers from being given again.
    """
    root = Path(store.location)
    long_ago = time.time() - LEFTOVER_S - 60
    for leftover in root.glob(".*"):
        os.utime(leftover, (long_ago, long_ago))
    tiny_models.publish(store, "good", "b")
    assert {path.name for path in root.iterdir()} <= {"good", ".lock", ".live.json"}
    for folder in (root / "good").iterdir():
        assert folder.name.isdecimal()
        assert store_holds(store, folder) or not list(folder.iterdir())


def store_holds(store: ModelRegistry, folder: Path) -> bool:
    return f"good@{folder.name}" in references(store)


# Killed at each step


def test_a_killed_publication_adds_a_whole_version_or_none(before: Path) -> None:
    for store in after_each_step(before, lambda store: tiny_models.publish(store, "good", "b")):
        added = references(store) - BEFORE
        assert added <= {"good@4"}
        assert store.live().reference == "good@2"
        again = tiny_models.publish(store, "good", "c")
        assert again.number > 3
        assert references(store) == BEFORE | added | {again.reference}
        assert len(references(store)) == len(BEFORE) + len(added) + 1
        assert_nothing_is_left(store)
        assert_sound(store)


@pytest.mark.parametrize(
    ("change", "expected"),
    [(lambda store: trial.promote(store, "good@3"), "good@3"), (trial.roll_back, "good@1")],
    ids=["promotion", "rollback"],
)
def test_after_a_killed_change_the_former_or_the_new_version_is_live(
    before: Path, change: Change, expected: str
) -> None:
    seen = set()
    for store in after_each_step(before, change):
        seen.add(store.live().reference)
        assert references(store) == BEFORE
        assert trial.promote(store, "good@3") == store.live()
        assert store.roll_back().reference in {"good@2", "good@1"}
        assert_nothing_is_left(store)
    assert seen == {"good@2", expected}


@pytest.mark.parametrize("linked", [False, True], ids=["folder", "link"])
def test_a_killed_removal_leaves_the_whole_version_or_none(before: Path, linked: bool) -> None:
    folder, elsewhere = before / "good" / "3", before.with_name("elsewhere")
    if linked:
        folder.rename(elsewhere)
        folder.symlink_to(elsewhere)
    seen = set()
    for store in after_each_step(before, lambda store: store.remove("good@3")):
        there = "good@3" in references(store)
        seen.add(there)
        assert references(store) | {"good@3"} == BEFORE
        assert LocalStorage(Path(store.location)).numbers("good") == {1, 2, 3}
        assert store.live().reference == "good@2"
        if there:
            assert store.remove("good@3").reference == "good@3"
        with pytest.raises(ShakelmError, match="There is no model 'good@3'"):
            store.remove("good@3")
        assert tiny_models.publish(store, "good", "c").number == 4  # not 3 again
        assert_nothing_is_left(store)
        assert elsewhere.exists() == linked
    assert seen == {True, False}


ARRAYS: Arrays = {"network": [np.arange(3000, dtype=np.float32)]}

CONFIGURATION = plan("lstm", "char", units=(3,))


def checkpoint(steps: int) -> Checkpoint:
    metadata = CheckpointMetadata(epochs=[], best_epoch=0, ema_steps=steps, seconds=1.5, random_state={})
    return Checkpoint(metadata, ARRAYS)


def fail(sentence: str) -> None:
    raise AssertionError(sentence)


class CutShortError(Exception):
    """Ends a training, whose checkpoint stays."""


def test_a_killed_training_leaves_one_of_its_checkpoints(before: Path) -> None:
    def train(store: ModelRegistry) -> None:
        with checkpoints.claim(store.checkpoints, "good", "0", CONFIGURATION) as file:
            for steps in (1, 2):
                file.write(checkpoint(steps), fail)

    seen = []
    for store in after_each_step(before, train):
        with (
            pytest.raises(CutShortError),
            checkpoints.claim(store.checkpoints, "good", "0", CONFIGURATION) as file,
        ):
            found = file.read(ARRAYS, fail)
            seen.append(found.metadata.ema_steps if found else 0)
            assert {path.name for path in file.path.parent.iterdir()} <= {"lock", file.path.name}
            raise CutShortError
        train(store)
        assert list(store.checkpoints.iterdir()) == []
        assert references(store) == BEFORE
    assert [steps for steps, _ in itertools.groupby(seen)] == [0, 1, 2, 0]


# Many processes at once


HOLDS_THE_LOCK = """
import sys
from filelock import FileLock

with FileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_process_that_keeps_the_lock_is_named_as_the_cause(
    before: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_storage, "LOCK_TIMEOUT_S", 0.01)
    store = opened(before)
    with start_script(HOLDS_THE_LOCK, before / ".lock") as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        for change in (store.promote, store.remove):
            with pytest.raises(ShakelmError, match=r"Another process .*: try again, or end that process\.$"):
                change("good@3")
        holder.kill()
    assert store.promote("good@3") == store.live()  # the lock ends with its process


CHANGES = """
import json, os, sys
from pathlib import Path
from shakelm.decoding import trial
from shakelm.errors import ShakelmError
from shakelm.store import local_storage
from shakelm.store.registry import open_registry
from tests.support import tiny_models

store = open_registry(Path(sys.argv[1]), packaged=Path(sys.argv[1], "nothing"))
done = {"published": [], "promoted": [], "removed": []}
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    first, second = (tiny_models.publish(store, "good", "b") for _ in range(2))
    done["published"] += [first.reference, second.reference]
    for version in (first, second):
        os.utime(version.file("card.json").parent, (0, 0))  # as if it were old
    done["promoted"].append(trial.promote(store, first.reference).reference)
    for reference in (second.reference, first.reference):
        try:
            done["removed"].append(store.remove(reference).reference)
        except ShakelmError as error:
            assert error.key == "refusal.live_stays", error
print(json.dumps(done))
"""


@pytest.mark.parametrize(("processes", "rounds"), [(2, 12), (8, 4)])
def test_processes_that_change_the_store_at_once_lose_nothing(
    before: Path, processes: int, rounds: int
) -> None:
    scripts = [start_script(CHANGES, before, rounds) for _ in range(processes)]
    done = [json.loads(output) for output in run_together(scripts)]

    published, promoted, removed = (
        [reference for each in done for reference in each[what]]
        for what in ("published", "promoted", "removed")
    )
    store = opened(before)
    assert len(set(published)) == len(published) == 2 * processes * rounds
    assert len(set(removed)) == len(removed)
    assert not set(published) & BEFORE
    assert references(store) == (BEFORE | set(published)) - set(removed)
    assert store.live().reference in promoted
    alias = LiveAlias.model_validate_json((before / ".live.json").read_bytes())
    assert sorted([*alias.previous, alias.live]) == sorted(["good@1", "good@2", *promoted])
    assert_sound(store)
    assert_nothing_is_left(store)
