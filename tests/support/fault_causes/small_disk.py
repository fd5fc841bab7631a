"""Disks of one megabyte, mounted for real, that fill up or can no longer be written."""

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

MOUNT = ("mount", "-t", "tmpfs", "-o", "size=1m,nr_inodes=200", "tmpfs")

BLOCK_BYTES = os.sysconf("SC_PAGE_SIZE")
"""The least that a file with content takes."""

OWN_NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")


@dataclass(frozen=True)
class SmallDisk:
    """A disk that is mounted at `folder`."""

    folder: Path

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"

    def fill(self, blocks_left: int = 0) -> None:
        """Fill the disk with the content of a file, but for so many blocks."""
        self.empty()
        with self._filler.open("wb", buffering=0) as file:
            file.write(bytes(self._blocks_free() * BLOCK_BYTES - blocks_left * BLOCK_BYTES))
        assert self._blocks_free() == blocks_left

    def fill_entries(self, entries_left: int = 0) -> None:
        """Fill the disk with empty files, until so many more files or folders have room."""
        self.empty()
        self._filler.mkdir()
        for number in range(os.statvfs(self.folder).f_favail - entries_left):
            (self._filler / str(number)).touch()
        assert os.statvfs(self.folder).f_favail == entries_left

    def empty(self) -> None:
        """Make room again."""
        if self._filler.is_dir():
            shutil.rmtree(self._filler)
        self._filler.unlink(missing_ok=True)

    def forbid_writing(self) -> None:
        """Mount the disk read-only."""
        _run("mount", "-o", "remount,ro", self.folder)

    def allow_writing(self) -> None:
        """Mount the disk writable again."""
        _run("mount", "-o", "remount,rw", self.folder)

    def pin(self, file: Path) -> None:
        """Let a file be neither replaced nor removed: the kernel refuses that to what is mounted."""
        _run("mount", "--bind", file, file)

    def _blocks_free(self) -> int:
        free = os.statvfs(self.folder)
        return free.f_bavail * free.f_bsize // BLOCK_BYTES


@contextmanager
def mounted(folder: Path) -> Iterator[SmallDisk]:
    """A small disk at `folder`, which is created."""
    folder.mkdir()
    _run(*MOUNT, folder)
    try:
        yield SmallDisk(folder)
    finally:
        _run("umount", "--lazy", folder)


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True)


def mounts_disks(test: Callable[..., None]) -> Callable[..., None]:
    """Let a test mount disks: as root here, or else in a process of its own where it counts as root."""

    @functools.wraps(test)
    def run(*arguments: object, **fixtures: object) -> None:
        if _can_mount():
            test(*arguments, **fixtures)
        elif _can_mount(*OWN_NAMESPACE):
            _run_again_as_root()
        else:
            pytest.skip("neither root nor `unshare --user` can mount a disk here")

    return run


@functools.cache
def _can_mount(*prefix: str) -> bool:
    if prefix and shutil.which(prefix[0]) is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        script = f'{" ".join(MOUNT)} "$0" && umount "$0"'
        return subprocess.run([*prefix, "sh", "-c", script, folder], capture_output=True).returncode == 0


def _run_again_as_root() -> None:
    test = os.environ["PYTEST_CURRENT_TEST"].rpartition(" ")[0]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pytest", "-q", f"--basetemp={folder}/tests", test]
        done = subprocess.run(
            [*OWN_NAMESPACE, *command], env=environment, capture_output=True, text=True, check=False
        )
    print(done.stdout)
    assert done.returncode == 0, f"{test} failed in its own namespace"
