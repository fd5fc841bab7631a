"""The language model: corpus, vocabulary, Keras models, decoding and the store of versions.

>>> import shakelm
>>> model = shakelm.load()
>>> print(shakelm.generate(model, "O Romeo", lines=2, number=4))
"""

from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from shakelm.decoding.language_model import LanguageModel

__all__ = ["generate", "load"]


def __getattr__(name: str) -> str:
    """Return the version of the package, which is read only if somebody asks."""
    if name == "__version__":
        return metadata.version("shakelm")
    raise AttributeError(f"module 'shakelm' has no attribute {name!r}")


def load(reference: str | None = None, store: "Path | None" = None) -> "LanguageModel":
    """Load a model: NAME, NAME@NUMBER, or the live one for None. `store` is a folder, by default the user's.

    Raises:
        ShakelmError: there is no such version, or its files are damaged.
    """
    from shakelm.decoding import language_model
    from shakelm.store.registry import open_registry

    return language_model.load(open_registry(store).find(reference))


def generate(
    model: "LanguageModel",
    seed: str = "",
    *,
    style: str | None = None,
    temperature: float | None = None,
    lines: int = 8,
    number: int = 0,
) -> str:
    """Write a verse that begins with `seed`. The same model, settings, and number give the same text.

    Args:
        model: as `load` returns it.
        seed: the text to begin with.
        style: cautious, careful, balanced, lively, or wild; balanced if no temperature is given either.
        temperature: from 0 (always the most likely token) to 2 (wild). It replaces that of the style. Without
            a style, it samples from all tokens.
        lines: its length.
        number: the random seed, from 0 to 2**32 - 1.

    Raises:
        ShakelmError: there is no such style, or a setting is out of its range.
    """
    from shakelm.decoding import generation
    from shakelm.decoding.styles import choose

    _, sampling = choose(style, temperature)
    return generation.generate(model, seed, sampling, generation.Length(lines), number).text
