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

_HALF = np.array(0.5, np.float32)
"""As an array, which NumPy need not convert at each use."""


class Network(Protocol):
    """What decoding and scoring need of a trained model."""

    def empty_state(self, batch: int) -> State:
        """The state before any token, all zeros."""

    def advance(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """Read tokens of shape (batch, time); logits (batch, time, vocabulary) and the state after."""

    def read(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """Read at least one token a row, shape (batch, time); logits (batch, vocabulary) and the state after.

        The logits are those after the last token, as `advance` computes them but for rounding. The caller
        owns them.
        """


class NumpyNetwork:
    """Embedding, recurrent layers and output layer, computed with NumPy alone.

    Gates lie in Keras's order on disk (input, forget, candidate, output). Here the three sigmoid gates
    come first and their columns are halved, since sigmoid(x) = (1 + tanh(x / 2)) / 2: one tanh then
    serves all four gates. The embedding is multiplied into the first layer once, at the start.
    """

    def __init__(self, weights: dict[str, Floats], cell: Cell) -> None:
        """Take arrays by the names of `architectures.weights_of`, as float32."""
        self._cell = _lstm if cell == "lstm" else _simple
        self._states_per_layer = 2 if cell == "lstm" else 1
        self._output = _aligned(weights["output.kernel"])
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
        return tuple(
            np.zeros((batch, kernel.shape[0]), np.float32)
            for kernel in self._recurrent
            for _ in range(self._states_per_layer)
        )

    def advance(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """Read tokens of shape (batch, time); logits (batch, time, vocabulary) and the state after."""
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
        """Read tokens of shape (batch, time); logits (batch, vocabulary) and the state after the last."""
        if len(tokens) > 1:
            return self._read(tokens.T, state)
        # A single verse: NumPy takes less time for vectors than for matrices of one row.
        logits, after = self._read(tokens[0], tuple([part[0] for part in state]))
        return logits[np.newaxis], tuple([part[np.newaxis] for part in after])

    def _read(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """As `read`, of tokens (time, batch), or of tokens (time,) with everything else a vector."""
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


def _as_it_is(weights: Floats) -> Floats:
    return weights


def _aligned(kernel: Floats) -> Floats:
    """With columns of zeros up to whole cache lines a row: its product with a vector then takes less time."""
    return np.pad(kernel, ((0, 0), (0, -kernel.shape[1] % 16)))


def _arranged_gates(weights: Floats) -> Floats:
    inputs, forget, candidate, output = np.split(weights, 4, axis=-1)
    return np.ascontiguousarray(
        np.concatenate([inputs * _HALF, forget * _HALF, output * _HALF, candidate], axis=-1)
    )


def _lstm(projected: Floats, recurrent: Floats, state: State) -> State:
    """Hidden and memory (..., units) one token on, from (..., 4 units) multiplied by the kernel.

    Works in place where it can: at these sizes an array made anew costs as much as its arithmetic.
    """
    hidden, memory = state
    units = recurrent.shape[0]
    gates = hidden.dot(recurrent)
    gates += projected
    np.tanh(gates, out=gates)
    sigmoids, candidate = gates[..., : 3 * units], gates[..., 3 * units :]
    sigmoids *= _HALF
    sigmoids += _HALF
    memory = sigmoids[..., units : 2 * units] * memory
    candidate *= sigmoids[..., :units]
    memory += candidate
    hidden = np.tanh(memory)
    hidden *= sigmoids[..., 2 * units :]
    return hidden, memory


def _simple(projected: Floats, recurrent: Floats, state: State) -> State:
    """Hidden (..., units) one token on, from (..., units) already multiplied by the kernel."""
    hidden = state[0].dot(recurrent)
    hidden += projected
    return (np.tanh(hidden, out=hidden),)


class KerasNetwork:
    """The same network run by Keras, on a GPU where there is one; the reference for the NumPy one."""

    def __init__(
        self, weights: dict[str, Floats], configuration: ModelConfiguration, vocabulary_size: int
    ) -> None:
        """Build the Keras model and give it the weights; imports TensorFlow."""
        from shakelm.networks import architectures

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

    def read(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """Read tokens of shape (batch, time); logits (batch, vocabulary) and the state after the last."""
        logits, after = self.advance(tokens, state)
        return logits[:, -1].copy(), after


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
