"""The devices that the workers compute on, found without loading TensorFlow.

Only TensorFlow knows whether it computes on a GPU. If a machine may have a GPU, a worker that has loaded
TensorFlow notes the device in Redis (hash `shakelm:devices`, by host).
"""

import socket
import sys
from typing import cast

import redis

from shakelm import machine

_DEVICES = "shakelm:devices"


def known(connection: "redis.Redis", by_tensorflow: bool) -> str:
    """The device that this process computes on, with TensorFlow or with NumPy; "" if it is not known yet.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    if not by_tensorflow or not machine.may_have_gpu():
        return machine.processor()
    backend = sys.modules.get("shakelm.networks.backend")
    if backend is not None and hasattr(backend, "device"):  # another thread may be loading it
        connection.hset(_DEVICES, socket.gethostname(), backend.device())
    return (cast("bytes | None", connection.hget(_DEVICES, socket.gethostname())) or b"").decode()
