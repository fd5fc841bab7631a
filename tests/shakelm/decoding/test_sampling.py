"""The distribution of the next token, its entropy, and draws from it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from shakelm.data.vocabulary import UNKNOWN
from shakelm.decoding.sampling import distribution, entropy, sample
from shakelm.decoding.sampling_settings import SamplingSettings

Counts = NDArray[np.intp]
LOGITS = np.array([9.0, 1.0, 3.0, 2.0, 0.0], dtype=np.float32)


def kept_tokens(logits: NDArray[np.float32], settings: SamplingSettings) -> list[int]:
    """Return the ids of the tokens that the settings do not exclude."""
    return [int(token) for token in distribution(logits, settings).nonzero()[0]]


def test_temperature_one_is_the_softmax_without_the_unknown_token() -> None:
    expected = np.exp(LOGITS[1:].astype(float))
    expected /= expected.sum()
    assert distribution(LOGITS, SamplingSettings(1.0)) == pytest.approx([0.0, *expected])


def test_temperature_zero_takes_the_most_likely_known_token() -> None:
    assert distribution(LOGITS, SamplingSettings(0.0)).tolist() == [0, 0, 1, 0, 0]


@pytest.mark.parametrize("temperature", [1e-300, 1e-9, 0.01, 2.0])
def test_extreme_temperatures_do_not_overflow(temperature: float) -> None:
    probabilities = distribution(LOGITS * 1e4, SamplingSettings(temperature))
    assert probabilities.sum() == pytest.approx(1.0)
    assert np.isfinite(probabilities).all()


@pytest.mark.parametrize(
    ("probabilities", "bits"), [([0.0, 1.0], 0), ([0.5, 0.5], 1), ([0.5, 0.25, 0.125, 0.125], 1.75)]
)
def test_entropy_is_in_bits(probabilities: list[float], bits: float) -> None:
    assert entropy(np.array(probabilities)) == pytest.approx(bits)


def test_higher_temperatures_are_flatter() -> None:
    peaks = [
        distribution(LOGITS, SamplingSettings(temperature)).max() for temperature in (0.2, 0.5, 1.0, 2.0)
    ]
    assert peaks == sorted(peaks, reverse=True)


def test_top_k_keeps_k_tokens_and_their_proportions() -> None:
    probabilities = distribution(LOGITS, SamplingSettings(1.0, top_k=2))
    assert probabilities.nonzero()[0].tolist() == [2, 3]
    assert probabilities[2] / probabilities[3] == pytest.approx(np.e)


def test_top_p_keeps_the_fewest_tokens_that_reach_it() -> None:
    plain = distribution(LOGITS, SamplingSettings(1.0))
    just_two = plain[2] + plain[3]
    assert kept_tokens(LOGITS, SamplingSettings(1.0, top_p=just_two - 1e-6)) == [2, 3]
    assert kept_tokens(LOGITS, SamplingSettings(1.0, top_p=just_two + 1e-6)) == [1, 2, 3]
    assert kept_tokens(LOGITS, SamplingSettings(1.0, top_p=1e-9)) == [2]


def test_min_p_keeps_the_tokens_that_reach_that_share_of_the_highest_probability() -> None:
    plain = distribution(LOGITS, SamplingSettings(1.0))
    share = plain[1] / plain[2]
    assert kept_tokens(LOGITS, SamplingSettings(1.0, min_p=share * 0.999)) == [1, 2, 3]
    assert kept_tokens(LOGITS, SamplingSettings(1.0, min_p=share * 1.001)) == [2, 3]
    assert kept_tokens(LOGITS, SamplingSettings(1.0, min_p=1.0)) == [2]
    kept = distribution(LOGITS, SamplingSettings(1.0, min_p=share * 0.999))
    assert kept[1] / kept[2] == pytest.approx(share)


def test_top_k_applies_before_top_p_and_min_p_comes_last() -> None:
    logits = np.log(np.array([1.0, 40.0, 30.0, 20.0, 10.0])).astype(np.float32)
    assert kept_tokens(logits, SamplingSettings(1.0, top_p=0.6)) == [1, 2]
    assert kept_tokens(logits, SamplingSettings(1.0, top_k=2, top_p=0.55)) == [1]
    assert kept_tokens(logits, SamplingSettings(1.0, top_k=3, top_p=0.8, min_p=0.6)) == [1, 2]


def draw(
    logits: NDArray[np.float32], sampling: SamplingSettings, random: np.random.Generator, count: int
) -> Counts:
    """Draw `count` tokens, a thousand rows at a time, and count each token."""
    rows = np.tile(logits, (1000, 1))
    drawn = [sample(rows, [sampling] * 1000, [random] * 1000) for _ in range(count // 1000)]
    return np.bincount(np.concatenate(drawn), minlength=len(logits))


@pytest.mark.parametrize("size", [5, 64, 65, 200])
def test_drawn_tokens_follow_the_distribution_and_are_never_unknown(size: int) -> None:
    logits = np.random.default_rng(2).normal(0, 1.5, size).astype(np.float32)
    expected = 100_000 * distribution(logits, SamplingSettings(0.9))
    counts = draw(logits, SamplingSettings(0.9), np.random.default_rng(1), 100_000)
    assert counts[UNKNOWN] == 0
    # Pearson's statistic has mean size - 2 and variance twice that.
    statistic = ((counts - expected)[1:] ** 2 / expected[1:]).sum()
    assert statistic < size - 2 + 5 * (2 * (size - 2)) ** 0.5


@pytest.mark.parametrize(
    "sampling",
    [
        SamplingSettings(0.0),
        SamplingSettings(top_k=7),
        SamplingSettings(top_p=0.7),
        SamplingSettings(min_p=0.3),
    ],
)
def test_exactly_the_kept_tokens_are_drawn(sampling: SamplingSettings) -> None:
    logits = np.random.default_rng(3).normal(0, 1, 300).astype(np.float32)
    counts = draw(logits, sampling, np.random.default_rng(4), 20_000)
    assert counts.nonzero()[0].tolist() == kept_tokens(logits, sampling)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_least_and_the_greatest_random_number_draw_possible_tokens(rows: int) -> None:
    class Fixed(np.random.Generator):
        value = 0.0

        def random(self, *_arguments: object, **_options: object) -> float:  # type: ignore[override]
            return self.value

    fixed = Fixed(np.random.PCG64())
    logits = np.full((rows, 130), -np.inf, np.float32)
    logits[:, [70, 100]] = 0.0
    for value, token in ((0.0, 70), (np.nextafter(1.0, 0.0), 100)):
        fixed.value = value
        assert sample(logits, [SamplingSettings(1.0)] * rows, [fixed] * rows).tolist() == [token] * rows


def test_a_row_alone_and_in_a_batch_draws_the_same_token_with_one_number() -> None:
    logits = np.random.default_rng(5).normal(0, 1, (6, 300)).astype(np.float32)
    settings = [
        SamplingSettings(0.0),
        SamplingSettings(0.5),
        SamplingSettings(1.0, top_k=9),
        SamplingSettings(1.1, top_p=0.8),
        SamplingSettings(0.9, min_p=0.1),
        SamplingSettings(2.0),
    ]
    in_a_batch, alone, only_counted = ([np.random.default_rng(row) for row in range(6)] for _ in range(3))
    for _ in range(50):
        tokens = sample(logits, settings, in_a_batch)
        for row in range(6):
            assert sample(logits[[row]], [settings[row]], [alone[row]]) == tokens[row]
            only_counted[row].random()
    assert [random.random() for random in in_a_batch] == [random.random() for random in only_counted]


def test_sampling_does_not_change_the_logits() -> None:
    logits = LOGITS.copy()
    sample(logits[np.newaxis], [SamplingSettings(0.7, 2, 0.9, 0.1)], [np.random.default_rng(1)])
    assert (logits == LOGITS).all()


def test_temperature_zero_takes_the_first_of_equally_likely_tokens() -> None:
    tied = np.array([5.0, 1.0, 2.0, 2.0], np.float32)
    assert distribution(tied, SamplingSettings(0.0)).tolist() == [0, 0, 1, 0]
