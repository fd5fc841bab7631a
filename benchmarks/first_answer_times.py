"""How long people wait for the first answer, with a long queue and with many who ask at once.

Run it with `.venv/bin/python benchmarks/first_answer_times.py`. Everything runs on this machine: the sandbox,
Valkey, and the bot share its cores. Discord takes first answers for three seconds.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.faults.outcomes import Outcomes, crowd, outcomes
from tests.support.full_stack import Stack, serving
from tests.support.request_makers import enqueue, verse_request
from tests.support.waiting import eventually
from worker.records import guild_settings

WAITING = (0, 100, 1_000, 10_000)
AT_ONCE = (1, 100, 1_000)
CLASS = 1_000
"""The most open requests of one server."""

ALONE = 30
"""How often one request alone is measured."""


def fill(stack: Stack, waiting: int) -> None:
    """Let so many people wait, in servers of `CLASS` people each."""
    for guild in range(waiting // CLASS + 1):
        guild_settings.change(stack.redis, str(guild), open_per_server=CLASS)
    for number in range(waiting):
        enqueue(stack.redis, verse_request(author=str(10**17 + number), guild=str(number // CLASS)))


def ask(stack: Stack, count: int) -> Outcomes:
    """So many people ask at once. Waits for Discord's three seconds."""
    asked = crowd(stack.discord, count)

    def answered() -> Outcomes | None:
        now = outcomes(stack.discord, asked)
        return now if now.silent == 0 else None

    try:
        return eventually(answered, "first answers")
    except AssertionError:
        return outcomes(stack.discord, asked)


def main() -> None:
    """Measure, and print a table."""
    table = Table(title="First answers in milliseconds")
    for column in ("waiting", "at once", "p50", "p95", "worst", "accepted", "refused", "silent"):
        table.add_column(column, justify="right")
    for waiting in WAITING:
        folder = Path(tempfile.mkdtemp())
        corpus = folder / "small.txt"
        corpus.write_text("To be, or not to be.\n" * 500)
        with serving(folder, corpus) as stack:
            guild = stack.discord.state["guild_id"]
            guild_settings.change(stack.redis, guild, open_per_server=CLASS, per_minute=600)
            fill(stack, waiting)
            stack.start_bot()
            time.sleep(1)
            for at_once in AT_ONCE:
                rounds = [ask(stack, at_once) for _ in range(ALONE if at_once == 1 else 1)]
                times = sorted(1000 * one for each in rounds for one in each.first_answers_s)
                table.add_row(
                    f"{waiting:,}",
                    f"{at_once:,}",
                    *(f"{value:.0f}" for value in (statistics.median(times), quantile(times), times[-1])),
                    str(sum(each.waiting for each in rounds)),
                    str(sum(each.told for each in rounds)),
                    str(sum(each.silent + each.told_in_channel for each in rounds)),
                )
    Console().print(table)


def quantile(times: list[float], share: float = 0.95) -> float:
    """The value that a share of the times does not exceed."""
    return times[min(int(len(times) * share), len(times) - 1)]


if __name__ == "__main__":
    main()
