"""From a file of weights to a network."""

import math
from pathlib import Path
from typing import cast

import numpy as np

from shakelm.configuration import ModelConfiguration
from shakelm.networks import exact_network, float_network
from shakelm.networks.network import Engine, Floats, Network
from shakelm.networks.quantization import Stored, dequantize, is_quantized

LARGEST_HEADER_BYTES = 1024 * 1024
"""The names and shapes at the start of a file of weights."""


def load_weights(path: Path) -> dict[str, Floats]:
    """Read a safetensors file as float32 arrays by name. Quantized weights become float32 too.

    Raises:
        OSError: the file cannot be read.
        safetensors.SafetensorError: the file is damaged.
        KeyError: quantized weights have no scale.
    """
    return dequantize(_load(path))


def _load(path: Path) -> Stored:
    from safetensors.numpy import load_file

    return cast(Stored, load_file(path))


def expected_shapes(configuration: ModelConfiguration, vocabulary_size: int) -> dict[str, tuple[int, ...]]:
    """The name and the shape of each array of a network's weights (`architectures.weights_of`)."""
    gates = 4 if configuration.cell == "lstm" else 1
    width = configuration.embedding
    shapes: dict[str, tuple[int, ...]] = {"embedding.embeddings": (vocabulary_size, width)}
    for layer, units in enumerate(configuration.units):
        shapes[f"recurrent_{layer}.kernel"] = (width, gates * units)
        shapes[f"recurrent_{layer}.recurrent_kernel"] = (units, gates * units)
        shapes[f"recurrent_{layer}.bias"] = (gates * units,)
        width = units
    return shapes | {"output.kernel": (width, vocabulary_size), "output.bias": (vocabulary_size,)}


def most_bytes(configuration: ModelConfiguration, vocabulary_size: int) -> int:
    """The largest file of weights that fits the configuration, in bytes: float32 arrays and their header."""
    numbers = sum(map(math.prod, expected_shapes(configuration, vocabulary_size).values()))
    return 4 * numbers + LARGEST_HEADER_BYTES


def _check(weights: dict[str, Floats], expected: dict[str, tuple[int, ...]]) -> None:
    """Check names, shapes, and that all numbers are finite.

    Raises:
        ValueError: names what is wrong.
    """
    found = {name: array.shape for name, array in weights.items()}
    if found != expected:
        wrong = sorted(name for name in expected | found if found.get(name) != expected.get(name))
        raise ValueError(f"the array {wrong[0]!r} is missing, unknown, or of another shape")
    for name, array in weights.items():
        if not np.isfinite(array).all():
            raise ValueError(f"the array {name!r} has values that are not numbers")


def load_network(
    path: Path, configuration: ModelConfiguration, vocabulary_size: int, engine: Engine
) -> Network:
    """Make the network of a file of weights. The engine `numpy` does not import TensorFlow.

    Raises:
        OSError: the file cannot be read.
        safetensors.SafetensorError: the file is damaged.
        ValueError: its arrays do not fit the configuration, or have values that are not numbers.
        ShakelmError: the engine is `keras`, and TensorFlow cannot be imported.
    """
    stored = _load(path)
    weights = dequantize(stored)
    _check(weights, expected_shapes(configuration, vocabulary_size))
    if engine == "keras":
        from shakelm.networks.keras_network import KerasNetwork

        return KerasNetwork(weights, configuration, vocabulary_size, quantized=is_quantized(stored))
    if is_quantized(stored):
        return exact_network.make(stored, configuration.cell)
    return float_network.make(weights, configuration.cell)
