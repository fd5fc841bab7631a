"""Modules of the project as processes, and scripts that several processes run at the same moment."""

import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import psutil

from tests.support.waiting import DEADLINE_S, Look, T, eventually


class Process:
    """A module of the project, run as `python -m` does, with its output in a file of `folder`."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *arguments: str) -> None:
        self.name = " ".join(arguments[:2])
        self._log = folder / f"{time.monotonic_ns()}-{self.name.replace(' ', '-')}.log"
        with self._log.open("wb") as log:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", *arguments], env=environment, cwd=folder, stdout=log, stderr=log
            )

    @property
    def output(self) -> str:
        """Everything it has printed so far."""
        return self._log.read_text(errors="replace")

    @property
    def tree(self) -> list[psutil.Process]:
        """The process and those that it started."""
        process = psutil.Process(self.popen.pid)
        return [process, *process.children(recursive=True)]

    def until(self, look: Look[T], what: str) -> T:
        """Wait for the first true value of `look`, while the process runs."""

        def look_at_both() -> T | None:
            assert self.popen.poll() is None, f"{self.name} has ended:\n{self.output}"
            return look() or None

        return eventually(look_at_both, what)

    def wait(self) -> int:
        """Wait for its end; returns the exit status."""
        return self.popen.wait(timeout=DEADLINE_S)

    def stop(self) -> int:
        """Ask it to stop, as a service manager does, and wait for that; returns the exit status."""
        self.popen.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """End it at once, with the processes that it started."""
        for process in self.tree if self.popen.poll() is None else []:
            process.kill()
        self.wait()

    def report(self) -> None:
        """Print the end of its output, which pytest shows with a failed test."""
        print(f"--- {self.name}\n{self.output[-5000:]}")


class Start(Protocol):
    """Starts a module with these arguments, and these variables besides those of the test."""

    def __call__(self, *arguments: str, **environment: str) -> Process: ...


def start_script(script: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a process that runs the script, which prints "ready" and then waits for a line."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def run_together(processes: list[subprocess.Popen[str]]) -> list[str]:
    """Let processes that are ready go on at the same moment; returns what each printed after that."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=DEADLINE_S)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return outputs
