"""What a worker says it computes on."""

import importlib
import sys
from pathlib import Path

import pytest
import redis

from shakelm import machine
from worker.process import devices


def test_without_tensorflow_it_is_the_processor(connection: "redis.Redis") -> None:
    assert devices.known(connection, by_tensorflow=False) == machine.processor()
    assert "cores)" in machine.processor()


def test_where_there_may_be_a_gpu_only_tensorflow_tells_and_that_is_remembered(
    connection: "redis.Redis", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "NVIDIA_DRIVER", tmp_path)  # it exists
    monkeypatch.delitem(sys.modules, "shakelm.networks.backend", raising=False)
    assert devices.known(connection, by_tensorflow=True) == ""

    backend = importlib.import_module("shakelm.networks.backend")
    assert devices.known(connection, by_tensorflow=True) == backend.device()

    monkeypatch.delitem(sys.modules, "shakelm.networks.backend")
    assert devices.known(connection, by_tensorflow=True) == backend.device()
