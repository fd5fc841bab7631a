"""Versions in a local folder: its files, a publisher that is killed, and a folder that cannot be used."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shakelm.errors import ShakelmError
from shakelm.lifetimes import LEFTOVER_S
from shakelm.store.local_storage import LocalStorage
from tests.support.module_process import run_together, start_script


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    """A folder that does not exist yet."""
    return LocalStorage(tmp_path / "store")


def write(folder: Path, number: int) -> None:
    (folder / "weights.safetensors").write_text(f"weights {number}")
    (folder / "card.json").write_text("{}")


def test_a_version_is_a_folder(storage: LocalStorage) -> None:
    storage.publish("sonnets", write)
    assert storage.file("sonnets", 1, "card.json") == storage.root / "sonnets" / "1" / "card.json"
    assert sorted(path.name for path in (storage.root / "sonnets" / "1").iterdir()) == [
        "card.json",
        "weights.safetensors",
    ]


def test_foreign_files_are_no_versions(storage: LocalStorage) -> None:
    storage.publish("sonnets", write)
    (storage.root / "README").write_text("hello")
    (storage.root / "notes.txt").write_text("hello")
    (storage.root / "sonnets" / "draft").mkdir()
    (storage.root / "sonnets" / "2").mkdir()
    assert list(storage.versions()) == [("sonnets", 1)]
    assert not storage.holds("sonnets", 2)
    assert storage.numbers("sonnets") == {1, 2}


def test_reading_writes_nothing(storage: LocalStorage) -> None:
    def read() -> None:
        list(storage.versions()), storage.numbers("sonnets"), storage.read_alias()
        storage.holds("sonnets", 1), storage.file("sonnets", 1, "card.json")

    read()
    assert not storage.root.exists()
    storage.publish("sonnets", write)
    storage.compare_and_set_alias(None, b"{}")
    before = sorted((path, path.stat().st_mtime_ns) for path in storage.root.rglob("*"))
    read()
    assert sorted((path, path.stat().st_mtime_ns) for path in storage.root.rglob("*")) == before


def test_preparing_leaves_nothing_behind(storage: LocalStorage) -> None:
    storage.prepare()
    assert list(storage.root.iterdir()) == []


def test_a_publisher_that_fails_leaves_no_file(storage: LocalStorage) -> None:
    def fail(folder: Path, number: int) -> None:
        write(folder, number)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        storage.publish("sonnets", fail)
    assert not [path for path in storage.root.rglob("*") if path != storage.root / "sonnets"]
    assert storage.publish("sonnets", write) == 1


def test_a_full_disk_is_told_with_its_cure(storage: LocalStorage) -> None:
    def fill(_folder: Path, _number: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(ShakelmError, match="free space on its disk"):
        storage.publish("sonnets", fill)
    assert list(storage.versions()) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    storage = LocalStorage(tmp_path / "file" / "store")
    for call in (
        storage.prepare,
        lambda: storage.publish("sonnets", write),
        lambda: storage.compare_and_set_alias(None, b"{}"),
        lambda: storage.remove("sonnets", 1, None),
    ):
        with pytest.raises(ShakelmError, match=r"cannot be written .*SHAKELM_STORE"):
            call()
    assert list(storage.versions()) == []
    assert storage.read_alias() is None


def test_a_store_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ShakelmError, match=r"cannot be read .*SHAKELM_STORE"):
        list(LocalStorage(tmp_path / "file").versions())


def test_an_alias_that_cannot_be_read_is_told(storage: LocalStorage) -> None:
    (storage.root / ".live.json").mkdir(parents=True)
    with pytest.raises(ShakelmError, match=r"live\.json cannot be read .*: delete that file"):
        storage.read_alias()


KILLED = """
import sys
from pathlib import Path
from shakelm.store.local_storage import LocalStorage

def write(folder, number):
    (folder / "card.json").write_text("{}")
    (folder / "weights.safetensors").write_bytes(bytes(1000))
    print("half", flush=True)
    sys.stdin.readline()

LocalStorage(Path(sys.argv[1])).publish("sonnets", write)
"""


def test_a_killed_publisher_leaves_no_version(storage: LocalStorage) -> None:
    command = [sys.executable, "-c", KILLED, str(storage.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        assert not storage.holds("sonnets", 1)
        process.kill()
    assert list(storage.versions()) == []
    [leftover] = storage.root.glob(".*")
    number = storage.publish("sonnets", write)
    assert storage.file("sonnets", number, "weights.safetensors").read_text() == f"weights {number}"
    assert list(storage.versions()) == [("sonnets", number)]
    assert leftover.exists()  # young: it might belong to a publisher at work
    long_ago = time.time() - LEFTOVER_S - 60
    os.utime(leftover, (long_ago, long_ago))
    storage.publish("sonnets", write)
    assert not leftover.exists()


PUBLISHES = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from shakelm.store.local_storage import LocalStorage

def write(folder, number):
    (folder / "weights.safetensors").write_text(f"{sys.argv[2]} {number}")
    (folder / "card.json").write_text("{}")

storage = LocalStorage(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
sys.setswitchinterval(1e-6)  # threads meet at every step
barrier = Barrier(5)

def publish(_):
    barrier.wait()
    return storage.publish("sonnets", write)

with ThreadPoolExecutor(5) as pool:
    for number in pool.map(publish, range(25)):
        print(number)
"""


def test_processes_that_publish_at_once_get_numbers_of_their_own(storage: LocalStorage) -> None:
    outputs = run_together([start_script(PUBLISHES, storage.root, publisher) for publisher in "abcd"])
    given = {
        int(number): publisher
        for publisher, output in zip("abcd", outputs, strict=True)
        for number in output.split()
    }
    assert sorted(given) == list(range(1, 101))
    for number, publisher in given.items():
        weights = storage.file("sonnets", number, "weights.safetensors")
        assert weights.read_text() == f"{publisher} {number}"
    assert not list(storage.root.glob(".temporary-*"))
