"""The most likely next tokens of a model, at several temperatures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shakelm.data.vocabulary import UNKNOWN
from shakelm.decoding.generation import read_prompt
from shakelm.decoding.language_model import LanguageModel
from shakelm.decoding.sampling import distribution, entropy, sample
from shakelm.decoding.sampling_settings import SamplingSettings
from shakelm.errors import ShakelmError

TEMPERATURES = (0.5, 1.0, 1.5)
"""Below the model's own distribution (1), at it, and above it."""

MAX_TOP = 100
"""The most tokens that a table or a picture shows."""

_TITLE_CHARACTERS = 40
"""Characters of a prompt that a title shows."""


@dataclass(frozen=True)
class Distribution:
    """The probabilities of a prediction's tokens at one temperature, each from 0 to 1.

    `entropy` is the entropy in bits of the distribution over all tokens of the vocabulary.
    """

    temperature: float
    probabilities: tuple[float, ...]
    entropy: float

    @property
    def rest(self) -> float:
        """The probability of all other tokens together, 0 to 1."""
        return max(0.0, 1.0 - sum(self.probabilities))


@dataclass(frozen=True)
class Prediction:
    """The most likely next tokens after a prompt, most likely first. They are the same at all temperatures.

    `prompt` is in the form that the model knows. `unknown` holds the pieces of it that the model lacks.
    """

    prompt: str
    unknown: list[str]
    tokens: tuple[str, ...]
    distributions: tuple[Distribution, ...]


def predict(
    model: LanguageModel, prompt: str, top: int, temperatures: Sequence[float] = TEMPERATURES
) -> Prediction:
    """Find the most likely tokens after a prompt, which is read as in `generation.generate`.

    Args:
        model: a loaded version.
        prompt: the text before; may be empty.
        top: the number of tokens, 1 to `MAX_TOP`. A small vocabulary may have fewer.
        temperatures: each from 0 to `defaults.MAX_TEMPERATURE`.

    Raises:
        ShakelmError: `top` or a temperature is out of range.
    """
    if not 1 <= top <= MAX_TOP:
        raise ShakelmError(
            f"The {top} most likely tokens cannot be shown: give a whole number from 1 to {MAX_TOP}."
        )
    samplings = [SamplingSettings(temperature) for temperature in temperatures]
    prompt, logits, _ = read_prompt(model, prompt)
    logits[UNKNOWN] = -np.inf
    ids = np.argsort(-logits, kind="stable")[: min(top, np.isfinite(logits).sum())]
    distributions = []
    for sampling in samplings:
        probabilities = distribution(logits, sampling)
        shares = tuple(probabilities[ids].tolist())
        distributions.append(Distribution(sampling.temperature, shares, entropy(probabilities)))
    tokens = tuple(model.vocabulary.tokens[token] for token in ids)
    return Prediction(prompt, model.vocabulary.unknown(prompt), tokens, tuple(distributions))


def draw(model: LanguageModel, prompt: str, sampling: SamplingSettings, random_seed: int) -> str:
    """Draw the next token after a prompt, as the next step of a verse would.

    Returns:
        What the token adds to the prompt.
    """
    prompt, logits, _ = read_prompt(model, prompt)
    (token,) = sample(logits[np.newaxis], [sampling], [np.random.default_rng(random_seed)])
    return model.vocabulary.extend(prompt, int(token))


def title_after(reference: str, prompt: str) -> str:
    """Return a title for a prediction. It shows the end of a long prompt."""
    if not prompt:
        return f"{reference} at the beginning"
    end = prompt if len(prompt) <= _TITLE_CHARACTERS else "…" + prompt[-_TITLE_CHARACTERS:].lstrip()
    return f"{reference} after {end!r}"
