"""How many variants of a fault are tested: all if bursts are repeated, else those that differ most."""

import os
from collections.abc import Sequence
from typing import TypeVar

REPEATED = int(os.environ.get("SHAKELM_FAULTS", "1"))
"""How often each burst is repeated: FAULTS times by `make faults`."""

T = TypeVar("T")


def variants(every: Sequence[T], few: Sequence[T]) -> Sequence[T]:
    """Every variant if bursts are repeated, else few."""
    return every if REPEATED > 1 else few
