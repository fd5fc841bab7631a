"""Bursts of requests during which a process ends."""

import itertools
import signal
import time
from collections.abc import Callable

import pytest

from tests.faults.extent import REPEATED, variants
from tests.faults.outcomes import Outcomes, crowd, settled
from tests.support.full_stack import Stack
from tests.support.module_process import Process

REQUESTS = 100

ENDS = (signal.SIGTERM, signal.SIGKILL)
"""How a process ends."""

TIMEOUT = pytest.mark.timeout(120 + 30 * REPEATED)


def bot_ends(differing_most: tuple[float, signal.Signals]) -> pytest.MarkDecorator:
    """Parametrizes a test by the seconds from a burst to the end of its bot, and by how it ends."""
    every = list(itertools.product((0.1, 0.4, 1.0), ENDS))
    return pytest.mark.parametrize(
        ("after_s", "how"),
        [
            pytest.param(after_s, how, id=f"{how.name}-{after_s}s")
            for after_s, how in variants(every, [differing_most])
        ],
    )


def lose_no_request_with_a_bot(
    stack: Stack, start_bot: Callable[[], Process], after_s: float, how: signal.Signals, bots: int
) -> None:
    """Again and again, one of so many bots ends during a burst, and another one starts."""
    running = [start_bot() for _ in range(bots)]
    for _ in range(REPEATED):
        asked = crowd(stack.discord, REQUESTS)
        time.sleep(after_s)  # the time of the fault, not of something that the test waits for
        end(running.pop(0), how)
        running.append(start_bot())

        check(settled(stack.discord, asked))
    for bot in running:
        assert bot.stop() == 0


def end(process: Process, how: signal.Signals) -> None:
    """End a process, and wait for it."""
    process.popen.send_signal(how)
    process.wait()


def check(ended: Outcomes) -> None:
    """None was lost, and none was answered twice."""
    assert ended.doubled == 0, ended
    assert ended.answered + ended.told + ended.told_in_channel == REQUESTS, ended
