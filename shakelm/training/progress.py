"""How far a training is, for whoever watches it; no Keras here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from shakelm.errors import ShakelmError


@dataclass(frozen=True)
class Progress:
    """Where a training stands.

    `share` of all training steps done, 0 to 1; losses in nats per token (`loss` is the running epoch's,
    under dropout; `validation_loss` the last finished epoch's); `tokens_per_second` learned from, over the
    running epoch's latest batches; `seconds_left` if every epoch is run. These two are None in scoring.
    `sample` is a line that the weights after the last whole epoch write.
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
"""Takes a sentence for whoever watches."""


class Discarded(ShakelmError):  # noqa: N818 - it is what somebody wanted, not a fault
    """Raised by whoever watches a training, to end it and throw away what it learned."""

    def __init__(self) -> None:
        super().__init__("The training was thrown away: start another one.")
