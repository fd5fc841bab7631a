"""Records from Redis, of which one may be broken: it is left out and logged, and the others are read."""

import logging
from collections.abc import Iterable
from typing import TypeVar

from pydantic import BaseModel, ValidationError

R = TypeVar("R", bound=BaseModel)

log = logging.getLogger(__name__)


def record(kind: type[R], stored: bytes | None) -> R | None:
    """The record in these bytes. None if there are none, or if they cannot be read."""
    if stored is None:
        return None
    try:
        return kind.model_validate_json(stored)
    except ValidationError as error:
        problem = error.errors(include_input=False)[0]["msg"]
        log.warning("A %s cannot be read and is left out: %s", kind.__name__, problem)
        return None


def records(kind: type[R], stored: Iterable[bytes | None]) -> list[R]:
    """Those of these records that can be read."""
    return [one for one in (record(kind, each) for each in stored) if one is not None]
