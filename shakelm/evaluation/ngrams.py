"""N-gram models with interpolated modified Kneser-Ney smoothing (Chen and Goodman, 1999).

The probability of token w after a context c of n - 1 tokens is

    p(w | c) = (a(c w) - D(a(c w))) / a(c) + b(c) p(w | c without its first token)

a(c w) is a count, a(c) its sum over all w, and b(c) the sum of the discounts D(a(c w)) divided by a(c). The
highest order counts how often c w occurs, each lower order how many different tokens stand before c w; the
start of the text counts as one of them. The lowest order is interpolated with the uniform distribution over
the vocabulary. A context that nothing follows in the training text loses its first token.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Probabilities = NDArray[np.float64]

FALLBACK_DISCOUNTS = (0.5, 1.0, 1.5)
"""The discounts where the counts allow no estimate (the default of KenLM's `--discount_fallback`)."""


@dataclass(frozen=True)
class Level:
    """What a model knows of the n-grams of one length n.

    An n-gram is named by its place in `keys`. Its context is named by the place of those n - 1 tokens in the
    level below.

    Attributes:
        keys: context times the size of the vocabulary, plus the last token; rising; shape (n-grams,).
        probabilities: of the last token after the others, shape (n-grams,).
        backoffs: the weight of the level below after each context, above 0 to 1, shape (contexts,).
        likeliest: the most likely token after each context, shape (contexts,).
        peaks: the probability of that token, shape (contexts,).
    """

    keys: Ids
    probabilities: Probabilities
    backoffs: Probabilities
    likeliest: Ids
    peaks: Probabilities


@dataclass(frozen=True)
class NgramModel:
    """A trained model. Its order is the number of its levels; `size` is the size of the vocabulary."""

    size: int
    levels: tuple[Level, ...]

    @property
    def order(self) -> int:
        """The most tokens that it looks at: those of the context, and the one that it predicts."""
        return len(self.levels)

    def predict(
        self, ids: NDArray[np.int32], sequence_length: int | None = None
    ) -> tuple[Probabilities, Ids]:
        """Predict every token but the first from those before it.

        Args:
            ids: the token ids, shape (tokens,), at least two.
            sequence_length: tokens in a sequence, at least 1, or None for one sequence. Each sequence
                starts from an empty context and predicts the token after each of its own.

        Returns:
            The probability of each predicted token, and the most likely token in its place, both of shape
            (tokens - 1,).
        """
        places = np.arange(len(ids) - 1)
        read = 1 + (places if sequence_length is None else places % sequence_length)
        probabilities = np.full(len(places), 1 / self.size)
        likeliest = np.zeros(len(places), np.int64)
        # The n-gram that ends at each token, -1 where the training text has no such n-gram.
        ends = np.zeros(len(ids), np.int64)
        for length, level in enumerate(self.levels, 1):
            contexts = np.concatenate(([0 if length == 1 else -1], ends[:-1]))
            keys = contexts * self.size + ids
            ends = np.minimum(np.searchsorted(level.keys, keys), len(level.keys) - 1)
            ends[(contexts < 0) | (level.keys[ends] != keys)] = -1
            context, gram = contexts[1:], ends[1:]
            mixed = np.where(gram >= 0, level.probabilities[gram], level.backoffs[context] * probabilities)
            usable = (context >= 0) & (read >= length - 1)
            probabilities = np.where(usable, mixed, probabilities)
            likeliest = np.where(usable, level.likeliest[context], likeliest)
        return probabilities, likeliest


def train(ids: NDArray[np.int32], size: int, order: int) -> Iterator[NgramModel]:
    """Train models of order 1, 2, and so on, each as soon as it is asked for.

    Args:
        ids: the token ids of the training text, shape (tokens,), each from 0 to below `size`.
        size: the size of the vocabulary.
        order: the highest order. A text of fewer tokens has no model of a higher order than its length.
    """
    # Level 0 has one n-gram, the empty one. It makes all tokens equally likely.
    grams = np.zeros(len(ids) + 1, np.int64)
    keys, shortened = np.zeros(1, np.int64), np.zeros(1, np.int64)
    below = Level(keys, np.full(1, 1 / size), np.ones(1), np.zeros(1, np.int64), np.full(1, 1 / size))
    contexts_shortened = shortened
    levels: list[Level] = []
    for length in range(1, min(order, len(ids)) + 1):
        longer, occurrences, counts = np.unique(
            grams[:-1] * size + ids[length - 1 :], return_inverse=True, return_counts=True
        )
        without_first = np.empty(len(longer), np.int64)
        without_first[occurrences] = grams[1:]
        if length > 1:
            neighbors = np.bincount(without_first, minlength=len(keys))
            neighbors[grams[0]] += 1  # the start of the text stands before its first n-gram
            below = _level(size, keys, neighbors, shortened, contexts_shortened, below)
            levels.append(below)
        keys, grams = longer, occurrences
        contexts_shortened, shortened = shortened, without_first
        yield NgramModel(size, (*levels, _level(size, keys, counts, shortened, contexts_shortened, below)))


def _level(size: int, keys: Ids, counts: Ids, shortened: Ids, contexts_shortened: Ids, below: Level) -> Level:
    """Make a level of counts.

    Args:
        size: the size of the vocabulary.
        keys: as in `Level`.
        counts: of each n-gram, at least 1.
        shortened: each n-gram without its first token, in the level below.
        contexts_shortened: each context without its first token, in the level below the level below.
        below: the level below.
    """
    contexts = keys // size
    discounts = np.array(_discounts(counts))[np.minimum(counts, 3) - 1]
    totals = np.bincount(contexts, counts, minlength=len(below.keys))
    freed = np.bincount(contexts, discounts, minlength=len(below.keys))
    # No token follows the last n-gram of the text, if it occurs only there.
    backoffs = np.divide(freed, totals, out=np.ones(len(totals)), where=totals > 0)
    probabilities = (counts - discounts) / totals[contexts]
    probabilities += backoffs[contexts] * below.probabilities[shortened]
    # A token that never followed a context is at most as likely as the one that is the likeliest below.
    likeliest = below.likeliest[contexts_shortened]
    peaks = backoffs * below.peaks[contexts_shortened]
    rising = np.argsort(-probabilities, kind="stable")[::-1]
    best = np.full(len(totals), -1)
    best[contexts[rising]] = rising
    wins = (best >= 0) & (probabilities[best] >= peaks)
    return Level(
        keys,
        probabilities,
        backoffs,
        np.where(wins, keys[best] % size, likeliest),
        np.where(wins, probabilities[best], peaks),
    )


def _discounts(counts: Ids) -> tuple[float, ...]:
    """Estimate what is subtracted from a count of 1, of 2, and of 3 or more, from how many there are."""
    n1, n2, n3, n4 = (int(number) for number in np.bincount(np.minimum(counts, 5), minlength=6)[1:5])
    if not all((n1, n2, n3, n4)):
        return FALLBACK_DISCOUNTS
    share = n1 / (n1 + 2 * n2)
    estimates = (1 - 2 * share * n2 / n1, 2 - 3 * share * n3 / n2, 3 - 4 * share * n4 / n3)
    return estimates if min(estimates) > 0 else FALLBACK_DISCOUNTS
