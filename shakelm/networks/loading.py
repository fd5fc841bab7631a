"""Trained networks from their weights files."""

from pathlib import Path

import numpy as np

from shakelm.configuration import ModelConfiguration
from shakelm.networks.network import Engine, Floats, Network
from shakelm.networks.numpy_network import NumpyNetwork


def load_weights(path: Path) -> dict[str, Floats]:
    """Read a safetensors file as float32 arrays by name."""
    from safetensors.numpy import load_file

    return {name: array.astype(np.float32) for name, array in load_file(path).items()}


def load_network(
    path: Path, configuration: ModelConfiguration, vocabulary_size: int, engine: Engine
) -> Network:
    """Return the network with the weights of a file, computed by `numpy` (no TensorFlow) or by `keras`."""
    weights = load_weights(path)
    if engine == "keras":
        from shakelm.networks.keras_network import KerasNetwork

        return KerasNetwork(weights, configuration, vocabulary_size)
    return NumpyNetwork(weights, configuration.cell)
