"""Runs a fresh process for each training, one after another, so that each frees its memory and the GPU."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from types import FrameType

import redis
from redis.exceptions import RedisError

from worker.trainings import supervisors

GRACE_S = 20.0
"""The seconds from SIGTERM to SIGKILL for a training worker."""

STEADY_S = 60.0
"""A process that ran for more than this many seconds started without trouble."""

BEAT_S = 3.0
"""The seconds between two heartbeats of the supervisor."""

FIRST_PAUSE_S, MAX_PAUSE_S = 1.0, 30.0

log = logging.getLogger(__name__)


def supervise(connection: "redis.Redis") -> None:
    """Run `python -m worker train-once` again and again until SIGTERM or Ctrl-C.

    Each process takes one training and ends. After a process that fails there is a pause, which doubles with
    each failure in a row. At the end, the running process gets SIGTERM, and SIGKILL after `GRACE_S`. Must be
    called in the main thread.
    """
    stop = threading.Event()
    beats = threading.Thread(target=_beat, args=(connection, stop), daemon=True)
    beats.start()

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
    beats.join(timeout=BEAT_S)


def _beat(connection: "redis.Redis", stop: threading.Event) -> None:
    """Say that the supervisor lives, also while no process of its runs."""
    name = f"{socket.gethostname()}:{os.getpid()}"
    while not stop.is_set():
        with suppress(RedisError):  # the training worker says so
            supervisors.beat(connection, name)
        stop.wait(BEAT_S)
    with suppress(RedisError):
        supervisors.leave(connection, name)


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
