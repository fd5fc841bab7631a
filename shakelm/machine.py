"""The processor and GPU of this machine, as far as they can be known without TensorFlow."""

import os
import platform
from pathlib import Path

NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")

_GPU_DEVICES = (Path("/dev/nvidiactl"), Path("/dev/dxg"))
"""The device files of GPUs in containers, and of GPUs that Windows shares with Linux (WSL 2)."""


_BFLOAT16 = ("avx512_bf16", "amx_bf16", "bf16")
"""What Linux calls the feature, on x86 and on Arm."""


def processor() -> str:
    """Return the name of the processor and its number of cores."""
    return f"CPU ({platform.machine()}, {os.cpu_count()} cores)"


def has_bfloat16(facts: Path = Path("/proc/cpuinfo")) -> bool:
    """Return whether the processor multiplies in bfloat16. Without, that takes longer than in float32.

    Linux alone says so, in `facts`.
    """
    try:
        words = set(facts.read_text(encoding="ascii", errors="replace").split())
    except OSError:
        return False
    return not words.isdisjoint(_BFLOAT16)


def may_have_gpu() -> bool:
    """Return whether TensorFlow might find a GPU: a driver is installed, or this is a Mac."""
    return any(path.exists() for path in (NVIDIA_DRIVER, *_GPU_DEVICES)) or platform.system() == "Darwin"
