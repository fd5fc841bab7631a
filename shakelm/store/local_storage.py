"""Versions in a local folder.

A version is the folder `NAME/NUMBER`. A publisher claims the number by creating that folder, writes the files
in a temporary folder and renames it to the claimed one. An empty folder is thus an unfinished version, or a
removed one whose number is never given again. While the files of a removed version are deleted, they lie in
`NAME/.removed-NUMBER`. The names of all other files begin with a dot, which no name of a model does.

A process that is killed leaves a version, and the live alias, as they were or as they should become. The next
publisher deletes what else it left: the files of a removed version at once, temporary files after a day.
"""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from shakelm.configuration import NAME_PATTERN, VERSION_PATTERN
from shakelm.errors import ShakelmError
from shakelm.files import flush, is_full, leftovers, write_atomically
from shakelm.lifetimes import LEFTOVER_S
from shakelm.store.storage import WriteFiles
from shakelm.store.version import CARD

LOCK_TIMEOUT_S = 30

_TEMPORARY_PREFIX = ".temporary-"

_REMOVED_PREFIX = ".removed-"


@dataclass(frozen=True)
class LocalStorage:
    """The storage in the folder `root`, which may not exist yet. `Storage` describes the methods."""

    root: Path

    @property
    def location(self) -> str:
        """The path of the folder."""
        return str(self.root)

    @property
    def alias_location(self) -> str:
        """The path of the live alias."""
        return str(self._alias)

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints."""
        return self.root / ".checkpoints"

    @property
    def _alias(self) -> Path:
        return self.root / ".live.json"

    def versions(self) -> Iterator[tuple[str, int]]:
        """Yield the name and the number of each complete version."""
        with self._reading():
            for folder in self.root.iterdir() if self.root.exists() else ():
                if re.fullmatch(NAME_PATTERN, folder.name) and folder.is_dir():
                    for number in self.numbers(folder.name):
                        if self.holds(folder.name, number):
                            yield folder.name, number

    def numbers(self, name: str) -> set[int]:
        """Return the numbers of that name that are taken."""
        folder = self.root / name
        if not folder.is_dir():
            return set()
        names = [path.name.removeprefix(_REMOVED_PREFIX) for path in folder.iterdir()]
        return {int(name) for name in names if re.fullmatch(VERSION_PATTERN, name)}

    def holds(self, name: str, number: int) -> bool:
        """Return whether there is a complete version of that name and number."""
        with self._reading():
            return self.file(name, number, CARD).is_file()

    def file(self, name: str, number: int, file: str) -> Path:
        """Return the path of one of a version's files."""
        return self._folder(name, number) / file

    def prepare(self) -> None:
        """Check that versions can be written."""
        with self._writing():
            self.root.mkdir(parents=True, exist_ok=True)
            probe = self._temporary()
            probe.mkdir()
            probe.rmdir()

    def publish(self, name: str, write: WriteFiles, above: int = 0) -> int:
        """Add a version and return its number."""
        self.prepare()
        with self._writing():
            self._sweep()
            number = self._claim(name, above)
            claimed = self._folder(name, number)
            folder = self._temporary()
            try:
                folder.mkdir()
                write(folder, number)
                for file in folder.iterdir():
                    flush(file)
                flush(folder)
                folder.rename(claimed)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                with suppress(OSError):
                    claimed.rmdir()
                raise
            flush(claimed.parent)
        return number

    def read_alias(self) -> bytes | None:
        """Return the live alias."""
        with self._reading():
            if not self._alias.exists():
                return None
        try:
            return self._alias.read_bytes()
        except OSError as error:
            raise ShakelmError(
                f"{self._alias} cannot be read ({error.strerror}): delete that file and promote a model "
                "again.",
                key="refusal.store",
            ) from error

    def compare_and_set_alias(
        self, expected: bytes | None, alias: bytes, needs: tuple[str, int] | None = None
    ) -> bool:
        """Set the live alias if it still is `expected` and the needed version is there."""
        with self._locked():
            if self.read_alias() != expected or not (needs is None or self.holds(*needs)):
                return False
            write_atomically(self._alias, alias)
            return True

    def remove(self, name: str, number: int, alias: bytes | None) -> bool:
        """Delete a version if the live alias still is `alias`."""
        with self._locked():
            if self.read_alias() != alias or not self.holds(name, number):
                return False
            removed = self.root / name / f"{_REMOVED_PREFIX}{number}"
            self._folder(name, number).rename(removed)  # its name keeps the number, even if this process dies
            _bury(removed)
            return True

    def _folder(self, name: str, number: int) -> Path:
        return self.root / name / str(number)

    def _temporary(self) -> Path:
        return self.root / f"{_TEMPORARY_PREFIX}{uuid4().hex}"

    def _claim(self, name: str, above: int) -> int:
        """Create the folder of the next number, which fails for all but one of several processes."""
        (self.root / name).mkdir(exist_ok=True)
        while True:
            number = max(self.numbers(name) | {above}) + 1
            try:
                self._folder(name, number).mkdir()
            except FileExistsError:
                continue
            return number

    def _sweep(self) -> None:
        """Delete what killed processes left, as far as possible."""
        # Only in the folders of names: others may vanish in the meantime.
        for removed in self.root.glob(f"[!.]*/{_REMOVED_PREFIX}*"):
            with suppress(OSError):
                _bury(removed)
        for leftover in [*self.root.glob(f"{_TEMPORARY_PREFIX}*"), *leftovers(self._alias)]:
            with suppress(OSError):  # its process may just have finished
                if time.time() - leftover.lstat().st_mtime > LEFTOVER_S:
                    _delete(leftover)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock of the live alias, which one process at a time can do."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.root / ".lock")
        with self._writing():
            self.root.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire(timeout=LOCK_TIMEOUT_S)
            except Timeout as error:
                raise ShakelmError(
                    f"Another process has been changing the store {self.root} for {LOCK_TIMEOUT_S:g} "
                    "seconds: try again, or end that process.",
                    key="refusal.store",
                ) from error
            try:
                yield
            finally:
                lock.release()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            full = is_full(error)
            cure = "free space on its disk and try again" if full else "make that folder writable"
            raise ShakelmError(
                f"The store {self.root} cannot be written ({error.strerror or error}): {cure}, or name "
                "another one in SHAKELM_STORE.",
                key="refusal.store_full" if full else "refusal.store",
            ) from error

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ShakelmError(
                f"The store {self.root} cannot be read ({error.strerror or error}): check that it is a "
                "folder that you may read, or name another one in SHAKELM_STORE.",
                key="refusal.store",
            ) from error


def _bury(removed: Path) -> None:
    """Delete the files of a removed version, and leave an empty folder that keeps its number.

    The files go first, because a full disk may have no room for the folder. Several processes may do this.
    """
    with suppress(FileNotFoundError):  # another process was faster
        if not removed.is_symlink():
            for file in removed.iterdir():
                _delete(file)
        removed.with_name(removed.name.removeprefix(_REMOVED_PREFIX)).mkdir(exist_ok=True)
        _delete(removed)


def _delete(path: Path) -> None:
    """Delete a file, a folder with its files, or a link, but not what a link points to."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
