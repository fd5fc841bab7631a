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


@pytest.mark.parametrize("bots", [1, 2])
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
@pytest.mark.parametrize("after_s", [0.1, 0.4, 1.0])
def test_no_request_is_lost_with_its_bot(
    own_stack: Stack, after_s: float, how: signal.Signals, bots: int
) -> None:
    running = [own_stack.start_bot() for _ in range(bots)]
    own_stack.start_worker("verse")
    for _ in range(REPEATED):
        asked = crowd(own_stack.discord, REQUESTS)
        time.sleep(after_s)  # the time of the fault, not of something that the test waits for
        end(running.pop(0), how)
        running.append(own_stack.start_bot())

        ended = settled(own_stack.discord, asked)

        assert ended.doubled == 0, ended
        assert ended.answered + ended.told + ended.told_in_channel == REQUESTS, ended
        print(after_s, how.name, bots, ended.answered, ended.told, ended.told_in_channel)
