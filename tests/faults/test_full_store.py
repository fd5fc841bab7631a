"""The disk of the store is full, or may not be written: a small disk that is mounted for real."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shakelm.decoding import trial
from shakelm.errors import ShakelmError
from shakelm.store.registry import ModelRegistry, open_registry
from tests.support import tiny_models
from tests.support.control_client import Verse
from tests.support.discord_messages import description, labels, title
from tests.support.full_stack import Stack
from tests.support.waiting import eventually
from worker.records import model_index

SIZE_KIB = 512


def mount(folder: Path, options: str) -> None:
    """Mount a disk in memory, or change its options."""
    command = ["/bin/mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def disk(own_stack: Stack) -> Iterator[Path]:
    """A disk for the store of the stack, with bard@1, which is live."""
    folder = own_stack.store
    folder.mkdir()
    try:
        mount(folder, f"size={SIZE_KIB}k")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("only root can mount a disk of its own")
    store = open_registry(folder)
    tiny_models.publish(store, "bard", "a")
    trial.promote(store, "bard")
    try:
        yield folder
    finally:
        subprocess.run(["/bin/umount", "--lazy", folder], check=True)


def fill(folder: Path) -> Path:
    """Fill the disk to the last byte with one file."""
    ballast = folder / ".ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return ballast


def own(store: ModelRegistry) -> list[str]:
    """The versions that are not packaged."""
    return [version.reference for version in store.versions() if not version.packaged]


def test_a_full_disk_refuses_changes_in_a_sentence_and_loses_nothing(disk: Path) -> None:
    store = open_registry(disk)
    tiny_models.publish(store, "bard", "b")
    ballast = fill(disk)

    changes: list[Callable[[], object]] = [
        lambda: tiny_models.publish(store, "bard", "c"),
        lambda: trial.promote(store, "bard@2"),
    ]
    for change in changes:
        with pytest.raises(ShakelmError, match="free space on its disk"):
            change()
        assert (own(store), store.live().reference) == (["bard@1", "bard@2"], "bard@1")

    store.remove("bard@2")  # makes room, so it needs none
    assert own(store) == ["bard@1"]
    ballast.unlink()
    assert tiny_models.publish(store, "bard", "c").reference.startswith("bard@")
    assert list(disk.glob(".temporary-*")) == []


def test_a_full_disk_ends_a_training_in_the_terminal_with_a_sentence(disk: Path, own_stack: Stack) -> None:
    ballast = fill(disk)
    command = [
        sys.executable,
        "-m",
        "shakelm.cli",
        "train",
        "bard",
        "--corpus",
        own_stack.environment["SHAKELM_CORPUS"],
    ]
    small = ["--architecture", "lstm", "--vocabulary", "char", "--units", "8", "--epochs", "1"]

    def train() -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"SHAKELM_STORE": str(disk), "TF_CPP_MIN_LOG_LEVEL": "3"}
        return subprocess.run(
            [*command, *small], capture_output=True, text=True, env=environment, timeout=200
        )

    full = train()
    assert full.returncode == 1
    assert "free space on its disk" in full.stderr
    assert "Traceback" not in full.stderr
    ballast.unlink()
    room = train()
    assert room.returncode == 0, room.stderr
    assert own(open_registry(disk))[0] == "bard@1"


def test_a_full_disk_ends_a_training_in_discord_with_a_sentence(disk: Path, own_stack: Stack) -> None:
    discord = own_stack.discord
    own_stack.start_bot()
    own_stack.start_worker("verse")
    worker = own_stack.start_worker("train")
    fill(disk)
    asked = discord.ask(
        "/admin train name: bard architecture: lstm vocabulary: char units: 8 epochs: 1", "teacher"
    )
    assert labels(asked) == ["Start", "Cancel"], asked
    started = discord.answer(
        discord.press("Start", asked["id"], "teacher"),
        lambda message: "is in the queue" in description(message),
    )
    message = description(started).rpartition("/")[2]

    final = discord.message(message, lambda seen: "failed" in title(seen))

    assert "The disk of the store of models is full" in description(final)
    assert str(disk) not in str(final)
    assert "Traceback" not in worker.output
    assert Verse.read(discord.ask("/verse lines: 1")).model == "bard@1"


def test_a_store_that_cannot_be_written_keeps_its_verses(disk: Path, own_stack: Stack) -> None:
    discord = own_stack.discord
    tiny_models.publish(open_registry(disk), "bard", "b")
    mount(disk, "remount,ro")
    own_stack.start_bot()
    worker = own_stack.start_worker("verse")
    eventually(lambda: model_index.load(own_stack.redis), "an index")

    assert Verse.read(discord.ask("/verse lines: 1")).model == "bard@1"
    refused = discord.ask("/admin promote model: bard@2", "teacher")
    assert "did not work" in str(refused["embeds"])
    assert str(disk) not in str(refused)
    assert Verse.read(discord.ask("/verse lines: 1")).model == "bard@1"
    mount(disk, "remount,rw")
    discord.ask("/admin promote model: bard@2", "teacher")
    assert Verse.read(discord.ask("/verse lines: 1")).model == "bard@2"
    assert "Traceback" not in worker.output
