"""The page as the way to talk in the demo."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.sandbox.programs import descendants, started
from tests.support.waiting import eventually

DEMO = Path(__file__).parent.with_name("little_demo.py")


@pytest.mark.parametrize("screen", [True, False])
def test_the_page_is_named_and_opened_where_there_is_a_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, screen: bool
) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{opened}.new" && mv "{opened}.new" "{opened}"\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    if screen:
        monkeypatch.setenv("DISPLAY", ":0")
    else:
        monkeypatch.delenv("DISPLAY", raising=False)
    with started(DEMO, "--page", "teacher", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as demo:
        assert demo.stdout
        lines = iter(demo.stdout.readline, "")
        address = next(line for line in lines if line.startswith("Chat with the bot at ")).split()[5]
        assert address.endswith("/?as=teacher")
        state = requests.get(address.replace("/?as=teacher", "/sandbox/state"), timeout=60).json()
        assert "classmate" in state["users"]
        assert requests.get(address, timeout=60).status_code == 200
        if screen or sys.platform == "darwin":
            eventually(opened.exists, "a browser that opens")
            assert opened.read_text().strip() == address
        family = descendants(demo)
        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=60)
        assert demo.returncode == 128 + signal.SIGINT
        eventually(lambda: not any(item.is_running() for item in family), "the end of all processes")
    assert opened.exists() is (screen or sys.platform == "darwin")
