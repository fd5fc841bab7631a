"""What the workers compute on, told without loading TensorFlow for it.

Only TensorFlow knows whether it computes on a GPU. Where a machine might have one, that is remembered in
Redis (hash `shakelm:devices`, by host) from when a worker of that machine last used it.
"""

import socket
import sys
from typing import cast

import redis

from shakelm import machine

_DEVICES = "shakelm:devices"


def known(connection: "redis.Redis", by_tensorflow: bool) -> str:
    """What this process computes on, where `by_tensorflow` says what does it; "" where nobody knows yet.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    if not by_tensorflow or not machine.may_have_gpu():
        return machine.processor()
    backend = sys.modules.get("shakelm.networks.backend")
    if backend is not None and hasattr(backend, "device"):  # it may be loading in another thread just now
        connection.hset(_DEVICES, socket.gethostname(), backend.device())
    return (cast("bytes | None", connection.hget(_DEVICES, socket.gethostname())) or b"").decode()
