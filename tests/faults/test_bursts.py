"""A bot or a worker that ends while many ask: every request is answered once, or told."""

import itertools
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shakelm.decoding import trial
from shakelm.store.registry import open_registry
from tests.faults.extent import REPEATED, variants
from tests.faults.outcomes import Outcomes, crowd, pressing_crowd, settled
from tests.support import tiny_models
from tests.support.control_client import Discord
from tests.support.full_stack import Stack, serving
from tests.support.module_process import Process

REQUESTS = 100

ENDS = (signal.SIGTERM, signal.SIGKILL)
"""How a process ends."""

BOT_ENDS = [
    pytest.param(after_s, how, bots, id=f"{how.name}-{after_s}s-{bots}-bots")
    for after_s, how, bots in variants(
        list(itertools.product((0.1, 0.4, 1.0), ENDS, (1, 2))),
        [(0.4, signal.SIGTERM, 1), (0.4, signal.SIGKILL, 2)],
    )
]
"""The seconds from a burst to the end of its bot, how it ends, and the number of bots."""

KINDS_OF_ENDS = variants(ENDS, (signal.SIGKILL,))
"""How a process ends during a burst of commands and presses of all kinds."""

MIXED_REPEATED = max(REPEATED // 4, 1)
"""How often each burst of commands and presses of all kinds is repeated."""

pytestmark = pytest.mark.timeout(120 + 30 * REPEATED)


LINES = ("/verse lines: 1", "/next", "/tokens text: to be or not to be", "/models", "/admin status")
"""A command of each kind: written by a worker, drawn by a worker, answered by the bot, for teachers."""


@pytest.fixture(scope="module")
def quick_stack(tmp_path_factory: pytest.TempPathFactory, small_text: Path) -> Iterator[Stack]:
    """A stack whose live version writes a verse in a moment, with a verse worker and no bot yet."""
    with serving(tmp_path_factory.mktemp("stack"), small_text) as stack:
        store = open_registry(stack.store)
        tiny_models.publish(store, "letters", "a")
        trial.promote(store, "letters")
        stack.verse_worker = stack.start_worker("verse")
        yield stack


@pytest.fixture
def start_bot(quick_stack: Stack) -> Iterator[Callable[[], Process]]:
    """Starts a bot of the stack. A failed test leaves none to the next one."""
    started: list[Process] = []

    def start() -> Process:
        started.append(quick_stack.start_bot())
        return started[-1]

    yield start
    for bot in started:
        bot.kill()


def end(process: Process, how: signal.Signals) -> None:
    """End a process, and wait for it."""
    process.popen.send_signal(how)
    process.wait()


def check(ended: Outcomes) -> None:
    """None was lost, and none was answered twice."""
    assert ended.doubled == 0, ended
    assert ended.answered + ended.told + ended.told_in_channel == REQUESTS, ended


def mixed_crowd(discord: Discord, message: str) -> dict[str, str]:
    """People use commands of all kinds, and press a button under a verse."""
    each = REQUESTS // (len(LINES) + 1)
    asked = pressing_crowd(discord, REQUESTS - each * len(LINES), "Again", message)
    for line in LINES:
        asked |= crowd(discord, each, line)
    return asked


@pytest.mark.parametrize(("after_s", "how", "bots"), BOT_ENDS)
def test_no_request_is_lost_with_its_bot(
    quick_stack: Stack, start_bot: Callable[[], Process], after_s: float, how: signal.Signals, bots: int
) -> None:
    running = [start_bot() for _ in range(bots)]
    for _ in range(REPEATED):
        asked = crowd(quick_stack.discord, REQUESTS)
        time.sleep(after_s)  # the time of the fault, not of something that the test waits for
        end(running.pop(0), how)
        running.append(start_bot())

        check(settled(quick_stack.discord, asked))
    for bot in running:
        assert bot.stop() == 0


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
