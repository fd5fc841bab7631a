"""Checkpoints: where a training stands after an epoch, so that it goes on after its process was killed.

Each training has a folder of its own, named after the model and a hash of the corpus and the configuration:
the same command finds it again, and no other does. It holds the lock of the process that trains, which dies
with that process, and one safetensors file: arrays, and in its header everything else as JSON. The folder is
removed when the version is published; those of trainings that never went on are removed once they are
`ABANDONED_AFTER_S` old and another training begins.
"""

import hashlib
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from shakelm.configuration import Configuration, Settings
from shakelm.errors import ShakelmError
from shakelm.files import write_atomically
from shakelm.store.card import Epoch
from shakelm.training.progress import Discarded, OnNotice

ABANDONED_AFTER_S = 30 * 24 * 60 * 60

Arrays = dict[str, list[NDArray[Any]]]
"""Lists of arrays by what they are, each in Keras's order."""


class Standing(Settings):
    """What a checkpoint holds beside arrays.

    `best` is the best epoch so far, `averaged` the number of steps that the averaged weights come from,
    `seconds` the time trained so far, `generator` the state of NumPy's random generator.
    """

    layout: Literal[1] = 1
    epochs: list[Epoch]
    best: int
    averaged: int
    seconds: float
    generator: dict[str, Any]


@dataclass(frozen=True)
class Checkpoint:
    """Where a training stands after a whole epoch."""

    standing: Standing
    arrays: Arrays


class CheckpointFile:
    """The checkpoint of one training, as a file that only the holder of its lock touches.

    `epoch` is the one after which this process can go on, as far as it knows; 0 for none.
    """

    def __init__(self, path: Path) -> None:
        """Refer to a file that may not exist."""
        self.path = path
        self.epoch = 0

    def read(self, fresh: Arrays, on_notice: OnNotice) -> Checkpoint | None:
        """The checkpoint, where there is one with arrays of the names, shapes and types of `fresh` ones.

        One that is damaged, or was written by another version of this program, is put aside with a notice.
        """
        if not self.path.exists():
            return None
        try:
            checkpoint = _read(self.path)
            if _shapes(checkpoint.arrays) != _shapes(fresh):
                raise ValueError("it belongs to another version of shakelm or Keras")
        except (OSError, SafetensorError, ValueError) as error:
            aside = self.path.with_suffix(".unreadable")
            with suppress(OSError):
                self.path.replace(aside)
            on_notice(
                f"The checkpoint cannot be used ({_cause(error)}) and is put aside as {aside}: "
                "the training starts anew."
            )
            return None
        self.epoch = len(checkpoint.standing.epochs)
        return checkpoint

    def write(self, checkpoint: Checkpoint, on_notice: OnNotice) -> None:
        """Replace the checkpoint in one step; where that fails the earlier one stays, with a notice."""
        arrays = {
            f"{name}.{index}": array
            for name, group in checkpoint.arrays.items()
            for index, array in enumerate(group)
        }
        epoch = len(checkpoint.standing.epochs)
        try:
            write_atomically(self.path, save(arrays, {"standing": checkpoint.standing.model_dump_json()}))
        except OSError as error:
            on_notice(
                f"Epoch {epoch} has no checkpoint ({error.strerror or error}): free space in "
                f"{self.path.parent}; the training goes on meanwhile."
            )
            return
        self.epoch = epoch


@contextmanager
def claim(
    folder: Path, name: str, corpus_sha256: str, configuration: Configuration
) -> Iterator[CheckpointFile]:
    """Hold the lock of a training while the context lasts, and remove its checkpoint once it is not needed.

    It stays where the context ends in an exception other than `Discarded`.

    Args:
        folder: where all trainings have their folders; created where it does not exist.
        name: the model's name, which must be well-formed.
        corpus_sha256: of the text that is trained on.
        configuration: of model and training.

    Raises:
        ShakelmError: another process trains the same, or the folder cannot be written.
    """
    hashed = hashlib.sha256(f"{corpus_sha256} {configuration.model_dump_json()}".encode()).hexdigest()
    own = folder / f"{name}-{hashed[:16]}"
    lock = _lock(own)
    try:
        own.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ShakelmError(
            f"The same training of {name} is under way in another process: wait for it, or choose another "
            "name or number."
        ) from error
    except OSError as error:
        raise ShakelmError(
            f"The folder of checkpoints {folder} cannot be written ({error.strerror or error}): make it "
            "writable, or name another store in SHAKELM_STORE."
        ) from error
    file = CheckpointFile(own / "checkpoint.safetensors")
    try:
        _sweep(folder, own)
        yield file
        file.path.unlink(missing_ok=True)
    except Discarded:
        file.path.unlink(missing_ok=True)
        raise
    finally:
        if not file.path.exists():
            shutil.rmtree(own, ignore_errors=True)
        lock.release()


def _lock(folder: Path) -> FileLock:
    return FileLock(folder / "lock")


def _sweep(folder: Path, own: Path) -> None:
    """Remove what a killed process had half written here, and the folders of abandoned trainings."""
    for leftover in own.glob(".*"):
        leftover.unlink(missing_ok=True)
    for other in folder.iterdir():
        with suppress(OSError):  # another process trains there, or has just removed it
            if other != own and time.time() - other.stat().st_mtime > ABANDONED_AFTER_S:
                with _lock(other).acquire(timeout=0):
                    shutil.rmtree(other)


def _read(path: Path) -> Checkpoint:
    arrays: Arrays = {}
    with safe_open(path, framework="numpy") as file:
        standing = Standing.model_validate_json((file.metadata() or {}).get("standing", ""))
        keys = (key.partition(".") for key in file.keys())  # noqa: SIM118 (it is no dictionary)
        for name, index in sorted((name, int(index)) for name, _, index in keys):
            arrays.setdefault(name, []).append(file.get_tensor(f"{name}.{index}"))
    return Checkpoint(standing, arrays)


def _shapes(arrays: Arrays) -> dict[str, list[tuple[tuple[int, ...], str]]]:
    return {name: [(array.shape, array.dtype.name) for array in group] for name, group in arrays.items()}


def _cause(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return error.errors()[0]["msg"]
    return str(error)
