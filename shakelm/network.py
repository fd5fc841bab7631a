"""Trained networks that carry their state: the NumPy one, and Keras behind the same call.

A single verse is bound by latency: for one token after another, small matrix products in NumPy beat
a call into TensorFlow by far, and the process needs no TensorFlow at all.
"""

from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from shakelm.configuration import Cell, ModelConfiguration

Engine = Literal["numpy", "keras"]
Floats = NDArray[np.float32]
State = tuple[Floats, ...]
"""One array (batch, units) a state vector, layer by layer; an LSTM has two a layer: hidden, cell."""


class Network(Protocol):
    """What decoding and scoring need of a trained model."""

    def empty_state(self, batch: int) -> State:
        """The state before any token, all zeros."""

    def advance(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """Read tokens of shape (batch, time); logits (batch, time, vocabulary) and the state after."""


class NumpyNetwork:
    """Embedding, recurrent layers and output layer, computed with NumPy alone.

    Gates lie in Keras's order on disk (input, forget, candidate, output). Here the three sigmoid gates
    come first and their columns are halved, since sigmoid(x) = (1 + tanh(x / 2)) / 2: one tanh then
    serves all four gates. The embedding is multiplied into the first layer once, at the start.
    """

    def __init__(self, weights: dict[str, Floats], cell: Cell) -> None:
        """Take arrays by the names of `architectures.weights_of`, as float32."""
        self._cell = cell
        self._output = weights["output.kernel"]
        self._output_bias = weights["output.bias"]
        arrange = _arranged_gates if cell == "lstm" else _as_it_is
        depth = sum(name.endswith(".recurrent_kernel") for name in weights)
        kernels, self._recurrent, self._biases = (
            [arrange(weights[f"recurrent_{index}.{part}"]) for index in range(depth)]
            for part in ("kernel", "recurrent_kernel", "bias")
        )
        self._first = weights["embedding.embeddings"] @ kernels[0] + self._biases[0]
        self._kernels = kernels

    def empty_state(self, batch: int) -> State:
        """The state before any token, all zeros."""
        per_layer = 2 if self._cell == "lstm" else 1
        return tuple(
            np.zeros((batch, kernel.shape[0]), np.float32)
            for kernel in self._recurrent
            for _ in range(per_layer)
        )

    def advance(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """Read tokens of shape (batch, time); logits (batch, time, vocabulary) and the state after."""
        run = _run_lstm if self._cell == "lstm" else _run_simple
        per_layer = len(state) // len(self._recurrent)
        after: list[Floats] = []
        hidden: Floats = self._first[tokens.T]
        for index, recurrent in enumerate(self._recurrent):
            if index:
                hidden = hidden @ self._kernels[index] + self._biases[index]
            hidden, states = run(hidden, recurrent, state[index * per_layer : (index + 1) * per_layer])
            after += states
        logits = hidden @ self._output + self._output_bias
        return logits.transpose(1, 0, 2), tuple(after)


def _as_it_is(weights: Floats) -> Floats:
    return weights


def _arranged_gates(weights: Floats) -> Floats:
    inputs, forget, candidate, output = np.split(weights, 4, axis=-1)
    half = np.float32(0.5)
    return np.ascontiguousarray(
        np.concatenate([inputs * half, forget * half, output * half, candidate], axis=-1)
    )


def _run_lstm(inputs: Floats, recurrent: Floats, state: State) -> tuple[Floats, State]:
    """Inputs (time, batch, 4 units) already multiplied by the kernel; outputs (time, batch, units)."""
    hidden, memory = state
    units = recurrent.shape[0]
    outputs = np.empty((*inputs.shape[:2], units), np.float32)
    for step, projected in enumerate(inputs):
        gates = np.tanh(projected + hidden @ recurrent)
        sigmoids = gates[:, : 3 * units] * np.float32(0.5) + np.float32(0.5)
        memory = sigmoids[:, units : 2 * units] * memory + sigmoids[:, :units] * gates[:, 3 * units :]
        hidden = sigmoids[:, 2 * units :] * np.tanh(memory)
        outputs[step] = hidden
    return outputs, (hidden, memory)


def _run_simple(inputs: Floats, recurrent: Floats, state: State) -> tuple[Floats, State]:
    """Inputs (time, batch, units) already multiplied by the kernel; outputs of the same shape."""
    (hidden,) = state
    outputs = np.empty_like(inputs)
    for step, projected in enumerate(inputs):
        hidden = np.tanh(projected + hidden @ recurrent)
        outputs[step] = hidden
    return outputs, (hidden,)


class KerasNetwork:
    """The same network run by Keras, on a GPU where there is one; the reference for the NumPy one."""

    def __init__(
        self, weights: dict[str, Floats], configuration: ModelConfiguration, vocabulary_size: int
    ) -> None:
        """Build the Keras model and give it the weights; imports TensorFlow."""
        from shakelm import architectures

        self._units = configuration.units
        self._per_layer = architectures.states_per_layer(configuration)
        self._model = architectures.build_carrying(configuration, vocabulary_size)
        architectures.set_weights(self._model, weights)

    def empty_state(self, batch: int) -> State:
        """The state before any token, all zeros."""
        return tuple(
            np.zeros((batch, units), np.float32) for units in self._units for _ in range(self._per_layer)
        )

    def advance(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """Read tokens of shape (batch, time); logits (batch, time, vocabulary) and the state after."""
        logits, *after = self._model.predict_on_batch([tokens, *state])
        return logits, tuple(after)


def load_weights(path: Path) -> dict[str, Floats]:
    """Read a safetensors file as float32 arrays by name."""
    from safetensors.numpy import load_file

    return {name: array.astype(np.float32) for name, array in load_file(path).items()}


def load(path: Path, configuration: ModelConfiguration, vocabulary_size: int, engine: Engine) -> Network:
    """The network of a weights file, run by `numpy` (no TensorFlow) or by `keras`."""
    weights = load_weights(path)
    if engine == "keras":
        return KerasNetwork(weights, configuration, vocabulary_size)
    return NumpyNetwork(weights, configuration.cell)
