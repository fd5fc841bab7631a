"""The connection to Redis."""

from urllib.parse import urlsplit

import redis
from redis.exceptions import AuthenticationError, RedisError

from shakelm.errors import ShakelmError


def connect(url: str, timeout_s: float = 5.0) -> "redis.Redis":
    """A tested connection. Commands give up after `timeout_s` seconds.

    Raises:
        ShakelmError: nothing answers at that address, or the password is wrong. The sentence shows the
            address without its password.
    """
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


def _public(url: str) -> str:
    """The address without user, password, and query, which may hold a password too."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
