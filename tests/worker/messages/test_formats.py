"""Parts of messages: durations and progress bars."""

import pytest

from worker.messages import formats
from worker.messages.catalog import DEFAULT


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "5 s"), (4, "5 s"), (5.1, "10 s"), (55, "55 s"), (56, "1 min"), (754, "13 min")],
)
def test_a_rough_duration_goes_in_steps(seconds: float, shown: str) -> None:
    assert formats.about(seconds, DEFAULT) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.4, "0 s"), (59.4, "59 s"), (59.5, "1 min 0 s"), (3599, "59 min 59 s"), (7805, "2 h 10 min")],
)
def test_a_duration_has_two_units_at_most(seconds: float, shown: str) -> None:
    assert formats.duration(seconds, DEFAULT) == shown


@pytest.mark.parametrize(("share", "full"), [(0, 0), (0.25, 5), (0.999, 20), (1, 20)])
def test_a_bar_is_full_to_its_share(share: float, full: int) -> None:
    assert formats.bar(share) == "█" * full + "░" * (20 - full)
