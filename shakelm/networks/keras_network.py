"""A trained network in Keras, for processes with a GPU. It is the reference for the NumPy network."""

import numpy as np
from numpy.typing import NDArray

from shakelm.configuration import ModelConfiguration
from shakelm.networks import architectures, network
from shakelm.networks.network import Floats, State


class KerasNetwork:
    """A Keras model that takes and returns its state. Its results are not exact."""

    exact = False

    def __init__(
        self,
        weights: dict[str, Floats],
        configuration: ModelConfiguration,
        vocabulary_size: int,
        *,
        quantized: bool,
    ) -> None:
        """Build the model, and give it the weights by the names that `architectures.weights_of` gave them.

        Raises:
            KeyError: an array is missing.
            ValueError: an array has another shape than the model's.
        """
        self.quantized = quantized
        self._configuration = configuration
        self._model = architectures.build_with_state(configuration, vocabulary_size)
        architectures.set_weights(self._model, weights)

    def empty_state(self, batch_size: int) -> State:
        """Return the state before any token, all zeros."""
        return network.empty_state(self._configuration.cell, self._configuration.units, batch_size)

    def forward(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """Read tokens (batch, time). Return logits (batch, time, vocabulary) and the state after them."""
        logits, *state_after = self._model.predict_on_batch([tokens, *state])
        return logits, tuple(state_after)

    def forward_last(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """Read tokens (batch, time). Return the last logits (batch, vocabulary) and the state after them."""
        logits, state_after = self.forward(tokens, state)
        return logits[:, -1].copy(), state_after
