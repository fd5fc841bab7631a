"""The faster LSTM layer against Keras's own: outputs, states and every gradient."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from shakelm import architectures
from shakelm.backend import keras
from shakelm.configuration import plan
from shakelm.lstm import LSTM


def results(layer: keras.layers.Layer, inputs: Any, hidden: Any, memory: Any) -> list[Any]:
    """Outputs and states, then the gradients of a function of all three to inputs, states and weights."""
    with tf.GradientTape() as tape:
        tape.watch((inputs, hidden, memory))
        outputs, last_hidden, last_memory = layer(inputs, initial_state=[hidden, memory])
        loss = tf.reduce_sum(tf.sin(outputs)) + tf.reduce_sum(last_hidden * last_memory)
    gradients = tape.gradient(loss, [inputs, hidden, memory, *layer.trainable_variables])
    return [outputs, last_hidden, last_memory, *gradients]


@pytest.mark.parametrize(("batch", "time", "features", "units"), [(3, 7, 5, 4), (1, 1, 2, 3), (2, 40, 6, 9)])
@pytest.mark.parametrize("compiled", [False, True])
def test_it_computes_what_keras_computes(
    batch: int, time: int, features: int, units: int, compiled: bool
) -> None:
    random = np.random.default_rng(1)
    layers = [kind(units, return_sequences=True, return_state=True) for kind in (keras.layers.LSTM, LSTM)]
    for layer in layers:
        layer.build((None, None, features))
    weights = [random.normal(0, 0.5, array.shape) for array in layers[0].get_weights()]
    shapes = ((batch, time, features), (batch, units), (batch, units))
    arguments = [tf.constant(random.normal(size=shape), tf.float32) for shape in shapes]
    found = []
    for layer in layers:
        layer.set_weights(weights)
        run = tf.function(results, reduce_retracing=True) if compiled else results
        found.append(run(layer, *arguments))
    assert len(found[0]) == 9
    for keras_result, own_result in zip(*found, strict=True):
        np.testing.assert_allclose(own_result, keras_result, atol=1e-5)


def test_a_model_trains_as_with_keras_own_layer() -> None:
    configuration = plan("stacked-lstm", "char", units=(12,), layers=2, embedding=6).model
    tokens = np.random.default_rng(2).integers(0, 20, (8, 16))
    losses = []
    for layer in (keras.layers.LSTM, LSTM):
        keras.utils.set_random_seed(3)
        model = architectures.build(configuration, 20, lstm=layer)
        model.compile(
            keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        )
        losses.append([float(model.train_on_batch(tokens, tokens)) for _ in range(10)])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)
    assert losses[1][-1] < losses[1][0]
