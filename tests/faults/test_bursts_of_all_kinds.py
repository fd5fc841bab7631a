"""A bot or a worker ends while many use all kinds of commands: each is answered once, or told."""

import signal
import time
from collections.abc import Callable
from functools import partial

import pytest

from tests.faults.bursts import ENDS, REQUESTS, TIMEOUT, check, end
from tests.faults.extent import REPEATED, variants
from tests.faults.outcomes import crowd, pressing_crowd, settled
from tests.support.control_client import Discord
from tests.support.full_stack import Stack
from tests.support.module_process import Process
from tests.support.waiting import eventually

KINDS_OF_ENDS = variants(ENDS, (signal.SIGKILL,))

MIXED_REPEATED = max(REPEATED // 4, 1)
"""How often each burst is repeated."""

LINES = ("/verse lines: 1", "/next", "/tokens text: to be or not to be", "/models", "/admin status")
"""A command of each kind: written by a worker, drawn by a worker, answered by the bot, for teachers."""

pytestmark = TIMEOUT


def mixed_crowd(discord: Discord, message: str) -> dict[str, str]:
    """People use commands of all kinds, and press a button under a verse."""
    each = REQUESTS // (len(LINES) + 1)
    asked = pressing_crowd(discord, REQUESTS - each * len(LINES), "Again", message)
    for line in LINES:
        asked |= crowd(discord, each, line)
    return asked


@pytest.mark.parametrize("how", KINDS_OF_ENDS, ids=lambda how: how.name)
def test_no_press_and_no_command_is_lost_with_its_bot(
    quick_stack: Stack, start_bot: Callable[[], Process], how: signal.Signals
) -> None:
    bot = start_bot()
    verse = quick_stack.discord.ask("/verse lines: 1")
    for _ in range(MIXED_REPEATED):
        asked = mixed_crowd(quick_stack.discord, verse["id"])
        time.sleep(0.4)  # the time of the fault
        end(bot, how)
        bot = start_bot()

        check(settled(quick_stack.discord, asked))
    assert bot.stop() == 0


def test_no_request_is_lost_with_two_bots_in_a_row(
    quick_stack: Stack, start_bot: Callable[[], Process]
) -> None:
    """The second one is killed while it takes over from the first."""
    bot = start_bot()
    verse = quick_stack.discord.ask("/verse lines: 1")
    for _ in range(MIXED_REPEATED):
        eventually(partial(has_sessions, quick_stack, 1), "no session of another bot")
        asked = mixed_crowd(quick_stack.discord, verse["id"])
        time.sleep(0.1)  # the time of the fault
        end(bot, signal.SIGKILL)
        second = quick_stack.start("bot")
        second.until(partial(has_taken_over, second), "a bot that takes over")
        end(second, signal.SIGKILL)
        bot = start_bot()

        check(settled(quick_stack.discord, asked))
    assert bot.stop() == 0


def has_sessions(stack: Stack, number: int) -> bool:
    """Whether Redis knows so many sessions of the gateway."""
    return stack.redis.hlen("shakelm:bot:sessions") == number


def has_taken_over(bot: Process) -> bool:
    """Whether a bot has taken over a session."""
    return "Taking over" in bot.output


@pytest.mark.parametrize("how", KINDS_OF_ENDS, ids=lambda how: how.name)
def test_no_request_is_lost_with_its_worker(
    quick_stack: Stack, start_bot: Callable[[], Process], how: signal.Signals
) -> None:
    """SIGKILL is also what the kernel sends to a worker that uses more memory than it may."""
    bot = start_bot()
    workers = [quick_stack.verse_worker, quick_stack.start_worker("verse")]
    verse = quick_stack.discord.ask("/verse lines: 1")
    for _ in range(MIXED_REPEATED):
        asked = mixed_crowd(quick_stack.discord, verse["id"])
        quick_stack.await_busy_worker("verse")
        for _ in range(2):
            end(workers.pop(0), how)
            workers.append(quick_stack.start_worker("verse"))

        check(settled(quick_stack.discord, asked))
    assert bot.stop() == 0
    quick_stack.verse_worker, other = workers
    assert other.stop() == 0
