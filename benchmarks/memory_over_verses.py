"""Memory and open files of the bot and of a verse worker while people ask for ten thousand verses.

Run it with `.venv/bin/python benchmarks/memory_over_verses.py`. It takes a quarter of an hour. Everything is
real and runs on this machine: the sandbox, Valkey, the bot, and one worker with the shipped model.
"""

import sys
import tempfile
from pathlib import Path

import psutil
from rich.console import Console
from rich.progress import track
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.faults.outcomes import crowd, settled
from tests.support.full_stack import serving
from worker.queue.rq_internals import VERSE
from worker.records import guild_settings

VERSES = 10_000
AT_ONCE = 100
SHOWN = (100, 1_000, 2_000, 4_000, 6_000, 8_000, 10_000)


def megabytes(processes: list[psutil.Process]) -> float:
    """The resident memory of these processes, without what they share counted twice."""
    return sum(process.memory_full_info().pss for process in processes) / 2**20


def main() -> None:
    """Measure, and print a table."""
    folder = Path(tempfile.mkdtemp())
    corpus = folder / "small.txt"
    corpus.write_text("To be, or not to be.\n" * 500)
    table = Table("verses", "bot, MB", "verse worker, MB", "open files of the bot", "answered")
    with serving(folder, corpus) as stack:
        guild_settings.change(stack.redis, stack.discord.state["guild_id"], open_per_server=1_000)
        bot, worker = stack.start_bot(), stack.start_worker(VERSE)
        answered = 0
        for done in track(range(AT_ONCE, VERSES + 1, AT_ONCE), "100 verses at a time"):
            answered += settled(stack.discord, crowd(stack.discord, AT_ONCE)).answered
            if done in SHOWN:
                table.add_row(
                    f"{done:,}",
                    *(f"{megabytes(each.tree):.0f}" for each in (bot, worker)),
                    str(sum(process.num_fds() for process in bot.tree)),
                    f"{answered:,}",
                )
    Console().print(table)


if __name__ == "__main__":
    main()
