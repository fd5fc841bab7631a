"""N-gram models compared with sums by hand, with their definition, and with what every distribution holds."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from shakelm.evaluation.ngrams import FALLBACK_DISCOUNTS, NgramModel, train

UNKNOWN, A, B = range(3)
TINY = np.array([B, A, B, A, B, A, B, A, A], np.int32)
"""Too short for estimates: a count of 1 loses 1/2, a count of 2 loses 1, and a higher count loses 3/2."""


def model(ids: NDArray[np.int32], size: int, order: int) -> NgramModel:
    *_, last = train(ids, size, order)
    assert last.order == order
    return last


def distribution(trained: NgramModel, context: Sequence[int]) -> list[float]:
    """The probability of each token after a context, which may not be empty."""
    return [
        float(trained.predict(np.array([*context, token], np.int32))[0][-1]) for token in range(trained.size)
    ]


@pytest.mark.parametrize(
    ("order", "context", "expected"),
    [
        # a occurs 5 times, b 4 times. Both lose 3/2, so a third of 9 is freed and shared by all 3 tokens:
        # p(a) = 3.5/9 + 1/9, p(b) = 2.5/9 + 1/9.
        (1, [A], ["1/9", "1/2", "7/18"]),
        # Before a stand a and b; before b stand a and the start. All 2 of 4 lose 1, so half is freed:
        # q(a) = q(b) = 1/4 + 1/6 = 5/12, q(unknown) = 1/6.
        # After a: b 3 times, a once; 3/2 + 1/2 of 4 is freed: p(b) = 1.5/4 + q(b)/2, p(a) = 0.5/4 + q(a)/2.
        (2, [A], ["1/12", "1/3", "7/12"]),
        # After b: a 4 times; 3/2 of 4 is freed: p(a) = 2.5/4 + q(a) 3/8.
        (2, [B], ["1/16", "25/32", "5/32"]),
        # Nothing follows an unknown token: q.
        (2, [UNKNOWN], ["1/6", "5/12", "5/12"]),
        # Before "ab" and before "aa" stands b alone: r(b|a) = r(a|a) = 0.5/2 + q/2 = 11/24.
        # After "ba": b 3 times, a once: p(b) = 1.5/4 + r(b|a)/2, p(a) = 0.5/4 + r(a|a)/2.
        (3, [B, A], ["1/24", "17/48", "29/48"]),
        # Before "ba" stand a and the start: r(a|b) = 1/2 + q(a)/2 = 17/24, r(b|b) = q(b)/2 = 5/24.
        # After "ab": a 3 times: p(a) = 1.5/3 + r(a|b)/2.
        (3, [A, B], ["1/24", "41/48", "5/48"]),
        # "aa" ends the text, and "bb" does not occur: r.
        (3, [A, A], ["1/12", "11/24", "11/24"]),
        (3, [B, B], ["1/12", "17/24", "5/24"]),
        (3, [UNKNOWN, A], ["1/12", "11/24", "11/24"]),
        (3, [A, UNKNOWN], ["1/6", "5/12", "5/12"]),
        # A context that is too short for the order.
        (3, [B], ["1/12", "17/24", "5/24"]),
    ],
)
def test_probabilities_are_those_by_hand(order: int, context: list[int], expected: list[str]) -> None:
    assert FALLBACK_DISCOUNTS == (0.5, 1, 1.5)
    found = distribution(model(TINY, 3, order), context)
    assert found == pytest.approx([float(Fraction(share)) for share in expected])


def zipf(seed: int, tokens: int, size: int) -> NDArray[np.int32]:
    """Tokens of which each depends on the one before, from 1 to below `size`, rare ones and frequent ones."""
    random = np.random.default_rng(seed)
    steps = np.minimum(random.zipf(1.6, tokens), 50)
    return (1 + np.cumsum(steps) % (size - 1)).astype(np.int32)


SIZE = 12
LEARNED, OTHER = zipf(1, 3000, SIZE), np.append(zipf(2, 400, SIZE), [UNKNOWN, 3, 4])


class ByDefinition:
    """The formulas as they are written, with sets and dictionaries."""

    def __init__(self, ids: NDArray[np.int32], size: int, order: int) -> None:
        self.size = size
        text = [int(token) for token in ids]
        self.counts: dict[int, dict[tuple[int, ...], int]] = {}
        for length in range(1, order):
            neighbors: dict[tuple[int, ...], set[int]] = defaultdict(set)
            for start in range(len(text) - length + 1):
                neighbors[tuple(text[start : start + length])].add(text[start - 1] if start else -1)
            self.counts[length] = {gram: len(before) for gram, before in neighbors.items()}
        self.counts[order] = Counter(
            tuple(text[start : start + order]) for start in range(len(text) - order + 1)
        )

    def discounts(self, length: int) -> tuple[float, ...]:
        n = Counter(self.counts[length].values())
        if 0 in (n[1], n[2], n[3], n[4]):
            return FALLBACK_DISCOUNTS
        y = n[1] / (n[1] + 2 * n[2])
        return 1 - 2 * y * n[2] / n[1], 2 - 3 * y * n[3] / n[2], 3 - 4 * y * n[4] / n[3]

    def probability(self, token: int, context: tuple[int, ...]) -> float:
        length = len(context) + 1
        below = self.probability(token, context[1:]) if context else 1 / self.size
        followers = {gram[-1]: count for gram, count in self.counts[length].items() if gram[:-1] == context}
        if not followers:
            return below
        discounts = self.discounts(length)
        taken = {each: discounts[min(count, 3) - 1] for each, count in followers.items()}
        total = sum(followers.values())
        kept = followers[token] - taken[token] if token in followers else 0
        return kept / total + sum(taken.values()) / total * below


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_probabilities_and_likeliest_tokens_are_those_by_definition(order: int) -> None:
    definition = ByDefinition(LEARNED, SIZE, order)
    assert order > 1 or definition.discounts(order) == FALLBACK_DISCOUNTS
    assert order < 3 or definition.discounts(order) != FALLBACK_DISCOUNTS
    probabilities, likeliest = model(LEARNED, SIZE, order).predict(OTHER[-60:])
    assert probabilities.shape == likeliest.shape == (59,)
    for place, (found, best) in enumerate(zip(probabilities, likeliest, strict=True)):
        context = tuple(OTHER[-60:][max(0, place + 2 - order) : place + 1])
        shares = [definition.probability(token, context) for token in range(SIZE)]
        assert found == pytest.approx(shares[OTHER[-60:][place + 1]])
        assert shares[best] == pytest.approx(max(shares))


@pytest.mark.parametrize("order", range(1, 7))
@pytest.mark.parametrize("context", [[1], [UNKNOWN], [3, 1, 4, 1, 5, 9], [UNKNOWN, 2, 3], list(LEARNED[-6:])])
def test_probabilities_sum_to_one_and_none_is_zero(order: int, context: list[int]) -> None:
    shares = distribution(model(LEARNED, SIZE, order), context)
    assert sum(shares) == pytest.approx(1)
    assert min(shares) > 0


@pytest.mark.parametrize("sequence_length", [1, 2, 7, 256])
def test_each_sequence_is_predicted_as_if_it_were_alone(sequence_length: int) -> None:
    trained = model(LEARNED, SIZE, 4)
    probabilities, likeliest = trained.predict(OTHER, sequence_length)
    alone = [
        trained.predict(OTHER[start : start + sequence_length + 1])
        for start in range(0, len(OTHER) - 1, sequence_length)
    ]
    assert np.array_equal(probabilities, np.concatenate([each for each, _ in alone]))
    assert np.array_equal(likeliest, np.concatenate([each for _, each in alone]))


def test_a_sequence_longer_than_the_text_is_no_cut() -> None:
    trained = model(LEARNED, SIZE, 4)
    for cut, whole in zip(trained.predict(OTHER, len(OTHER)), trained.predict(OTHER), strict=True):
        assert np.array_equal(cut, whole)


def test_a_higher_order_learns_a_longer_pattern() -> None:
    """Only the two tokens before tell which one follows in 1 1 2 1 1 2 …"""
    pattern = np.tile(np.array([1, 1, 2], np.int32), 100)
    means = [-np.log(trained.predict(pattern)[0]).mean() for trained in train(pattern, 3, 3)]
    assert all(higher < lower for lower, higher in itertools.pairwise(means))
    assert np.array_equal(model(pattern, 3, 3).predict(pattern)[1][1:], pattern[2:])


def test_a_text_shorter_than_the_order_has_models_up_to_its_length() -> None:
    assert [trained.order for trained in train(TINY[:3], 3, 10)] == [1, 2, 3]
    assert list(train(TINY[:0], 3, 10)) == []
