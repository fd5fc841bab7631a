"""The choice of the next token from logits: temperature, top-k, top-p, min-p.

The same logits and random numbers give the same tokens on every processor: probabilities are looked up in a
table and rounded to whole numbers, whose sums are exact.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shakelm.data.vocabulary import UNKNOWN
from shakelm.decoding.sampling_settings import SamplingSettings
from shakelm.networks.exact_functions import OCTAVE, POWERS_OF_HALF

_HIGHEST = 2**32
"""The weight of the most likely token. Float64 holds the sum of two million such weights exactly."""

_PLACES_PER_NAT = np.float32(OCTAVE * math.log2(math.e))

_NATS_PER_PLACE = np.float32(math.log(2) / OCTAVE)

_BLOCK = 64
"""Tokens in a block, about the square root of the size of a word vocabulary (see `sample`)."""

_ONES = np.ones(_BLOCK)

Weights = NDArray[np.float64]
"""Whole numbers from 0 to `_HIGHEST`, in proportion to the probabilities of tokens."""


def distribution(logits: NDArray[np.float32], settings: SamplingSettings) -> NDArray[np.float64]:
    """Return the probabilities of the next token from logits (vocabulary,); that of id 0 is 0."""
    weights = _weights(logits, settings)[: len(logits)]
    probabilities: NDArray[np.float64] = weights / weights.sum()
    return probabilities


def entropy(probabilities: NDArray[np.float64]) -> float:
    """Return the entropy in bits (Shannon, 1948) of probabilities (vocabulary,) that sum to 1.

    It is 0 for a certain choice, and n for a choice among 2**n equally likely tokens.
    """
    possible = probabilities[probabilities > 0]
    return float((possible * np.log2(1 / possible)).sum())


def sample(
    logits: NDArray[np.float32],
    settings: Sequence[SamplingSettings],
    generators: Sequence[np.random.Generator],
) -> NDArray[np.int32]:
    """Draw the id of the next token for each row.

    Each row first draws a block of tokens, with the block's share of the whole, and then a token, with its
    share of the block. One cumulative sum over a word vocabulary would cost more than everything else here.
    One random number in [0, 1) serves both draws: its first 26 bits the first, its last 27 the second.

    Args:
        logits: shape (rows, vocabulary).
        settings: the sampling settings of each row.
        generators: the random generator of each row, which gives one number per call for all settings.

    Returns:
        Token ids, shape (rows,).
    """
    if len(logits) == 1:
        return np.array([_draw(_weights(logits[0], settings[0]), generators[0].random())], np.int32)
    inverse_temperatures = np.array([[one.inverse_temperature] for one in settings], np.float32)
    weights = _relative_probabilities(logits, inverse_temperatures)
    for row, one in enumerate(settings):
        if one.truncates:
            _truncate(weights[row], one)
    return _draw_each(weights, np.array([generator.random() for generator in generators]))


def _draw(weights: Weights, uniform: float) -> int:
    """Do the same as `_draw_each` for the one row of a single verse, in a third of the time."""
    blocks = weights.reshape(-1, _BLOCK)
    for_block, for_token = divmod(2.0**26 * uniform, 1.0)
    cumulative = np.add.accumulate(blocks.dot(_ONES))
    block = int(cumulative.searchsorted(for_block / 2.0**26 * cumulative[-1], side="right"))
    cumulative = np.add.accumulate(blocks[block])
    return block * _BLOCK + int(cumulative.searchsorted(for_token * cumulative[-1], side="right"))


def _draw_each(weights: Weights, uniform: NDArray[np.float64]) -> NDArray[np.int32]:
    """Draw a token per row from weights (rows, whole blocks), given numbers (rows,) in [0, 1)."""
    rows = len(weights)
    blocks = weights.reshape(rows, -1, _BLOCK)
    for_block, for_token = np.divmod(2.0**26 * uniform, 1.0)
    block = _index_of(blocks @ _ONES, for_block / 2.0**26)
    return np.array(block * _BLOCK + _index_of(blocks[np.arange(rows), block], for_token), np.int32)


def _index_of(weights: Weights, uniform: NDArray[np.float64]) -> NDArray[np.intp]:
    """Invert the cumulative distribution of each row of weights (rows, n) at numbers (rows,) in [0, 1)."""
    cumulative = weights.cumsum(axis=-1)
    above = cumulative > uniform[:, np.newaxis] * cumulative[:, -1:]
    first: NDArray[np.intp] = above.argmax(axis=-1)
    return first


def _weights(logits: NDArray[np.float32], settings: SamplingSettings) -> Weights:
    """Return the weights (whole blocks,) for the draw of one row, given its logits (vocabulary,)."""
    weights = _relative_probabilities(logits, np.float32(settings.inverse_temperature))
    if settings.truncates:
        _truncate(weights, settings)
    return weights


def _relative_probabilities(
    logits: NDArray[np.float32], inverse_temperature: NDArray[np.float32] | np.float32
) -> Weights:
    """Return probabilities relative to the highest one, from logits (..., vocabulary).

    Returns:
        Shape (..., vocabulary plus zeros up to a whole number of blocks).
    """
    *rows, vocabulary = logits.shape
    places = np.empty((*rows, -(-vocabulary // _BLOCK) * _BLOCK), np.float32)
    highest = logits[..., UNKNOWN + 1 :].max(axis=-1, keepdims=True)
    np.subtract(highest, logits, out=places[..., :vocabulary])
    places[..., vocabulary:] = np.inf
    places[..., UNKNOWN] = np.inf
    places *= inverse_temperature * _PLACES_PER_NAT
    np.minimum(places, np.float32(len(POWERS_OF_HALF) - 1), out=places)
    nearest = np.rint(places)
    weights = POWERS_OF_HALF.take(nearest.astype(np.intp))
    # Between two places, exp is as good as straight: they are 0.0007 apart.
    nearest -= places
    nearest *= _NATS_PER_PLACE
    nearest += np.float32(1)
    weights *= nearest
    return np.rint(weights * np.float64(_HIGHEST))


def _truncate(weights: Weights, settings: SamplingSettings) -> None:
    """Set the weights of one row to 0 for the tokens that must not be chosen."""
    top_k = 1 if settings.temperature == 0 else settings.top_k
    if top_k is not None or settings.top_p is not None:
        order = np.argsort(-weights, kind="stable")
        kept = weights[order[:top_k]]
        if settings.top_p is not None:
            kept = kept[np.cumsum(kept) - kept < settings.top_p * kept.sum()]
        weights[order[len(kept) :]] = 0.0
    if settings.min_p is not None:
        weights[weights < settings.min_p * _HIGHEST] = 0.0
