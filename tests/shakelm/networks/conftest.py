"""Keras models with random weights, and their files of weights."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from shakelm.configuration import ModelConfiguration
from shakelm.networks import architectures
from shakelm.networks.backend import keras


@pytest.fixture
def random_model() -> Callable[[ModelConfiguration, int], keras.Model]:
    """A function that makes a model of a configuration and a vocabulary size.

    All weights, including the biases, are far from zero, so that none can be left out. Their scale lets the
    recurrence damp rounding errors instead of amplifying them.
    """

    def make(configuration: ModelConfiguration, vocabulary_size: int) -> keras.Model:
        model = architectures.build(configuration, vocabulary_size)
        random = np.random.default_rng(7)
        model.set_weights(
            [random.normal(0, 0.8 / array.shape[0] ** 0.5, array.shape) for array in model.get_weights()]
        )
        return model

    return make


@pytest.fixture
def save_weights(tmp_path: Path) -> Callable[[keras.Model], Path]:
    """A function that saves the weights of a model as a safetensors file."""

    def save(model: keras.Model) -> Path:
        path = tmp_path / "weights.safetensors"
        save_file(architectures.weights_of(model), path)
        return path

    return save
