"""A network of quantized weights. Its results are the same to the last bit everywhere.

That is on every processor, with any number of threads, alone and in a batch of any size. Matrices and
hidden states are whole numbers of 8 bits. The sums of their products stay below 2**24, where float32 holds
each whole number, so the order in which a processor adds does not matter. Scales and biases are applied
number by number, and tanh is looked up (`exact_functions`). IEEE 754 fixes the result of each of these
operations.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from shakelm.configuration import Cell
from shakelm.networks.exact_functions import CENTER, STEPS, TANH
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
from shakelm.networks.quantization import EMBEDDING, LARGEST, Stored, scale_name

_EXACT_IN_FLOAT32 = 2**24

_STEPS, _CENTER, _LARGEST = (np.array(number, np.float32) for number in (STEPS, CENTER, LARGEST))
"""Arrays, because NumPy would convert Python numbers at each use."""

_HIDDEN_TANH = TANH * _LARGEST
"""Tanh in the unit of hidden states, in which 127 stands for 1."""

_WHOLE_TANH = np.rint(_HIDDEN_TANH)


def make(stored: Stored, cell: Cell) -> NumpyNetwork:
    """Make the network of quantized weights (`quantization.quantize`)."""

    def matrix(name: str, layer: int) -> Matrix:
        """A kernel whose products are places in the table of tanh."""
        place = f"recurrent_{layer}"
        numbers, scale, bias = (
            arranged_gates(stored[array], cell)
            for array in (f"{place}.{name}", scale_name(f"{place}.{name}"), f"{place}.bias")
        )
        scale, bias = halved_sigmoids(scale, cell) * _STEPS, halved_sigmoids(bias, cell) * _STEPS + _CENTER
        return _matrix(numbers, scale, bias)

    step = _lstm_step if cell == "lstm" else _simple_rnn_step
    layers = [
        Layer(matrix("kernel", layer), matrix("recurrent_kernel", layer), step) for layer in layers_of(stored)
    ]
    embedding = layers[0].kernel.times(stored[EMBEDDING].T.astype(np.float32)).T
    embedding *= stored[scale_name(EMBEDDING)][:, np.newaxis] * _LARGEST
    embedding += layers[0].kernel.bias
    embedding = np.ascontiguousarray(embedding)
    output = _matrix(stored["output.kernel"], stored[scale_name("output.kernel")], stored["output.bias"])
    return NumpyNetwork(embedding, layers, output, cell, quantized=True)


def _matrix(numbers: NDArray[Any], scale: Floats, bias: Floats) -> Matrix:
    """Arrange a matrix (inputs, outputs) that multiplies hidden states, or an embedding in their unit.

    A matrix whose sums might reach 2**24 becomes float64, which holds each whole number below 2**53.
    """
    largest_sum = LARGEST * np.abs(numbers.astype(np.int64)).sum(axis=0).max()
    kind = np.float32 if largest_sum < _EXACT_IN_FLOAT32 else np.float64
    return Matrix(np.ascontiguousarray(numbers.T, kind), scale / _LARGEST, bias)


def _lstm_step(recurrent_kernel: Matrix, projected: Floats, state: State) -> State:
    """Return the hidden state, in whole numbers, and the cell state (units, ...) after one token."""
    hidden, cell_state = state
    gates = recurrent_kernel.times(hidden)
    gates += projected
    TANH.take(gates.astype(np.intp), mode="clip", out=gates)
    output_gate, cell_state = lstm_cell(gates, cell_state)
    places = cell_state * _STEPS
    places += _CENTER
    hidden = _HIDDEN_TANH.take(places.astype(np.intp), mode="clip", out=places)
    hidden *= output_gate
    return np.rint(hidden, out=hidden), cell_state


def _simple_rnn_step(recurrent_kernel: Matrix, projected: Floats, state: State) -> State:
    """Return the hidden state (units, ...), in whole numbers, after one token."""
    places = recurrent_kernel.times(state[0])
    places += projected
    return (_WHOLE_TANH.take(places.astype(np.intp), mode="clip", out=places),)
