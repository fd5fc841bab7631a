"""The address of Redis: what it may be, and how much of it is shown."""

import re
from urllib.parse import parse_qs, urlsplit

from shakelm.errors import ShakelmError

SCHEMES = ("redis", "rediss", "unix")

CURE = (
    "put the password into SHAKELM_REDIS_PASSWORD, or into the file that SHAKELM_REDIS_PASSWORD_FILE names, "
    "where it may have any character"
)


def check(url: str, password: str | None = None) -> None:
    """Refuse an address that redis-py would not understand as its writer does.

    Args:
        url: the address.
        password: the password if it stands elsewhere than in the address.

    Raises:
        ShakelmError: the address is none of Redis, a character of its password ends the password there, or
            there are two passwords. The sentence names the cure, and shows nothing of the address.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in SCHEMES:
        raise ShakelmError(
            f"SHAKELM_REDIS_URL must begin with {' or '.join(f'{one}://' for one in SCHEMES)}, as in "
            "redis://HOST:6379/0."
        )
    beyond_host = re.search(r"[/?#](.*)", rest, re.DOTALL)
    if beyond_host and "@" in beyond_host[1]:
        raise ShakelmError(
            "The password in SHAKELM_REDIS_URL has a character that an address cannot have as it is: "
            f"{CURE}; or write / as %2F, # as %23, ? as %3F, @ as %40, and % as %25."
        )
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError, which may quote a part of the password
    except ValueError:
        raise ShakelmError(
            "SHAKELM_REDIS_URL is not an address, perhaps because of a character of its password: "
            f"set it as in redis://HOST:6379/0, and {CURE}."
        ) from None
    if password and (parts.password or "password" in parse_qs(parts.query)):
        raise ShakelmError(
            "There are two passwords, in SHAKELM_REDIS_URL and in SHAKELM_REDIS_PASSWORD or its file: "
            "remove the one in the address."
        )


def public(url: str) -> str:
    """The address without user, password, and query, which may hold a password too."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{re.split('[?#]', rest.rpartition('@')[2], maxsplit=1)[0]}"
