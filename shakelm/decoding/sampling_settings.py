"""How freely the next token is chosen. No NumPy: the bot and the command's help need the settings alone."""

import math
from dataclasses import dataclass
from functools import cached_property

from shakelm import defaults
from shakelm.errors import ShakelmError

_MIN_TEMPERATURE = 1e-25
"""Replaces lower temperatures, whose inverse float32 cannot hold."""


@dataclass(frozen=True)
class SamplingSettings:
    """How freely the next token is chosen.

    `temperature` 0 takes the most likely token, and 1 samples from the model's own distribution. `top_k`
    keeps the k most likely tokens. `top_p` keeps the most likely tokens that together reach that probability
    (nucleus sampling: Holtzman et al., 2020, arXiv:1904.09751). `min_p` keeps the tokens with at least that
    share of the highest probability (Nguyen et al., 2024, arXiv:2407.01082). Several settings apply in this
    order, each to the tokens that the one before kept.
    """

    temperature: float = defaults.TEMPERATURE
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ShakelmError: a value is out of range.
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
        """The factor of the logits: `1 / temperature`, if float32 can hold it."""
        return 1.0 / max(self.temperature, _MIN_TEMPERATURE)

    @cached_property
    def truncates(self) -> bool:
        """Whether some tokens can never be chosen."""
        return self.temperature == 0 or (self.top_k, self.top_p, self.min_p) != (None, None, None)
