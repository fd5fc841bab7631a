"""How many cases a fuzz test has: a share of FUZZ_CASES, 500 by default. `make fuzz` runs 10,000."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import Phase, settings

CASES = int(os.environ.get("FUZZ_CASES", "500"))

T = TypeVar("T", bound=Callable[..., Any])


def share(percent: int) -> Callable[[T], T]:
    """Give a property this share of the cases. The shares of all properties in `tests/fuzz` add up to 100."""
    return settings(
        max_examples=max(CASES * percent // 100, 1),
        phases=(Phase.explicit, Phase.generate),  # a case that hangs takes seconds, so none is shrunk
        report_multiple_bugs=False,
    )
