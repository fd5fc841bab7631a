"""A random seed gives the same text on every processor, alone and in a batch, with any number of threads."""

import hashlib
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

FEATURES = np._core._multiarray_umath.__cpu_features__  # type: ignore[attr-defined]
USED = [
    name
    for name in np._core._multiarray_umath.__cpu_dispatch__  # type: ignore[attr-defined]
    if FEATURES.get(name)
]
"""The features of this processor for which NumPy has code of its own, from old to new."""

KERNELS = {
    "Prescott": "SSE3",
    "Nehalem": "SSE42",
    "Sandybridge": "AVX",
    "Haswell": "AVX2",
    "Zen": "AVX2",
    "SkylakeX": "AVX512_SKX",
}
"""Kernels of OpenBLAS, each with the feature of the processor that it needs."""


def checksums(way: str, **environment: str) -> list[str]:
    """The checksums of all verses, by a process with that environment."""
    process = subprocess.run(
        [sys.executable, "-m", "tests.shakelm.networks.exact_verses", way],
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"} | environment,
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[str] = json.loads(process.stdout)
    return found


@cache
def alone() -> list[str]:
    """The checksums of the verses written one by one, as this machine writes them by itself."""
    return checksums("alone")


def test_a_verse_is_the_same_on_every_machine() -> None:
    found = alone()
    assert found[:3] == ["5b33a3d4377b", "b23faa350a2f", "adfad7143fe1"]
    assert hashlib.sha256("".join(found).encode()).hexdigest()[:12] == "03879f495a36"
    assert len(set(found)) > 1500


def test_a_verse_is_the_same_in_batches_and_with_two_threads() -> None:
    assert checksums("mixed", OPENBLAS_NUM_THREADS="2") == alone()


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_verse_is_the_same_with_every_kernel_of_openblas(kernel: str) -> None:
    if not FEATURES.get(KERNELS[kernel]):
        pytest.skip(f"this processor has no {KERNELS[kernel]}")
    assert checksums("mixed", OPENBLAS_CORETYPE=kernel) == alone()


@pytest.mark.parametrize("first", range(len(USED)))
def test_a_verse_is_the_same_on_an_older_processor(first: int) -> None:
    assert checksums("mixed", NPY_DISABLE_CPU_FEATURES=" ".join(USED[first:])) == alone()
