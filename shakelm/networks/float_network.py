"""A network of weights that are not quantized: versions of former releases, and models in training.

Sums of float32 numbers depend on their order, and tanh on the processor. So a verse may differ between
processors, and between a batch and a verse alone, where a random number falls close to the border between two
tokens.
"""

from collections.abc import Mapping

import numpy as np

from shakelm.configuration import Cell
from shakelm.networks.network import Floats, State
from shakelm.networks.numpy_network import (
    Layer,
    Matrix,
    NumpyNetwork,
    arranged_gates,
    halved_sigmoids,
    layers_of,
    lstm_cell,
)


def make(weights: Mapping[str, Floats], cell: Cell) -> NumpyNetwork:
    """Make the network of float32 arrays with the names that `architectures.weights_of` gives them."""

    def arranged(name: str) -> Floats:
        return np.ascontiguousarray(halved_sigmoids(arranged_gates(weights[name], cell), cell).T)

    def matrix(name: str, layer: int) -> Matrix:
        return Matrix(arranged(f"recurrent_{layer}.{name}"), None, arranged(f"recurrent_{layer}.bias"))

    step = _lstm_step if cell == "lstm" else _simple_rnn_step
    layers = [
        Layer(matrix("kernel", layer), matrix("recurrent_kernel", layer), step)
        for layer in layers_of(weights)
    ]
    # The embedding is multiplied by the first layer's kernel once.
    embedding = np.ascontiguousarray(layers[0].kernel.project(weights["embedding.embeddings"].T).T)
    output = Matrix(np.ascontiguousarray(weights["output.kernel"].T), None, weights["output.bias"])
    return NumpyNetwork(embedding, layers, output, cell, quantized=False)


def _lstm_step(recurrent_kernel: Matrix, projected: Floats, state: State) -> State:
    """Return the hidden state and the cell state (units, ...) after one token."""
    hidden, cell_state = state
    gates = recurrent_kernel.times(hidden)
    gates += projected
    np.tanh(gates, out=gates)
    output_gate, cell_state = lstm_cell(gates, cell_state)
    hidden = np.tanh(cell_state)
    hidden *= output_gate
    return hidden, cell_state


def _simple_rnn_step(recurrent_kernel: Matrix, projected: Floats, state: State) -> State:
    """Return the hidden state (units, ...) after one token."""
    hidden = recurrent_kernel.times(state[0])
    hidden += projected
    return (np.tanh(hidden, out=hidden),)
