"""Verses of small networks: their lengths, prompts, random seeds, and batches."""

from collections import Counter

import numpy as np
import pytest

from shakelm.configuration import MAX_RANDOM_SEED
from shakelm.data.vocabulary import UNKNOWN, Vocabulary
from shakelm.data.vocabulary_kinds import KINDS, fit
from shakelm.decoding import language_model
from shakelm.decoding.generation import (
    Length,
    Verse,
    VerseSettings,
    generate,
    generate_batch,
    generate_with_entropy,
    read_prompt,
)
from shakelm.decoding.language_model import LanguageModel
from shakelm.decoding.sampling import distribution, entropy
from shakelm.decoding.sampling_settings import SamplingSettings
from shakelm.decoding.verse_endings import PATIENCE, ends_sentence, has_end, is_speaker
from shakelm.errors import ShakelmError
from shakelm.networks import exact_network, float_network
from shakelm.networks.network import Floats
from shakelm.networks.quantization import quantize
from shakelm.store.registry import PACKAGED, open_registry

TEXT = "To be, or not to be: that is the question.\nWhether 'tis nobler\n\nin the mind to suffer\n" * 3
PLAIN = SamplingSettings(1.0)


def model(
    vocabulary: Vocabulary, bias: dict[str, float] | None = None, *, former: bool = False
) -> LanguageModel:
    """Make a small LSTM with random weights. `bias` adds to the logits of some tokens."""
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
    if former:
        return LanguageModel("tiny@1", vocabulary, float_network.make(weights, "lstm"))
    return LanguageModel("tiny@1", vocabulary, exact_network.make(quantize(weights), "lstm"))


CHARS = fit(TEXT, "char")
WORDS = fit(TEXT, "word")
SUBWORDS = fit(TEXT, "subword")


@pytest.mark.parametrize("vocabulary", [CHARS, SUBWORDS])
@pytest.mark.parametrize("prompt", ["my teacher", "To be", "Act 1", "tís"])
def test_the_last_word_of_the_prompt_does_not_grow(vocabulary: Vocabulary, prompt: str) -> None:
    verses = generate_batch(
        model(vocabulary), [VerseSettings(prompt, PLAIN, Length(words=3), seed) for seed in range(40)]
    )
    after = {verse.text[len(prompt) :][:1] for verse in verses}
    assert not any(character.isalnum() for character in after)
    assert len(after) > 1


def test_a_prompt_that_ends_within_no_word_may_go_on_with_any_token() -> None:
    verses = [generate(model(CHARS), "to ", PLAIN, Length(words=3), seed) for seed in range(40)]
    assert any(verse.text[3:4].isalpha() for verse in verses)


@pytest.mark.parametrize("prompt", ["to be", "हिन्दी", "'tis nobler in"])
def test_subwords_of_the_last_word_are_those_of_the_whole_verse(prompt: str) -> None:
    """The mark and the letter would change how the word before them is read."""
    vocabulary = fit(TEXT + "हिन्दी में\n" * 9, "subword")
    for random_seed in range(20):
        verse = generate(model(vocabulary, {"ी": 5.0}), prompt, PLAIN, Length(words=3), random_seed)
        read = vocabulary.pieces(prompt)
        assert vocabulary.pieces(verse.text)[: len(read)] == read


def test_a_space_after_the_prompt_belongs_to_the_next_subword() -> None:
    with_space, without = (generate(model(SUBWORDS), p, PLAIN, Length(lines=2), 3) for p in ("to ", "to"))
    assert with_space == without
    assert generate(model(SUBWORDS), "to\n ", PLAIN, Length(lines=2), 3).prompt == "to\n "
    assert generate(model(CHARS), "to ", PLAIN, Length(lines=2), 3).prompt == "to "


def test_a_verse_of_subwords_begins_without_a_space() -> None:
    often = model(SUBWORDS, {" the": 9.0, " ": 9.0, "\n": 9.0})
    for random_seed in range(20):
        assert not generate(often, "", PLAIN, Length(lines=1), random_seed).text[0].isspace()


@pytest.mark.parametrize("vocabulary", [CHARS, WORDS, SUBWORDS])
def test_words_are_counted_after_what_is_known(vocabulary: Vocabulary) -> None:
    small = model(vocabulary)
    for random_seed in range(20):
        text = generate(small, "to be", PLAIN, Length(words=4), random_seed).text
        longer = generate(small, "to be", PLAIN, Length(words=4), random_seed, after=len(text)).text
        assert longer.startswith(text)
        assert len(longer[len(text) :].split()) == 4


def test_a_vocabulary_of_letters_alone_can_only_grow_the_last_word() -> None:
    letters = fit("acgt" * 50, "char")
    verse = generate(model(letters), "acg", PLAIN, Length(lines=1), 1)
    assert len(verse.text) > 3


def test_the_same_random_seed_gives_the_same_verse_and_another_seed_another() -> None:
    verses = [
        generate(model(CHARS), "To be", PLAIN, Length(lines=4), random_seed).text for random_seed in (1, 1, 2)
    ]
    assert verses[0] == verses[1] != verses[2]


def lines_of(verse: Verse) -> int:
    """Count the lines from the prompt's last one on, without blank ones."""
    own = verse.text[verse.prompt.rfind("\n") + 1 :]
    return sum(bool(line.strip()) for line in own.split("\n"))


@pytest.mark.parametrize("prompt", ["", "to be", "to be\n"])
def test_a_verse_without_punctuation_has_the_wished_lines_or_one_less_for_a_name(prompt: str) -> None:
    for random_seed in range(20):
        verse = generate(model(WORDS, {"\n": 1.0}), prompt, PLAIN, Length(lines=3), random_seed)
        assert verse.text.startswith(prompt)
        assert verse.text == verse.text.rstrip()
        further = generate(model(WORDS, {"\n": 1.0}), prompt, PLAIN, Length(lines=6), random_seed).text
        less_for_a_name = further[len(verse.text) :].startswith("\n\n")
        assert lines_of(verse) == (2 if less_for_a_name and lines_of(verse) == 2 else 3)


@pytest.mark.parametrize("prompt", ["", "to be", "to be\n"])
def test_a_verse_ends_with_a_sentence_a_line_around_the_wished_number(prompt: str) -> None:
    with_sentences = model(fit(TEXT.replace(" the", "."), "char"), {"\n": 2.0, ".": 4.0})
    counts: Counter[tuple[int, bool]] = Counter()
    for random_seed in range(40):
        verse = generate(with_sentences, prompt, PLAIN, Length(lines=3), random_seed)
        assert verse.text.startswith(prompt)
        counts[lines_of(verse), ends_sentence(verse.text)] += 1
    assert {lines for lines, _ in counts} == {2, 3, 4}
    assert sum(count for (_, ends), count in counts.items() if ends) > 35


@pytest.mark.parametrize(
    "vocabulary",
    [CHARS, WORDS, SUBWORDS, *(fit(TEXT.replace(" the", "."), kind) for kind in ("char", "subword"))],
)
@pytest.mark.parametrize("prompt", ["", "to be"])
def test_a_verse_goes_on_as_if_it_had_never_stopped(vocabulary: Vocabulary, prompt: str) -> None:
    small = model(vocabulary, {"\n": 2.0})
    for random_seed in range(10):
        whole = generate(small, prompt, PLAIN, Length(lines=40), random_seed).text
        text = generate(small, prompt, PLAIN, Length(lines=3), random_seed).text
        for _ in range(4):
            assert whole.startswith(text)
            longer = generate(small, prompt, PLAIN, Length(lines=3), random_seed, after=len(text))
            assert longer.text.startswith(text)
            added = longer.text[len(text) :]
            assert 2 <= sum(bool(line.strip()) for line in added.split("\n")) <= 4
            text = longer.text
        assert whole.startswith(text)


@pytest.mark.parametrize("kind", ["char", "subword"])
def test_a_speaker_is_never_without_a_line(kind: str) -> None:
    speakers = fit("ROMEO:\nO.\n\nJULIET:\nI.\n\nYes:\nNo.\n\n" * 9, kind)
    often = model(speakers, {"\n": 3.0, ":": 3.0, "R": 2.0, "O": 2.0, ".": 1.0})
    found: Counter[str] = Counter()
    for verse in generate_batch(
        often, [VerseSettings("", PLAIN, Length(lines=9), seed) for seed in range(99)]
    ):
        lines = verse.text.split("\n")
        for before, line, after in zip(["", *lines], lines, [*lines[1:], ""], strict=False):
            if is_speaker(line, before):
                found["speakers"] += 1
                assert after.strip(), verse.text
                assert not is_speaker(after, line), verse.text
    assert found["speakers"] > 50


def test_after_two_lines_without_an_end_no_mark_goes_on_where_a_sentence_may_end() -> None:
    marks = fit("to be, or not. to\nbe: that; is\n" * 9, "char")
    # All marks are always possible, and the end of a sentence is about as likely as the best of them.
    biased = model(marks, {",": 9.0, ";": 9.0, ":": 9.0, ".": 9.0, "\n": 9.0})
    seen: Counter[bool] = Counter()
    settings = [VerseSettings("", PLAIN, Length(lines=30), random_seed) for random_seed in range(20)]
    for verse in generate_batch(biased, settings):
        open_lines = 0
        for line in filter(str.strip, verse.text.split("\n")):
            before, _, _ = line.partition(".")
            if open_lines >= PATIENCE:
                seen[any(mark in before for mark in ",;:")] += 1
            open_lines = 0 if has_end(line) else open_lines + 1
    assert seen[False] > 100
    assert seen[True] < seen[False] / 20  # where the end was too unlikely


def test_a_version_of_a_former_release_ends_its_verses_as_before() -> None:
    former = model(CHARS, {"\n": 1.0}, former=True)
    for random_seed in range(20):
        assert lines_of(generate(former, "to be", PLAIN, Length(lines=3), random_seed)) == 3


@pytest.mark.parametrize("vocabulary", [CHARS, WORDS, SUBWORDS])
def test_a_verse_has_the_requested_number_of_words(vocabulary: Vocabulary) -> None:
    for random_seed in range(20):
        verse = generate(model(vocabulary), "", PLAIN, Length(words=5), random_seed)
        assert len(verse.text.split()) == 5


def test_words_are_counted_after_the_prompt() -> None:
    verse = generate(model(WORDS), "to be or", PLAIN, Length(words=4), 3)
    assert len(verse.text.removeprefix("to be or").split()) == 4


def test_a_verse_is_never_empty() -> None:
    verse = generate(model(CHARS, {"\n": 50.0}), "", SamplingSettings(0.0), Length(lines=2), 1)
    assert verse.text.strip()


def test_a_model_that_never_ends_a_line_stops() -> None:
    verse = generate(model(CHARS, {"\n": -50.0, " ": -9.0}), "x", PLAIN, Length(lines=2), 1)
    assert 2 * CHARS.tokens_per_line <= verse.tokens <= 3 * CHARS.tokens_per_line


def test_the_unknown_token_is_never_generated() -> None:
    spoken = model(WORDS, {WORDS.tokens[UNKNOWN]: 50.0})
    verse = generate(spoken, "", PLAIN, Length(words=200), 5)
    assert len(verse.text.split()) == 200
    assert all(word in WORDS for word in verse.text.split())


def test_at_temperature_zero_every_random_seed_gives_the_same_verse() -> None:
    verses = {
        generate(model(CHARS), "To", SamplingSettings(0.0), Length(lines=2), random_seed).text
        for random_seed in range(3)
    }
    assert len(verses) == 1


def test_the_unknown_pieces_of_the_prompt_are_listed() -> None:
    assert generate(model(WORDS), "To zounds, be ZOUNDS fie", PLAIN, Length(words=1), 1).unknown == [
        "zounds",
        "fie",
    ]
    assert generate(model(CHARS), "To be @#@", PLAIN, Length(lines=1), 1).unknown == ["@", "#"]


def test_typographic_quotes_become_plain_only_if_the_vocabulary_lacks_them() -> None:
    assert generate(model(CHARS), "’tis", PLAIN, Length(lines=1), 1).prompt == "'tis"
    typographic = fit(TEXT.replace("'", "’"), "char")
    assert generate(model(typographic), "’tis", PLAIN, Length(lines=1), 1).prompt == "’tis"


@pytest.mark.parametrize("kind", KINDS)
def test_a_prompt_is_cleaned_as_texts_are(kind: str) -> None:
    french = model(fit("été à la mer\n" * 3, kind))
    decomposed = "\ufeffe\u0301te\u0301\r\na\u0300 la\u00ad"
    verse = generate(french, decomposed, PLAIN, Length(words=2), 1)
    assert (verse.prompt, verse.unknown) == ("été\nà la", [])
    assert verse == generate(french, "été\nà la", PLAIN, Length(words=2), 1)


def test_different_prompts_have_different_continuations() -> None:
    continuations = {
        prompt: generate(model(CHARS), prompt, SamplingSettings(0.0), Length(words=3), 1).text.removeprefix(
            prompt
        )
        for prompt in ("To be", "mind", "suffer")
    }
    assert len(set(continuations.values())) > 1


def test_a_blank_prompt_is_the_same_as_an_empty_one() -> None:
    blank, empty = (generate(model(CHARS), prompt, PLAIN, Length(lines=2), 4) for prompt in (" \n ", ""))
    assert blank == empty


@pytest.mark.parametrize("vocabulary", [CHARS, WORDS, SUBWORDS])
def test_verses_of_a_batch_are_the_same_as_one_by_one(vocabulary: Vocabulary) -> None:
    settings = [
        VerseSettings("", PLAIN, Length(lines=2), 1),
        VerseSettings("", PLAIN, Length(lines=2), 2),
        VerseSettings("to be", SamplingSettings(0.5), Length(words=1), 1),
        VerseSettings("to be zounds", SamplingSettings(0.0), Length(lines=3), 3),
        VerseSettings("mind\n", SamplingSettings(1.5, top_k=5, min_p=0.1), Length(words=30), 1),
    ]
    small = model(vocabulary, {"\n": 1.0})
    alone = [
        generate(small, verse.prompt, verse.sampling, verse.length, verse.random_seed) for verse in settings
    ]
    assert generate_batch(small, settings) == alone
    assert generate_batch(small, settings[::-1]) == alone[::-1]


@pytest.mark.parametrize("sampling", [PLAIN, SamplingSettings(0.5, top_k=4), SamplingSettings(0.0)])
def test_the_measured_entropy_is_the_mean_over_all_choices_of_the_same_verse(
    sampling: SamplingSettings,
) -> None:
    small = model(CHARS, {"\n": -9.0})  # in one line, to which no rule applies
    verse, bits = generate_with_entropy(small, "to", sampling, Length(words=4), 3)

    assert verse == generate(small, "to", sampling, Length(words=4), 3)
    # Every choice is made again from the beginning.
    choices = [read_prompt(small, verse.text[:end])[1] for end in range(2, len(verse.text))]
    assert len(choices) == verse.tokens
    choices[0][[token.isalnum() for token in CHARS.tokens]] = -np.inf  # the prompt's last word is whole
    assert bits == pytest.approx(
        np.mean([entropy(distribution(logits, sampling)) for logits in choices]), abs=1e-4
    )


@pytest.mark.parametrize("random_seed", [-1, MAX_RANDOM_SEED + 1])
def test_random_seeds_out_of_range_are_refused(random_seed: int) -> None:
    with pytest.raises(ShakelmError, match="number"):
        generate(model(CHARS), "", PLAIN, Length(lines=1), random_seed)


@pytest.mark.parametrize(("lines", "words"), [(None, None), (1, 1), (0, None), (None, -2)])
def test_a_length_in_both_units_or_none_or_below_one_is_refused(lines: int | None, words: int | None) -> None:
    with pytest.raises(ShakelmError):
        Length(lines, words)


def test_verses_of_the_shipped_model_end_well() -> None:
    shipped = language_model.load(open_registry(PACKAGED).find(None))
    settings = [VerseSettings("", SamplingSettings(0.8), Length(lines=8), number) for number in range(1, 21)]
    verses = generate_batch(shipped, settings)
    for verse in verses:
        lines = ["", *verse.text.split("\n")]
        assert 7 <= lines_of(verse) <= 9
        assert not is_speaker(lines[-1], lines[-2]), verse.text
    assert sum(ends_sentence(verse.text) for verse in verses) >= 17
    assert [verse.text for verse in verses[:2]] == [
        generate(shipped, "", SamplingSettings(0.8), Length(lines=8), number).text for number in (1, 2)
    ]
