"""The LSTM layer compared with Keras's own: outputs, states, and every gradient."""

from functools import partial
from typing import Any, Literal

import numpy as np
import pytest
import tensorflow as tf

from shakelm.networks import architectures
from shakelm.networks.backend import keras
from shakelm.networks.lstm import LSTM
from shakelm.training_options import plan


def results(layer: keras.layers.Layer, inputs: Any, hidden: Any, cell_state: Any) -> list[Any]:
    """Return outputs and states, then the gradients of a function of them for inputs, states, and weights."""
    with tf.GradientTape() as tape:
        tape.watch((inputs, hidden, cell_state))
        outputs, last_hidden, last_cell_state = layer(inputs, initial_state=[hidden, cell_state])
        loss = tf.reduce_sum(tf.sin(outputs)) + tf.reduce_sum(last_hidden * last_cell_state)
    gradients = tape.gradient(loss, [inputs, hidden, cell_state, *layer.trainable_variables])
    return [outputs, last_hidden, last_cell_state, *gradients]


@pytest.mark.parametrize(("batch", "time", "features", "units"), [(3, 7, 5, 4), (1, 1, 2, 3), (2, 40, 6, 9)])
@pytest.mark.parametrize("compiled", [False, True])
def test_the_layer_gives_the_results_and_gradients_of_keras(
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


def twins(**options: Any) -> tuple[keras.layers.Layer, LSTM]:
    """Make Keras's layer and this one with the same weights, for 6 features."""
    shared = {"return_sequences": True, "return_state": options.pop("return_state", False)}
    own, reference = LSTM(9, **shared, **options), keras.layers.LSTM(9, **shared)
    for layer in (own, reference):
        layer.build((None, None, 6))
    random = np.random.default_rng(4)
    own.set_weights([random.normal(0, 0.5, array.shape) for array in own.get_weights()])
    reference.set_weights(own.get_weights())
    return reference, own


INPUTS = np.random.default_rng(5).normal(size=(2, 12, 6)).astype(np.float32)


def test_recurrent_weights_are_dropped_only_in_training() -> None:
    reference, own = twins(weight_dropout=0.5)
    np.testing.assert_allclose(own(INPUTS, training=False), reference(INPUTS), atol=1e-5)
    dropped = [own(INPUTS, training=True).numpy() for _ in range(2)]
    assert np.abs(dropped[0] - reference(INPUTS)).max() > 0.01
    assert np.abs(dropped[0] - dropped[1]).max() > 0.01
    # The first step has an empty state, so its recurrent weights have no effect.
    np.testing.assert_allclose(dropped[0][:, 0], reference(INPUTS)[:, 0], atol=1e-5)


def test_products_in_bfloat16_stay_close() -> None:
    pair = twins(precision="bfloat16", return_state=True)
    states = np.random.default_rng(6).normal(size=(2, 2, 9)).astype(np.float32)
    arguments = [tf.constant(array) for array in (INPUTS, *states)]
    for exact, narrow in zip(*(results(layer, *arguments) for layer in pair), strict=True):
        difference = np.linalg.norm(narrow - exact) / np.linalg.norm(exact)
        assert 0 < difference < 0.02


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("batch_size", [1, 2, 3])
def test_stateful_layers_carry_the_state_for_any_batch_size(
    batch_size: int, precision: Literal["float32", "bfloat16"]
) -> None:
    configuration = plan("stacked-lstm", "char", units=(4, 4), embedding=3).model
    kinds = (keras.layers.LSTM, partial(LSTM, precision=precision))
    networks = [architectures.build(configuration, 9, kind, batch_size) for kind in kinds]
    networks[1].set_weights(networks[0].get_weights())
    tokens = np.random.default_rng(7).integers(0, 9, (batch_size, 10))
    for window in (tokens[:, :6], tokens[:, 6:]):
        reference, own = (network.predict_on_batch(window) for network in networks)
        np.testing.assert_allclose(own, reference, atol=1e-5 if precision == "float32" else 0.01)


def test_with_a_carried_state_two_windows_are_as_one() -> None:
    reference, own = twins()
    stateful = LSTM(9, return_sequences=True, stateful=True)
    stateful.build((2, None, 6))
    stateful.set_weights(own.get_weights())
    whole = reference(INPUTS).numpy()
    for _ in range(2):
        np.testing.assert_allclose(stateful(INPUTS[:, :5]), whole[:, :5], atol=1e-5)
        np.testing.assert_allclose(stateful(INPUTS[:, 5:]), whole[:, 5:], atol=1e-5)
        stateful.reset_state()


def test_a_model_trains_as_with_the_layer_of_keras() -> None:
    configuration = plan("stacked-lstm", "char", units=(12,), layers=2, embedding=6).model
    tokens = np.random.default_rng(2).integers(0, 20, (8, 16))
    models = [architectures.build(configuration, 20, lstm=layer) for layer in (keras.layers.LSTM, LSTM)]
    models[1].set_weights(models[0].get_weights())
    losses = []
    for model in models:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(0.01), loss, jit_compile=False)
        losses.append([float(model.train_on_batch(tokens, tokens)) for _ in range(10)])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)
    assert losses[1][-1] < losses[1][0]


def test_gradients_of_products_in_bfloat16_stay_close() -> None:
    options = {"return_sequences": True, "return_state": True}
    layers = [keras.layers.LSTM(9, **options), LSTM(9, precision="bfloat16", **options)]
    random = np.random.default_rng(6)
    arguments = [tf.constant(random.normal(size=shape), tf.float32) for shape in ((4, 12, 6), (4, 9), (4, 9))]
    for layer in layers:
        layer.build((None, None, 6))
    layers[0].set_weights([random.normal(0, 0.3, array.shape) for array in layers[0].get_weights()])
    layers[1].set_weights(layers[0].get_weights())
    exact, narrow = (results(layer, *arguments) for layer in layers)
    for exact_result, narrow_result in zip(exact, narrow, strict=True):
        error = np.linalg.norm(narrow_result - exact_result) / np.linalg.norm(exact_result)
        assert 0 < error < 0.02
