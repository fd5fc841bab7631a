"""Keras models: their weights by name, and a state that goes on from batch to batch or is given."""

import numpy as np
import pytest

from shakelm.configuration import Architecture
from shakelm.networks import architectures
from shakelm.training_options import plan


@pytest.mark.parametrize("architecture", ["simple-rnn", "stacked-lstm"])
def test_weights_are_set_under_the_names_that_they_were_given(architecture: Architecture) -> None:
    configuration = plan(architecture=architecture, vocabulary="char", units=(5, 4), embedding=3).model
    models = [architectures.build(configuration, 10) for _ in range(2)]
    weights = architectures.weights_of(models[0])
    assert {"embedding.embeddings", "recurrent_1.recurrent_kernel", "output.bias"} <= weights.keys()
    architectures.set_weights(models[1], weights)
    tokens = np.arange(6).reshape(2, 3)
    np.testing.assert_array_equal(*(model.predict_on_batch(tokens) for model in models))


@pytest.mark.parametrize("architecture", ["simple-rnn", "stacked-lstm"])
def test_a_given_state_continues_a_sequence_as_a_stateful_network_does(architecture: Architecture) -> None:
    configuration = plan(architecture=architecture, vocabulary="char", units=(5, 4), embedding=3).model
    stateful = architectures.build(configuration, 10, streams=2)
    with_state = architectures.build_with_state(configuration, 10)
    architectures.set_weights(with_state, architectures.weights_of(stateful))
    states = [
        np.zeros((2, units), np.float32)
        for units in configuration.units
        for _ in range(architectures.states_per_layer(configuration))
    ]
    tokens = np.random.default_rng(1).integers(0, 10, (2, 12))
    for part in np.split(tokens, 3, axis=1):
        logits, *states = with_state.predict_on_batch([part, *states])
        np.testing.assert_allclose(stateful.predict_on_batch(part), logits, atol=1e-5)


def test_a_missing_or_misshapen_array_is_refused() -> None:
    model = architectures.build(plan("lstm", "char", units=(4,)).model, 10)
    weights = architectures.weights_of(model)
    with pytest.raises(KeyError):
        architectures.set_weights(model, {name: weights[name] for name in list(weights)[1:]})
    weights["output.bias"] = np.zeros(11, np.float32)
    with pytest.raises(ValueError, match="shape"):
        architectures.set_weights(model, weights)
