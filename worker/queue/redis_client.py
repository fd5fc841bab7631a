"""The connection to Redis."""

import re

import redis
from redis.exceptions import AuthenticationError, RedisError

from shakelm.errors import ShakelmError

SCHEMES = ("redis", "rediss", "unix")


def connect(url: str, timeout_s: float = 5.0) -> "redis.Redis":
    """A tested connection. Commands give up after `timeout_s` seconds.

    Raises:
        ShakelmError: nothing answers at that address, the password is wrong, or the address is malformed.
            The sentence shows the address without its password.
    """
    _check(url)
    try:
        connection = redis.Redis.from_url(url, socket_connect_timeout=3.0, socket_timeout=timeout_s)
        connection.ping()
    except AuthenticationError:
        raise ShakelmError(
            f"Redis at {_public(url)} refuses the password: correct it in SHAKELM_REDIS_URL."
        ) from None
    except (RedisError, ValueError) as error:
        raise ShakelmError(
            f"Redis does not answer at {_public(url)} ({type(error).__name__}): "
            "start it, or set SHAKELM_REDIS_URL to where it runs."
        ) from None
    return connection


def _check(url: str) -> None:
    """Refuse an address whose password has a character that ends the password there.

    Raises:
        ShakelmError: names the cure, and shows nothing of the password.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in SCHEMES:
        raise ShakelmError(
            f"SHAKELM_REDIS_URL must begin with {' or '.join(f'{one}://' for one in SCHEMES)}, as in "
            "redis://:PASSWORD@HOST:6379/0."
        )
    beyond_host = re.search(r"[/?#](.*)", rest, re.DOTALL)
    if beyond_host and "@" in beyond_host[1]:
        raise ShakelmError(
            "The password in SHAKELM_REDIS_URL has a character that an address cannot have as it is: write "
            "/ as %2F, # as %23, ? as %3F, @ as %40, and % as %25."
        )


def _public(url: str) -> str:
    """The address without user, password, and query, which may hold a password too."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{re.split('[?#]', rest.rpartition('@')[2], maxsplit=1)[0]}"
