"""Discord's time: tokens expire by it, and a machine's own clock may be wrong.

Each process measures how far its clock is from Discord's, by the `Date` header of Discord's responses
(RFC 9110: Date).
"""

import logging
import time
from email.utils import parsedate_to_datetime

log = logging.getLogger(__name__)

UNNOTICED_S = 5.0
"""A smaller difference counts as none: the header has whole seconds, and the response takes time."""

TOLD_S = 30.0
"""A larger difference is told."""

_measured = {"offset_s": 0.0, "told": 0.0}


def now() -> float:
    """Discord's time in Unix seconds, as far as it is known."""
    return time.time() + offset_s()


def offset_s() -> float:
    """The seconds that Discord's clock is ahead of this machine's. Negative: it is behind."""
    return _measured["offset_s"]


def note(date: str | None) -> None:
    """Measure the difference by the `Date` header of a response that has just come. Others change nothing."""
    try:
        theirs = parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return
    offset = theirs - time.time()
    _measured["offset_s"] = offset if abs(offset) > UNNOTICED_S else 0.0
    if abs(offset) > TOLD_S and abs(offset - _measured["told"]) > TOLD_S:
        _measured["told"] = offset
        log.warning("%s", sentence())


def sentence() -> str:
    """The difference and its cure, for the log and for administrators. Empty if there is none to tell."""
    offset = offset_s()
    if abs(offset) <= TOLD_S:
        return ""
    direction = "behind" if offset > 0 else "ahead of"
    return (
        f"the clock of this machine is {abs(offset) / 60:.0f} minutes {direction} Discord's: set it right, "
        "for example with NTP (answers still come in time)"
    )
