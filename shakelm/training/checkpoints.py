"""Checkpoints: the state of a training after an epoch, to resume from if its process is killed.

Each training has its own folder, named after the model and a hash of the corpus and the configuration. Only
the same command finds it again. The folder holds the lock of the training process, which ends with that
process, and one safetensors file: the arrays, and everything else as JSON in its header. The folder is
removed when the version is published. A folder that was not used for `ABANDONED_CHECKPOINT_S` is removed when
another training begins.
"""

import hashlib
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from filelock import FileLock, Timeout
from numpy.typing import NDArray
from pydantic import Field, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from shakelm.configuration import Configuration, Settings
from shakelm.errors import ShakelmError
from shakelm.files import is_full, write_atomically
from shakelm.lifetimes import ABANDONED_CHECKPOINT_S
from shakelm.store.card import Epoch
from shakelm.training.progress import Discarded, OnNotice

Arrays = dict[str, list[NDArray[Any]]]
"""Lists of arrays by what they belong to, each in Keras's order."""

_METADATA = "standing"
"""The entry of the file's header that holds the metadata."""


class CheckpointMetadata(Settings):
    """What a checkpoint holds beside arrays.

    Attributes:
        layout: the number of the layout, which says what fields and arrays there are.
        epochs: the figures of each epoch so far.
        best_epoch: the best epoch so far, counted from 1; 0 for none.
        ema_steps: the number of steps in the average of the weights.
        seconds: the training time so far.
        random_state: the state of NumPy's random generator.
    """

    layout: Literal[1] = 1
    epochs: list[Epoch]
    best_epoch: Annotated[int, Field(alias="best")]
    ema_steps: Annotated[int, Field(alias="averaged")]
    seconds: float
    random_state: Annotated[dict[str, Any], Field(alias="generator")]


@dataclass(frozen=True)
class Checkpoint:
    """The state of a training after a whole epoch."""

    metadata: CheckpointMetadata
    arrays: Arrays


class CheckpointFile:
    """The checkpoint of one training, in a file that only the holder of its lock touches.

    Attributes:
        path: the file, which may not exist.
        epoch: the epoch of the checkpoint that this process last read or wrote; 0 for none.
    """

    def __init__(self, path: Path) -> None:
        """Refer to the file at `path`."""
        self.path = path
        self.epoch = 0

    def read(self, fresh: Arrays, on_notice: OnNotice) -> Checkpoint | None:
        """The checkpoint, if there is one; its arrays have the names, shapes and types of `fresh`.

        A checkpoint that is damaged, or comes from another version of this program, is put aside with a
        notice, and the result is None.
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
                "the training starts again from the beginning."
            )
            return None
        self.epoch = len(checkpoint.metadata.epochs)
        return checkpoint

    def write(self, checkpoint: Checkpoint, on_notice: OnNotice) -> None:
        """Replace the checkpoint in one step. If that fails, the earlier one stays, with a notice."""
        arrays = {
            f"{name}.{index}": array
            for name, group in checkpoint.arrays.items()
            for index, array in enumerate(group)
        }
        epoch = len(checkpoint.metadata.epochs)
        try:
            write_atomically(self.path, save(arrays, {_METADATA: checkpoint.metadata.model_dump_json()}))
        except OSError as error:
            cure = "free space in" if is_full(error) else "make writable"
            on_notice(
                f"Epoch {epoch} has no checkpoint ({error.strerror or error}): {cure} {self.path.parent}; "
                "the training goes on meanwhile."
            )
            return
        self.epoch = epoch

    def remove(self) -> None:
        """Remove the checkpoint. If that fails, it stays until `ABANDONED_CHECKPOINT_S` have passed.

        A training that has ended does not fail because of its checkpoint.
        """
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


@contextmanager
def claim(
    folder: Path, name: str, corpus_sha256: str, configuration: Configuration
) -> Iterator[CheckpointFile]:
    """Hold the lock of a training inside the context, and remove its checkpoint at the end.

    The checkpoint stays if the context ends in an exception other than `Discarded`.

    Args:
        folder: the parent of all trainings' folders; created if it does not exist.
        name: the model's name, which must be well-formed.
        corpus_sha256: of the text that is trained on.
        configuration: of model and training.

    Raises:
        ShakelmError: the same training is under way in another process, or the folder cannot be written.
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
        full = is_full(error)
        cure = "free space on its disk and try again" if full else "make it writable"
        raise ShakelmError(
            f"The folder of checkpoints {folder} cannot be written ({error.strerror or error}): {cure}, or "
            "name another store in SHAKELM_STORE.",
            key="refusal.store_full" if full else "refusal.store",
        ) from error
    file = CheckpointFile(own / "checkpoint.safetensors")
    try:
        _sweep(folder, own)
        yield file
        file.remove()
    except Discarded:
        file.remove()
        raise
    finally:
        if not file.path.exists():
            shutil.rmtree(own, ignore_errors=True)
        lock.release()


def _lock(folder: Path) -> FileLock:
    return FileLock(folder / "lock")


def _sweep(folder: Path, own: Path) -> None:
    """Remove half-written files of a killed process, and the folders of abandoned trainings."""
    for leftover in own.glob(".*"):
        leftover.unlink(missing_ok=True)
    for other in folder.iterdir():
        with suppress(OSError):  # another process trains there, or has just removed it
            if other != own and time.time() - other.stat().st_mtime > ABANDONED_CHECKPOINT_S:
                with _lock(other).acquire(timeout=0):
                    shutil.rmtree(other)


def _read(path: Path) -> Checkpoint:
    arrays: Arrays = {}
    with safe_open(path, framework="numpy") as file:
        metadata = CheckpointMetadata.model_validate_json((file.metadata() or {}).get(_METADATA, ""))
        keys = (key.partition(".") for key in file.keys())  # noqa: SIM118 (not a dictionary)
        for name, index in sorted((name, int(index)) for name, _, index in keys):
            arrays.setdefault(name, []).append(file.get_tensor(f"{name}.{index}"))
    return Checkpoint(metadata, arrays)


def _shapes(arrays: Arrays) -> dict[str, list[tuple[tuple[int, ...], str]]]:
    return {name: [(array.shape, array.dtype.name) for array in group] for name, group in arrays.items()}


def _cause(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return error.errors()[0]["msg"]
    return str(error)
