import numpy as np
import pytest
from numpy.typing import NDArray

from shakelm.configuration import MAX_RANDOM_SEED
from shakelm.data.vocabulary import UNKNOWN, Vocabulary
from shakelm.data.vocabulary_kinds import fit
from shakelm.decoding.generation import (
    LanguageModel,
    Length,
    VerseSettings,
    read,
    write,
    write_all,
    write_measured,
)
from shakelm.decoding.sampling import SamplingSettings, distribution, entropy
from shakelm.errors import ShakelmError
from shakelm.networks.network import Floats, State
from shakelm.networks.numpy_network import NumpyNetwork

TEXT = "To be, or not to be: that is the question.\nWhether 'tis nobler\n\nin the mind to suffer\n" * 3
PLAIN = SamplingSettings(1.0)


def model(
    vocabulary: Vocabulary, bias: dict[str, float] | None = None, network: type[NumpyNetwork] = NumpyNetwork
) -> LanguageModel:
    """A small random LSTM; `bias` adds to the logits of some tokens."""
    random = np.random.default_rng(11)

    def array(*shape: int) -> Floats:
        return random.normal(0, 0.7, shape).astype(np.float32)

    weights = {
        "embedding.embeddings": array(len(vocabulary), 6),
        "recurrent_0.kernel": array(6, 40),
        "recurrent_0.recurrent_kernel": array(10, 40),
        "recurrent_0.bias": array(40),
        "output.kernel": array(10, len(vocabulary)),
        "output.bias": array(len(vocabulary)),
    }
    for token, value in (bias or {}).items():
        weights["output.bias"][vocabulary.tokens.index(token)] += value
    return LanguageModel("tiny@1", vocabulary, network(weights, "lstm"))


CHARS = fit(TEXT, "char")
WORDS = fit(TEXT, "word")


def test_a_random_seed_repeats_a_verse_and_another_gives_another() -> None:
    verses = [
        write(model(CHARS), "To be", PLAIN, Length(lines=4), random_seed).text for random_seed in (1, 1, 2)
    ]
    assert verses[0] == verses[1] != verses[2]


@pytest.mark.parametrize("vocabulary", [CHARS, WORDS])
@pytest.mark.parametrize("prompt", ["", "to be", "to be\n"])
def test_a_verse_has_the_lines_asked_for(vocabulary: Vocabulary, prompt: str) -> None:
    for random_seed in range(20):
        verse = write(model(vocabulary, {"\n": 1.0}), prompt, PLAIN, Length(lines=3), random_seed)
        assert verse.text.startswith(prompt)
        own = verse.text[prompt.rfind("\n") + 1 :]
        assert sum(bool(line.strip()) for line in own.split("\n")) == 3
        assert verse.text == verse.text.rstrip()


@pytest.mark.parametrize("vocabulary", [CHARS, WORDS])
def test_a_verse_has_the_words_asked_for(vocabulary: Vocabulary) -> None:
    for random_seed in range(20):
        verse = write(model(vocabulary), "", PLAIN, Length(words=5), random_seed)
        assert len(verse.text.split()) == 5


def test_words_are_counted_after_the_prompt() -> None:
    verse = write(model(WORDS), "to be or", PLAIN, Length(words=4), 3)
    assert len(verse.text.removeprefix("to be or").split()) == 4


def test_an_empty_verse_never_happens() -> None:
    verse = write(model(CHARS, {"\n": 50.0}), "", SamplingSettings(0.0), Length(lines=2), 1)
    assert verse.text.strip()


def test_a_model_that_ends_no_line_stops_all_the_same() -> None:
    verse = write(model(CHARS, {"\n": -50.0}), "x", PLAIN, Length(lines=2), 1)
    assert verse.tokens == 2 * CHARS.tokens_per_line


def test_unknown_tokens_never_come_out() -> None:
    spoken = model(WORDS, {WORDS.tokens[UNKNOWN]: 50.0})
    verse = write(spoken, "", PLAIN, Length(words=200), 5)
    assert len(verse.text.split()) == 200
    assert all(word in WORDS for word in verse.text.split())


def test_temperature_zero_is_the_same_for_every_random_seed() -> None:
    verses = {
        write(model(CHARS), "To", SamplingSettings(0.0), Length(lines=2), random_seed).text
        for random_seed in range(3)
    }
    assert len(verses) == 1


def test_what_the_model_does_not_know_of_the_prompt_is_named() -> None:
    assert write(model(WORDS), "To zounds, be ZOUNDS fie", PLAIN, Length(words=1), 1).unknown == [
        "zounds",
        "fie",
    ]
    assert write(model(CHARS), "To be @#@", PLAIN, Length(lines=1), 1).unknown == ["@", "#"]


def test_typographic_quotes_are_read_as_plain_ones_only_where_only_those_are_known() -> None:
    assert write(model(CHARS), "’tis", PLAIN, Length(lines=1), 1).prompt == "'tis"
    typographic = fit(TEXT.replace("'", "’"), "char")
    assert write(model(typographic), "’tis", PLAIN, Length(lines=1), 1).prompt == "’tis"


def test_the_prompt_decides_what_follows() -> None:
    follow = {
        prompt: write(model(CHARS), prompt, SamplingSettings(0.0), Length(words=3), 1).text.removeprefix(
            prompt
        )
        for prompt in ("To be", "mind", "suffer")
    }
    assert len(set(follow.values())) > 1


def test_a_blank_prompt_is_no_prompt() -> None:
    blank, empty = (write(model(CHARS), prompt, PLAIN, Length(lines=2), 4) for prompt in (" \n ", ""))
    assert blank == empty


class RowByRow(NumpyNetwork):
    """Computes each row alone, so that its sums have the same last bits as a single verse's."""

    def read(self, tokens: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        rows = [
            super(RowByRow, self).read(tokens[[row]], tuple(part[[row]] for part in state))
            for row in range(len(tokens))
        ]
        after = tuple(np.concatenate(parts) for parts in zip(*(state for _, state in rows), strict=True))
        return np.concatenate([logits for logits, _ in rows]), after


@pytest.mark.parametrize("vocabulary", [CHARS, WORDS])
def test_verses_written_at_once_are_those_written_one_by_one(vocabulary: Vocabulary) -> None:
    requests = [
        VerseSettings("", PLAIN, Length(lines=2), 1),
        VerseSettings("", PLAIN, Length(lines=2), 2),
        VerseSettings("to be", SamplingSettings(0.5), Length(words=1), 1),
        VerseSettings("to be zounds", SamplingSettings(0.0), Length(lines=3), 3),
        VerseSettings("mind\n", SamplingSettings(1.5, top_k=5, min_p=0.1), Length(words=30), 1),
    ]
    small = model(vocabulary, {"\n": 1.0}, RowByRow)
    alone = [
        write(small, request.prompt, request.sampling, request.length, request.random_seed)
        for request in requests
    ]
    assert write_all(small, requests) == alone
    assert write_all(small, requests[::-1]) == alone[::-1]


@pytest.mark.parametrize("sampling", [PLAIN, SamplingSettings(0.5, top_k=4), SamplingSettings(0.0)])
def test_a_measured_verse_is_the_same_and_its_entropy_that_of_all_its_choices(
    sampling: SamplingSettings,
) -> None:
    small = model(CHARS, {"\n": 1.0})
    verse, bits = write_measured(small, "to", sampling, Length(words=4), 3)

    assert verse == write(small, "to", sampling, Length(words=4), 3)
    # Each choice again from the beginning; the blank that would have followed was one too.
    choices = [read(small, verse.text[:end])[1] for end in range(2, len(verse.text) + 1)]
    assert len(choices) == verse.tokens + 1
    assert bits == pytest.approx(
        np.mean([entropy(distribution(logits, sampling)) for logits in choices]), abs=1e-4
    )


@pytest.mark.parametrize("random_seed", [-1, MAX_RANDOM_SEED + 1])
def test_random_seeds_out_of_range_are_refused(random_seed: int) -> None:
    with pytest.raises(ShakelmError, match="number"):
        write(model(CHARS), "", PLAIN, Length(lines=1), random_seed)


@pytest.mark.parametrize(("lines", "words"), [(None, None), (1, 1), (0, None), (None, -2)])
def test_lengths_without_meaning_are_refused(lines: int | None, words: int | None) -> None:
    with pytest.raises(ShakelmError):
        Length(lines, words)
