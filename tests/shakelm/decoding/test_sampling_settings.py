"""The ranges of sampling settings."""

import pytest

from shakelm.decoding.sampling_settings import SamplingSettings
from shakelm.errors import ShakelmError


@pytest.mark.parametrize("temperature", [-1.0, float("nan"), float("inf"), 2.01])
def test_temperatures_out_of_range_are_refused(temperature: float) -> None:
    with pytest.raises(ShakelmError, match="temperature"):
        SamplingSettings(temperature)


def test_top_k_top_p_and_min_p_out_of_range_are_refused() -> None:
    with pytest.raises(ShakelmError, match="top-k"):
        SamplingSettings(top_k=0)
    with pytest.raises(ShakelmError, match="top-p"):
        SamplingSettings(top_p=0.0)
    for min_p in (0.0, 1.01, float("nan")):
        with pytest.raises(ShakelmError, match="min-p"):
            SamplingSettings(min_p=min_p)
