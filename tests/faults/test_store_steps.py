"""A process that is killed while it changes the store, before each of its steps in turn."""

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shakelm.decoding import trial
from shakelm.lifetimes import LEFTOVER_S
from shakelm.store.registry import ModelRegistry, open_registry
from shakelm.store.version import WEIGHTS
from tests.support import tiny_models

STEPS = ("open", "os.", "shutil.")
"""The beginnings of the names of Python's audit events that a step on files raises, just before it."""

Change = Callable[[ModelRegistry], object]


def killed_before(step: int, root: Path, change: Change) -> bool:
    """Change the store in a process that is killed before its n-th step in that folder.

    Returns:
        Whether it got so far. Otherwise the change was done.
    """
    steps = iter(range(step))

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(STEPS) and str(root) in str(arguments) and next(steps, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    def work() -> None:
        sys.addaudithook(count)
        change(open_registry(root))

    _, status = os.waitpid(forked(work), 0)
    assert os.waitstatus_to_exitcode(status) in (0, -signal.SIGKILL)
    return os.WIFSIGNALED(status)


def forked(work: Callable[[], object]) -> int:
    """Work in a process of its own. Returns its id; its status is 0 if the work was done."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return child


def killed_at_each_step(folder: Path, change: Change) -> Iterator[ModelRegistry]:
    """Stores with bard@1, which is live, and bard@2, which was, each after one more step of the change."""
    before = open_registry(folder / "before")
    for letter in "ab":
        tiny_models.publish(before, "bard", letter)
    for number in (2, 1):
        trial.promote(before, f"bard@{number}")
    step, killed = 0, True
    while killed:
        root = folder / str(step)
        shutil.copytree(before.location, root)
        killed = killed_before(step, root, change)
        if killed:
            yield open_registry(root)
        step += 1
    assert step > 5, "the change was not seen"


def own(store: ModelRegistry) -> list[str]:
    """The versions that are not packaged. Each of them is complete, and the live one too."""
    found = [version for version in store.versions() if not version.packaged]
    for version in (*found, store.live()):
        if not version.packaged:
            trial.check(version)
    return [version.reference for version in found]


def leftovers(store: ModelRegistry) -> list[Path]:
    """Files of versions that are no versions, without what is deleted once it is old."""
    kept = {store.find(reference).weights_file.parent for reference in own(store)}
    weights = Path(store.location).rglob(WEIGHTS)
    return [path for path in weights if path.parent not in kept and ".temporary-" not in str(path)]


def test_a_publication_is_whole_or_absent(tmp_path: Path) -> None:
    outcomes = set()
    for store in killed_at_each_step(tmp_path, lambda store: tiny_models.publish(store, "bard", "c")):
        found = own(store)
        assert found in (["bard@1", "bard@2"], ["bard@1", "bard@2", "bard@3"])
        outcomes.add(len(found))
        for leftover in Path(store.location).glob(".temporary-*"):
            os.utime(leftover, (0, LEFTOVER_S))  # as if it had been there for long
        later = tiny_models.publish(store, "bard", "c")
        assert own(store) == [*found, later.reference]
        assert list(Path(store.location).glob(".temporary-*")) == []
        assert leftovers(store) == []
    assert outcomes == {2, 3}


def test_a_promotion_is_done_or_not(tmp_path: Path) -> None:
    live = set()
    for store in killed_at_each_step(tmp_path, lambda store: trial.promote(store, "bard@2")):
        assert own(store) == ["bard@1", "bard@2"]
        live.add(store.live().reference)
        assert trial.promote(store, "bard@2").reference == "bard@2"
        assert trial.roll_back(store).reference == "bard@1"
    assert live == {"bard@1", "bard@2"}


def test_a_roll_back_is_done_or_not(tmp_path: Path) -> None:
    live = set()

    def roll_back(store: ModelRegistry) -> None:
        trial.roll_back(store)

    for store in killed_at_each_step(tmp_path, roll_back):
        live.add(store.live().reference)
        assert own(store) == ["bard@1", "bard@2"]
    assert live == {"bard@1", "bard@2"}


def test_a_removal_is_done_or_not_and_the_number_stays_taken(tmp_path: Path) -> None:
    outcomes = set()
    for store in killed_at_each_step(tmp_path, lambda store: store.remove("bard@2")):
        found = own(store)
        outcomes.add(len(found))
        assert found in (["bard@1", "bard@2"], ["bard@1"])
        later = tiny_models.publish(store, "bard", "c")
        assert later.reference == "bard@3"
        if "bard@2" in found:
            store.remove("bard@2")
        assert own(store) == ["bard@1", "bard@3"]
        assert leftovers(store) == []
    assert outcomes == {1, 2}


@pytest.mark.parametrize("processes", [2, 8])
def test_changes_at_the_same_time_are_all_done(tmp_path: Path, processes: int) -> None:
    store = open_registry(tmp_path)
    trial.promote(store, tiny_models.publish(store, "bard", "a").reference)

    def change() -> None:
        mine = tiny_models.publish(store, "bard", "b")
        trial.promote(store, mine.reference)
        spare = tiny_models.publish(store, "bard", "c")
        store.remove(spare.reference)

    children = [forked(change) for _ in range(processes)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * processes

    found = own(store)
    assert len(found) == 1 + processes
    assert store.live().reference in found[1:]
    rolled_back = {trial.roll_back(store).reference for _ in range(processes)}
    assert rolled_back | {store.live().reference} <= set(found)
    numbers = {path.name for path in (tmp_path / "bard").iterdir()}
    assert numbers == {str(number) for number in range(1, 2 + 2 * processes)}
