"""The demo as a real process, which leaves nothing behind."""

import os
import pty
import re
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.sandbox.programs import descendants, first_line, started
from tests.support.waiting import eventually

DEMO = Path(__file__).parent.with_name("little_demo.py")


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the demo puts its folder of logs."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def left(family: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run; a process that ended may stay a zombie until its parent asks for its status."""
    return [item for item in family if not ended(item)]


def ended(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def printed(out: str) -> list[psutil.Process]:
    """The processes in the demo's output, without its own."""
    pids = [int(pid) for pid in re.findall(r"process (\d+)", out)]
    return [psutil.Process(pid) for pid in pids[1:] if psutil.pid_exists(pid)]


def test_lines_are_said_and_everything_ends(logs: Path) -> None:
    with started(
        DEMO, "/queued", "/hello name: Romeo", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as demo:
        out, errors = demo.communicate(timeout=60)
        assert demo.returncode == 0, errors
        assert "the verse\n(edited)" in out and "hello Romeo at 0.5" in out
        assert len(re.findall(r"process \d+", out)) == 4 and "redis://" not in out
        eventually(lambda: not left(printed(out)), "the end of all processes")
        assert not list(logs.iterdir())


def test_a_refused_line_is_one_sentence(logs: Path) -> None:
    with started(DEMO, "/nothing", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as demo:
        _, errors = demo.communicate(timeout=60)
        assert demo.returncode == 1 and errors == "There is no command /nothing.\n"
        assert list(logs.glob("*/bot.log"))


def test_a_process_that_dies_at_once_is_named_with_its_last_words(logs: Path) -> None:
    with started(DEMO, "--dead", "/queued", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as demo:
        out, errors = demo.communicate(timeout=60)
        assert demo.returncode == 1
        assert list(logs.glob("*/dead-one.log"))
        assert "dead one ended early (exit status 3)" in errors and "I have no Redis" in errors
        eventually(lambda: not left(printed(out)), "the end of all processes")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("when", ["talking", "starting"])
def test_signals_leave_nothing_behind(number: signal.Signals, when: str, logs: Path) -> None:
    """The chat at a terminal: the bot, the stubborn worker, its child and Valkey all go."""
    master, slave = pty.openpty()
    try:
        with started(DEMO, stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as demo:
            os.close(slave)
            family = eventually(lambda: (found := descendants(demo))[3:] and found, "four processes")
            if when == "talking":
                eventually(lambda: "You are Student" in first_line(demo), "the prompt")
            demo.send_signal(number)
            demo.communicate(timeout=60)
            assert demo.returncode == 128 + number
            eventually(lambda: not left(family), "the end of all processes")
            assert not list(logs.iterdir())
    finally:
        os.close(master)
