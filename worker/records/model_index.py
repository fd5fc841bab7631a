"""The index of model versions: workers publish it, because the bot never opens the store."""

import json
import logging
from typing import cast

import redis
from pydantic import ValidationError

from worker.protocol.model_payloads import ModelIndex, ModelSummary

log = logging.getLogger(__name__)

_INDEX = "shakelm:models"


def load(connection: "redis.Redis") -> ModelIndex | None:
    """The versions in the workers' store. None if no worker has published them, or if they cannot be read."""
    try:
        record = cast("bytes | None", connection.get(_INDEX))
    except redis.ResponseError:
        log.warning("The index of models cannot be read")
        return None
    try:
        return None if record is None else ModelIndex.model_validate_json(record)
    except ValidationError:
        return _readable(record or b"")


def _readable(record: bytes) -> ModelIndex:
    """The summaries of a damaged index that can be read. The others are left out."""
    summaries = []
    try:
        entries = json.loads(record)["versions"]
    except (ValueError, KeyError, TypeError, RecursionError):
        entries = []
    for entry in entries if isinstance(entries, list) else []:
        try:
            summaries.append(ModelSummary.model_validate(entry))
        except ValidationError:
            log.warning("A model is left out of the index: its entry cannot be read")
    return ModelIndex(versions=summaries)


def save(connection: "redis.Redis", index: ModelIndex) -> bool:
    """Publish the versions of the store. Returns whether that changed anything."""
    record = index.model_dump_json().encode()
    try:
        return connection.set(_INDEX, record, get=True) != record
    except redis.ResponseError:  # of another type, which a plain SET replaces
        return bool(connection.set(_INDEX, record))
