"""Secrets, each from an environment variable or from the file that a second variable names.

Docker and other service managers hand over secrets as files: no child process inherits these, and `docker
inspect` does not show them.
"""

from collections.abc import Mapping
from pathlib import Path

from shakelm.errors import ShakelmError

DISCORD_TOKEN = "DISCORD_TOKEN"  # noqa: S105 (the name of the variable)
REDIS_PASSWORD = "SHAKELM_REDIS_PASSWORD"  # noqa: S105

MAX_BYTES = 4096
"""The most bytes of such a file. Tokens and passwords are much shorter."""


def file_variable(variable: str) -> str:
    """The variable that names the file with this secret."""
    return f"{variable}_FILE"


def find(environment: Mapping[str, str], variable: str) -> str | None:
    """The secret of that variable, from the variable or from its file. None if both are empty or not set.

    Raises:
        ShakelmError: both are set, or the file holds no secret. The sentence shows neither the secret nor
            the path, which is the secret if somebody confuses the two variables.
    """
    value, path = environment.get(variable), environment.get(file_variable(variable))
    if value and path:
        raise ShakelmError(f"{variable} and {file_variable(variable)} are both set: remove one of them.")
    return _read(file_variable(variable), Path(path)) if path else value or None


def _read(name: str, path: Path) -> str:
    """The one line of a file.

    Raises:
        ShakelmError: it cannot be read, or is not one line of text.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ShakelmError(
            f"The file that {name} names cannot be read ({reason}): give the path of a file that this user "
            "may read, and that has only the secret."
        ) from None
    if len(content) > MAX_BYTES:
        raise ShakelmError(
            f"The file that {name} names has more than {MAX_BYTES} bytes: "
            "give a file that has only the secret."
        )
    try:
        line = content.decode("utf-8-sig").rstrip("\r\n")  # editors add a byte order mark or a line end
    except UnicodeDecodeError:
        line = None
    if line is not None and not line.strip():
        raise ShakelmError(f"The file that {name} names is empty: write the secret into it.")
    if line is None or not line.isprintable():
        raise ShakelmError(
            f"The file that {name} names is not one line of text: write only the secret into it, as UTF-8."
        )
    return line
