"""Writes `docs/retention.md`: how long everything is kept, from the table in `worker/protocol/retention.py`.

Run it with `.venv/bin/python docs/retention_page.py`. A test compares the page with the table.
"""

from pathlib import Path

from babel.units import format_unit

from worker.protocol.retention import DAY_S, HOUR_S, LIFETIMES, MINUTE_S, WITHOUT_EXPIRY

PAGE = Path(__file__).with_name("retention.md")

INTRODUCTION = """\
# How long everything is kept

`docs/retention_page.py` writes this page from `worker/protocol/retention.py`, the one table of lifetimes.
The table shows the default for verses; guilds set their own with `/admin retention`, from 1 to 365 days.
`/forget` removes a person's verses and shared lines, and their id from trainings, at once.

| what | where | kept for | after | personal |
|---|---|---|---|---|
"""


def page() -> str:
    """The page as Markdown."""
    rows = (
        f"| {kept.what} | {kept.where} | {_duration(kept.seconds)} | {kept.since} | "
        f"{'yes' if kept.personal else 'no'} |\n"
        for kept in LIFETIMES
    )
    kept = ", ".join(WITHOUT_EXPIRY[:-1]) + f", and {WITHOUT_EXPIRY[-1]}"
    return INTRODUCTION + "".join(rows) + f"\nRedis keeps these until they are replaced: {kept}.\n"


def _duration(seconds: int) -> str:
    """In the largest unit that divides it."""
    units = (("day", DAY_S), ("hour", HOUR_S), ("minute", MINUTE_S), ("second", 1))
    unit, size = next((unit, size) for unit, size in units if seconds % size == 0)
    return str(format_unit(seconds // size, f"duration-{unit}", locale="en_US"))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
