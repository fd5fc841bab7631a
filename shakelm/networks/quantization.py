"""Weights as whole numbers of 8 bits, and back.

Each column of a matrix, and each row of the embedding, has a scale of its own: its largest weight is 127
times the scale. Biases stay as they are.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shakelm.networks.network import Floats

Stored = Mapping[str, NDArray[Any]]
"""Arrays by name, as a file of weights has them."""

LARGEST = 127
"""The largest whole number of 8 bits that has a negative."""

EMBEDDING = "embedding.embeddings"


def scale_name(name: str) -> str:
    """The name of the array that has the scales of the array `name`."""
    return f"{name}.scale"


def is_quantized(stored: Stored) -> bool:
    """Whether a file's matrices are whole numbers."""
    return any(array.dtype == np.int8 for array in stored.values())


def quantize(weights: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Round each matrix to 8 bits. Its scales become an array of their own (`scale_name`)."""
    stored: dict[str, NDArray[Any]] = {}
    for name, array in weights.items():
        if array.ndim < 2:
            stored[name] = array.astype(np.float32)
            continue
        scale = (np.abs(array).max(axis=_within(name), keepdims=True) / LARGEST).astype(np.float32)
        safe = np.where(scale > 0, scale, np.float32(1))
        stored[name] = np.clip(np.rint(array / safe), -LARGEST, LARGEST).astype(np.int8)
        stored[scale_name(name)] = scale.ravel()
    return stored


def dequantize(stored: Stored) -> dict[str, Floats]:
    """The arrays as float32 without scales. Arrays that are no whole numbers stay as they are."""
    weights = {}
    for name, array in stored.items():
        if array.dtype == np.int8:
            scale = np.expand_dims(stored[scale_name(name)].astype(np.float32), _within(name))
            weights[name] = array.astype(np.float32) * scale
        elif not (name.endswith(".scale") and name.removesuffix(".scale") in stored):
            weights[name] = array.astype(np.float32)
    return weights


def _within(name: str) -> int:
    """The axis along which one scale holds: along the rows of the embedding, else along columns."""
    return 1 if name == EMBEDDING else 0
