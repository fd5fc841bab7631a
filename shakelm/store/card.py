"""What a version of a model says about itself: its card and its training history."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from shakelm.configuration import Settings


class Figures(Settings):
    """Scores of a text: losses in nats; `unknown` and `accuracy` as shares of the tokens, 0 to 1.

    `nats_per_char` is None for a lossy vocabulary, because lost characters cost nothing.
    """

    tokens: int
    characters: int
    nats_per_token: float
    perplexity: float
    unknown: float
    nats_per_char: float | None
    accuracy: float


class Epoch(Settings):
    """One epoch of training: losses in nats per token, accuracies from 0 to 1, seconds of wall time.

    Without validation, the two validation figures are None.
    """

    epoch: int
    loss: float
    accuracy: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    seconds: float

    @property
    def judged_loss(self) -> float:
        """The loss that decides whether the epoch is the best: validation loss, or else training loss."""
        return self.loss if self.validation_loss is None else self.validation_loss


class History(Settings):
    """All epochs of a training, as in `history.json`. `best` is the epoch whose weights were kept."""

    epochs: list[Epoch]
    best: int


class CorpusFacts(Settings):
    """The text that a version learned from: its name, the SHA-256 of its bytes, its length in characters."""

    name: str
    sha256: str
    characters: int


class Card(Settings):
    """How a version was trained and how good it is, as in `card.json`.

    `weights_sha256` is the checksum of the file of weights; None in cards of former releases.

    `held_out` scores the held-out part with the state carried through the whole text, `held_out_windows`
    with sequences of 256 tokens that each start from an empty state.
    """

    name: str
    version: int
    corpus: CorpusFacts
    command: str
    random_seed: Annotated[int, Field(alias="number")]
    parameters: int
    weights: str
    weights_sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] | None = None
    epochs: int
    seconds: float
    validation: Figures | None
    held_out: Figures
    held_out_windows: Figures
    trained_at: datetime
    software: dict[str, str]
    device: str
