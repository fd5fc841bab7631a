"""Versions in a local folder.

A version is the folder `NAME/NUMBER`. A publisher claims the number by creating that folder, writes the files
in a temporary folder and renames it to the claimed one. An empty folder is thus an unfinished version, or a
removed one whose number is never given again. The names of all other files begin with a dot, which no name
of a model does.
"""

import errno
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
from shakelm.files import flush, write_atomically
from shakelm.lifetimes import LEFTOVER_S
from shakelm.store.storage import WriteFiles
from shakelm.store.version import CARD

LOCK_TIMEOUT_S = 30

_TEMPORARY_PREFIX = ".temporary-"

_REMOVED = ".removed"
"""The name that the card of a version gets first when the version is removed."""


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
        return {int(path.name) for path in folder.iterdir() if re.fullmatch(VERSION_PATTERN, path.name)}

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
            folder = self._folder(name, number)
            if folder.is_symlink():  # what it points to is not the store's
                folder.unlink()
                folder.mkdir()
                return True
            # From here on the version is removed, even if this process is killed. Its number stays taken.
            (folder / CARD).rename(folder / _REMOVED)
            _empty(folder)
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
        """Delete what killed processes have left."""
        for removed in self.root.glob(f"[!.]*/*/{_REMOVED}"):
            with suppress(OSError):  # another process does the same
                _empty(removed.parent)
        for leftover in self.root.glob(f"{_TEMPORARY_PREFIX}*"):
            try:
                age = time.time() - leftover.stat().st_mtime
            except FileNotFoundError:
                continue  # its publisher has just finished
            if age > LEFTOVER_S:
                shutil.rmtree(leftover, ignore_errors=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock of the live alias, which one process at a time can do."""
        from filelock import FileLock

        with self._writing():
            self.root.mkdir(parents=True, exist_ok=True)
            with FileLock(self.root / ".lock", timeout=LOCK_TIMEOUT_S):
                yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
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


def _empty(folder: Path) -> None:
    """Delete everything in the folder of a removed version, last the mark that it is removed."""
    for path in sorted(folder.iterdir(), key=lambda path: path.name == _REMOVED):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
