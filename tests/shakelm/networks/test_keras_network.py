"""The Keras network compared with the NumPy network."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from shakelm.configuration import Architecture, ModelConfiguration
from shakelm.networks.backend import keras
from shakelm.networks.loading import load_network
from shakelm.networks.network import states_per_layer
from shakelm.training_options import plan


@pytest.mark.parametrize("architecture", ["simple-rnn", "stacked-lstm"])
def test_both_engines_carry_the_same_state(
    architecture: Architecture,
    random_model: Callable[[ModelConfiguration, int], keras.Model],
    save_weights: Callable[[keras.Model], Path],
) -> None:
    configuration = plan(architecture, "char", units=(24,), layers=2).model
    path = save_weights(random_model(configuration, 66))
    first, second = np.random.default_rng(4).integers(0, 66, (2, 2, 9)).astype(np.int32)
    results = []
    for engine in ("numpy", "keras"):
        loaded = load_network(path, configuration, 66, engine)
        _, state = loaded.forward(first, loaded.empty_state(2))
        results.append(loaded.forward_last(second, state))
    (numpy_logits, numpy_state), (keras_logits, keras_state) = results
    np.testing.assert_allclose(numpy_logits, keras_logits, atol=1e-4)
    assert len(numpy_state) == len(keras_state) == states_per_layer(configuration.cell) * 2
    for ours, theirs in zip(numpy_state, keras_state, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)
