import numpy as np
import pytest

from shakelm.errors import ShakelmError
from shakelm.sampling import Sampling, choose, distribution
from shakelm.vocabulary import UNKNOWN

LOGITS = np.array([9.0, 1.0, 3.0, 2.0, 0.0], dtype=np.float32)


def test_temperature_one_is_the_softmax_without_the_unknown_token() -> None:
    expected = np.exp(LOGITS[1:].astype(float))
    expected /= expected.sum()
    assert distribution(LOGITS, Sampling(1.0)) == pytest.approx([0.0, *expected])


def test_temperature_zero_takes_the_most_likely_known_token() -> None:
    assert distribution(LOGITS, Sampling(0.0)).tolist() == [0, 0, 1, 0, 0]


@pytest.mark.parametrize("temperature", [1e-300, 1e-9, 0.01, 2.0])
def test_no_temperature_overflows(temperature: float) -> None:
    probabilities = distribution(LOGITS * 1e4, Sampling(temperature))
    assert probabilities.sum() == pytest.approx(1.0)
    assert np.isfinite(probabilities).all()


def test_higher_temperatures_are_flatter() -> None:
    peaks = [distribution(LOGITS, Sampling(temperature)).max() for temperature in (0.2, 0.5, 1.0, 2.0)]
    assert peaks == sorted(peaks, reverse=True)


def test_top_k_keeps_k_tokens_and_their_proportions() -> None:
    probabilities = distribution(LOGITS, Sampling(1.0, top_k=2))
    assert probabilities.nonzero()[0].tolist() == [2, 3]
    assert probabilities[2] / probabilities[3] == pytest.approx(np.e)


def test_top_p_keeps_the_smallest_set_that_reaches_it() -> None:
    plain = distribution(LOGITS, Sampling(1.0))
    just_two = plain[2] + plain[3]
    assert distribution(LOGITS, Sampling(1.0, top_p=just_two - 1e-6)).nonzero()[0].tolist() == [2, 3]
    assert distribution(LOGITS, Sampling(1.0, top_p=just_two + 1e-6)).nonzero()[0].tolist() == [1, 2, 3]
    assert distribution(LOGITS, Sampling(1.0, top_p=1e-9)).nonzero()[0].tolist() == [2]


def test_drawn_tokens_follow_the_distribution_and_are_never_unknown() -> None:
    random = np.random.default_rng(1)
    sampling = Sampling(1.0)
    counts = np.bincount([choose(LOGITS, sampling, random) for _ in range(20_000)], minlength=5)
    assert counts[UNKNOWN] == 0
    assert counts / 20_000 == pytest.approx(distribution(LOGITS, sampling), abs=0.015)


@pytest.mark.parametrize("temperature", [-1.0, float("nan"), float("inf"), 2.01])
def test_temperatures_out_of_range_are_refused(temperature: float) -> None:
    with pytest.raises(ShakelmError, match="temperature"):
        Sampling(temperature)


def test_empty_choices_are_refused() -> None:
    with pytest.raises(ShakelmError, match="top-k"):
        Sampling(top_k=0)
    with pytest.raises(ShakelmError, match="top-p"):
        Sampling(top_p=0.0)
