"""How many cases a fuzz test has, and which: FUZZ_CASES in all, 500 by default; `make fuzz` runs 10,000.

The cases are the same each time, unless FUZZ_SEED names others.
"""

import os
from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import Phase, seed, settings

CASES = int(os.environ.get("FUZZ_CASES", "500"))
SEED = os.environ.get("FUZZ_SEED")

T = TypeVar("T", bound=Callable[..., Any])


def share(percent: int) -> Callable[[T], T]:
    """Give a property this percentage of the cases. In `tests/fuzz` they add up to 100."""
    repeatable = settings(
        max_examples=max(CASES * percent // 100, 1),
        phases=(Phase.explicit, Phase.generate),  # a case that hangs takes seconds, so none is shrunk
        report_multiple_bugs=False,
        derandomize=SEED is None,
    )
    return lambda function: repeatable(seed(SEED)(function) if SEED else function)
