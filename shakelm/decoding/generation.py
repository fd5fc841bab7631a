"""From a prompt to a verse, token by token. The network carries its state from token to token."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from shakelm.configuration import MAX_RANDOM_SEED
from shakelm.data.text_cleaning import clean
from shakelm.data.vocabulary import UNKNOWN, Vocabulary
from shakelm.decoding.draft import Draft
from shakelm.decoding.language_model import LanguageModel
from shakelm.decoding.sampling import distribution, entropy, sample
from shakelm.decoding.sampling_settings import SamplingSettings
from shakelm.decoding.verse_endings import TOLERANCE
from shakelm.errors import ShakelmError
from shakelm.networks.network import Floats, State

_PLAIN = {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "--", "…": "...", "\u00a0": " "}
"""Plain forms of the typographic characters that phones insert."""


@dataclass(frozen=True)
class Verse:
    """A text that begins with its prompt.

    `unknown` holds the pieces of the prompt that the model lacks, `tokens` the number of tokens after the
    prompt (and after `VerseSettings.after`).
    """

    text: str
    prompt: str
    unknown: list[str]
    tokens: int


MAX_LENGTH = 10_000
"""The most lines or words of a verse."""


@dataclass(frozen=True)
class Length:
    """The length of a verse, either in lines or in words.

    Lines are counted without blank ones, from the prompt's last line on. They are a wish: a verse ends with a
    whole sentence if there is one near (`verse_endings`). Words are counted after the prompt.
    """

    lines: int | None = None
    words: int | None = None

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ShakelmError: neither or both are given, or the length is not from 1 to `MAX_LENGTH`.
        """
        given = [length for length in (self.lines, self.words) if length is not None]
        if len(given) != 1:
            raise ShakelmError("The length of a verse is in lines or in words: give one of the two.")
        if given[0] < 1:
            raise ShakelmError(f"A verse of length {given[0]} has no text: give a length of at least 1.")
        if given[0] > MAX_LENGTH:
            raise ShakelmError(
                f"A verse of length {given[0]:,} is too long: give a length of at most {MAX_LENGTH:,}."
            )

    def max_tokens(self, vocabulary: Vocabulary) -> int:
        """Return the most tokens that a verse of this length may have."""
        if self.lines is not None:
            return (self.lines + TOLERANCE) * vocabulary.tokens_per_line
        assert self.words is not None  # noqa: S101 (one of the two is given, checked at construction)
        return self.words * vocabulary.tokens_per_word


@dataclass(frozen=True)
class VerseSettings:
    """Everything that decides a verse of a given model. The prompt may be empty.

    With `after`, the verse goes on with the verse that the other settings give: it begins behind so many
    characters of it, prompt included, and its length is counted from there.
    """

    prompt: str
    sampling: SamplingSettings
    length: Length
    random_seed: int
    after: int = 0

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
        next_logits[model.blank_tokens] = -np.inf
    return prompt, next_logits, state


def _whole_words(vocabulary: Vocabulary, prompt: str, logits: Floats) -> Floats:
    """Without the tokens that would grow the prompt's last word: `my teacher` is not meant as `teacherous`.

    If nothing else can follow, as with a vocabulary of letters alone, all tokens stay.
    """
    if not prompt or not vocabulary.grows_word(prompt[-1]):
        return logits
    grows = [vocabulary.grows_word(vocabulary.extend(prompt, token)[0]) for token in range(len(vocabulary))]
    whole: Floats = np.where(grows, -np.inf, logits)
    return whole if np.isfinite(np.delete(whole, UNKNOWN)).any() else logits


def generate(
    model: LanguageModel,
    prompt: str,
    sampling: SamplingSettings,
    length: Length,
    random_seed: int,
    after: int = 0,
) -> Verse:
    """Generate a verse. The same version, settings, and random seed give the same text.

    Args:
        model: a loaded version.
        prompt: the text to begin with; may be empty. Its last word is whole.
        sampling: how freely tokens are chosen.
        length: where to end.
        random_seed: from 0 to `MAX_RANDOM_SEED`; seeds NumPy's PCG64 generator.
        after: how much of the verse was written before (`VerseSettings.after`).

    Raises:
        ShakelmError: the random seed is out of range.
    """
    return generate_batch(model, [VerseSettings(prompt, sampling, length, random_seed, after)])[0]


def generate_with_entropy(
    model: LanguageModel, prompt: str, sampling: SamplingSettings, length: Length, random_seed: int
) -> tuple[Verse, float]:
    """Generate the same verse as `generate`, and measure the entropy of its choices.

    Returns:
        The verse, and the mean entropy in bits of the distributions that its tokens were drawn from, after
        temperature and truncation.

    Raises:
        ShakelmError: the random seed is out of range.
    """
    entropies: list[float] = []

    def measure(logits: Floats) -> None:
        entropies.append(entropy(distribution(logits[0], sampling)))

    (verse,) = generate_batch(model, [VerseSettings(prompt, sampling, length, random_seed)], measure)
    return verse, fmean(entropies[: max(verse.tokens, 1)])


def generate_batch(
    model: LanguageModel,
    settings: Sequence[VerseSettings],
    on_logits: Callable[[Floats], None] | None = None,
) -> list[Verse]:
    """Generate several verses at the same time: the texts that `generate` gives for each.

    With a network that is not exact (`Network.exact`), sums in a batch differ in the last bits from
    those of a verse alone. If a random number falls that close to the border between two tokens, the two
    texts differ from there on.

    Args:
        model: a loaded version.
        settings: of each verse, at least one.
        on_logits: called before each draw with the logits (unfinished verses, vocabulary).
    """
    prompts_read = {prompt: read_prompt(model, prompt) for prompt in {verse.prompt for verse in settings}}
    prompts, next_logits, states = zip(*(prompts_read[verse.prompt] for verse in settings), strict=True)
    drafts = [_begin(model, prompt, verse) for prompt, verse in zip(prompts, settings, strict=True)]
    logits = np.stack(
        [_whole_words(model.vocabulary, *read) for read in zip(prompts, next_logits, strict=True)]
    )
    state = tuple(np.concatenate(arrays) for arrays in zip(*states, strict=True))
    unfinished = drafts
    samplings = [verse.sampling for verse in settings]
    generators = [np.random.default_rng(verse.random_seed) for verse in settings]
    while True:
        for draft, of_draft in zip(unfinished, logits, strict=True):
            draft.exclude(of_draft)
        if on_logits is not None:
            on_logits(logits)
        tokens = sample(logits, samplings, generators)
        kept = [row for row, token in enumerate(tokens.tolist()) if unfinished[row].add(token)]
        if not kept:
            return [
                Verse(draft.text, prompt, model.vocabulary.unknown(prompt), draft.tokens)
                for draft, prompt in zip(drafts, prompts, strict=True)
            ]
        if len(kept) < len(unfinished):
            unfinished = [unfinished[row] for row in kept]
            samplings, generators = [samplings[row] for row in kept], [generators[row] for row in kept]
            tokens, state = tokens[kept], tuple(array[kept] for array in state)
        logits, state = model.network.forward_last(tokens[:, np.newaxis], state)


def _begin(model: LanguageModel, prompt: str, verse: VerseSettings) -> Draft:
    return Draft(
        model,
        prompt,
        after=verse.after,
        lines=verse.length.lines,
        words=verse.length.words,
        max_tokens=verse.length.max_tokens(model.vocabulary),
    )


def _known_form(prompt: str, vocabulary: Vocabulary) -> str:
    """Clean a prompt as corpora are cleaned.

    Typographic quotes and dashes, which phones insert, become plain where the vocabulary lacks them. A space
    at the end is left out where it is part of the token that comes next.
    """
    prompt = clean(prompt)
    if not prompt.strip():
        return ""
    prompt = "".join(
        _PLAIN.get(character, character) if character not in vocabulary else character for character in prompt
    )
    begun = vocabulary.space_begins_word and prompt[-1] == " " and not prompt[-2].isspace()
    return prompt[:-1] if begun else prompt
