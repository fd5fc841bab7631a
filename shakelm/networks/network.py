"""The protocol of a trained network: what decoding and scoring need, whatever computes it."""

from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Engine = Literal["numpy", "keras"]
Floats = NDArray[np.float32]

State = tuple[Floats, ...]
"""One array (batch, units) for each state vector, layer by layer.

An LSTM layer has two, the hidden state and the cell state; a simple RNN has the hidden state alone.
"""


class Network(Protocol):
    """A trained network. The caller holds its state and passes it to each call."""

    def empty_state(self, batch: int) -> State:
        """Return the state before any token: all zeros."""

    def advance(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """Read tokens (batch, time); return logits (batch, time, vocabulary) and the state after them."""

    def read(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """Read tokens (batch, time), at least one per row; return logits (batch, vocabulary) and the state.

        The logits are those after the last token. They equal those of `advance` except for rounding. The
        caller may change them.
        """
