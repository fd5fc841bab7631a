"""What Ctrl-C does to a training: the first ends it after its batch, the second ends everything."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from shakelm.training.checkpoints import CheckpointFile
from shakelm.training.progress import OnNotice


@contextmanager
def explain_resumption(file: CheckpointFile, on_notice: OnNotice) -> Iterator[None]:
    """Say how to resume from the checkpoint when an interrupt ends everything."""
    try:
        yield
    except KeyboardInterrupt:
        on_notice(
            f"Stopped without a version: run the same command again to go on after epoch {file.epoch}."
            if file.epoch
            else "Stopped without a version, before the first epoch was complete."
        )
        raise


STOPPING = (
    "Stopping after this batch: the best epoch so far becomes a version. Another Ctrl-C ends everything "
    "without one."
)


@contextmanager
def interrupts_set(stop: threading.Event, on_notice: OnNotice) -> Iterator[None]:
    """Make the first Ctrl-C set `stop` instead of raising in native code, which would abort the process.

    `on_notice` then gets a sentence, on another thread.

    This holds only where Ctrl-C would raise KeyboardInterrupt. A process that ignores it, or handles it
    itself, is left alone.
    """

    # A signal may come in the middle of a line that is being written, where a handler cannot write another.
    telling = threading.Thread(target=on_notice, args=(STOPPING,))

    def interrupt(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            signal.default_int_handler(number, frame)
        stop.set()
        telling.start()

    handler = signal.getsignal(signal.SIGINT)
    if handler is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if telling.ident is not None:
            telling.join()
