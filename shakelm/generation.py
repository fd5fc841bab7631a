"""Writing: from a seed to a verse, token by token, with the state carried along."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from shakelm import network
from shakelm.configuration import MAX_NUMBER
from shakelm.errors import ShakelmError
from shakelm.network import Engine, Network
from shakelm.sampling import Sampling, choose
from shakelm.store import Version
from shakelm.vocabulary import Vocabulary

LONGEST_LINE = {"char": 160, "word": 40}
"""Tokens granted a line, so that a model that never ends its lines stops all the same."""

LONGEST_WORD = {"char": 40, "word": 3}
"""Tokens granted a word, for the same reason; line ends between words count too."""

_PLAIN = {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "--", "…": "...", "\u00a0": " "}


@dataclass(frozen=True)
class LanguageModel:
    """A version in memory, ready to write and to score."""

    reference: str
    vocabulary: Vocabulary
    network: Network


@dataclass(frozen=True)
class Verse:
    """A text that begins with its seed; `unknown` holds the seed's pieces that the model does not know."""

    text: str
    seed: str
    unknown: list[str]
    tokens: int


@dataclass(frozen=True)
class Length:
    """Where a verse ends: after so many lines that are not blank (the seed's own line is the first), or
    after so many words that follow the seed."""

    lines: int | None = None
    words: int | None = None

    def __post_init__(self) -> None:
        """Refuse lengths without meaning.

        Raises:
            ShakelmError: neither or both are given, or less than one.
        """
        given = [length for length in (self.lines, self.words) if length is not None]
        if len(given) != 1:
            raise ShakelmError("A verse's length is given in lines or in words, in one of them.")
        if given[0] < 1:
            raise ShakelmError(f"A verse of length {given[0]} is no verse: give at least 1.")

    def budget(self, vocabulary: Vocabulary) -> int:
        """The most tokens that a verse of this length may take."""
        if self.lines is not None:
            return self.lines * LONGEST_LINE[vocabulary.kind]
        assert self.words is not None  # noqa: S101 (one of the two is given, checked at construction)
        return self.words * LONGEST_WORD[vocabulary.kind]


def load(version: Version, engine: Engine = "numpy") -> LanguageModel:
    """Bring a version into memory.

    Raises:
        ShakelmError: the version's files are damaged.
    """
    configuration = version.configuration()
    vocabulary = version.read(version.vocabulary.name, Vocabulary)
    loaded = network.load(version.weights, configuration.model, len(vocabulary), engine)
    return LanguageModel(version.reference, vocabulary, loaded)


def write(model: LanguageModel, seed: str, sampling: Sampling, length: Length, number: int) -> Verse:
    """Write a verse; the same version, settings and number give the same text.

    Args:
        model: a loaded version.
        seed: the text to begin with; may be empty.
        sampling: how freely tokens are chosen.
        length: where to end.
        number: from 0 to `MAX_NUMBER`, the seed of NumPy's PCG64 generator.

    Raises:
        ShakelmError: the number is out of range.
    """
    if not 0 <= number <= MAX_NUMBER:
        raise ShakelmError(
            f"The number {number} is out of range: give a whole number from 0 to {MAX_NUMBER}."
        )
    seed = _known_form(seed, model.vocabulary)
    written = list(_continue(model, seed, sampling, length, number))
    text = (seed + "".join(written)).rstrip()
    return Verse(text, seed, model.vocabulary.unknown(seed), len(written))


def _continue(
    model: LanguageModel, seed: str, sampling: Sampling, length: Length, number: int
) -> Iterator[str]:
    """Yield what follows the seed, one token's text at a time."""
    vocabulary = model.vocabulary
    blanks = [number for number, token in enumerate(vocabulary.tokens) if token.isspace()]
    random = np.random.default_rng(number)
    # A line end before the seed: the model has just finished a line and begins a new one.
    state = model.network.empty_state(batch=1)
    logits, state = model.network.advance(vocabulary.encode("\n" + seed)[np.newaxis], state)
    # All that spacing and counting need of the text so far, so that a token's cost never grows.
    last, blank, lines, words = seed[-1:], seed.rpartition("\n")[2].strip() == "", 0, 0
    for written in range(length.budget(vocabulary)):
        following = logits[0, -1].copy()
        if not last:
            following[blanks] = -np.inf  # a verse begins with something to read
        token = choose(following, sampling, random)
        piece = vocabulary.extend(last, token)
        if piece == "\n":
            lines += not blank
            blank = True
        if lines == length.lines or (words == length.words and piece[0].isspace()):
            return
        if not piece.isspace():
            blank = False
            words += written == 0 or last.isspace() or not last or piece[0].isspace()
        last = piece[-1]
        yield piece
        logits, state = model.network.advance(np.array([[token]], dtype=np.int32), state)


def _known_form(seed: str, vocabulary: Vocabulary) -> str:
    """Typographic quotes and dashes, as phones insert them, become plain where only these are known."""
    if not seed.strip():
        return ""
    return "".join(
        _PLAIN.get(character, character) if character not in vocabulary else character for character in seed
    )
