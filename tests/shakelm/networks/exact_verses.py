"""Verses of a fixed network, written in one of several ways; prints the checksum of each.

Run as a module, with `alone` it writes each verse alone, and with `mixed` a quarter of them alone and the
others in batches of 2, 7 and 32. The environment decides about processor features and threads.
"""

import hashlib
import json
import string
import sys
from collections.abc import Iterator

import numpy as np

from shakelm.data.char_vocabulary import CharVocabulary
from shakelm.data.vocabulary import UNKNOWN_TOKEN
from shakelm.decoding.generation import Length, VerseSettings, generate_batch
from shakelm.decoding.language_model import LanguageModel
from shakelm.decoding.sampling_settings import SamplingSettings
from shakelm.networks import exact_network
from shakelm.networks.quantization import EMBEDDING, scale_name

VERSES = 2000
UNITS = 120
EMBEDDED = 48

_SAMPLINGS = [
    SamplingSettings(0.8),
    SamplingSettings(1.0, top_k=20),
    SamplingSettings(1.2, top_p=0.9),
    SamplingSettings(1.5, min_p=0.02),
]


def model() -> LanguageModel:
    """Two layers of LSTM whose weights are whole random numbers."""
    tokens = (UNKNOWN_TOKEN, *sorted("\n ,.:;?!'-" + string.ascii_letters))
    random = np.random.default_rng(2)
    stored: dict[str, np.ndarray] = {}

    def matrix(name: str, rows: int, columns: int, largest: float) -> None:
        scales = rows if name == EMBEDDING else columns
        stored[name] = random.integers(-127, 128, (rows, columns), np.int8)
        stored[scale_name(name)] = (largest / 127 * random.integers(20, 60, scales) / 40).astype(np.float32)

    def bias(name: str, size: int) -> None:
        stored[name] = (random.integers(-64, 65, size) / 64).astype(np.float32)

    matrix(EMBEDDING, len(tokens), EMBEDDED, 0.5)
    for layer, features in enumerate((EMBEDDED, UNITS)):
        matrix(f"recurrent_{layer}.kernel", features, 4 * UNITS, 3 / features**0.5)
        matrix(f"recurrent_{layer}.recurrent_kernel", UNITS, 4 * UNITS, 2 / UNITS**0.5)
        bias(f"recurrent_{layer}.bias", 4 * UNITS)
    matrix("output.kernel", UNITS, len(tokens), 8 / UNITS**0.5)
    bias("output.bias", len(tokens))
    stored["output.bias"][tokens.index("\n")] += 4
    return LanguageModel("fixed@1", CharVocabulary(tokens=tokens), exact_network.make(stored, "lstm"))


def settings() -> list[VerseSettings]:
    """The verses: all ways to choose tokens, with and without a prompt."""
    return [
        VerseSettings(
            "To be " if number % 3 else "", _SAMPLINGS[number % len(_SAMPLINGS)], Length(lines=1), number
        )
        for number in range(VERSES)
    ]


def batches(way: str) -> Iterator[list[VerseSettings]]:
    """The verses in the batches of a way."""
    verses = settings()
    quarter = VERSES // 4
    for number in range(4):
        size = (1, 2, 7, 32)[number] if way == "mixed" else 1
        part = verses[number * quarter : (number + 1) * quarter]
        yield from (part[start : start + size] for start in range(0, quarter, size))


def checksums(way: str) -> list[str]:
    """The beginning of the SHA-256 of each verse."""
    fixed = model()
    texts = [verse.text for batch in batches(way) for verse in generate_batch(fixed, batch)]
    return [hashlib.sha256(text.encode()).hexdigest()[:12] for text in texts]


if __name__ == "__main__":
    json.dump(checksums(sys.argv[1]), sys.stdout)
