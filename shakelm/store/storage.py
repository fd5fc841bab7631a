"""The storage seam: what the model registry needs of the place where versions are kept.

A version has a name and a number, consists of files and never changes. The live alias is one small document
that changes only by compare-and-set. `local_storage` keeps both in a folder. Every implementation must pass
the contract in `tests/shakelm/store/test_storage.py`.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

WriteFiles = Callable[[Path, int], None]
"""Called with an empty local folder and a version's number; writes the files of the version there."""


class VersionFiles(Protocol):
    """Read access to versions. Two objects for the same place are equal and have the same hash.

    Every method raises ShakelmError if the place cannot be read.
    """

    def versions(self) -> Iterator[tuple[str, int]]:
        """Yield the name and the number of each complete version, in any order."""

    def numbers(self, name: str) -> set[int]:
        """Return the numbers of that name that are taken: by complete, unfinished and removed versions."""

    def holds(self, name: str, number: int) -> bool:
        """Return whether there is a complete version of that name and number."""

    def file(self, name: str, number: int, file: str) -> Path:
        """Return the local path of one of a version's files; it does not exist if the file is missing.

        A path lets weights be mapped into memory. A remote implementation downloads the file into a cache,
        once: versions never change.
        """


class Storage(VersionFiles, Protocol):
    """Read and write access to versions, and the live alias. Any number of processes may use it at once.

    Reading needs no permission to write. A place that does not exist yet holds nothing. Every method raises
    ShakelmError if the place cannot be read, or cannot be written where the method writes.
    """

    @property
    def location(self) -> str:
        """The place, as messages name it."""

    @property
    def alias_location(self) -> str:
        """The place of the live alias, as messages name it."""

    @property
    def checkpoints(self) -> Path:
        """A local folder for the checkpoints of trainings. It may not exist yet."""

    def prepare(self) -> None:
        """Check that versions can be written, and create what that needs; leave nothing else behind."""

    def publish(self, name: str, write: WriteFiles, above: int = 0) -> int:
        """Add a version under a number that is above `above` and above all numbers taken for that name.

        The version appears, complete and durable, after `write` returns. If `write` raises, nothing is
        added, and the error goes on to the caller. No two calls ever get the same number.

        Returns:
            The number of the version.
        """

    def read_alias(self) -> bytes | None:
        """Return the live alias as it was last set, or None if it was never set."""

    def compare_and_set_alias(
        self, expected: bytes | None, alias: bytes, needs: tuple[str, int] | None = None
    ) -> bool:
        """Set the live alias in one step if it still is `expected`, as `read_alias` returned it.

        `needs` is the name and number of a version that must still be complete at that moment.

        Returns:
            Whether the alias was set. False means that another process was faster.
        """

    def remove(self, name: str, number: int, alias: bytes | None) -> bool:
        """Delete a version in one step if the live alias still is `alias`. Its number stays taken.

        Returns:
            Whether the version was deleted. False means that another process was faster: it set the alias, or
            deleted the version.
        """
