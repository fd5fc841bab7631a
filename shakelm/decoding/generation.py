"""Writing: from a seed to a verse, token by token, with the state carried along."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from shakelm.configuration import MAX_RANDOM_SEED
from shakelm.data.vocabulary import Vocabulary
from shakelm.decoding.sampling import Sampling, choose, distribution, entropy
from shakelm.errors import ShakelmError
from shakelm.networks import network
from shakelm.networks.network import Engine, Floats, Network, State
from shakelm.store.version import Version

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
            return self.lines * vocabulary.tokens_per_line
        assert self.words is not None  # noqa: S101 (one of the two is given, checked at construction)
        return self.words * vocabulary.tokens_per_word


@dataclass(frozen=True)
class Request:
    """What a verse is written from; `number`, 0 to `MAX_RANDOM_SEED`, seeds its random choices.

    Raises:
        ShakelmError: the number is out of range.
    """

    seed: str
    sampling: Sampling
    length: Length
    number: int

    def __post_init__(self) -> None:
        """Refuse numbers out of range.

        Raises:
            ShakelmError: the number is out of range.
        """
        if not 0 <= self.number <= MAX_RANDOM_SEED:
            raise ShakelmError(
                f"The number {self.number} is out of range: give a whole number from 0 to {MAX_RANDOM_SEED}."
            )


def load(version: Version, engine: Engine = "numpy") -> LanguageModel:
    """Bring a version into memory.

    Raises:
        ShakelmError: the version's files are damaged.
    """
    configuration = version.configuration()
    vocabulary = version.vocabulary()
    loaded = network.load(version.weights_file, configuration.model, len(vocabulary), engine)
    return LanguageModel(version.reference, vocabulary, loaded)


def read(model: LanguageModel, seed: str) -> tuple[str, Floats, State]:
    """Read a seed, which may be empty, as a verse does.

    Returns:
        The seed in the form that the model knows; logits of shape (vocabulary,) for what follows it, -inf
        for what cannot begin a verse; the network's state, of batch 1.
    """
    seed = _known_form(seed, model.vocabulary)
    # A line end before the seed: the model has just finished a line and begins a new one.
    tokens = model.vocabulary.encode("\n" + seed)[np.newaxis]
    logits, state = model.network.read(tokens, model.network.empty_state(batch=1))
    following: Floats = logits[0]
    if not seed:  # a verse begins with something to read
        following[[token.isspace() for token in model.vocabulary.tokens]] = -np.inf
    return seed, following, state


def write(model: LanguageModel, seed: str, sampling: Sampling, length: Length, number: int) -> Verse:
    """Write a verse; the same version, settings and number give the same text.

    Args:
        model: a loaded version.
        seed: the text to begin with; may be empty.
        sampling: how freely tokens are chosen.
        length: where to end.
        number: from 0 to `MAX_RANDOM_SEED`, the seed of NumPy's PCG64 generator.

    Raises:
        ShakelmError: the number is out of range.
    """
    return write_all(model, [Request(seed, sampling, length, number)])[0]


def write_measured(
    model: LanguageModel, seed: str, sampling: Sampling, length: Length, number: int
) -> tuple[Verse, float]:
    """Write the verse that `write` writes, and tell how open its choices were.

    Returns:
        The verse, and the mean entropy in bits of the distributions that its tokens were drawn from, after
        temperature and truncation; the token at which it ended is among them.

    Raises:
        ShakelmError: the number is out of range.
    """
    entropies: list[float] = []

    def measure(logits: Floats) -> None:
        entropies.append(entropy(distribution(logits[0], sampling)))

    (verse,) = write_all(model, [Request(seed, sampling, length, number)], measure)
    return verse, fmean(entropies)


def write_all(
    model: LanguageModel, requests: Sequence[Request], on_choice: Callable[[Floats], None] | None = None
) -> list[Verse]:
    """Write a verse for each request, at least one, all at once.

    The same requests together give the same texts again. A verse written among others and one written
    alone come from different matrix products, whose sums differ in the last bits: should a random number
    fall that close to the border between two tokens, the two texts part there. Where it has to be the
    very text that the number gives alone, use `write`.

    `on_choice` gets the logits (verses that are not done, vocabulary) before the tokens are drawn from them.
    """
    begun = {seed: read(model, seed) for seed in {request.seed for request in requests}}
    seeds, following, states = zip(*(begun[request.seed] for request in requests), strict=True)
    drafts = [_Draft(model.vocabulary, seed, request) for seed, request in zip(seeds, requests, strict=True)]
    logits = np.stack(following)
    state = tuple(np.concatenate(parts) for parts in zip(*states, strict=True))
    going = drafts
    samplings, randoms = [draft.sampling for draft in going], [draft.random for draft in going]
    while True:
        if on_choice is not None:
            on_choice(logits)
        tokens = choose(logits, samplings, randoms)
        kept = [row for row, token in enumerate(tokens.tolist()) if going[row].add(token)]
        if not kept:
            return [draft.verse() for draft in drafts]
        if len(kept) < len(going):
            going = [going[row] for row in kept]
            samplings, randoms = [samplings[row] for row in kept], [randoms[row] for row in kept]
            tokens, state = tokens[kept], tuple(part[kept] for part in state)
        logits, state = model.network.read(tokens[:, np.newaxis], state)


class _Draft:
    """A verse being written: all that spacing and counting need, so that a token's cost never grows."""

    def __init__(self, vocabulary: Vocabulary, seed: str, request: Request) -> None:
        """Begin with a seed in the form that the vocabulary knows."""
        self.sampling = request.sampling
        self.random = np.random.default_rng(request.number)
        self._vocabulary = vocabulary
        self._seed = seed
        self._length = request.length
        self._budget = request.length.budget(vocabulary)
        self._pieces: list[str] = []
        self._last = self._seed[-1:]
        self._blank = self._seed.rpartition("\n")[2].strip() == ""
        self._lines = self._words = 0

    def add(self, token: int) -> bool:
        """Append a token, or refuse it and all others because the verse has its length."""
        piece = self._vocabulary.extend(self._last, token)
        if piece == "\n":
            self._lines += not self._blank
            self._blank = True
        if self._lines == self._length.lines or (self._words == self._length.words and piece[0].isspace()):
            return False
        if not piece.isspace():
            self._blank = False
            self._words += not self._pieces or not self._last or self._last.isspace() or piece[0].isspace()
        self._last = piece[-1]
        self._pieces.append(piece)
        return len(self._pieces) < self._budget

    def verse(self) -> Verse:
        """What was written, after its seed."""
        text = (self._seed + "".join(self._pieces)).rstrip()
        return Verse(text, self._seed, self._vocabulary.unknown(self._seed), len(self._pieces))


def _known_form(seed: str, vocabulary: Vocabulary) -> str:
    """Typographic quotes and dashes, as phones insert them, become plain where only these are known."""
    if not seed.strip():
        return ""
    return "".join(
        _PLAIN.get(character, character) if character not in vocabulary else character for character in seed
    )
