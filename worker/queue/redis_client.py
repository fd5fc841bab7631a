"""The connection to Redis."""

import ssl

import redis
from pydantic import SecretStr
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError

from shakelm import redis_address
from shakelm.errors import ShakelmError


def connect(url: str, password: SecretStr | None = None, *, timeout_s: float = 5.0) -> "redis.Redis":
    """A tested connection. Commands give up after `timeout_s` seconds.

    Args:
        url: the address of Redis.
        password: the password, unless it stands in the address.
        timeout_s: seconds.

    Raises:
        ShakelmError: nothing answers at that address, the password or the certificate is wrong, or the
            address is malformed. The sentence shows the address without its password.
    """
    secret = password.get_secret_value() if password else None
    redis_address.check(url, secret)
    shown = redis_address.public(url)
    try:
        connection = redis.Redis.from_url(
            url, password=secret, socket_connect_timeout=3.0, socket_timeout=timeout_s
        )
        connection.ping()
    except AuthenticationError:
        raise ShakelmError(
            f"Redis at {shown} refuses the user or the password: correct it in SHAKELM_REDIS_PASSWORD, in "
            "the file that SHAKELM_REDIS_PASSWORD_FILE names, or in SHAKELM_REDIS_URL."
        ) from None
    except NoPermissionError:
        raise ShakelmError(
            f"Redis at {shown} does not let its user do anything: give the user the rights in "
            "deployment/redis.conf, or set another user in SHAKELM_REDIS_URL."
        ) from None
    except (RedisError, ValueError, TypeError) as error:
        raise ShakelmError(_reason(error, shown)) from None
    return connection


def _reason(error: Exception, shown: str) -> str:
    """Why there is no connection, as one sentence with the cure."""
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return (
            f"The certificate of Redis at {shown} is not trusted ({cause.verify_message.rstrip('.')}): name "
            "the file of the authority that signed it, as in rediss://HOST:6379/0?ssl_ca_certs=/path/ca.pem, "
            "and the host as the certificate does."
        )
    if isinstance(cause, ssl.SSLError):
        return (
            f"TLS with Redis at {shown} fails ({cause.reason}): correct the options after the ? of "
            "SHAKELM_REDIS_URL, and see that TLS is on at that port."
        )
    of_a_file = shown.startswith("rediss://") and isinstance(cause, FileNotFoundError | PermissionError)
    if of_a_file or isinstance(error, TypeError | ValueError):
        return (
            f"SHAKELM_REDIS_URL, which begins with {shown}, has options after its ? that cannot be used: "
            "correct them. Those named ssl_… need rediss://, and files that can be read."
        )
    return (
        f"Redis does not answer at {shown} ({type(error).__name__}): "
        "start it, or set SHAKELM_REDIS_URL to where it runs."
    )
