"""What this machine computes with, as far as that can be told without TensorFlow."""

import os
import platform
from pathlib import Path

NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")

_GPU_DEVICES = (Path("/dev/nvidiactl"), Path("/dev/dxg"))
"""How GPUs are passed on to containers, and from Windows to Linux (WSL 2)."""


def processor() -> str:
    """The processor and its number of cores."""
    return f"CPU ({platform.machine()}, {os.cpu_count()} cores)"


def may_have_gpu() -> bool:
    """Whether TensorFlow might find a GPU: there is a driver, or this is a Mac."""
    return any(path.exists() for path in (NVIDIA_DRIVER, *_GPU_DEVICES)) or platform.system() == "Darwin"
