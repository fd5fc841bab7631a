"""The NumPy network against Keras's own logits, for each architecture and both kinds of vocabulary."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from shakelm.configuration import Architecture, ModelConfiguration
from shakelm.data.vocabulary_kinds import VocabularyKind
from shakelm.networks import architectures
from shakelm.networks.backend import keras
from shakelm.networks.loading import load_network
from shakelm.training_options import plan

SIZES = {"word": 3000, "char": 66}


def random_model(configuration: ModelConfiguration, vocabulary_size: int) -> keras.Model:
    """A network whose every weight, biases too, is far from zero, so that nothing can be left out.

    Rows are scaled so that the recurrence damps rounding errors instead of amplifying them.
    """
    model = architectures.build(configuration, vocabulary_size)
    random = np.random.default_rng(7)
    model.set_weights(
        [random.normal(0, 0.8 / array.shape[0] ** 0.5, array.shape) for array in model.get_weights()]
    )
    return model


def stored(model: keras.Model, folder: Path) -> Path:
    save_file(architectures.weights_of(model), folder / "weights.safetensors")
    return folder / "weights.safetensors"


@pytest.mark.parametrize("kind", ["word", "char"])
@pytest.mark.parametrize("architecture", ["simple-rnn", "lstm", "stacked-lstm"])
def test_numpy_gives_keras_own_logits(
    architecture: Architecture, kind: VocabularyKind, tmp_path: Path
) -> None:
    configuration = plan(architecture, kind, dropout=0.5).model
    model = random_model(configuration, SIZES[kind])
    tokens = np.random.default_rng(3).integers(0, SIZES[kind], (3, 40)).astype(np.int32)
    expected = model(tokens, training=False).numpy()

    decoder = load_network(stored(model, tmp_path), configuration, SIZES[kind], "numpy")
    whole, _ = decoder.advance(tokens, decoder.empty_state(3))
    np.testing.assert_allclose(whole, expected, atol=1e-4)

    state = decoder.empty_state(3)
    one_by_one = []
    for token in tokens.T:
        logits, state = decoder.read(token[:, np.newaxis], state)
        one_by_one.append(logits)
    np.testing.assert_allclose(np.stack(one_by_one, axis=1), expected, atol=1e-4)

    last, after = decoder.read(tokens, decoder.empty_state(3))
    np.testing.assert_allclose(last, expected[:, -1], atol=1e-4)
    for part, stepped in zip(after, state, strict=True):
        np.testing.assert_array_equal(part, stepped)


@pytest.mark.parametrize("architecture", ["simple-rnn", "stacked-lstm"])
def test_a_row_is_computed_alike_alone_and_among_others(architecture: Architecture, tmp_path: Path) -> None:
    configuration = plan(architecture, "word").model
    path = stored(random_model(configuration, 3000), tmp_path)
    decoder = load_network(path, configuration, 3000, "numpy")
    tokens = np.random.default_rng(5).integers(0, 3000, (32, 6)).astype(np.int32)
    _, state = decoder.advance(tokens, decoder.empty_state(32))
    given = [part.copy() for part in state]
    logits, after = decoder.read(tokens, state)
    for row in range(32):
        own_logits, own_after = decoder.read(tokens[[row]], tuple(part[[row]] for part in state))
        np.testing.assert_allclose(own_logits[0], logits[row], atol=1e-5)
        for own, part in zip(own_after, after, strict=True):
            np.testing.assert_allclose(own[0], part[row], atol=1e-6)
    for part, before in zip(state, given, strict=True):
        np.testing.assert_array_equal(part, before)


@pytest.mark.parametrize("architecture", ["simple-rnn", "stacked-lstm"])
def test_both_engines_carry_the_same_state(architecture: Architecture, tmp_path: Path) -> None:
    configuration = plan(architecture, "char", units=(24,), layers=2).model
    path = stored(random_model(configuration, 66), tmp_path)
    first, second = np.random.default_rng(4).integers(0, 66, (2, 2, 9)).astype(np.int32)
    results = []
    for engine in ("numpy", "keras"):
        loaded = load_network(path, configuration, 66, engine)
        _, state = loaded.advance(first, loaded.empty_state(2))
        results.append(loaded.read(second, state))
    (numpy_logits, numpy_state), (keras_logits, keras_state) = results
    np.testing.assert_allclose(numpy_logits, keras_logits, atol=1e-4)
    assert len(numpy_state) == len(keras_state) == architectures.states_per_layer(configuration) * 2
    for ours, theirs in zip(numpy_state, keras_state, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)
