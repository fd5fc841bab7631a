"""How many variants of a fault are tested: all by `make faults`, those that differ most by `make test`."""

import os
from collections.abc import Sequence
from typing import TypeVar

REPEATED = int(os.environ.get("SHAKELM_FAULTS", "1"))
"""How often each burst is repeated (`make faults`)."""

T = TypeVar("T")


def variants(every: Sequence[T], few: Sequence[T]) -> Sequence[T]:
    """Every variant for `make faults`, else few."""
    return every if REPEATED > 1 else few
