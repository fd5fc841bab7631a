"""Runs a fresh process for each training, one after another, so that each frees its memory and the GPU."""

import logging
import signal
import subprocess
import sys
import threading
import time
from types import FrameType

GRACE_S = 20.0
"""The seconds from SIGTERM to SIGKILL for a training worker."""

STEADY_S = 60.0
"""A process that ran for more than this many seconds started without trouble."""

FIRST_PAUSE_S, MAX_PAUSE_S = 1.0, 30.0

log = logging.getLogger(__name__)


def supervise() -> None:
    """Run `python -m worker train-once` again and again until SIGTERM or Ctrl-C.

    Each process takes one training and ends. After a process that fails there is a pause, which doubles with
    each failure in a row. At the end, the running process gets SIGTERM, and SIGKILL after `GRACE_S`. Must be
    called in the main thread.
    """
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    pause_s = FIRST_PAUSE_S
    while not stop.is_set():
        started = time.monotonic()
        status = _run_once(stop)
        if status == 0 or stop.is_set():
            continue
        if time.monotonic() - started > STEADY_S:
            pause_s = FIRST_PAUSE_S
        log.warning("The training worker ended with status %d; the next starts in %.0f s", status, pause_s)
        stop.wait(pause_s)
        pause_s = min(2 * pause_s, MAX_PAUSE_S)


def _run_once(stop: threading.Event) -> int:
    """Start one process and wait for its end. Returns its status."""
    process = subprocess.Popen([sys.executable, "-m", "worker", "train-once"])
    while not stop.is_set():
        try:
            return process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            continue
    process.terminate()
    try:
        return process.wait(timeout=GRACE_S)
    except subprocess.TimeoutExpired:
        log.warning("The training worker did not end in %.0f s and is killed", GRACE_S)
        process.kill()
        return process.wait()
