"""What a version of a model says about itself: its card, its history and its reference."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from shakelm.configuration import NAME_PATTERN, Settings
from shakelm.errors import ShakelmError


class Figures(Settings):
    """Scores of a text; losses in nats, shares between 0 and 1.

    `nats_per_char` is None where the vocabulary is lossy, since lost characters cost nothing.
    """

    tokens: int
    characters: int
    nats_per_token: float
    perplexity: float
    unknown: float
    nats_per_char: float | None
    accuracy: float


class Epoch(Settings):
    """One epoch of training: losses in nats per token, accuracies as shares, seconds of wall time.

    A training without validation has no such figures.
    """

    epoch: int
    loss: float
    accuracy: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    seconds: float

    @property
    def judged_loss(self) -> float:
        """The loss by which the epoch is judged: in validation, or in training where there was none."""
        return self.loss if self.validation_loss is None else self.validation_loss


class History(Settings):
    """All epochs of a training, as in `history.json`; `best` is the epoch whose weights were kept."""

    epochs: list[Epoch]
    best: int


class CorpusFacts(Settings):
    """The text a version learned from: its name, SHA-256 of its bytes, length in characters."""

    name: str
    sha256: str
    characters: int


class Card(Settings):
    """How a version came to be and how good it is, written by the command that trained it.

    `held_out` scores the last tenth with the state carried through the whole text,
    `held_out_windows` with windows of 256 tokens that each start from an empty state.
    """

    name: str
    version: int
    corpus: CorpusFacts
    command: str
    random_seed: Annotated[int, Field(alias="number")]
    parameters: int
    weights: str
    epochs: int
    seconds: float
    validation: Figures | None
    held_out: Figures
    held_out_windows: Figures
    trained_at: datetime
    software: dict[str, str]
    device: str


_REFERENCE = re.compile(rf"(?P<name>{NAME_PATTERN})(?:@(?P<version>[1-9][0-9]{{0,8}}))?")


@dataclass(frozen=True)
class Reference:
    """`NAME` (the newest version of that name) or `NAME@VERSION`."""

    name: str
    version: int | None

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """Read a reference.

        Raises:
            ShakelmError: the text is not a name of lower-case letters, digits, dots, dashes and
                underscores, with a version number after an @ or without.
        """
        match = _REFERENCE.fullmatch(text)
        if match is None:
            raise ShakelmError(
                f"{text[:80]!r} does not name a model: a name has lower-case letters, digits, '.', '-' and "
                "'_' and starts with a letter or digit; a version follows after '@', as in my-model@2."
            )
        version = match["version"]
        return cls(match["name"], int(version) if version else None)

    def __str__(self) -> str:
        return self.name if self.version is None else f"{self.name}@{self.version}"
