"""The index of versions in Redis."""

import redis

from tests.support import tiny_models
from worker.protocol.model_payloads import ModelIndex
from worker.records import model_index

Connection = redis.Redis


def test_the_index_is_published_where_it_changed(connection: Connection) -> None:
    assert model_index.load(connection) is None
    index = ModelIndex(versions=[tiny_models.summary("a")])
    assert model_index.save(connection, index)
    assert not model_index.save(connection, index)
    assert model_index.load(connection) == index


def test_a_key_of_another_type_is_no_index_and_is_replaced(connection: Connection) -> None:
    connection.hset("shakelm:models", "a", "b")
    assert model_index.load(connection) is None
    index = ModelIndex(versions=[tiny_models.summary("a")])
    assert model_index.save(connection, index)
    assert model_index.load(connection) == index
