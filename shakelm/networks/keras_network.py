"""Networks in Keras: the reference for `numpy_network`, and faster on a GPU.

The import of this module imports TensorFlow.
"""

import numpy as np
from numpy.typing import NDArray

from shakelm.configuration import ModelConfiguration
from shakelm.networks import architectures
from shakelm.networks.network import Floats, State


class KerasNetwork:
    """Embedding, recurrent layers and output layer in Keras, on a GPU if there is one."""

    def __init__(
        self, weights: dict[str, Floats], configuration: ModelConfiguration, vocabulary_size: int
    ) -> None:
        """Build the Keras model and set its weights, named as by `architectures.weights_of`."""
        self._units = configuration.units
        self._states_per_layer = architectures.states_per_layer(configuration)
        self._model = architectures.build_with_state(configuration, vocabulary_size)
        architectures.set_weights(self._model, weights)

    def empty_state(self, batch: int) -> State:
        """Return the state before any token: all zeros."""
        return tuple(
            np.zeros((batch, units), np.float32)
            for units in self._units
            for _ in range(self._states_per_layer)
        )

    def advance(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """Read tokens (batch, time); return logits (batch, time, vocabulary) and the state after them."""
        logits, *after = self._model.predict_on_batch([tokens, *state])
        return logits, tuple(after)

    def read(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """Read tokens (batch, time); return the logits after the last (batch, vocabulary) and the state."""
        logits, after = self.advance(tokens, state)
        return logits[:, -1].copy(), after
