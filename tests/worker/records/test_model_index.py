"""The index of versions in Redis."""

from datetime import UTC, datetime

import redis
from rq.job import Job
from rq.serializers import JSONSerializer

from worker.protocol.model_payloads import HeldOut, ModelIndex, ModelSummary
from worker.protocol.training_payloads import MessageAt, TrainRequest
from worker.records import model_index

Connection = redis.Redis

TRAINING = TrainRequest(
    name="small", architecture="lstm", vocabulary="char", epochs=4, random_seed=1, requested_by="9"
)
MESSAGE = MessageAt(channel_id="1", message_id="2")


def fetch(connection: Connection, job_id: str) -> Job:
    return Job.fetch(job_id, connection=connection, serializer=JSONSerializer)


def test_the_index_is_published_where_it_changed(connection: Connection) -> None:
    assert model_index.load(connection) is None
    summary = ModelSummary(
        name="a",
        version=1,
        live=True,
        packaged=False,
        architecture="lstm",
        vocabulary="word",
        parameters=1,
        held_out=HeldOut(nats_per_token=5, perplexity=148, accuracy=0.2, unknown=0.1, nats_per_char=None),
        trained_at=datetime(2025, 1, 1, tzinfo=UTC),
    )
    index = ModelIndex(versions=[summary])
    assert model_index.save(connection, index)
    assert not model_index.save(connection, index)
    assert model_index.load(connection) == index
