"""A bot that ends while many ask: every request is answered once, or told."""

import os
import signal
import time

import pytest

from tests.faults.outcomes import crowd, settled
from tests.support.full_stack import Stack
from tests.support.module_process import Process

REQUESTS = 100

REPEATED = int(os.environ.get("SHAKELM_FAULTS", "1"))
"""How often each burst is repeated (`make faults`)."""


def end(bot: Process, how: signal.Signals) -> None:
    """End a bot, and wait for it."""
    bot.popen.send_signal(how)
    bot.wait()


@pytest.mark.parametrize("_repetition", range(REPEATED))
@pytest.mark.parametrize("bots", [1, 2])
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
@pytest.mark.parametrize("after_s", [0.1, 0.4, 1.0])
def test_no_request_is_lost_with_its_bot(
    own_stack: Stack, after_s: float, how: signal.Signals, bots: int, _repetition: int
) -> None:
    ending, *_ = [own_stack.start_bot() for _ in range(bots)]
    own_stack.start_worker("verse")

    asked = crowd(own_stack.discord, REQUESTS)
    time.sleep(after_s)  # the time of the fault, not of something that the test waits for
    end(ending, how)
    own_stack.start_bot()

    end_ = settled(own_stack.discord, asked)
    assert end_.doubled == 0, end_
    assert end_.answered + end_.told + end_.told_in_channel == REQUESTS, end_
