"""A trained network in NumPy, for processes without TensorFlow.

The time of a single verse is the latency of one small step after another. There, NumPy takes far less time
for a step than a call into TensorFlow.
"""

import numpy as np
from numpy.typing import NDArray

from shakelm.configuration import Cell
from shakelm.networks import network
from shakelm.networks.network import Floats, State

_HALF = np.array(0.5, np.float32)
"""An array, because NumPy would convert a Python number at each use."""

_CACHE_LINE = 16
"""Numbers of type float32 in a cache line of 64 bytes."""


class NumpyNetwork:
    """Embedding, recurrent layers, and output layer.

    On disk, the gates are in Keras's order: input, forget, candidate, output. In memory, the three sigmoid
    gates come first, and their columns are halved. Since sigmoid(x) = (1 + tanh(x / 2)) / 2, one tanh then
    computes all four gates. The embedding is multiplied by the first layer's kernel once, at construction.
    """

    def __init__(self, weights: dict[str, Floats], cell: Cell) -> None:
        """Arrange the weights: float32 arrays with the names that `architectures.weights_of` gives them."""
        self._cell = cell
        self._step = _lstm_step if cell == "lstm" else _simple_rnn_step
        self._states_per_layer = network.states_per_layer(cell)
        self._output_kernel = _padded(weights["output.kernel"])
        self._output_bias = weights["output.bias"]
        arrange = _arrange_gates if cell == "lstm" else _keep
        layers = sum(name.endswith(".recurrent_kernel") for name in weights)
        self._kernels, self._recurrent_kernels, self._biases = (
            [arrange(weights[f"recurrent_{layer}.{variable}"]) for layer in range(layers)]
            for variable in ("kernel", "recurrent_kernel", "bias")
        )
        self._projected_embedding = weights["embedding.embeddings"] @ self._kernels[0] + self._biases[0]

    def empty_state(self, batch_size: int) -> State:
        """Return the state before any token, all zeros."""
        units = [kernel.shape[0] for kernel in self._recurrent_kernels]
        return network.empty_state(self._cell, units, batch_size)

    def forward(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """Read tokens (batch, time). Return logits (batch, time, vocabulary) and the state after them."""
        state_after: State = ()
        hidden: Floats = self._projected_embedding[tokens.T]
        for layer, recurrent_kernel in enumerate(self._recurrent_kernels):
            if layer:
                hidden = hidden @ self._kernels[layer] + self._biases[layer]
            layer_state = self._layer_state(layer, state)
            outputs = np.empty((*hidden.shape[:2], recurrent_kernel.shape[0]), np.float32)
            for time, projected in enumerate(hidden):
                layer_state = self._step(projected, recurrent_kernel, layer_state)
                outputs[time] = layer_state[0]
            hidden = outputs
            state_after += layer_state
        logits = self._logits(hidden.reshape(-1, hidden.shape[-1]))
        return logits.reshape(*hidden.shape[:2], -1).transpose(1, 0, 2), state_after

    def forward_last(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """Read tokens (batch, time). Return the last logits (batch, vocabulary) and the state after them."""
        if len(tokens) > 1:
            return self._forward_last(tokens.T, state)
        # A single verse: NumPy takes less time for vectors than for matrices of one row.
        logits, state_after = self._forward_last(tokens[0], tuple([array[0] for array in state]))
        return logits[np.newaxis], tuple([array[np.newaxis] for array in state_after])

    def _forward_last(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """As `forward_last`, for tokens (time, batch), or for tokens (time,) with vectors as state."""
        for token in tokens:
            state_after: State = ()
            hidden: Floats = self._projected_embedding[token]
            for layer, recurrent_kernel in enumerate(self._recurrent_kernels):
                if layer:
                    hidden = hidden.dot(self._kernels[layer])
                    hidden += self._biases[layer]
                layer_state = self._step(hidden, recurrent_kernel, self._layer_state(layer, state))
                hidden = layer_state[0]
                state_after += layer_state
            state = state_after
        return self._logits(hidden), state

    def _logits(self, hidden: Floats) -> Floats:
        logits: Floats = hidden.dot(self._output_kernel)[..., : len(self._output_bias)]
        logits += self._output_bias
        return logits

    def _layer_state(self, layer: int, state: State) -> State:
        return state[layer * self._states_per_layer : (layer + 1) * self._states_per_layer]


def _keep(weights: Floats) -> Floats:
    return weights


def _padded(kernel: Floats) -> Floats:
    """Add columns of zeros until each row fills whole cache lines, which speeds up products with vectors."""
    return np.pad(kernel, ((0, 0), (0, -kernel.shape[1] % _CACHE_LINE)))


def _arrange_gates(weights: Floats) -> Floats:
    input_gate, forget_gate, candidate, output_gate = np.split(weights, 4, axis=-1)
    return np.ascontiguousarray(
        np.concatenate([input_gate * _HALF, forget_gate * _HALF, output_gate * _HALF, candidate], axis=-1)
    )


def _lstm_step(projected: Floats, recurrent_kernel: Floats, state: State) -> State:
    """Return the hidden state and the cell state (..., units) after one token.

    `projected` (..., 4 units) is the layer's input times its kernel, plus the bias. The function works in
    place where it can: at these sizes, a new array costs as much as its arithmetic.
    """
    hidden, cell_state = state
    units = recurrent_kernel.shape[0]
    gates = hidden.dot(recurrent_kernel)
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


def _simple_rnn_step(projected: Floats, recurrent_kernel: Floats, state: State) -> State:
    """Return the hidden state (..., units) after one token.

    `projected` (..., units) is the layer's input times its kernel, plus the bias.
    """
    hidden = state[0].dot(recurrent_kernel)
    hidden += projected
    return (np.tanh(hidden, out=hidden),)
