"""The index of model versions: workers publish it, because the bot never opens the store."""

from typing import cast

import redis

from worker.protocol.model_payloads import ModelIndex

_INDEX = "shakelm:models"


def load(connection: "redis.Redis") -> ModelIndex | None:
    """The versions in the workers' store. None if no worker has ever published them."""
    record = cast("bytes | None", connection.get(_INDEX))
    return None if record is None else ModelIndex.model_validate_json(record)


def save(connection: "redis.Redis", index: ModelIndex) -> bool:
    """Publish the versions of the store. Returns whether that changed anything."""
    record = index.model_dump_json().encode()
    return connection.set(_INDEX, record, get=True) != record
