"""The import of Keras and TensorFlow: fast, without their messages, and with GPU memory on demand."""

import gc
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from shakelm import machine
from shakelm.errors import ShakelmError

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")


@contextmanager
def _quiet() -> Iterator[None]:
    """Drop what TensorFlow's native code writes to stderr before its log level applies."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


_UNUSED = ("sklearn", "matplotlib")
"""What Keras imports, where it is installed, for functions that this project does not use."""


@contextmanager
def _lean() -> Iterator[None]:
    """Halve the time of the import: hide `_UNUSED`, and do not look for garbage among what is kept."""
    hidden = [name for name in _UNUSED if name not in sys.modules]
    sys.modules |= dict.fromkeys(hidden)  # type: ignore[arg-type]  # None: it cannot be imported
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
        for name in hidden:
            del sys.modules[name]


try:
    with _quiet(), _lean():
        import keras as keras
        import tensorflow as tensorflow

        _gpus = tensorflow.config.list_physical_devices("GPU")
except ImportError as error:
    raise ShakelmError(
        f"This needs TensorFlow, which cannot be imported ({error}): `pip install '.[train]'`."
    ) from error

# Without growth, TensorFlow takes all memory of a GPU at the first use.
for _gpu in _gpus:
    tensorflow.config.experimental.set_memory_growth(_gpu, True)


def has_gpu() -> bool:
    """Return whether TensorFlow computes on a GPU here."""
    return bool(_gpus)


def halve_threads() -> None:
    """Let two operations run at a time, each on half of the cores.

    This suits networks that spend their time in recurrent layers, which read two halves of a batch side by
    side. It has no effect once TensorFlow has computed something.
    """
    with suppress(RuntimeError):  # a process creates its threads once
        tensorflow.config.threading.set_inter_op_parallelism_threads(2)
        tensorflow.config.threading.set_intra_op_parallelism_threads(max(1, (os.cpu_count() or 1) // 2))


def device() -> str:
    """Return the name of the first GPU, or else the processor and its number of cores."""
    if _gpus:
        details = tensorflow.config.experimental.get_device_details(_gpus[0])
        return str(details.get("device_name", _gpus[0].name))
    return machine.processor()


def software() -> dict[str, str]:
    """Return the versions of the software that a training depends on."""
    import numpy

    return {
        "python": platform.python_version(),
        "tensorflow": tensorflow.__version__,
        "keras": keras.__version__,
        "numpy": numpy.__version__,
    }
