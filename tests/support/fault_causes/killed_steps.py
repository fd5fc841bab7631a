"""Work that is killed at each of its steps: what touches a file, a folder, or a lock is a step."""

import io
import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any

_CHANGES = frozenset(
    f"os.{name}" for name in ("link", "mkdir", "remove", "rename", "rmdir", "symlink", "truncate", "utime")
) | {"open", "fcntl.flock"}
"""Audit events, each of which Python raises just before it happens."""

_WRITES = frozenset({"write", "close", "__exit__"})
"""Methods of open files, for which there are no audit events. Without them, no file would be half-written."""


def killed_before(step: int, work: Callable[[], object]) -> bool:
    """Do the work in a child process that is killed with SIGKILL just before that step, counted from 1.

    Import what the work needs before: an import opens files too.

    Returns:
        Whether the child was killed. False means that the work has fewer steps and was done.
    """
    child = os.fork()
    if child == 0:
        _work_and_exit(step, work)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.waitstatus_to_exitcode(status) == 0, "the work has failed by itself"
    return False


def _work_and_exit(step: int, work: Callable[[], object]) -> None:
    status = 1
    try:
        _kill_before(step)
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)  # nothing of pytest's may happen twice


def _kill_before(last: int) -> None:
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        if done == last:
            os.kill(os.getpid(), signal.SIGKILL)

    def on_audit(event: str, _arguments: tuple[object, ...]) -> None:
        if event in _CHANGES:
            count()

    def on_call(_frame: FrameType, event: str, called: Any) -> None:
        if event != "c_call":
            return
        of_file = isinstance(getattr(called, "__self__", None), io.IOBase) and called.__name__ in _WRITES
        if of_file or called is os.fsync:
            count()

    sys.addaudithook(on_audit)
    sys.setprofile(on_call)
