"""Valkey, the store and the sandbox with what an earlier commit left there, and the present programs."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import redis
import requests

from tests.compatibility.answers_received import AnswersReceived
from tests.compatibility.stored_before import Json, Left
from tests.support.waiting import DEADLINE_S, T, eventually

SHAKELM = str(Path(sys.executable).with_name("shakelm"))
"""The command as it is installed beside the interpreter."""

TRAINED, THROWN_AWAY = "0199f00d00000020", "0199f00d00000021"
"""The trainings that wait in the queue: one goes on from its checkpoint, one was cancelled."""


class Program:
    """A program of the project, its output in a file."""

    def __init__(self, log: Path, environment: dict[str, str], *command: str) -> None:
        self.command = " ".join(command)
        self._log = log
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                command, env=environment, cwd=log.parent, stdout=file, stderr=file
            )

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def until(self, look: Callable[[], T | None], what: str) -> T:
        """Wait until `look` returns a true value, while the program runs."""

        def look_at_both() -> T | None:
            found = look()
            assert found or self.process.poll() is None, f"a program has ended:\n{self.output}"
            return found

        return eventually(look_at_both, what)

    def stop(self) -> None:
        """Ask it to end, as a service manager does, and wait for that."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=DEADLINE_S)

    def kill(self) -> None:
        """End it at once, with the processes that it started."""
        if self.process.poll() is None:
            for child in psutil.Process(self.process.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    child.kill()
            self.process.kill()
            self.process.wait(timeout=DEADLINE_S)


@dataclass
class Upgrade:
    """Valkey, the store and the sandbox with what was left there, and the present programs.

    `answers` are what the workers sent to the webhooks of the people who waited. `checkpoint` is the header
    of a checkpoint that a killed training of the present code left.
    """

    folder: Path
    environment: dict[str, str]
    redis: "redis.Redis"
    left: Left
    answers: AnswersReceived
    state: Json
    sandbox: str
    messages: dict[str, str] = field(default_factory=dict)
    checkpoint: tuple[Json, dict[str, str]] = field(default_factory=lambda: ({}, {}))
    programs: list[Program] = field(default_factory=list)

    @property
    def store(self) -> Path:
        """The folder of the store."""
        return self.folder / "store"

    def start(self, *command: str, **environment: str) -> Program:
        """Start a program with the settings of all and those given."""
        log = self.folder / f"{len(self.programs)}.log"
        program = Program(log, self.environment | environment, *command)
        self.programs.append(program)
        return program

    def python(self, *arguments: str, **environment: str) -> Program:
        """Start `python -m`."""
        return self.start(sys.executable, "-m", *arguments, **environment)

    def shakelm(self, *arguments: str) -> Any:
        """What the command `shakelm` prints as JSON."""
        done = subprocess.run(
            [SHAKELM, *arguments, "--json"], env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def json(self, key: str) -> Json:
        """The JSON object that Redis holds under a key now."""
        value = self.redis.get(key)
        assert isinstance(value, bytes), key
        return dict(json.loads(value))

    def progress(self, training: str) -> Json:
        """How far a training is."""
        return self.json(f"shakelm:training:{training}:progress")

    # The sandbox

    def get(self, path: str, **query: Any) -> Any:
        """What the sandbox's control API gives."""
        response = requests.get(f"{self.sandbox}/sandbox/{path}", params=query, timeout=30)
        assert response.status_code == 200, response.text
        return response.json()

    def act(self, path: str, **body: Any) -> str:
        """Do something in the sandbox that starts an interaction; returns its id."""
        response = requests.post(f"{self.sandbox}/sandbox/{path}", json=body, timeout=30)
        assert response.status_code == 200, response.text
        return str(response.json()["interaction_id"])

    def press(self, button: str, message: str, user: str = "student") -> Json:
        """Press a button, by its custom id, under one of the messages that were left; what comes of it."""
        return self.outcome(self.act("presses", user=user, button=button, message_id=self.messages[message]))

    def type(self, line: str, user: str = "teacher") -> Json:
        """Type a command; the message that answers it."""
        return dict(self.outcome(self.act("commands", user=user, text=line))["message"])

    def outcome(self, interaction: str) -> Json:
        """An interaction, once the bot has answered it."""
        edits, end = -1, time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            seen: Json = self.get(f"interactions/{interaction}", wait_s=5, after_edits=edits)
            assert seen["state"] != "failed", "the bot did not answer in time"
            if (
                seen["modal"]
                or seen["followups"]
                or ((message := seen["message"]) and _says_something(message))
            ):
                return seen
            edits = seen["edits"]
        raise AssertionError(f"there was never an answer, but {seen}")

    def channel(self) -> list[Json]:
        """What a teacher sees in the channel."""
        return list(self.get("messages", viewer="teacher")["messages"])

    def post(self, message: Json) -> str:
        """Post a message as the bot does; returns its id."""
        response = requests.post(
            f"{self.environment['DISCORD_API_BASE']}/channels/{self.state['channels']['verses']}/messages",
            json=message,
            headers={"Authorization": f"Bot {self.environment['DISCORD_TOKEN']}"},
            timeout=30,
        )
        assert response.status_code == 200, response.text
        return str(response.json()["id"])

    def close(self) -> None:
        """End everything; what was printed shows up with a failed test."""
        for program in reversed(self.programs):
            program.kill()
            print(f"--- {program.command}\n{program.output[-5000:]}")


def _says_something(message: Json) -> bool:
    return bool(message["embeds"] or message["content"] or message["attachments"])
