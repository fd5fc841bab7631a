"""How far a training is, for its observers; no Keras here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from shakelm.errors import ShakelmError


@dataclass(frozen=True)
class Progress:
    """How far a training is.

    Attributes:
        stage: whether it trains, or scores the trained model on the held-out text.
        share: the share of all training steps that is done, 0 to 1.
        epoch: the current epoch, counted from 1.
        epochs: the number of epochs, at most.
        loss: of the current epoch so far, with dropout, in nats per token.
        validation_loss: of the last finished epoch, in nats per token.
        tokens_per_second: learned from in the latest batches; None in the first ones and in scoring.
        seconds_left: if every epoch is run; None as `tokens_per_second` is.
        sample: a line that the weights after the last whole epoch wrote.
    """

    stage: Literal["training", "scoring"]
    share: float
    epoch: int
    epochs: int
    loss: float | None
    validation_loss: float | None
    tokens_per_second: float | None
    seconds_left: float | None
    sample: str | None = None


OnProgress = Callable[[Progress], None]

OnNotice = Callable[[str], None]
"""Takes a sentence for the person who started the training."""


class Discarded(ShakelmError):  # noqa: N818 - a person asked for it; it is not a fault
    """Raised by `on_progress` to end a training and discard what it learned."""

    def __init__(self) -> None:
        super().__init__("The training was thrown away: start another one.")
