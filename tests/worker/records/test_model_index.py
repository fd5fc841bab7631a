"""The index of versions in Redis."""

import redis

from tests.support import tiny_models
from worker.protocol.model_payloads import ModelIndex
from worker.records import model_index

Connection = redis.Redis


def test_a_name_means_its_live_version_or_else_its_newest() -> None:
    versions = [tiny_models.summary("a", number, live=number == 2) for number in (1, 2, 3)]
    index = ModelIndex(versions=[*versions, tiny_models.summary("b", 1), tiny_models.summary("b", 10)])
    found = [index.find(reference) for reference in ("a", "a@3", "b")]
    assert [one.reference for one in found if one] == ["a@2", "a@3", "b@10"]
    assert index.find("a@4") is None


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
