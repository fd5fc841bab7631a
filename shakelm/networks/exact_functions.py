"""Tables of tanh and of powers of 2, the same to the last bit on every processor.

IEEE 754 fixes the results of sums, products, quotients, and square roots. Everything here is made of these
alone. The functions of NumPy and of the C library may differ in the last bit between processors.
"""

import math

import numpy as np
from numpy.typing import NDArray

from shakelm.networks.network import Floats

STEPS = 512
"""Entries of the table of tanh for a difference of 1 in the argument."""

_REACH = 16
"""Arguments of tanh from minus this to this have entries. Beyond, float32 holds nothing but -1 and 1."""

CENTER = _REACH * STEPS + 0.5
"""The place of tanh(0). Half a step is added, because the conversion to whole numbers cuts off."""

OCTAVE = 1024
"""Entries of the table of powers for a factor of 1/2."""

_OCTAVES = 40
"""The least power in the table is 2 to the minus this."""


def _powers(base: float, steps: int, count: int) -> NDArray[np.float64]:
    """Return `base` to the powers 0, 1/steps, 2/steps, …, `count` numbers. `steps` is a power of 2."""
    factor = base
    for _ in range(steps.bit_length() - 1):
        factor = math.sqrt(factor)
    powers = np.ones(1)
    while len(powers) < count:
        powers = np.concatenate([powers, powers * factor])
        factor *= factor
    return powers[:count]


def _tanh() -> Floats:
    squares = _powers(0.1353352832366127, STEPS, _REACH * STEPS + 1)  # exp(-2) to the powers of the argument
    positive = (1 - squares) / (1 + squares)
    return np.concatenate([-positive[:0:-1], positive]).astype(np.float32)


TANH = _tanh()
"""Tanh at places: the argument times `STEPS` plus `CENTER`, cut off. Places beyond the ends mean the ends."""

POWERS_OF_HALF = np.append(_powers(0.5, OCTAVE, _OCTAVES * OCTAVE), 0).astype(np.float32)
"""2 to the minus (place / `OCTAVE`). The last place has 0."""
