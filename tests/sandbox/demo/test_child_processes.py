"""Child processes that cannot start, or that end early."""

import os
import sys
from pathlib import Path

import pytest

from sandbox.demo.child_processes import Child, first_exit, running
from sandbox.sandbox_error import SandboxError


async def test_running_names_what_cannot_start(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="Cannot start ghost"):
        async with running([Child("ghost", ("/nonexistent",))], {}, tmp_path):
            pass


async def test_first_exit_names_a_signal(tmp_path: Path) -> None:
    child = Child("victim", (sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"))
    async with running([child], os.environ, tmp_path) as processes:
        with pytest.raises(SandboxError, match="victim ended early \\(signal SIGKILL\\)"):
            await first_exit(processes)
