"""From a file of weights to a network."""

from pathlib import Path

import numpy as np

from shakelm.configuration import ModelConfiguration
from shakelm.networks.network import Engine, Floats, Network
from shakelm.networks.numpy_network import NumpyNetwork


def load_weights(path: Path) -> dict[str, Floats]:
    """Read a safetensors file as float32 arrays by name.

    Raises:
        OSError: the file cannot be read.
        safetensors.SafetensorError: the file is damaged.
    """
    from safetensors.numpy import load_file

    return {name: array.astype(np.float32) for name, array in load_file(path).items()}


def load_network(
    path: Path, configuration: ModelConfiguration, vocabulary_size: int, engine: Engine
) -> Network:
    """Make the network of a file of weights. The engine `numpy` does not import TensorFlow.

    Raises:
        OSError: the file cannot be read.
        safetensors.SafetensorError, KeyError, ValueError: the file is damaged, or of another vocabulary.
        ShakelmError: the engine is `keras`, and TensorFlow cannot be imported.
    """
    weights = load_weights(path)
    if weights["output.bias"].shape != (vocabulary_size,):
        raise ValueError(f"it is not for a vocabulary of {vocabulary_size} tokens")
    if engine == "keras":
        from shakelm.networks.keras_network import KerasNetwork

        return KerasNetwork(weights, configuration, vocabulary_size)
    return NumpyNetwork(weights, configuration.cell)
