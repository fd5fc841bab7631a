"""Networks in NumPy.

A single verse is bound by latency: it takes one small matrix product after another, and NumPy is much faster
at these than calls into TensorFlow. The process needs no TensorFlow.
"""

import numpy as np
from numpy.typing import NDArray

from shakelm.configuration import Cell
from shakelm.networks.network import Floats, State

_HALF = np.array(0.5, np.float32)
"""An array, which NumPy does not have to convert at each use."""


class NumpyNetwork:
    """Embedding, recurrent layers and output layer, computed with NumPy alone.

    On disk, gates are in Keras's order: input, forget, candidate, output. Here the three sigmoid gates come
    first, and their columns are halved: sigmoid(x) = (1 + tanh(x / 2)) / 2, so that one tanh serves all four
    gates. The embedding is multiplied by the first kernel once, at the start.
    """

    def __init__(self, weights: dict[str, Floats], cell: Cell) -> None:
        """Take float32 arrays by the names that `architectures.weights_of` gives them."""
        self._cell = _lstm if cell == "lstm" else _simple
        self._states_per_layer = 2 if cell == "lstm" else 1
        self._output = _aligned(weights["output.kernel"])
        self._output_bias = weights["output.bias"]
        arrange = _arranged_gates if cell == "lstm" else _unchanged
        depth = sum(name.endswith(".recurrent_kernel") for name in weights)
        kernels, self._recurrent, self._biases = (
            [arrange(weights[f"recurrent_{index}.{part}"]) for index in range(depth)]
            for part in ("kernel", "recurrent_kernel", "bias")
        )
        self._first = weights["embedding.embeddings"] @ kernels[0] + self._biases[0]
        self._kernels = kernels

    def empty_state(self, batch: int) -> State:
        """Return the state before any token: all zeros."""
        return tuple(
            np.zeros((batch, kernel.shape[0]), np.float32)
            for kernel in self._recurrent
            for _ in range(self._states_per_layer)
        )

    def advance(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """Read tokens (batch, time); return logits (batch, time, vocabulary) and the state after them."""
        after: State = ()
        hidden: Floats = self._first[tokens.T]
        for index, recurrent in enumerate(self._recurrent):
            if index:
                hidden = hidden @ self._kernels[index] + self._biases[index]
            layer = self._of_layer(index, state)
            outputs = np.empty((*hidden.shape[:2], recurrent.shape[0]), np.float32)
            for time, projected in enumerate(hidden):
                layer = self._cell(projected, recurrent, layer)
                outputs[time] = layer[0]
            hidden = outputs
            after += layer
        logits = self._logits(hidden.reshape(-1, hidden.shape[-1]))
        return logits.reshape(*hidden.shape[:2], -1).transpose(1, 0, 2), after

    def read(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """Read tokens (batch, time); return the logits after the last (batch, vocabulary) and the state."""
        if len(tokens) > 1:
            return self._read(tokens.T, state)
        # A single verse: NumPy is faster with vectors than with matrices of one row.
        logits, after = self._read(tokens[0], tuple([part[0] for part in state]))
        return logits[np.newaxis], tuple([part[np.newaxis] for part in after])

    def _read(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """As `read`, for tokens (time, batch); or for tokens (time,), with vectors instead of matrices."""
        for token in tokens:
            after: State = ()
            hidden: Floats = self._first[token]
            for index, recurrent in enumerate(self._recurrent):
                if index:
                    hidden = hidden.dot(self._kernels[index])
                    hidden += self._biases[index]
                layer = self._cell(hidden, recurrent, self._of_layer(index, state))
                hidden = layer[0]
                after += layer
            state = after
        return self._logits(hidden), state

    def _logits(self, hidden: Floats) -> Floats:
        logits: Floats = hidden.dot(self._output)[..., : len(self._output_bias)]
        logits += self._output_bias
        return logits

    def _of_layer(self, index: int, state: State) -> State:
        return state[index * self._states_per_layer : (index + 1) * self._states_per_layer]


def _unchanged(weights: Floats) -> Floats:
    return weights


def _aligned(kernel: Floats) -> Floats:
    """Pad the rows with zeros to whole cache lines, which makes products with a vector faster."""
    return np.pad(kernel, ((0, 0), (0, -kernel.shape[1] % 16)))


def _arranged_gates(weights: Floats) -> Floats:
    inputs, forget, candidate, output = np.split(weights, 4, axis=-1)
    return np.ascontiguousarray(
        np.concatenate([inputs * _HALF, forget * _HALF, output * _HALF, candidate], axis=-1)
    )


def _lstm(projected: Floats, recurrent: Floats, state: State) -> State:
    """Return the next hidden and cell state (..., units), given the input times the kernel (..., 4 units).

    It works in place where it can: at these sizes a new array costs as much as its arithmetic.
    """
    hidden, cell_state = state
    units = recurrent.shape[0]
    gates = hidden.dot(recurrent)
    gates += projected
    np.tanh(gates, out=gates)
    sigmoids, candidate = gates[..., : 3 * units], gates[..., 3 * units :]
    sigmoids *= _HALF
    sigmoids += _HALF
    cell_state = sigmoids[..., units : 2 * units] * cell_state
    candidate *= sigmoids[..., :units]
    cell_state += candidate
    hidden = np.tanh(cell_state)
    hidden *= sigmoids[..., 2 * units :]
    return hidden, cell_state


def _simple(projected: Floats, recurrent: Floats, state: State) -> State:
    """Return the next hidden state (..., units), given the input times the kernel (..., units)."""
    hidden = state[0].dot(recurrent)
    hidden += projected
    return (np.tanh(hidden, out=hidden),)
