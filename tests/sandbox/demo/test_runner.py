"""Real processes: starting, talking, and that nothing is left behind."""

import asyncio
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import requests

from sandbox.demo.child_processes import Child, first_exit, running
from sandbox.sandbox_error import SandboxError

DEMO = Path(__file__).parent.with_name("little_demo.py")
BOT = Path(__file__).parent.with_name("little_bot.py")


def until(condition, seconds=20):
    """Wait for a condition; its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return value


@contextmanager
def started(*arguments, **options):
    """A program that is killed with all its descendants if the test fails."""
    process = subprocess.Popen([sys.executable, *map(str, arguments)], text=True, **options)
    try:
        yield process
    finally:
        for item in [*descendants(process), process]:
            item.kill()
        process.wait()


def descendants(process):
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


@pytest.fixture
def logs(tmp_path, monkeypatch):
    """The folder in which the demo puts its folder of logs."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def left(family):
    """Those that still run; who was ended may wait as a zombie for a distant parent."""
    return [item for item in family if not ended(item)]


def ended(process):
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def printed(out):
    """The processes that the demo says it started, without its own."""
    pids = [int(pid) for pid in re.findall(r"process (\d+)", out)]
    return [psutil.Process(pid) for pid in pids[1:] if psutil.pid_exists(pid)]


def test_lines_are_said_and_everything_ends(logs):
    with started(
        DEMO, "/queued", "/hello name: Romeo", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as demo:
        out, errors = demo.communicate(timeout=60)
        assert demo.returncode == 0, errors
        assert "the verse\n(edited)" in out and "hello Romeo at 0.5" in out
        assert len(re.findall(r"process \d+", out)) == 4 and "redis://" not in out
        until(lambda: not left(printed(out)))
        assert not list(logs.iterdir())


def test_a_refused_line_is_one_sentence(logs):
    with started(DEMO, "/nothing", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as demo:
        _, errors = demo.communicate(timeout=60)
        assert demo.returncode == 1 and errors == "There is no command /nothing.\n"
        assert list(logs.glob("*/bot.log"))


def test_a_process_that_dies_at_once_is_named_with_its_last_words(logs):
    with started(DEMO, "--dead", "/queued", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as demo:
        out, errors = demo.communicate(timeout=60)
        assert demo.returncode == 1
        assert list(logs.glob("*/dead-one.log"))
        assert "dead one ended early (exit status 3)" in errors and "I have no Redis" in errors
        until(lambda: not left(printed(out)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("when", ["talking", "starting"])
def test_signals_leave_nothing_behind(number, when, logs):
    """The chat at a terminal: the bot, the stubborn worker, its child and Valkey all go."""
    master, slave = pty.openpty()
    try:
        with started(DEMO, stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as demo:
            os.close(slave)
            family = until(lambda: len(found := descendants(demo)) >= 4 and found)
            if when == "talking":
                until(lambda: "You are Student" in demo.stdout.readline())
            demo.send_signal(number)
            demo.communicate(timeout=60)
            assert demo.returncode == 128 + number
            until(lambda: not left(family))
            assert not list(logs.iterdir())
    finally:
        os.close(master)


def test_running_says_what_cannot_be_started(tmp_path):
    async def play():
        async with running([Child("ghost", ("/nonexistent",))], {}, tmp_path):
            pass

    with pytest.raises(SandboxError, match="Cannot start ghost"):
        asyncio.run(play())


def test_first_exit_names_a_signal(tmp_path):
    async def play():
        child = Child("victim", (sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"))
        async with running([child], os.environ, tmp_path) as processes:
            await first_exit(processes)

    with pytest.raises(SandboxError, match="victim ended early \\(signal SIGKILL\\)"):
        asyncio.run(play())


def test_server_only_serves_any_bot(tmp_path):
    record = tmp_path / "record.jsonl"
    arguments = ("-m", "sandbox", "--server-only", "--json", "--record", record)
    with started(*arguments, stdout=subprocess.PIPE) as server:
        about = json.loads(server.stdout.readline())
        environment = {key: value for key, value in about.items() if key.startswith("DISCORD_")}
        with started(BOT, env=os.environ | environment):
            control = f"{about['address']}/sandbox"
            state = until(
                lambda: (s := requests.get(f"{control}/state", timeout=60).json())["bot_connected"] and s
            )
            assert "hello" in state["commands"] and state["channel_id"] == about["channel_id"]
            line = {"user": "student", "text": "/queued"}
            used = requests.post(f"{control}/commands", json=line, timeout=60).json()
            url = f"{control}/interactions/{used['interaction_id']}?wait_s=10&after_edits=0"
            assert requests.get(url, timeout=60).json()["message"]["content"] == "the verse"
        until(lambda: not requests.get(f"{control}/state", timeout=60).json()["bot_connected"])
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)
        assert server.returncode == 128 + signal.SIGTERM
    assert "PATCH" in {json.loads(line)["method"] for line in record.read_text().splitlines()}


def test_program_refuses_in_one_sentence(tmp_path):
    def run(*arguments):
        command = [sys.executable, "-m", "sandbox", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    with started("-m", "sandbox", "--server-only", "--json", stdout=subprocess.PIPE) as server:
        port = json.loads(server.stdout.readline())["address"].rpartition(":")[2]
        taken = run("--server-only", "--port", port)
        assert taken.returncode == 1 and taken.stderr.startswith("Cannot listen on 127.0.0.1:")
    unwritable = run("--server-only", "--record", tmp_path / "none" / "x")
    assert unwritable.returncode == 1 and unwritable.stderr.startswith("Cannot record into")
    stranger = run("--as", "nobody")
    assert stranger.returncode == 1 and stranger.stderr.startswith("There is no user 'nobody'")
