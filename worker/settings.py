"""Settings from environment variables: those of the workers, and those that the bot shares with them."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from shakelm import defaults, secret_variables
from shakelm.defaults import LogLevel
from shakelm.errors import ShakelmError

_S = TypeVar("_S", bound=BaseSettings)


@dataclass(frozen=True)
class Valid:
    """What a setting can be, for the sentence that refuses another value: `set VARIABLE to ...`."""

    values: str


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    _ = parts.port  # raises ValueError for one that is no number
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an address")
    return url.rstrip("/")


class QueueSettings(BaseSettings):
    """The settings that the bot and the workers share."""

    model_config = SettingsConfigDict(
        frozen=True, env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )

    redis_url: Annotated[
        str,
        Field(
            alias="SHAKELM_REDIS_URL",
            description="Address of Redis, as redis://[user[:password]@]host:port/database. It is checked "
            "when the connection is made.",
            repr=False,
        ),
    ] = defaults.REDIS_URL
    redis_password: Annotated[
        SecretStr | None,
        Field(
            alias=secret_variables.REDIS_PASSWORD,
            description="Password of Redis, with any characters, if the address has none. The variable with "
            "_FILE at its end names a file with it.",
        ),
    ] = None
    api_base: Annotated[
        str,
        AfterValidator(_web_address),
        Valid("an address that starts with https:// or http://"),
        Field(alias="DISCORD_API_BASE", description="Address of the Discord API, with its version."),
    ] = defaults.DISCORD_API
    log_level: Annotated[
        LogLevel,
        Valid("DEBUG, INFO, WARNING or ERROR"),
        Field(alias="SHAKELM_LOG_LEVEL", description="DEBUG, INFO, WARNING or ERROR."),
    ] = defaults.LOG_LEVEL


class WorkerSettings(QueueSettings):
    """The settings of the workers."""

    store: Annotated[
        Path | None,
        Field(
            alias="SHAKELM_STORE",
            description="Folder of the trained models. All workers and the command `shakelm` share it. "
            "Default: the user's data folder.",
        ),
    ] = None
    engine: Annotated[
        Literal["numpy", "keras"],
        Valid("numpy or keras"),
        Field(alias="SHAKELM_ENGINE", description="Library that computes verses: numpy, or keras for a GPU."),
    ] = "numpy"
    corpus: Annotated[
        str,
        Field(
            alias="SHAKELM_CORPUS",
            min_length=1,
            description="Text of `/admin train`: the name of a known corpus, or the path of a text file or "
            "of a folder of them.",
        ),
    ] = defaults.CORPUS


def read(kind: type[_S]) -> _S:
    """Read the settings of that kind, and its secrets also from files.

    Raises:
        ShakelmError: a variable is missing or invalid. The sentence names the first one and what it can be,
            but never its value, which may be a secret.
    """
    try:
        return kind(**_secrets(kind))
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        variable = str(problem["loc"][0])
        if problem["type"] == "missing":
            cure = "this environment variable"
            if variable in _secret_names(kind):
                cure += f", or {secret_variables.file_variable(variable)}"
            raise ShakelmError(f"{variable} is not set: set {cure}.") from None
        raise ShakelmError(f"{variable} cannot be used: set it to {_valid(kind, variable)}.") from None


def _valid(kind: type[BaseSettings], variable: str) -> str:
    """What the setting in that variable can be."""
    found = [
        each.values
        for field in kind.model_fields.values()
        if field.alias == variable
        for each in field.metadata
        if isinstance(each, Valid)
    ]
    return found[0] if found else "another value"


def _secrets(kind: type[BaseSettings]) -> dict[str, Any]:
    """The values of that kind's secrets that are set."""
    found = {name: secret_variables.find(os.environ, name) for name in _secret_names(kind)}
    return {name: value for name, value in found.items() if value is not None}


def _secret_names(kind: type[BaseSettings]) -> list[str]:
    """The variables of that kind's secrets."""
    return [
        str(field.alias)
        for field in kind.model_fields.values()
        if SecretStr in (field.annotation, *get_args(field.annotation))
    ]


def configure_logging(level: LogLevel) -> None:
    """Log to stderr in one format.

    RQ's loggers, which write a line every few seconds at INFO, start at WARNING. The loggers that write URLs,
    which hold tokens, start at ERROR: urllib3 does so at DEBUG, and at WARNING if it cannot parse the headers
    of a response.
    """
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in ("rq.worker", "rq.job", "rq.queue", "rq.registry"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.ERROR)
