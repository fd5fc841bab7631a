"""The model registry: numbered versions that never change, and a live alias for one of them.

The versions that ship with the package belong to it as well. They are only read.
"""

import textwrap
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from pydantic import StringConstraints, ValidationError

from shakelm.configuration import NAME_PATTERN, VERSION_PATTERN, Settings
from shakelm.errors import ShakelmError
from shakelm.store.local_storage import LocalStorage
from shakelm.store.reference import Reference
from shakelm.store.storage import Storage, VersionFiles, WriteFiles
from shakelm.store.version import Version

DEFAULT = "shakespeare-plays"
"""The packaged model that is live until another one is promoted."""

PACKAGED = Path(__file__).parent.parent / "packaged"

_Exact = Annotated[str, StringConstraints(pattern=rf"^{NAME_PATTERN}@{VERSION_PATTERN}$")]


class LiveAlias(Settings):
    """The live version, and the versions that were live before it, oldest first, as NAME@NUMBER."""

    live: _Exact
    previous: tuple[_Exact, ...] = ()


def default_root() -> Path:
    """Return the user's folder of models. It may not exist yet."""
    from platformdirs import user_data_path

    return user_data_path("shakelm", appauthor=False) / "models"


def open_registry(root: Path | None = None, packaged: Path = PACKAGED) -> "ModelRegistry":
    """Return the registry of the folder `root`, by default `default_root()`.

    Nothing is read or created yet.
    """
    return ModelRegistry(LocalStorage(root or default_root()), LocalStorage(packaged))


class ModelRegistry:
    """The versions in a storage and the packaged ones.

    Every method raises ShakelmError if the storage cannot be read, or cannot be written where it writes.
    """

    def __init__(self, storage: Storage, packaged: VersionFiles) -> None:
        """Refer to the versions. Nothing is read or created yet."""
        self._storage = storage
        self._packaged = packaged

    @property
    def location(self) -> str:
        """The place of the versions, as messages name it."""
        return self._storage.location

    @property
    def checkpoints(self) -> Path:
        """The folder for the checkpoints of trainings. It may not exist yet."""
        return self._storage.checkpoints

    def versions(self) -> list[Version]:
        """Return all complete versions, ordered by name and number."""
        found = {
            (name, number): Version(name, number, files, packaged=files is self._packaged)
            # The registry's own version comes last and wins where a later package uses its number too.
            for files in (self._packaged, self._storage)
            for name, number in files.versions()
        }
        return [found[key] for key in sorted(found)]

    def find(self, reference: str | None) -> Version:
        """Return the version NAME@NUMBER, or the live version for None.

        NAME alone is the live version, if it has this name, or else the newest version of the name.

        Raises:
            ShakelmError: there is no such version, or the reference is malformed.
        """
        if reference is None:
            return self.live()
        wanted = Reference.parse(reference)
        version = self._of_name(wanted.name) if wanted.version is None else self._exact(reference)
        if version is None:
            references = ", ".join(version.reference for version in self.versions()) or "none"
            known = textwrap.shorten(references, 300, placeholder=" ...")
            raise ShakelmError(
                f"There is no model {reference!r} (known: {known}): choose one of these, or train it with "
                "`shakelm train`.",
                key="refusal.model_gone",
                model=reference[:80],
            )
        return version

    def newest(self, reference: str) -> Version:
        """Return the version NAME@NUMBER, or the newest version called NAME.

        Raises:
            ShakelmError: there is no such version, or the reference is malformed.
        """
        wanted = Reference.parse(reference)
        newest = self._newest(wanted.name) if wanted.version is None else None
        return newest or self.find(reference)

    def live(self) -> Version:
        """Return the version that answers where none is named.

        Raises:
            ShakelmError: it no longer exists, or nothing was promoted and no model ships with the package.
        """
        alias = self._alias(self._storage.read_alias())
        if alias is None:
            raise ShakelmError(
                "No model is live: train one with `shakelm train`, and promote it with "
                "`shakelm models promote NAME`.",
                key="refusal.no_live_model",
            )
        version = self._exact(alias.live)
        if version is None:
            raise ShakelmError(
                f"The live model {alias.live} is no longer in the store {self.location}: promote another "
                "with `shakelm models promote NAME`.",
                key="refusal.live_model_gone",
                model=alias.live,
            )
        return version

    def former(self) -> Iterator[Version]:
        """Yield the versions that were live before, the latest first, and at last the packaged default."""
        stored = self._storage.read_alias()
        alias, default = self._alias(stored), self._alias(None)
        references = [*reversed(alias.previous if alias else ()), *([default.live] if default else [])]
        for reference in references:
            version = self._exact(reference)
            if version is not None:
                yield version

    def is_live(self, version: Version) -> bool:
        """Return whether it is the version that answers where none is named."""
        alias = self._alias(self._storage.read_alias())
        return alias is not None and version.reference == alias.live

    def promote(self, reference: str) -> Version:
        """Make NAME@NUMBER, or the newest version called NAME, the live one.

        Raises:
            ShakelmError: there is no such version.
        """
        Reference.parse(reference)  # a malformed one is refused before anything is written

        def promoted(alias: LiveAlias | None) -> tuple[Version, LiveAlias]:
            version = self.newest(reference)
            if alias is not None and alias.live == version.reference:
                return version, alias
            previous = () if alias is None else (*alias.previous, alias.live)
            return version, LiveAlias(live=version.reference, previous=previous)

        return self._change_alias(promoted)

    def roll_back(self, check: Callable[[Version], None] = lambda _version: None) -> Version:
        """Make the version live again that was live before.

        A version that `check` raises a ShakelmError for is left out, as is one that was removed.

        Raises:
            ShakelmError: there is none.
        """

        def rolled_back(alias: LiveAlias | None) -> tuple[Version, LiveAlias]:
            previous = alias.previous if alias else ()
            while previous:
                *earlier, reference = previous
                previous = tuple(earlier)
                version = self._exact(reference)
                if version is None:
                    continue
                with suppress(ShakelmError):
                    check(version)
                    return version, LiveAlias(live=reference, previous=previous)
            raise ShakelmError(
                "There is no previous live model: promote a model with `shakelm models promote NAME`.",
                key="refusal.no_previous_model",
            )

        return self._change_alias(rolled_back)

    def remove(self, reference: str) -> Version:
        """Delete the version NAME@NUMBER. Its number is never given again.

        Raises:
            ShakelmError: there is no such version, it is live, it ships with the package, or the reference
                has no number.
        """
        if Reference.parse(reference).version is None:
            newest = self.find(reference)
            raise ShakelmError(f"Name the version to remove, for example {newest.reference}.")

        while True:
            # Nothing but a removal is written, so that a full disk can be relieved. A way back leads past
            # what was removed.
            stored = self._storage.read_alias()
            version = self._removable(reference, self._alias(stored))
            # If another process has set the alias since, the version may be live by now.
            if self._storage.remove(version.name, version.number, stored):
                return version

    def prepare(self, name: str) -> None:
        """Check that a version of that name can be published, before a long training begins.

        Raises:
            ShakelmError: the name is malformed, or the storage cannot be written.
        """
        if Reference.parse(name).version is not None:
            raise ShakelmError(
                f"{name!r} names a version, but versions are numbered here: leave out the '@'."
            )
        self._storage.prepare()

    def publish(self, name: str, write: WriteFiles) -> Version:
        """Add a version with the next free number of that name.

        `write(folder, number)` writes the version's files to a folder that no other process sees. The version
        appears, complete and durable, after `write` returns. If `write` raises, nothing is added.

        Raises:
            ShakelmError: as `prepare`. Errors of `write` go on to the caller.
        """
        self.prepare(name)
        above = max(self._packaged.numbers(name), default=0)
        number = self._storage.publish(name, write, above)
        return Version(name, number, self._storage, packaged=False)

    def _change_alias(self, change: Callable[[LiveAlias | None], tuple[Version, LiveAlias]]) -> Version:
        """Replace the alias by what `change` makes of it, again whenever another process was faster.

        Returns:
            The version that `change` found.
        """
        self._storage.prepare()
        while True:
            stored = self._storage.read_alias()
            before = self._alias(stored)
            version, after = change(before)
            if after == before:
                return version
            becomes_live = after.live == version.reference and not version.packaged
            needs = (version.name, version.number) if becomes_live else None
            if self._storage.compare_and_set_alias(stored, after.model_dump_json().encode(), needs):
                return version

    def _removable(self, reference: str, alias: LiveAlias | None) -> Version:
        version = self.find(reference)
        if version.packaged:
            raise ShakelmError(
                f"{version.reference} ships with the package and cannot be removed.",
                key="refusal.packaged_stays",
                model=version.reference,
            )
        if alias is not None and version.reference == alias.live:
            raise ShakelmError(
                f"{version.reference} is live and cannot be removed: promote another model first.",
                key="refusal.live_stays",
                model=version.reference,
            )
        return version

    def _alias(self, stored: bytes | None) -> LiveAlias | None:
        """Return the alias; the packaged default is live as long as none was stored."""
        if stored is None:
            number = max(self._packaged.numbers(DEFAULT), default=None)
            return None if number is None else LiveAlias(live=f"{DEFAULT}@{number}")
        try:
            return LiveAlias.model_validate_json(stored)
        except ValidationError as error:
            raise ShakelmError(
                f"{self._storage.alias_location} is damaged ({error.errors()[0]['msg']}): delete that file "
                "and promote a model again.",
                key="refusal.store",
            ) from error

    def _exact(self, reference: str) -> Version | None:
        name, _, number = reference.partition("@")
        for files in (self._storage, self._packaged):
            if files.holds(name, int(number)):
                return Version(name, int(number), files, packaged=files is self._packaged)
        return None

    def _of_name(self, name: str) -> Version | None:
        with suppress(ShakelmError):
            live = self.live()
            if live.name == name:
                return live
        return self._newest(name)

    def _newest(self, name: str) -> Version | None:
        return next((version for version in reversed(self.versions()) if version.name == name), None)
