"""Files of weights, and the networks that they become."""

from pathlib import Path

import numpy as np
import pytest
from safetensors import SafetensorError
from safetensors.numpy import save_file

from shakelm.networks import architectures
from shakelm.networks.keras_network import KerasNetwork
from shakelm.networks.loading import load_network, load_weights
from shakelm.networks.numpy_network import NumpyNetwork
from shakelm.training_options import plan


def test_float16_weights_become_float32(tmp_path: Path) -> None:
    save_file({"output.bias": np.array([0.5, -2.0], np.float16)}, tmp_path / "weights")
    weights = load_weights(tmp_path / "weights")
    assert weights["output.bias"].dtype == np.float32
    assert weights["output.bias"].tolist() == [0.5, -2.0]


def test_the_engine_decides_which_network_is_made(tmp_path: Path) -> None:
    configuration = plan("lstm", "char", units=(4,), embedding=3).model
    path = tmp_path / "weights"
    save_file(architectures.weights_of(architectures.build(configuration, 10)), path)
    assert isinstance(load_network(path, configuration, 10, "numpy"), NumpyNetwork)
    assert isinstance(load_network(path, configuration, 10, "keras"), KerasNetwork)


def test_a_missing_file_and_a_damaged_one_are_errors(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_weights(tmp_path / "weights")
    (tmp_path / "weights").write_bytes(b"not a safetensors file")
    with pytest.raises(SafetensorError):
        load_weights(tmp_path / "weights")
