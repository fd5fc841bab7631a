"""The NumPy network compared with Keras, for each architecture and each kind of vocabulary."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from shakelm.configuration import Architecture, ModelConfiguration
from shakelm.data.vocabulary_kinds import VocabularyKind
from shakelm.networks.backend import keras
from shakelm.networks.loading import load_network
from shakelm.training_options import plan

RandomModel = Callable[[ModelConfiguration, int], keras.Model]
SaveWeights = Callable[[keras.Model], Path]

SIZES = {"word": 3000, "char": 66}


@pytest.mark.parametrize("kind", ["word", "char"])
@pytest.mark.parametrize("architecture", ["simple-rnn", "lstm", "stacked-lstm"])
def test_numpy_gives_the_logits_of_keras(
    architecture: Architecture, kind: VocabularyKind, random_model: RandomModel, save_weights: SaveWeights
) -> None:
    configuration = plan(architecture, kind, dropout=0.5).model
    model = random_model(configuration, SIZES[kind])
    tokens = np.random.default_rng(3).integers(0, SIZES[kind], (3, 40)).astype(np.int32)
    expected = model(tokens, training=False).numpy()

    decoder = load_network(save_weights(model), configuration, SIZES[kind], "numpy")
    whole, _ = decoder.forward(tokens, decoder.empty_state(3))
    np.testing.assert_allclose(whole, expected, atol=1e-4)

    state = decoder.empty_state(3)
    one_by_one = []
    for token in tokens.T:
        logits, state = decoder.forward_last(token[:, np.newaxis], state)
        one_by_one.append(logits)
    np.testing.assert_allclose(np.stack(one_by_one, axis=1), expected, atol=1e-4)

    last, after = decoder.forward_last(tokens, decoder.empty_state(3))
    np.testing.assert_allclose(last, expected[:, -1], atol=1e-4)
    for part, stepped in zip(after, state, strict=True):
        np.testing.assert_array_equal(part, stepped)


@pytest.mark.parametrize("architecture", ["simple-rnn", "stacked-lstm"])
def test_a_row_alone_and_in_a_batch_has_the_same_logits(
    architecture: Architecture, random_model: RandomModel, save_weights: SaveWeights
) -> None:
    configuration = plan(architecture, "word").model
    path = save_weights(random_model(configuration, 3000))
    decoder = load_network(path, configuration, 3000, "numpy")
    tokens = np.random.default_rng(5).integers(0, 3000, (32, 6)).astype(np.int32)
    _, state = decoder.forward(tokens, decoder.empty_state(32))
    given = [part.copy() for part in state]
    logits, after = decoder.forward_last(tokens, state)
    for row in range(32):
        own_logits, own_after = decoder.forward_last(tokens[[row]], tuple(part[[row]] for part in state))
        np.testing.assert_allclose(own_logits[0], logits[row], atol=1e-5)
        for own, part in zip(own_after, after, strict=True):
            np.testing.assert_allclose(own[0], part[row], atol=1e-6)
    for part, before in zip(state, given, strict=True):
        np.testing.assert_array_equal(part, before)
