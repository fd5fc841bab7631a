"""The only bot ends while many ask: every request is answered once, or told."""

import signal
from collections.abc import Callable

from tests.faults.bursts import TIMEOUT, bot_ends, lose_no_request_with_a_bot
from tests.support.full_stack import Stack
from tests.support.module_process import Process

pytestmark = TIMEOUT


@bot_ends(differing_most=(0.4, signal.SIGTERM))
def test_no_request_is_lost_with_the_only_bot(
    quick_stack: Stack, start_bot: Callable[[], Process], after_s: float, how: signal.Signals
) -> None:
    lose_no_request_with_a_bot(quick_stack, start_bot, after_s, how, bots=1)
