"""A store whose disk is full or read-only: one sentence says why and what helps, and nothing is lost."""

import itertools
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from shakelm.decoding import trial
from shakelm.errors import ShakelmError
from shakelm.store.registry import ModelRegistry, open_registry
from shakelm.store.version import Version
from shakelm.training import checkpoints
from shakelm.training.checkpoints import Checkpoint, CheckpointMetadata
from shakelm.training.progress import Discarded
from shakelm.training_options import plan
from tests.support import tiny_models
from tests.support.control_client import Verse
from tests.support.discord_messages import description, title
from tests.support.fault_causes.small_disk import SmallDisk, mounted, mounts_disks
from tests.support.full_stack import Stack
from tests.support.waiting import eventually
from worker.messages import catalog
from worker.records import model_index

FULL = r"cannot be written \(No space left on device\): free space on its disk and try again, or name"
READ_ONLY = r"cannot be written \(Read-only file system\): make that folder writable, or name"

Change = Callable[[ModelRegistry], Version]
Fill = Callable[[SmallDisk, int], None]


def publish(store: ModelRegistry) -> Version:
    """Publish good, whose files Python writes, as those of a training."""

    def write(folder: Path, number: int) -> None:
        with tempfile.TemporaryDirectory() as elsewhere:
            tiny_models.write_network(Path(elsewhere), "b")
            tiny_models.write_description(Path(elsewhere), "good", number)
            for file in Path(elsewhere).iterdir():
                (folder / file.name).write_bytes(file.read_bytes())

    return store.publish("good", write)


def promote(store: ModelRegistry) -> Version:
    return trial.promote(store, "good@3")


def remove(store: ModelRegistry) -> Version:
    return store.remove("good@1")  # which was live: the way back names it


def filled_store(disk: SmallDisk) -> ModelRegistry:
    """A store on the disk with three versions, of which good@2 is live."""
    store = open_registry(disk.folder / "store", packaged=disk.folder / "nothing")
    for _ in range(3):
        publish(store)
    for reference in ("good@1", "good@2"):
        trial.promote(store, reference)
    return store


def entries(store: ModelRegistry) -> set[Path]:
    """All files and folders of a store."""
    return set(Path(store.location).rglob("*"))


def refused(store: ModelRegistry, change: Change, sentence: str) -> bool:
    """Try a change, which must leave everything as it was if it is refused; whether it was."""
    before = entries(store)
    try:
        change(store)
    except ShakelmError as error:
        assert re.search(sentence, str(error)), error
        assert "\n" not in str(error)
        assert entries(store) == before
        for version in [*store.versions(), store.live()]:
            trial.check(version)
        assert store.live().reference == "good@2"
        return True
    return False


FILLS = pytest.mark.parametrize("fill", [SmallDisk.fill, SmallDisk.fill_entries], ids=["content", "entries"])


@FILLS
@pytest.mark.parametrize("change", [publish, promote])
@mounts_disks
def test_a_full_disk_refuses_a_change_until_there_is_room(tmp_path: Path, change: Change, fill: Fill) -> None:
    with mounted(tmp_path / "disk") as disk:
        store = filled_store(disk)
        for left in itertools.count():
            fill(disk, left)
            if not refused(store, change, FULL):
                break
        assert left > 0
        print(f"refused with room for 0 to {left - 1}")
        assert {version.reference for version in store.versions()} >= {"good@1", "good@2", "good@3"}
        assert len(store.versions()) == (4 if change is publish else 3)
        trial.check(store.live())
        assert store.live().reference == ("good@3" if change is promote else "good@2")


@FILLS
@mounts_disks
def test_a_removal_makes_room_on_a_full_disk(tmp_path: Path, fill: Fill) -> None:
    with mounted(tmp_path / "disk") as disk:
        store = filled_store(disk)
        fill(disk, 0)
        assert refused(store, publish, FULL)

        for reference in ("good@1", "good@3"):  # one leaves less room than a new one takes: its folder stays
            assert store.remove(reference).reference == reference

        assert publish(store).number == 4
        assert [version.number for version in store.versions()] == [2, 4]
        assert store.live().reference == "good@2"


@mounts_disks
def test_a_read_only_store_refuses_changes_and_is_read(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk") as disk:
        store = filled_store(disk)
        changes: tuple[Change, ...] = (publish, promote, remove, trial.roll_back)
        disk.forbid_writing()
        for change in changes:
            assert refused(store, change, READ_ONLY)
        disk.allow_writing()
        assert publish(store).number == 4
        assert promote(store) == store.live()
        assert trial.roll_back(store).reference == "good@2"
        assert remove(store).reference == "good@1"


@mounts_disks
def test_a_full_disk_refuses_the_folder_of_a_training(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk") as disk:
        for left in itertools.count():
            disk.fill_entries(left)
            try:
                with checkpoints.claim(disk.folder / "checkpoints", "good", "0", plan("lstm", "char")):
                    break
            except ShakelmError as error:
                assert re.search(FULL, str(error)), error
                assert error.key == "refusal.store_full"
        assert left > 0


@pytest.mark.parametrize("discarded", [False, True])
@mounts_disks
def test_the_end_of_a_training_stands_where_its_checkpoint_cannot_be_removed(
    tmp_path: Path, discarded: bool
) -> None:
    said: list[str] = []
    metadata = CheckpointMetadata(epochs=[], best_epoch=0, ema_steps=0, seconds=1, random_state={})
    with mounted(tmp_path / "disk") as disk:
        claimed = checkpoints.claim(disk.folder / "checkpoints", "good", "0", plan("lstm", "char"))
        with pytest.raises(Discarded) if discarded else nullcontext(), claimed as file:
            file.write(Checkpoint(metadata, {}), said.append)
            disk.pin(file.path)
            file.write(Checkpoint(metadata, {}), said.append)
            if discarded:
                raise Discarded
        assert file.path.exists()
    (sentence,) = said
    assert re.search(r"no checkpoint \(Device or resource busy\): make writable .*good-\w+; the", sentence)


# The command


def shakelm(disk: SmallDisk, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `shakelm` with the store of the disk."""
    return subprocess.run(
        [sys.executable, "-m", "shakelm.cli", *arguments],
        env=os.environ | {"SHAKELM_STORE": str(disk.folder / "store"), "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )


@mounts_disks
def test_commands_say_that_the_store_cannot_be_written(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("To be, or not to be: that is the question.\n" * 300)
    with mounted(tmp_path / "disk") as disk:
        filled_store(disk)
        for prevent, sentence, commands in (
            (disk.fill, FULL, ("models promote good@3",)),
            (
                disk.forbid_writing,
                READ_ONLY,
                ("models promote good@3", "models remove good@1 --yes", f"train good --corpus {corpus}"),
            ),
        ):
            prevent()
            for command in commands:
                done = shakelm(disk, *command.split())
                assert re.fullmatch(f"shakelm: The store .* {sentence} .*\n", done.stderr), done.stderr
                assert (done.returncode, done.stdout) == (1, "")


@mounts_disks
def test_a_training_that_ends_on_a_full_disk_says_so_and_goes_on_with_room(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("To be, or not to be: that is the question.\n" * 300)
    options = f"--corpus {corpus} --architecture simple-rnn --vocabulary char --units 8 --epochs 1 --batch 64"
    command = f"train good {options}".split()
    with mounted(tmp_path / "disk") as disk:
        store = filled_store(disk)
        disk.fill()
        full = shakelm(disk, *command)
        *notices, last = full.stderr.splitlines()
        assert re.fullmatch(f"shakelm: The store .* {FULL} .*", last), full.stderr
        assert any(line.startswith("Epoch 1 has no checkpoint (No space left") for line in notices)
        assert "Traceback" not in full.stderr
        assert full.returncode == 1
        assert len(store.versions()) == 3
        assert store.live().reference == "good@2"

        disk.empty()
        again = shakelm(disk, *command)
        assert again.returncode == 0, again.stderr
        trial.check(store.find("good@4"))


# The workers


@mounts_disks
def test_verses_go_on_where_the_store_is_read_only(own_stack: Stack) -> None:
    discord = own_stack.discord
    with mounted(own_stack.folder / "disk") as disk:
        own_stack.environment["SHAKELM_STORE"] = filled_store(disk).location
        own_stack.start_bot()
        worker = own_stack.start_worker("verse")
        eventually(lambda: model_index.load(own_stack.redis), "an index")
        disk.forbid_writing()

        verses = [Verse.read(discord.ask("/verse lines: 1")) for _ in range(3)]
        assert {verse.model for verse in verses} == {"good@2"}
        for command in ("promote model: good@3", "rollback", "remove model: good@1"):
            answer = discord.ask(f"/admin {command}", "teacher")
            if "remove" in command:
                answer = discord.answer(discord.press("Remove good@1", answer["id"], "teacher"))
            assert catalog.text("en-US", "refusal.store") in description(answer)

        disk.allow_writing()
        discord.ask("/admin promote model: good@3", "teacher")
        assert Verse.read(discord.ask("/verse lines: 1")).model == "good@3"
        assert "Traceback" not in worker.output


@mounts_disks
def test_a_teacher_is_told_that_a_training_found_a_full_disk(own_stack: Stack) -> None:
    discord = own_stack.discord
    with mounted(own_stack.folder / "disk") as disk:
        store = filled_store(disk)
        own_stack.environment["SHAKELM_STORE"] = store.location
        own_stack.start_bot()
        worker = own_stack.start_worker("train")
        disk.fill()
        asked = discord.ask(
            "/admin train architecture: simple-rnn vocabulary: char units: 8 epochs: 1 name: good", "teacher"
        )
        pressed = discord.press("Start", asked["id"], "teacher")
        started = discord.answer(pressed, lambda message: "is in the queue" in description(message))
        message = description(started).rpartition("/")[2]

        failed = discord.message(message, lambda message: "failed" in title(message))

        assert catalog.text("en-US", "refusal.store_full") in description(failed)
        assert "Traceback" not in worker.output
        assert len(store.versions()) == 3
        assert store.live().reference == "good@2"
