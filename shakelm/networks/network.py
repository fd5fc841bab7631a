"""What a trained network can do: the protocol, and the types of its arrays."""

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from shakelm.configuration import Cell

Engine = Literal["numpy", "keras"]
"""What computes a network."""

Floats = NDArray[np.float32]

State = tuple[Floats, ...]
"""Arrays (batch, units), layer by layer: the hidden state, and for an LSTM the cell state after it."""


class Network(Protocol):
    """What decoding and scoring need of a trained network."""

    @property
    def quantized(self) -> bool:
        """Whether the weights are whole numbers. Those of former releases are not."""

    @property
    def exact(self) -> bool:
        """Whether the results are the same to the last bit on every processor, alone and in a batch."""

    def empty_state(self, batch_size: int) -> State:
        """Return the state before any token, all zeros."""

    def forward(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """Read tokens (batch, time). Return logits (batch, time, vocabulary) and the state after them."""

    def forward_last(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """Read tokens (batch, time), at least one in each row, and return only the logits after the last.

        Returns:
            Logits (batch, vocabulary), which equal those of `forward` except for rounding, and the state
            after the tokens. The caller may change the logits.
        """


def states_per_layer(cell: Cell) -> int:
    """Return the number of state arrays of a recurrent layer: 2 for an LSTM, 1 for a simple RNN."""
    return 2 if cell == "lstm" else 1


def empty_state(cell: Cell, units: Sequence[int], batch_size: int) -> State:
    """Return zeros as the state of recurrent layers with these numbers of units."""
    return tuple(
        np.zeros((batch_size, width), np.float32) for width in units for _ in range(states_per_layer(cell))
    )
