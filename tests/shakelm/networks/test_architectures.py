"""Keras models: their weights by name, stateful ones, and those with their state as inputs and outputs."""

import numpy as np
import pytest

from shakelm.configuration import Architecture
from shakelm.networks import architectures
from shakelm.networks.network import empty_state
from shakelm.training_options import plan


@pytest.mark.parametrize("architecture", ["simple-rnn", "stacked-lstm"])
def test_weights_are_set_by_name(architecture: Architecture) -> None:
    configuration = plan(architecture=architecture, vocabulary="char", units=(5, 4), embedding=3).model
    models = [architectures.build(configuration, 10) for _ in range(2)]
    weights = architectures.weights_of(models[0])
    assert {"embedding.embeddings", "recurrent_1.recurrent_kernel", "output.bias"} <= weights.keys()
    architectures.set_weights(models[1], weights)
    tokens = np.arange(6).reshape(2, 3)
    np.testing.assert_array_equal(*(model.predict_on_batch(tokens) for model in models))


@pytest.mark.parametrize("architecture", ["simple-rnn", "stacked-lstm"])
def test_a_model_with_state_continues_a_sequence_as_a_stateful_one_does(architecture: Architecture) -> None:
    configuration = plan(architecture=architecture, vocabulary="char", units=(5, 4), embedding=3).model
    stateful = architectures.build(configuration, 10, stateful_batch_size=2)
    with_state = architectures.build_with_state(configuration, 10)
    architectures.set_weights(with_state, architectures.weights_of(stateful))
    states = empty_state(configuration.cell, configuration.units, 2)
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
