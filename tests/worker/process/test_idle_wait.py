"""A signal ends the wait for a job, and nothing else."""

import os
import signal
from collections.abc import Iterator

import pytest
from rq.exceptions import StopRequested

from worker.process.idle_wait import IdleWait


@pytest.fixture
def wait() -> Iterator[IdleWait]:
    """A wait that SIGUSR1 ends."""
    wait = IdleWait()
    before = signal.signal(signal.SIGUSR1, lambda _number, _frame: wait.end())
    yield wait
    signal.signal(signal.SIGUSR1, before)


def test_a_signal_ends_the_wait(wait: IdleWait) -> None:
    with pytest.raises(StopRequested), wait():
        os.kill(os.getpid(), signal.SIGUSR1)
        raise AssertionError("the wait went on")


def test_a_signal_between_two_waits_interrupts_nothing_and_ends_the_next(wait: IdleWait) -> None:
    with wait():
        pass
    os.kill(os.getpid(), signal.SIGUSR1)
    with pytest.raises(StopRequested), wait():
        raise AssertionError("it waited")
