"""What an address of Redis may be, and what of it is shown."""

import pytest

from shakelm import redis_address
from shakelm.errors import ShakelmError

GOOD = [
    "redis://localhost:6379/0",
    "redis://bot@localhost:6379/0",
    "redis://:hidden@localhost",
    "redis://bot:hidden%2Fsecret@[::1]:6379/0",
    "rediss://redis.example/0?ssl_ca_certs=/run/secrets/ca.pem",
    "unix:///run/redis.sock?db=1",
]


@pytest.mark.parametrize("url", GOOD)
def test_good_addresses(url: str) -> None:
    redis_address.check(url)


@pytest.mark.parametrize("url", ["http://:hidden@host", "localhost:6379", "redis:hidden", ""])
def test_another_kind_of_address_is_refused(url: str) -> None:
    refused(url, "must begin with redis:// or rediss:// or unix://")


@pytest.mark.parametrize("character", ["/", "#", "?"])
@pytest.mark.parametrize("host", ["host", "host:6379/0"])
def test_a_password_that_ends_the_address_is_refused_with_both_cures(character: str, host: str) -> None:
    refused(f"redis://:hidden{character}secret@{host}", "SHAKELM_REDIS_PASSWORD_FILE", "%2F")


@pytest.mark.parametrize("character", ["[", "]"])
def test_a_password_that_breaks_the_address_is_refused(character: str) -> None:
    refused(f"redis://:hidden{character}secret@host", "is not an address", "SHAKELM_REDIS_PASSWORD")


def test_a_port_that_is_none_is_refused() -> None:
    refused("redis://host:hidden", "is not an address")


@pytest.mark.parametrize(
    "url", ["redis://:hidden@host", "redis://u:hidden@host", "unix:///s?password=hidden"]
)
def test_two_passwords_are_refused(url: str) -> None:
    refused(url, "two passwords", password="secret")
    redis_address.check(url, "")


def test_a_user_in_the_address_goes_with_a_password_elsewhere() -> None:
    redis_address.check("redis://bot@host/0", "secret")
    redis_address.check("redis://bot:@host/0", "secret")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:hidden@host:6379/0", "redis://host:6379/0"),
        ("rediss://u:hid@den@host/0?password=hidden#x", "rediss://host/0"),
        ("unix:///run/redis.sock?db=1", "unix:///run/redis.sock"),
    ],
)
def test_no_secret_is_shown(url: str, shown: str) -> None:
    assert redis_address.public(url) == shown


def refused(url: str, *parts: str, password: str | None = None) -> None:
    with pytest.raises(ShakelmError) as error:
        redis_address.check(url, password)
    sentence = str(error.value)
    assert all(part in sentence for part in ("SHAKELM_REDIS_URL", *parts))
    assert "hidden" not in sentence
    assert "secret" not in sentence
    assert error.value.__suppress_context__ or error.value.__context__ is None
