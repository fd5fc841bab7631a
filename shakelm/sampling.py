"""Logits to token: temperature, top-k, top-p."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shakelm.errors import ShakelmError
from shakelm.vocabulary import UNKNOWN

MAX_TEMPERATURE = 2.0


@dataclass(frozen=True)
class Sampling:
    """How freely the next token is chosen.

    `temperature` 0 takes the most likely token, 1 the model's own distribution; `top_k` keeps the k
    most likely tokens, `top_p` the most likely ones that together reach that probability
    (nucleus sampling: Holtzman et al., 2020, arXiv:1904.09751).
    """

    temperature: float = 0.8
    top_k: int | None = None
    top_p: float | None = None

    def __post_init__(self) -> None:
        """Refuse what has no meaning.

        Raises:
            ShakelmError: a value lies outside its range.
        """
        if not (math.isfinite(self.temperature) and 0 <= self.temperature <= MAX_TEMPERATURE):
            raise ShakelmError(
                f"The temperature {self.temperature} is out of range: give a number from 0 (always the most "
                f"likely token) to {MAX_TEMPERATURE:g} (wild)."
            )
        if self.top_k is not None and self.top_k < 1:
            raise ShakelmError(f"top-k {self.top_k} keeps no token: give a whole number of at least 1.")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise ShakelmError(f"top-p {self.top_p} is out of range: give a number above 0 and at most 1.")


def distribution(logits: NDArray[np.float32], sampling: Sampling) -> NDArray[np.float64]:
    """Probabilities of the next token, shape (vocabulary,), from logits of that shape; id 0 gets none.

    Works on logits with the maximum subtracted, so that no temperature overflows.
    """
    scores = logits.astype(np.float64)
    scores[UNKNOWN] = -np.inf
    if sampling.temperature == 0:
        chosen = np.zeros_like(scores)
        chosen[scores.argmax()] = 1.0
        return chosen
    scores -= scores.max()
    with np.errstate(over="ignore"):
        scores /= sampling.temperature
    if sampling.top_k is not None and sampling.top_k < len(scores):
        scores[np.argsort(-scores, kind="stable")[sampling.top_k :]] = -np.inf
    probabilities = np.exp(scores)
    probabilities /= probabilities.sum()
    if sampling.top_p is not None:
        order = np.argsort(-probabilities, kind="stable")
        before = np.cumsum(probabilities[order]) - probabilities[order]
        probabilities[order[before >= sampling.top_p]] = 0.0
        probabilities /= probabilities.sum()
    return probabilities


def choose(logits: NDArray[np.float32], sampling: Sampling, random: np.random.Generator) -> int:
    """Draw the next token's id; one call takes one number from `random`, whatever the settings."""
    cumulative = np.cumsum(distribution(logits, sampling))
    drawn = random.random() * cumulative[-1]
    return int(np.searchsorted(cumulative, drawn, side="right"))
