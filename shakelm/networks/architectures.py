"""The architectures of the course notebook as Keras models, with options for every size.

Layers have fixed names (`embedding`, `recurrent_0`, `recurrent_1`, …, `output`), and so have the arrays in a
version's safetensors file. A network is built from its configuration, never from stored code.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shakelm.configuration import ModelConfiguration
from shakelm.networks.backend import keras

Weights = Mapping[str, NDArray[np.floating[Any]]]


def build(
    configuration: ModelConfiguration,
    vocabulary_size: int,
    lstm: Callable[..., Any] = keras.layers.LSTM,
    streams: int | None = None,
) -> Any:
    """Build the network for training: token ids (batch, time) to logits (batch, time, vocabulary).

    With `streams`, the batch size, the network is stateful: each batch starts from the state after the batch
    before. Without it, each batch starts from an empty state. Dropout uses one mask for all time steps (Gal
    and Ghahramani, 2016, arXiv:1512.05287). `lstm` is the layer for architectures with LSTMs.
    """
    tokens = keras.Input((None,), batch_size=streams, dtype="int32", name="tokens")
    hidden = _embedding(configuration, vocabulary_size)(tokens)
    dropout = configuration.embedding_dropout
    hidden = _dropout(configuration.dropout if dropout is None else dropout, hidden)
    for index in range(len(configuration.units)):
        layer = keras.layers.SimpleRNN if configuration.cell == "simple-rnn" else lstm
        hidden = layer(
            configuration.units[index],
            return_sequences=True,
            stateful=streams is not None,
            name=f"recurrent_{index}",
        )(hidden)
        hidden = _dropout(configuration.dropout, hidden)
    return keras.Model(tokens, _output(vocabulary_size)(hidden), name=configuration.architecture)


def build_with_state(configuration: ModelConfiguration, vocabulary_size: int) -> Any:
    """Build the same network with its state as inputs and outputs, for decoding and scoring.

    Inputs: token ids (batch, time), then every state (batch, units), layer by layer: the hidden state, and
    for an LSTM the cell state. Outputs: logits (batch, time, vocabulary), then the states after the tokens.
    """
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    hidden = _embedding(configuration, vocabulary_size)(tokens)
    layer = keras.layers.SimpleRNN if configuration.cell == "simple-rnn" else keras.layers.LSTM
    before, after = [], []
    for index, units in enumerate(configuration.units):
        states = [keras.Input((units,)) for _ in range(states_per_layer(configuration))]
        recurrent = layer(units, return_sequences=True, return_state=True, name=f"recurrent_{index}")
        hidden, *states_after = recurrent(hidden, initial_state=states)
        before += states
        after += states_after
    return keras.Model([tokens, *before], [_output(vocabulary_size)(hidden), *after])


def states_per_layer(configuration: ModelConfiguration) -> int:
    """Return the number of state vectors of a recurrent layer: 2 for an LSTM, 1 for a simple RNN."""
    return 2 if configuration.cell == "lstm" else 1


def _embedding(configuration: ModelConfiguration, vocabulary_size: int) -> Any:
    return keras.layers.Embedding(vocabulary_size, configuration.embedding, name="embedding")


def _dropout(share: float, hidden: Any) -> Any:
    return keras.layers.SpatialDropout1D(share)(hidden) if share else hidden


def _output(vocabulary_size: int) -> Any:
    return keras.layers.Dense(vocabulary_size, name="output")


def weights_of(model: Any) -> dict[str, NDArray[np.float32]]:
    """Return all arrays of a model by name, `LAYER.VARIABLE`, as in `recurrent_0.recurrent_kernel`."""
    return {
        f"{layer.name}.{variable.name}": np.asarray(variable.numpy(), dtype=np.float32)
        for layer in model.layers
        for variable in layer.trainable_variables
    }


def set_weights(model: Any, weights: Weights) -> None:
    """Set the weights of a model from arrays with the names that `weights_of` gives them.

    Raises:
        KeyError: an array is missing.
        ValueError: an array has another shape than the model's.
    """
    for layer in model.layers:
        for variable in layer.trainable_variables:
            variable.assign(weights[f"{layer.name}.{variable.name}"].astype(np.float32))
