"""From a prompt to a verse, token by token. The network carries its state from token to token."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from shakelm.configuration import MAX_RANDOM_SEED
from shakelm.data.text_cleaning import clean
from shakelm.data.vocabulary import UNKNOWN, Vocabulary
from shakelm.decoding.language_model import LanguageModel
from shakelm.decoding.sampling import SamplingSettings, distribution, entropy, sample
from shakelm.errors import ShakelmError
from shakelm.networks.network import Floats, State

_PLAIN = {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "--", "…": "...", "\u00a0": " "}
"""Plain forms of the typographic characters that phones insert."""


@dataclass(frozen=True)
class Verse:
    """A text that begins with its prompt.

    `unknown` holds the pieces of the prompt that the model lacks, `tokens` the number of tokens after the
    prompt.
    """

    text: str
    prompt: str
    unknown: list[str]
    tokens: int


@dataclass(frozen=True)
class Length:
    """The length of a verse, either in lines or in words.

    Lines are counted without blank ones, from the prompt's last line on. Words are counted after the prompt.
    """

    lines: int | None = None
    words: int | None = None

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ShakelmError: neither or both are given, or the length is below 1.
        """
        given = [length for length in (self.lines, self.words) if length is not None]
        if len(given) != 1:
            raise ShakelmError("The length of a verse is in lines or in words: give one of the two.")
        if given[0] < 1:
            raise ShakelmError(f"A verse of length {given[0]} has no text: give a length of at least 1.")

    def max_tokens(self, vocabulary: Vocabulary) -> int:
        """Return the most tokens that a verse of this length may have."""
        if self.lines is not None:
            return self.lines * vocabulary.tokens_per_line
        assert self.words is not None  # noqa: S101 (one of the two is given, checked at construction)
        return self.words * vocabulary.tokens_per_word


@dataclass(frozen=True)
class VerseSettings:
    """Everything that decides a verse of a given model. The prompt may be empty."""

    prompt: str
    sampling: SamplingSettings
    length: Length
    random_seed: int

    def __post_init__(self) -> None:
        """Check the random seed.

        Raises:
            ShakelmError: it is not from 0 to `MAX_RANDOM_SEED`.
        """
        if not 0 <= self.random_seed <= MAX_RANDOM_SEED:
            raise ShakelmError(
                f"The number {self.random_seed} is out of range: give a whole number from 0 to "
                f"{MAX_RANDOM_SEED}."
            )


def read_prompt(model: LanguageModel, prompt: str) -> tuple[str, Floats, State]:
    """Read a prompt, which may be empty, as `generate` does.

    Returns:
        The prompt in the form that the model knows; the logits (vocabulary,) of the next token, -inf for
        tokens that cannot begin a verse; and the state of the network, with batch size 1.
    """
    prompt = _known_form(prompt, model.vocabulary)
    # A line end before the prompt: the model has just finished a line and begins a new one.
    tokens = model.vocabulary.encode("\n" + prompt)[np.newaxis]
    logits, state = model.network.forward_last(tokens, model.network.empty_state(batch_size=1))
    next_logits: Floats = logits[0]
    if not prompt:  # a verse begins with a visible token
        next_logits[[token.isspace() for token in model.vocabulary.tokens]] = -np.inf
    return prompt, next_logits, state


def _whole_words(vocabulary: Vocabulary, prompt: str, logits: Floats) -> Floats:
    """Without the tokens that would grow the prompt's last word: `my teacher` is not meant as `teacherous`.

    If nothing else can follow, as with a vocabulary of letters alone, all tokens stay.
    """
    if not prompt[-1:].isalnum():
        return logits
    grows = [vocabulary.extend(prompt, token)[0].isalnum() for token in range(len(vocabulary))]
    whole: Floats = np.where(grows, -np.inf, logits)
    return whole if np.isfinite(np.delete(whole, UNKNOWN)).any() else logits


def generate(
    model: LanguageModel, prompt: str, sampling: SamplingSettings, length: Length, random_seed: int
) -> Verse:
    """Generate a verse. The same version, settings, and random seed give the same text.

    Args:
        model: a loaded version.
        prompt: the text to begin with; may be empty. Its last word is whole.
        sampling: how freely tokens are chosen.
        length: where to end.
        random_seed: from 0 to `MAX_RANDOM_SEED`; seeds NumPy's PCG64 generator.

    Raises:
        ShakelmError: the random seed is out of range.
    """
    return generate_batch(model, [VerseSettings(prompt, sampling, length, random_seed)])[0]


def generate_with_entropy(
    model: LanguageModel, prompt: str, sampling: SamplingSettings, length: Length, random_seed: int
) -> tuple[Verse, float]:
    """Generate the same verse as `generate`, and measure the entropy of its choices.

    Returns:
        The verse, and the mean entropy in bits of the distributions that its tokens were drawn from, after
        temperature and truncation. The token that ended the verse counts as well.

    Raises:
        ShakelmError: the random seed is out of range.
    """
    entropies: list[float] = []

    def measure(logits: Floats) -> None:
        entropies.append(entropy(distribution(logits[0], sampling)))

    (verse,) = generate_batch(model, [VerseSettings(prompt, sampling, length, random_seed)], measure)
    return verse, fmean(entropies)


def generate_batch(
    model: LanguageModel,
    settings: Sequence[VerseSettings],
    on_logits: Callable[[Floats], None] | None = None,
) -> list[Verse]:
    """Generate several verses at the same time.

    The same settings together give the same texts again. But a verse in a batch comes from other matrix
    products than the same verse alone, and their sums differ in the last bits. If a random number falls that
    close to the border between two tokens, the two texts differ from there on. Use `generate` for the exact
    text that a random seed gives alone.

    Args:
        model: a loaded version.
        settings: of each verse, at least one.
        on_logits: called before each draw with the logits (unfinished verses, vocabulary).
    """
    prompts_read = {prompt: read_prompt(model, prompt) for prompt in {verse.prompt for verse in settings}}
    prompts, next_logits, states = zip(*(prompts_read[verse.prompt] for verse in settings), strict=True)
    drafts = [
        _Draft(model.vocabulary, prompt, verse) for prompt, verse in zip(prompts, settings, strict=True)
    ]
    logits = np.stack(
        [_whole_words(model.vocabulary, *read) for read in zip(prompts, next_logits, strict=True)]
    )
    state = tuple(np.concatenate(arrays) for arrays in zip(*states, strict=True))
    unfinished = drafts
    samplings, generators = [draft.sampling for draft in drafts], [draft.generator for draft in drafts]
    while True:
        if on_logits is not None:
            on_logits(logits)
        tokens = sample(logits, samplings, generators)
        kept = [row for row, token in enumerate(tokens.tolist()) if unfinished[row].add(token)]
        if not kept:
            return [draft.verse() for draft in drafts]
        if len(kept) < len(unfinished):
            unfinished = [unfinished[row] for row in kept]
            samplings, generators = [samplings[row] for row in kept], [generators[row] for row in kept]
            tokens, state = tokens[kept], tuple(array[kept] for array in state)
        logits, state = model.network.forward_last(tokens[:, np.newaxis], state)


class _Draft:
    """An unfinished verse. It holds what spacing and counting need, so that each token costs the same."""

    def __init__(self, vocabulary: Vocabulary, prompt: str, settings: VerseSettings) -> None:
        """Begin with a prompt in the form that the vocabulary knows."""
        self.sampling = settings.sampling
        self.generator = np.random.default_rng(settings.random_seed)
        self._vocabulary = vocabulary
        self._prompt = prompt
        self._length = settings.length
        self._max_tokens = settings.length.max_tokens(vocabulary)
        self._pieces: list[str] = []
        self._last = self._prompt[-1:]
        self._blank = self._prompt.rpartition("\n")[2].strip() == ""
        self._lines = self._words = 0

    def add(self, token: int) -> bool:
        """Append a token, unless the verse has its length without it.

        Returns:
            Whether the verse can go on.
        """
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
        return len(self._pieces) < self._max_tokens

    def verse(self) -> Verse:
        """Return the verse, which begins with the prompt."""
        text = (self._prompt + "".join(self._pieces)).rstrip()
        return Verse(text, self._prompt, self._vocabulary.unknown(self._prompt), len(self._pieces))


def _known_form(prompt: str, vocabulary: Vocabulary) -> str:
    """Clean a prompt as corpora are cleaned.

    Typographic quotes and dashes, which phones insert, become plain where the vocabulary lacks them.
    """
    prompt = clean(prompt)
    if not prompt.strip():
        return ""
    return "".join(
        _PLAIN.get(character, character) if character not in vocabulary else character for character in prompt
    )
