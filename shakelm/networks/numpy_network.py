"""A trained network in NumPy, for processes without TensorFlow.

The time of a single verse is the latency of one small step after another. There, NumPy takes far less time
for a step than a call into TensorFlow. `exact_network` and `float_network` make such networks.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from shakelm.configuration import Cell
from shakelm.networks import network
from shakelm.networks.network import Floats, State

_HALF = np.array(0.5, np.float32)
"""An array, because NumPy would convert a Python number at each use."""

_Number = TypeVar("_Number", bound=np.generic)


@dataclass(frozen=True)
class Matrix:
    """A matrix (outputs, inputs), a scale for each of its products, or none, and a bias (outputs,).

    BLAS multiplies a tall matrix by a few columns faster than a few rows by a wide matrix, and by a vector as
    fast. So features come first in memory, and the verses of a batch stand side by side.
    """

    numbers: NDArray[np.floating[Any]]
    scale: Floats | None
    bias: Floats

    def times(self, columns: Floats) -> Floats:
        """Multiply the matrix by (inputs,) or (..., inputs, batch), and the products by the scales."""
        products = self.numbers.dot(columns) if columns.ndim < 3 else np.matmul(self.numbers, columns)
        if self.scale is not None:
            products *= _beside(self.scale, products)
        return cast(Floats, products if products.dtype == np.float32 else products.astype(np.float32))

    def project(self, columns: Floats) -> Floats:
        """As `times`, and add the bias."""
        products = self.times(columns)
        products += _beside(self.bias, products)
        return products


def _beside(features: Floats, columns: Floats) -> Floats:
    """A vector (features,) as one that NumPy combines with (features,) or with (..., features, batch)."""
    return features if columns.ndim == 1 else features[:, np.newaxis]


Step = Callable[[Matrix, Floats, State], State]
"""From the recurrent kernel, the projected input (gates x units,) or (gates x units, batch), and the state as
(units,) or (units, batch), to the next state."""


@dataclass(frozen=True)
class Layer:
    """A recurrent layer. Its bias is the kernel's."""

    kernel: Matrix
    recurrent_kernel: Matrix
    step: Step


class NumpyNetwork:
    """Embedding, recurrent layers, and output layer.

    On disk, the gates are in Keras's order: input, forget, candidate, output. In memory, the three sigmoid
    gates come first, and their columns are halved. Since sigmoid(x) = (1 + tanh(x / 2)) / 2, one tanh then
    computes all four gates (`arranged_gates`, `halved_sigmoids`).

    Args:
        embedding: (vocabulary, gates x units), already projected by the first layer's kernel.
        layers: first to last.
        output: from the last hidden state to logits.
        cell: the kind of the layers.
        quantized: whether all weights and hidden states are whole numbers, so that results are exact.
    """

    def __init__(
        self, embedding: Floats, layers: Sequence[Layer], output: Matrix, cell: Cell, *, quantized: bool
    ) -> None:
        self.quantized = self.exact = quantized
        self._embedding, self._layers, self._output, self._cell = embedding, layers, output, cell
        self._states_per_layer = network.states_per_layer(cell)

    def empty_state(self, batch_size: int) -> State:
        """Return the state before any token, all zeros."""
        units = [len(layer.recurrent_kernel.numbers[0]) for layer in self._layers]
        return network.empty_state(self._cell, units, batch_size)

    def forward(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """Read tokens (batch, time). Return logits (batch, time, vocabulary) and the state after them."""
        if len(tokens) > 1:
            logits, state_after = self._forward(tokens.T, _side_by_side(state))
            return logits.transpose(2, 0, 1), _rows(state_after)
        logits, state_after = self._forward(tokens[0], _first(state))
        return logits[np.newaxis], _as_batch(state_after)

    def _forward(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """As `forward`, for tokens (time, batch) and a state (units, batch), or (time,) and (units,).

        Returns:
            Logits (time, vocabulary, batch), or (time, vocabulary), and the state after the tokens.
        """
        state_after: State = ()
        hidden = np.stack([self._embedded(token) for token in tokens])
        for index, layer in enumerate(self._layers):
            if index:
                hidden = _over_time(layer.kernel, hidden)
            layer_state = self._state_of(index, state)
            outputs = []
            for projected in hidden:
                layer_state = layer.step(layer.recurrent_kernel, projected, layer_state)
                outputs.append(layer_state[0])
            hidden = np.stack(outputs)
            state_after += layer_state
        return _over_time(self._output, hidden), state_after

    def forward_last(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """Read tokens (batch, time). Return the last logits (batch, vocabulary) and the state after them."""
        if len(tokens) > 1:
            logits, state_after = self._forward_last(tokens.T, _side_by_side(state))
            return np.ascontiguousarray(logits.T), _rows(state_after)
        logits, state_after = self._forward_last(tokens[0], _first(state))
        return logits[np.newaxis], _as_batch(state_after)

    def _forward_last(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """As `forward_last`, for tokens (time, batch) and a state (units, batch), or (time,) and (units,).

        Returns:
            Logits (vocabulary, batch), or (vocabulary,), and the state after the tokens.
        """
        for token in tokens:
            state_after: State = ()
            hidden = self._embedded(token)
            for index, layer in enumerate(self._layers):
                if index:
                    hidden = layer.kernel.project(hidden)
                layer_state = layer.step(layer.recurrent_kernel, hidden, self._state_of(index, state))
                hidden = layer_state[0]
                state_after += layer_state
            state = state_after
        return self._output.project(hidden), state

    def _embedded(self, token: NDArray[np.int32]) -> Floats:
        """The projected embedding of a token, or of one for each verse of a batch."""
        embedding: Floats = np.ascontiguousarray(self._embedding[token].T)
        return embedding

    def _state_of(self, layer: int, state: State) -> State:
        return state[layer * self._states_per_layer : (layer + 1) * self._states_per_layer]


def _over_time(matrix: Matrix, hidden: Floats) -> Floats:
    """Project hidden states (time, units) or (time, units, batch) to (time, outputs) or with the batch."""
    if hidden.ndim > 2:
        return matrix.project(hidden)
    return np.ascontiguousarray(matrix.project(hidden.T).T)


# Outside, a state has a row for each verse. Inside, verses stand side by side. Both are views of one array.


def _side_by_side(state: State) -> State:
    return tuple([np.ascontiguousarray(array.T) for array in state])


def _rows(state: State) -> State:
    return tuple([array.T for array in state])


# A single verse: NumPy takes less time for vectors than for matrices of one column.


def _first(state: State) -> State:
    """The state of the first row, as vectors."""
    return tuple([array[0] for array in state])


def _as_batch(state: State) -> State:
    """A state of vectors as that of a batch of one row."""
    return tuple([array[np.newaxis] for array in state])


def layers_of(weights: Iterable[str]) -> range:
    """Return the numbers of the recurrent layers, given the names of all arrays."""
    return range(sum(name.endswith(".recurrent_kernel") for name in weights))


def lstm_cell(gates: Floats, cell_state: Floats) -> tuple[Floats, Floats]:
    """Return the output gate and the next cell state (units, ...), given tanh of the gates (4 units, ...).

    The function works in place where it can: at these sizes, a new array costs as much as its arithmetic.
    """
    units = len(cell_state)
    sigmoids, candidate = gates[: 3 * units], gates[3 * units :]
    sigmoids *= _HALF
    sigmoids += _HALF
    cell_state = sigmoids[units : 2 * units] * cell_state
    candidate *= sigmoids[:units]
    cell_state += candidate
    return sigmoids[2 * units :], cell_state


def arranged_gates(columns: NDArray[_Number], cell: Cell) -> NDArray[_Number]:
    """Put the columns of an LSTM's gates, as they are on disk, into the order in memory."""
    if cell == "simple-rnn":
        return columns
    input_gate, forget_gate, candidate, output_gate = np.split(columns, 4, axis=-1)
    return np.concatenate([input_gate, forget_gate, output_gate, candidate], axis=-1)


def halved_sigmoids(columns: Floats, cell: Cell) -> Floats:
    """Halve the columns of an LSTM's three sigmoid gates, which come first."""
    if cell == "simple-rnn":
        return columns
    factors = np.repeat(np.array([0.5, 1], np.float32), [columns.shape[-1] * 3 // 4, columns.shape[-1] // 4])
    return columns * factors
