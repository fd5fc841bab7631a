"""The store: immutable versions of models in a folder, and the pointer to the live one.

A version is the folder `NAME/NUMBER` with weights, vocabulary, configuration, history and card. Its
number is claimed by creating that folder, and its content is moved there in one step once it is
complete; an empty folder is thus a version in the making, or a removed one whose number is never
given again. Everything else in the store's folder has a name with a leading dot, which no model has.
Versions that ship with the package lie in a second folder that is only read.
"""

import errno
import re
import shutil
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar
from uuid import uuid4

from pydantic import BaseModel, StringConstraints, ValidationError

from shakelm.configuration import NAME_PATTERN, Configuration, Settings
from shakelm.errors import ShakelmError
from shakelm.files import flush, write_atomically
from shakelm.lifetimes import LEFTOVER_S
from shakelm.store.card import Card, History, Reference

DEFAULT = "shakespeare-char"
"""The packaged model that is live until another is promoted."""

PACKAGED = Path(__file__).parent.parent / "packaged"

LOCK_TIMEOUT_S = 30

_NUMBER_PATTERN = r"[1-9][0-9]{0,8}"
_TEMPORARY_PREFIX = ".temporary-"

_Exact = Annotated[str, StringConstraints(pattern=rf"^{NAME_PATTERN}@{_NUMBER_PATTERN}$")]
_M = TypeVar("_M", bound=BaseModel)


@dataclass(frozen=True)
class Version:
    """One version of a model: where it lies, and what its files say."""

    name: str
    number: int
    folder: Path
    packaged: bool

    @property
    def reference(self) -> str:
        """NAME@NUMBER."""
        return f"{self.name}@{self.number}"

    @property
    def weights(self) -> Path:
        """The safetensors file of named arrays."""
        return self.folder / "weights.safetensors"

    @property
    def vocabulary(self) -> Path:
        """The JSON file of the vocabulary."""
        return self.folder / "vocabulary.json"

    def card(self) -> Card:
        """How the version came to be and how good it is; raises like `read`."""
        return self.read("card.json", Card)

    def history(self) -> History:
        """The epochs of its training; raises like `read`."""
        return self.read("history.json", History)

    def configuration(self) -> Configuration:
        """What is needed to build its network again; raises like `read`."""
        return self.read("configuration.json", Configuration)

    def read(self, file: str, model: type[_M]) -> _M:
        """Read and validate one of the version's JSON files.

        Raises:
            ShakelmError: the file is missing or damaged.
        """
        cure = "install the package again" if self.packaged else f"remove {self.reference}, or train it again"
        return _read(self.folder / file, model, cure)


class _Pointer(Settings):
    """The live version and the formerly live ones, oldest first, as NAME@NUMBER."""

    live: _Exact
    previous: tuple[_Exact, ...] = ()


def default_root() -> Path:
    """The user's folder of models; it may not exist yet."""
    from platformdirs import user_data_path

    return user_data_path("shakelm", appauthor=False) / "models"


class Store:
    """The versions below `root` (by default `default_root()`) and those that ship with the package.

    `checkpoints` is the folder of trainings that are not done; whoever trains looks after it.

    Any number of processes may read and write at once. Reading needs no permission to write, and a
    folder that does not exist yet is an empty store. Every method raises ShakelmError where the
    folder cannot be read, or written where the method writes.
    """

    def __init__(self, root: Path | None = None, packaged: Path = PACKAGED) -> None:
        """Refer to a store; nothing is read or created yet."""
        self.root = default_root() if root is None else root
        self._packaged = packaged
        self._pointer_file = self.root / ".live.json"
        self.checkpoints = self.root / ".checkpoints"

    def versions(self) -> list[Version]:
        """All complete versions, by name and number."""
        found = {version.reference: version for version in self._scan(self._packaged, packaged=True)}
        # A version that was trained here before the package came to use its number stays what it was.
        found |= {version.reference: version for version in self._scan(self.root, packaged=False)}
        return sorted(found.values(), key=lambda version: (version.name, version.number))

    def find(self, reference: str | None) -> Version:
        """The version NAME@NUMBER, the newest one called NAME, or the live one for None.

        Raises:
            ShakelmError: it does not exist, or the reference is malformed.
        """
        if reference is None:
            return self.live()
        wanted = Reference.parse(reference)
        version = self._newest(wanted.name) if wanted.version is None else self._exact(reference)
        if version is None:
            references = ", ".join(version.reference for version in self.versions()) or "none"
            known = textwrap.shorten(references, 300, placeholder=" ...")
            raise ShakelmError(
                f"There is no model {reference!r} (known: {known}): choose one of these, or train it with "
                "`shakelm train`."
            )
        return version

    def live(self) -> Version:
        """The version that answers where none is named.

        Raises:
            ShakelmError: it no longer exists, or nothing was promoted and no model ships with the package.
        """
        reference = self._live_reference(self._pointer())
        if reference is None:
            raise ShakelmError(
                "No model is live: train one with `shakelm train`, and promote it with "
                "`shakelm models promote NAME`."
            )
        version = self._exact(reference)
        if version is None:
            raise ShakelmError(
                f"The live model {reference} is no longer in the store {self.root}: promote another with "
                "`shakelm models promote NAME`."
            )
        return version

    def is_live(self, version: Version) -> bool:
        """Whether it is the version that answers where none is named."""
        return version.reference == self._live_reference(self._pointer())

    def promote(self, reference: str) -> Version:
        """Make NAME@NUMBER, or the newest version called NAME, the live one.

        Raises:
            ShakelmError: it does not exist.
        """
        Reference.parse(reference)  # a malformed one is refused before a folder is created for the lock
        with self._locked():
            version = self.find(reference)
            pointer = self._pointer()
            formerly = self._live_reference(pointer)
            if formerly != version.reference:
                previous = pointer.previous if pointer else ()
                if formerly is not None:
                    previous += (formerly,)
                self._point(_Pointer(live=version.reference, previous=previous))
        return version

    def roll_back(self) -> Version:
        """Make the formerly live version live again.

        Raises:
            ShakelmError: there is none.
        """
        with self._locked():
            pointer = self._pointer()
            previous = pointer.previous if pointer else ()
            while previous:
                *earlier, reference = previous
                previous = tuple(earlier)
                version = self._exact(reference)
                if version is not None:
                    self._point(_Pointer(live=reference, previous=previous))
                    return version
        raise ShakelmError(
            "There is no formerly live model to go back to: choose one with `shakelm models promote NAME`."
        )

    def remove(self, reference: str) -> Version:
        """Delete the version NAME@NUMBER; its number is never given again.

        Raises:
            ShakelmError: it does not exist, is live, ships with the package, or no number is named.
        """
        if Reference.parse(reference).version is None:
            newest = self.find(reference)
            raise ShakelmError(f"Say which version to remove, as in {newest.reference}.")
        with self._locked():
            version = self.find(reference)
            if version.packaged:
                raise ShakelmError(f"{version.reference} ships with the package and cannot be removed.")
            pointer = self._pointer()
            if version.reference == self._live_reference(pointer):
                raise ShakelmError(
                    f"{version.reference} is live and cannot be removed: promote another model first."
                )
            if pointer is not None:
                previous = tuple(entry for entry in pointer.previous if entry != version.reference)
                self._point(_Pointer(live=pointer.live, previous=previous))
            doomed = self._temporary()
            version.folder.rename(doomed)
            version.folder.mkdir()
            shutil.rmtree(doomed)
        return version

    def prepare(self, name: str) -> None:
        """Check that a version of that name can be published, before a long training begins.

        Raises:
            ShakelmError: the name is malformed, or the store cannot be written.
        """
        if Reference.parse(name).version is not None:
            raise ShakelmError(
                f"{name!r} names a version, but versions are numbered here: leave out the '@'."
            )
        with self._writing():
            self.root.mkdir(parents=True, exist_ok=True)
            probe = self._temporary()
            probe.mkdir()
            probe.rmdir()

    def publish(self, name: str, write: Callable[[Path, int], None]) -> Version:
        """Add a version with the next free number of that name.

        `write(folder, number)` writes the version's files into a folder that nobody else sees; the
        version appears, complete and on the disk, once it returns. If it raises, nothing is added.

        Raises:
            ShakelmError: like `prepare`; and whatever `write` raises.
        """
        self.prepare(name)
        with self._writing():
            self._sweep()
            claimed = self._claim(name)
            number = int(claimed.name)
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
        return Version(name, number, claimed, packaged=False)

    def _claim(self, name: str) -> Path:
        """Create the folder of the next number; creating fails for all but one of several processes."""
        parent = self.root / name
        parent.mkdir(exist_ok=True)
        while True:
            taken = _numbers(parent) | _numbers(self._packaged / name)
            claimed = parent / str(max(taken, default=0) + 1)
            try:
                claimed.mkdir()
            except FileExistsError:
                continue
            return claimed

    def _sweep(self) -> None:
        for leftover in self.root.glob(f"{_TEMPORARY_PREFIX}*"):
            try:
                age = time.time() - leftover.stat().st_mtime
            except FileNotFoundError:
                continue  # its publisher has just finished
            if age > LEFTOVER_S:
                shutil.rmtree(leftover, ignore_errors=True)

    def _temporary(self) -> Path:
        return self.root / f"{_TEMPORARY_PREFIX}{uuid4().hex}"

    def _scan(self, root: Path, *, packaged: bool) -> Iterator[Version]:
        with self._reading():
            for folder in root.iterdir() if root.exists() else ():
                if re.fullmatch(NAME_PATTERN, folder.name) and folder.is_dir():
                    for number in _numbers(folder):
                        version = Version(folder.name, number, folder / str(number), packaged)
                        if _is_complete(version):
                            yield version

    def _exact(self, reference: str) -> Version | None:
        name, _, number = reference.partition("@")
        with self._reading():
            for root, packaged in ((self.root, False), (self._packaged, True)):
                version = Version(name, int(number), root / name / number, packaged)
                if _is_complete(version):
                    return version
        return None

    def _newest(self, name: str) -> Version | None:
        return next((version for version in reversed(self.versions()) if version.name == name), None)

    def _pointer(self) -> _Pointer | None:
        with self._reading():
            if not self._pointer_file.exists():
                return None
        return _read(self._pointer_file, _Pointer, "delete that file and promote a model again")

    def _point(self, pointer: _Pointer) -> None:
        write_atomically(self._pointer_file, pointer.model_dump_json().encode())

    def _live_reference(self, pointer: _Pointer | None) -> str | None:
        if pointer is not None:
            return pointer.live
        number = max(_numbers(self._packaged / DEFAULT), default=None)
        return None if number is None else f"{DEFAULT}@{number}"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the store's lock: one process at a time moves the pointer."""
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
                "another one in SHAKELM_STORE."
            ) from error

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ShakelmError(
                f"The store {self.root} cannot be read ({error.strerror or error}): check that it is a "
                "folder that you may read, or name another one in SHAKELM_STORE."
            ) from error


def _numbers(folder: Path) -> set[int]:
    """The numbers of all versions of a name in that folder: complete, in the making and removed."""
    if not folder.is_dir():
        return set()
    return {int(path.name) for path in folder.iterdir() if re.fullmatch(_NUMBER_PATTERN, path.name)}


def _is_complete(version: Version) -> bool:
    return (version.folder / "card.json").is_file()


def _read(path: Path, model: type[_M], cure: str) -> _M:
    try:
        return model.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ShakelmError(f"{path} cannot be read ({error.strerror}): {cure}.") from error
    except ValidationError as error:
        raise ShakelmError(f"{path} is damaged ({error.errors()[0]['msg']}): {cure}.") from error
