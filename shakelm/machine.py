"""The processor and GPU of this machine, as far as they can be known without TensorFlow."""

import os
import platform
from pathlib import Path

NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")

_GPU_DEVICES = (Path("/dev/nvidiactl"), Path("/dev/dxg"))
"""The device files of GPUs in containers, and of GPUs that Windows shares with Linux (WSL 2)."""


def processor() -> str:
    """Return the name of the processor and its number of cores."""
    return f"CPU ({platform.machine()}, {os.cpu_count()} cores)"


def may_have_gpu() -> bool:
    """Return whether TensorFlow might find a GPU: a driver is installed, or this is a Mac."""
    return any(path.exists() for path in (NVIDIA_DRIVER, *_GPU_DEVICES)) or platform.system() == "Darwin"
