"""Logits to token: temperature, top-k, top-p, min-p."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shakelm import defaults
from shakelm.data.vocabulary import UNKNOWN
from shakelm.errors import ShakelmError

_COLDEST = 1e-30
"""Stands in for lower temperatures, whose inverse float32 cannot hold; any gap between logits is more."""

_BLOCK = 64
"""Tokens whose probabilities are summed before a draw: near the square root of a vocabulary of words."""

_ONES = np.ones(_BLOCK, np.float32)


@dataclass(frozen=True)
class Sampling:
    """How freely the next token is chosen.

    `temperature` 0 takes the most likely token, 1 the model's own distribution; `top_k` keeps the k
    most likely tokens, `top_p` the most likely ones that together reach that probability
    (nucleus sampling: Holtzman et al., 2020, arXiv:1904.09751), `min_p` those of at least that share of
    the likeliest one's probability (Nguyen et al., 2024, arXiv:2407.01082). Where several are given they
    apply in this order, each to what the one before kept.
    """

    temperature: float = defaults.TEMPERATURE
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None

    def __post_init__(self) -> None:
        """Refuse what has no meaning.

        Raises:
            ShakelmError: a value lies outside its range.
        """
        if not (math.isfinite(self.temperature) and 0 <= self.temperature <= defaults.MAX_TEMPERATURE):
            raise ShakelmError(
                f"The temperature {self.temperature} is out of range: give a number from 0 (always the most "
                f"likely token) to {defaults.MAX_TEMPERATURE:g} (wild)."
            )
        if self.top_k is not None and self.top_k < 1:
            raise ShakelmError(f"top-k {self.top_k} keeps no token: give a whole number of at least 1.")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise ShakelmError(f"top-p {self.top_p} is out of range: give a number above 0 and at most 1.")
        if self.min_p is not None and not 0 < self.min_p <= 1:
            raise ShakelmError(f"min-p {self.min_p} is out of range: give a number above 0 and at most 1.")

    @cached_property
    def inverse_temperature(self) -> float:
        """What logits are multiplied by, `1 / temperature` where float32 can hold that."""
        return 1.0 / max(self.temperature, _COLDEST)

    @cached_property
    def truncates(self) -> bool:
        """Whether some tokens are never to be chosen."""
        return self.temperature == 0 or (self.top_k, self.top_p, self.min_p) != (None, None, None)


def distribution(logits: NDArray[np.float32], sampling: Sampling) -> NDArray[np.float64]:
    """Probabilities of the next token, shape (vocabulary,), from logits of that shape; id 0 gets none."""
    weights = _weights(logits, sampling)[: len(logits)].astype(np.float64)
    probabilities: NDArray[np.float64] = weights / weights.sum()
    return probabilities


def entropy(probabilities: NDArray[np.float64]) -> float:
    """How open a choice is, in bits, from probabilities (vocabulary,) that sum to 1.

    0 where it is certain, n where it is as open as one among 2**n equally likely tokens (Shannon, 1948).
    """
    possible = probabilities[probabilities > 0]
    return float((possible * np.log2(1 / possible)).sum())


def choose(
    logits: NDArray[np.float32], samplings: Sequence[Sampling], randoms: Sequence[np.random.Generator]
) -> NDArray[np.int32]:
    """Draw the next token's id for each row.

    A row draws a block of tokens by its share of the whole, then a token by its share of the block: a
    running sum over a vocabulary of words would cost more than all else here. One number in [0, 1) serves
    both draws, its first 26 bits the one and its last 27 the other.

    Args:
        logits: shape (rows, vocabulary).
        samplings: how freely each row's token is chosen.
        randoms: gives each row one number a call, whatever the settings.

    Returns:
        Ids of shape (rows,).
    """
    if len(logits) == 1:
        return np.array([_draw(_weights(logits[0], samplings[0]), randoms[0].random())], np.int32)
    inverse_temperatures = np.array([[sampling.inverse_temperature] for sampling in samplings], np.float32)
    weights = _shares(logits, inverse_temperatures)
    for row, sampling in enumerate(samplings):
        if sampling.truncates:
            _truncate(weights[row], sampling)
    return _draw_each(weights, np.array([random.random() for random in randoms]))


def _draw(weights: NDArray[np.float32], uniform: float) -> int:
    """What `_draw_each` does, for the one row of a single verse, in a third of the time."""
    blocks = weights.reshape(-1, _BLOCK)
    among, within = divmod(2.0**26 * uniform, 1.0)
    cumulative = np.add.accumulate(blocks.dot(_ONES).astype(np.float64))
    block = int(cumulative.searchsorted(among / 2.0**26 * cumulative[-1], side="right"))
    cumulative = np.add.accumulate(blocks[block].astype(np.float64))
    return block * _BLOCK + int(cumulative.searchsorted(within * cumulative[-1], side="right"))


def _draw_each(weights: NDArray[np.float32], uniform: NDArray[np.float64]) -> NDArray[np.int32]:
    """Draw from weights (rows, whole blocks) by numbers (rows,) in [0, 1)."""
    rows = len(weights)
    blocks = weights.reshape(rows, -1, _BLOCK)
    among, within = np.divmod(2.0**26 * uniform, 1.0)
    block = _place(blocks @ _ONES, among / 2.0**26)
    return np.array(block * _BLOCK + _place(blocks[np.arange(rows), block], within), np.int32)


def _place(weights: NDArray[np.float32], uniform: NDArray[np.float64]) -> NDArray[np.intp]:
    """The place in each row of (rows, n) where a number in [0, 1) falls, each place as wide as its weight."""
    cumulative = weights.cumsum(axis=-1, dtype=np.float64)
    above = cumulative > uniform[:, np.newaxis] * cumulative[:, -1:]
    first: NDArray[np.intp] = above.argmax(axis=-1)
    return first


def _weights(logits: NDArray[np.float32], sampling: Sampling) -> NDArray[np.float32]:
    """The shares (whole blocks,) by which one row's token, of logits (vocabulary,), is to be drawn."""
    weights = _shares(logits, np.float32(sampling.inverse_temperature))
    if sampling.truncates:
        _truncate(weights, sampling)
    return weights


def _shares(
    logits: NDArray[np.float32], inverse_temperature: NDArray[np.float32] | np.float32
) -> NDArray[np.float32]:
    """Probabilities of (..., vocabulary) as shares of the likeliest token's, whose weight is 1.

    Returns:
        Shape (..., vocabulary and zeros up to a whole number of blocks).
    """
    *rows, vocabulary = logits.shape
    weights = np.empty((*rows, -(-vocabulary // _BLOCK) * _BLOCK), np.float32)
    likeliest = logits[..., UNKNOWN + 1 :].max(axis=-1, keepdims=True)
    np.subtract(logits, likeliest, out=weights[..., :vocabulary])
    weights[..., vocabulary:] = -np.inf
    weights[..., UNKNOWN] = -np.inf
    weights *= inverse_temperature
    return np.exp(weights, out=weights)


def _truncate(weights: NDArray[np.float32], sampling: Sampling) -> None:
    """Set to 0 those weights of one row that are not to be chosen."""
    top_k = 1 if sampling.temperature == 0 else sampling.top_k
    if top_k is not None or sampling.top_p is not None:
        order = np.argsort(-weights, kind="stable")
        kept = weights[order[:top_k]].astype(np.float64)
        if sampling.top_p is not None:
            kept = kept[np.cumsum(kept) - kept < sampling.top_p * kept.sum()]
        weights[order[len(kept) :]] = 0.0
    if sampling.min_p is not None:
        weights[weights < sampling.min_p] = 0.0
