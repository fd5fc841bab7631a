"""Keras models by the names in the course notebook, with options for every size.

The layers have fixed names (`embedding`, `recurrent_0`, `recurrent_1`, …, `output`), and so have the arrays
in a version's safetensors file. A network is built again from its configuration, never from stored code.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shakelm.configuration import ModelConfiguration
from shakelm.networks.backend import keras
from shakelm.networks.network import states_per_layer

Weights = Mapping[str, NDArray[np.floating[Any]]]


def build(
    configuration: ModelConfiguration,
    vocabulary_size: int,
    lstm: Callable[..., Any] = keras.layers.LSTM,
    stateful_batch_size: int | None = None,
) -> Any:
    """Build the network for training: token ids (batch, time) to logits (batch, time, vocabulary).

    Args:
        configuration: the architecture and its sizes. Dropout uses one mask for all time steps (Gal and
            Ghahramani, 2016, arXiv:1512.05287).
        vocabulary_size: number of tokens, with the unknown token.
        lstm: the class of an LSTM layer, or a function with its arguments.
        stateful_batch_size: if given, the recurrent layers are stateful: each row of a batch of this size
            starts from the state in which the row of the previous batch ended. Otherwise each batch starts
            from an empty state.
    """
    tokens = keras.Input((None,), batch_size=stateful_batch_size, dtype="int32", name="tokens")
    hidden = _embedding(configuration, vocabulary_size)(tokens)
    dropout = configuration.embedding_dropout
    hidden = _dropout(configuration.dropout if dropout is None else dropout, hidden)
    for index, units in enumerate(configuration.units):
        layer = keras.layers.SimpleRNN if configuration.cell == "simple-rnn" else lstm
        hidden = layer(
            units,
            return_sequences=True,
            stateful=stateful_batch_size is not None,
            name=f"recurrent_{index}",
        )(hidden)
        hidden = _dropout(configuration.dropout, hidden)
    return keras.Model(tokens, _output(vocabulary_size)(hidden), name=configuration.architecture)


def build_with_state(configuration: ModelConfiguration, vocabulary_size: int) -> Any:
    """Build the same network with its state as inputs and outputs, and without dropout.

    Inputs: token ids (batch, time), then every state (batch, units), layer by layer: the hidden state,
    and for an LSTM the cell state after it. Outputs: logits (batch, time, vocabulary), then the states.
    """
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    hidden = _embedding(configuration, vocabulary_size)(tokens)
    layer = keras.layers.SimpleRNN if configuration.cell == "simple-rnn" else keras.layers.LSTM
    states_before, states_after = [], []
    for index, units in enumerate(configuration.units):
        before = [keras.Input((units,)) for _ in range(states_per_layer(configuration.cell))]
        recurrent = layer(units, return_sequences=True, return_state=True, name=f"recurrent_{index}")
        hidden, *after = recurrent(hidden, initial_state=before)
        states_before += before
        states_after += after
    return keras.Model([tokens, *states_before], [_output(vocabulary_size)(hidden), *states_after])


def _embedding(configuration: ModelConfiguration, vocabulary_size: int) -> Any:
    return keras.layers.Embedding(vocabulary_size, configuration.embedding, name="embedding")


def _dropout(rate: float, hidden: Any) -> Any:
    return keras.layers.SpatialDropout1D(rate)(hidden) if rate else hidden


def _output(vocabulary_size: int) -> Any:
    return keras.layers.Dense(vocabulary_size, name="output")


def weights_of(model: Any) -> dict[str, NDArray[np.float32]]:
    """Return all trainable arrays of a model by name: `LAYER.VARIABLE`, as in `recurrent_0.kernel`."""
    return {
        f"{layer.name}.{variable.name}": np.asarray(variable.numpy(), dtype=np.float32)
        for layer in model.layers
        for variable in layer.trainable_variables
    }


def set_weights(model: Any, weights: Weights) -> None:
    """Give a model the arrays with the names that `weights_of` gave them.

    Raises:
        KeyError: an array is missing.
        ValueError: an array has another shape than the model's.
    """
    for layer in model.layers:
        for variable in layer.trainable_variables:
            variable.assign(weights[f"{layer.name}.{variable.name}"].astype(np.float32))
