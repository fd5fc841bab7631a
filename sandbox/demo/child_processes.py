"""Child processes: each in a session of its own, with its output in a log file, and all ended together."""

import asyncio
import os
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.sandbox_error import SandboxError

GRACE_S = 8.0
"""The seconds from SIGTERM to SIGKILL."""

LAST_LINES = 15
_POLL_S = 0.05


@dataclass(frozen=True)
class Child:
    """A program to run: its name for people and its command line."""

    name: str
    command: Sequence[str]


@dataclass(frozen=True)
class Running:
    """A child that runs; its process group has the child's id."""

    child: Child
    process: subprocess.Popen[bytes]
    log: Path

    def last_lines(self) -> str:
        """The last lines of its log."""
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return "\n".join(f"  {line}" for line in lines) or "  (the log is empty)"


def free_port() -> int:
    """A loopback port that is free now. The system chooses it, so two callers rarely get the same one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def running(
    children: Sequence[Child], environment: Mapping[str, str], logs: Path, *, grace_s: float = GRACE_S
) -> AsyncIterator[list[Running]]:
    """Run the children while the context lasts, then end them and every process that they started.

    Raises:
        SandboxError: a child cannot be started.
    """
    started: list[Running] = []
    try:
        for child in children:
            # One by one, so that those that run are known if the next one fails.
            started.append(_start(child, environment, logs))  # noqa: PERF401
        yield started
    finally:
        await _end(started, grace_s)


async def first_exit(processes: Sequence[Running]) -> None:
    """Wait until a child ends by itself, which is always an error.

    Raises:
        SandboxError: always; it names the child and shows the end of its log.
    """
    while True:
        for item in processes:
            status = item.process.poll()
            if status is not None:
                cause = f"exit status {status}" if status >= 0 else f"signal {signal.Signals(-status).name}"
                raise SandboxError(
                    f"The process {item.child.name} ended early ({cause}); the end of its log {item.log}:\n"
                    f"{item.last_lines()}"
                )
        await asyncio.sleep(_POLL_S)


def _start(child: Child, environment: Mapping[str, str], logs: Path) -> Running:
    log = logs / f"{child.name.replace(' ', '-')}.log"
    try:
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - the command is the caller's own
                list(child.command),
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        raise SandboxError(f"Cannot start {child.name}: {error.strerror}.") from None
    return Running(child, process, log)


async def _end(processes: Sequence[Running], grace_s: float) -> None:
    for item in processes:
        _signal_group(item, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    # There is no event to await for a child process.
    while any(item.process.poll() is None for item in processes) and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(_POLL_S)
    for item in processes:
        # This also ends what the child left behind in its group.
        _signal_group(item, signal.SIGKILL)
        item.process.wait()


def _signal_group(item: Running, number: signal.Signals) -> None:
    try:
        os.killpg(item.process.pid, number)
    except ProcessLookupError:
        return
    except PermissionError:  # on macOS, for a group whose last process is a zombie
        return
