"""Child processes: each in a session of its own, its output in a log file, all ended together."""

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

from sandbox.errors import SandboxError

GRACE_S = 8.0
"""Seconds between SIGTERM and SIGKILL."""

LAST_LINES = 15
_POLL_S = 0.05


@dataclass(frozen=True)
class Child:
    """A program to run: what people call it, and its command line."""

    name: str
    command: Sequence[str]


@dataclass(frozen=True)
class Running:
    """A child that was started; its process group has the child's own id."""

    child: Child
    process: subprocess.Popen[bytes]
    log: Path

    def last_lines(self) -> str:
        """The end of its log."""
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return "\n".join(f"  {line}" for line in lines) or "  (it wrote nothing)"


def free_port() -> int:
    """A loopback port that is free now, chosen by the system, so that two callers hardly get the same."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def running(
    children: Sequence[Child], environment: Mapping[str, str], logs: Path, *, grace_s: float = GRACE_S
) -> AsyncIterator[list[Running]]:
    """Start the children, and end them and all that they started when the context ends.

    Raises:
        SandboxError: one of them cannot be started.
    """
    started: list[Running] = []
    try:
        for child in children:
            # One by one: what is started must be known when the next fails.
            started.append(_start(child, environment, logs))  # noqa: PERF401
        yield started
    finally:
        await _end(started, grace_s)


async def first_death(processes: Sequence[Running]) -> None:
    """Wait until a child ends by itself, which none should.

    Raises:
        SandboxError: always; the sentence names the child, and the end of its log follows.
    """
    while True:
        for item in processes:
            status = item.process.poll()
            if status is not None:
                how = f"exit status {status}" if status >= 0 else f"signal {signal.Signals(-status).name}"
                raise SandboxError(
                    f"The process {item.child.name} ended early ({how}); the end of its log {item.log}:\n"
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
    # A child process gives no event to await.
    while any(item.process.poll() is None for item in processes) and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(_POLL_S)
    for item in processes:
        # Whatever a child left behind in its group goes too.
        _signal_group(item, signal.SIGKILL)
        item.process.wait()


def _signal_group(item: Running, number: signal.Signals) -> None:
    try:
        os.killpg(item.process.pid, number)
    except ProcessLookupError:
        return
    except PermissionError:  # macOS says so of a group whose last process is a zombie
        return
