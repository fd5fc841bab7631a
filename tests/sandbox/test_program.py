"""`python -m sandbox` as a program."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import requests

from tests.sandbox.programs import finished, first_line, started
from tests.support.waiting import eventually

BOT = Path(__file__).with_name("little_bot.py")


def test_server_only_serves_any_bot(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    arguments = ("-m", "sandbox", "--server-only", "--json", "--record", record)
    with started(*arguments, stdout=subprocess.PIPE) as server:
        about = json.loads(first_line(server))
        environment = {key: value for key, value in about.items() if key.startswith("DISCORD_")}
        with started(BOT, env=os.environ | environment):
            control = f"{about['address']}/sandbox"

            def state() -> dict[str, Any]:
                body: dict[str, Any] = requests.get(f"{control}/state", timeout=60).json()
                return body

            eventually(lambda: state()["bot_connected"], "a bot that is connected")
            assert "hello" in state()["commands"] and state()["channel_id"] == about["channel_id"]
            line = {"user": "student", "text": "/queued"}
            used = requests.post(f"{control}/commands", json=line, timeout=60).json()
            url = f"{control}/interactions/{used['interaction_id']}?wait_s=10&after_edits=0"
            assert requests.get(url, timeout=60).json()["message"]["content"] == "the verse"
        eventually(lambda: not state()["bot_connected"], "a bot that has left")
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)
        assert server.returncode == 128 + signal.SIGTERM
    assert "PATCH" in {json.loads(line).get("method") for line in record.read_text().splitlines()}


def test_program_refuses_in_one_sentence(tmp_path: Path) -> None:
    with started("-m", "sandbox", "--server-only", "--json", stdout=subprocess.PIPE) as server:
        port = json.loads(first_line(server))["address"].rpartition(":")[2]
        taken = finished("-m", "sandbox", "--server-only", "--port", port)
        assert taken.returncode == 1 and taken.stderr.startswith("Cannot listen on 127.0.0.1:")
    unwritable = finished("-m", "sandbox", "--server-only", "--record", tmp_path / "none" / "x")
    assert unwritable.returncode == 1 and unwritable.stderr.startswith("Cannot record to")
    stranger = finished("-m", "sandbox", "--as", "nobody")
    assert stranger.returncode == 1 and stranger.stderr.startswith("There is no user 'nobody'")


def test_the_demo_leaves_the_secrets_of_the_real_bot_alone() -> None:
    of_the_real_bot = {
        "DISCORD_GUILD": "42",
        "DISCORD_TOKEN_FILE": "/nowhere/token",
        "SHAKELM_REDIS_PASSWORD": "secret",
        "SHAKELM_REDIS_PASSWORD_FILE": "/nowhere/password",
    }
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", "--say", "/help"],
        env=os.environ | of_the_real_bot,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
