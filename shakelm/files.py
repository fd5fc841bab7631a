"""Atomic writes: neither a reader nor a crash ever leaves half a file."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4


def write_atomically(path: Path, data: bytes) -> None:
    """Replace the file `path` with `data` in one step. The data is on the disk on return.

    Raises:
        OSError: the folder does not exist or cannot be written.
    """
    temporary = path.with_name(f".{path.name}-{uuid4().hex}")
    try:
        temporary.write_bytes(data)
        flush(temporary)
        temporary.replace(path)
        flush(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def leftovers(path: Path) -> Iterator[Path]:
    """Yield the files that processes left beside `path` which were killed while they replaced it."""
    return path.parent.glob(f".{path.name}-*")


def flush(path: Path) -> None:
    """Wait until the bytes of a file, or the entries of a folder, are on the disk.

    Raises:
        OSError: it cannot be opened or flushed.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_full(error: OSError) -> bool:
    """Whether there was no room: on the disk, or within what one account may use."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
