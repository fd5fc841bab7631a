"""The import of Keras and TensorFlow."""

import gc
import importlib
import sys

from shakelm.networks import backend


def test_what_is_hidden_during_the_import_can_be_imported_afterwards() -> None:
    assert backend.keras.backend.backend() == "tensorflow"
    assert gc.isenabled()
    for name in backend._UNUSED:
        assert sys.modules.get(name, sys) is not None
        importlib.import_module(name)
