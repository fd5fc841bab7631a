"""What comes next: a model's most likely next tokens, at several temperatures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shakelm.data.vocabulary import UNKNOWN
from shakelm.decoding import generation
from shakelm.decoding.generation import LanguageModel
from shakelm.decoding.sampling import Sampling, distribution, entropy
from shakelm.errors import ShakelmError

TEMPERATURES = (0.5, 1.0, 1.5)
"""Colder than the model's own distribution, that itself, and hotter."""

MAX_TOP = 100
"""More tokens nobody reads, in a table or in a picture."""

_TITLE_CHARACTERS = 40
"""Characters of a prompt that a title shows."""


@dataclass(frozen=True)
class Distribution:
    """How likely the tokens of a prediction are at one temperature.

    `probabilities` holds one from 0 to 1 for each of these tokens; `entropy` is that of the whole
    distribution over all tokens, in bits, as in `sampling.entropy`.
    """

    temperature: float
    probabilities: tuple[float, ...]
    entropy: float

    @property
    def rest(self) -> float:
        """The probability of all other tokens together, from 0 to 1."""
        return max(0.0, 1.0 - sum(self.probabilities))


@dataclass(frozen=True)
class Prediction:
    """The most likely next tokens after a seed, in the order of the model's own distribution.

    `seed` is in the form that the model knows, `unknown` holds its pieces that the model does not know;
    the tokens are the same at every temperature.
    """

    seed: str
    unknown: list[str]
    tokens: tuple[str, ...]
    distributions: tuple[Distribution, ...]


def predict(
    model: LanguageModel, seed: str, top: int, temperatures: Sequence[float] = TEMPERATURES
) -> Prediction:
    """Find the most likely tokens after a seed, which is read as a verse reads it.

    Args:
        model: a loaded version.
        seed: the text before; may be empty.
        top: how many tokens, from 1 to `MAX_TOP`; a small vocabulary may have fewer.
        temperatures: each from 0 to `defaults.MAX_TEMPERATURE`.

    Raises:
        ShakelmError: `top` or a temperature is out of range.
    """
    if not 1 <= top <= MAX_TOP:
        raise ShakelmError(
            f"The {top} most likely tokens cannot be shown: give a whole number from 1 to {MAX_TOP}."
        )
    samplings = [Sampling(temperature) for temperature in temperatures]
    seed, logits, _ = generation.read(model, seed)
    logits[UNKNOWN] = -np.inf
    ids = np.argsort(-logits, kind="stable")[: min(top, np.isfinite(logits).sum())]
    distributions = []
    for sampling in samplings:
        probabilities = distribution(logits, sampling)
        shares = tuple(probabilities[ids].tolist())
        distributions.append(Distribution(sampling.temperature, shares, entropy(probabilities)))
    tokens = tuple(model.vocabulary.tokens[token] for token in ids)
    return Prediction(seed, model.vocabulary.unknown(seed), tokens, tuple(distributions))


def title_after(reference: str, prompt: str) -> str:
    """A title for what a model predicts after a prompt. It shows the end of a long prompt."""
    if not prompt:
        return f"{reference} at the beginning"
    end = prompt if len(prompt) <= _TITLE_CHARACTERS else "…" + prompt[-_TITLE_CHARACTERS:].lstrip()
    return f"{reference} after {end!r}"


def visible(piece: str) -> str:
    """A token as a table or a picture can show it: line ends and spaces as escapes or in quotes."""
    return repr(piece) if not piece.isprintable() or piece.isspace() else piece
