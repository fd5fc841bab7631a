"""What people give to a training: a text works, or is refused with one sentence before the start."""

import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shakelm.configuration import Configuration
from shakelm.data import corpus
from shakelm.data.text_cleaning import clean
from shakelm.data.vocabulary_kinds import KINDS
from shakelm.errors import ShakelmError
from shakelm.text_preparation import check_length, measure, prepare
from shakelm.training.batches import Streams, Windows
from shakelm.training_options import plan

WORDS = plan(vocabulary="word")
CHARACTERS = plan(vocabulary="char")
SUBWORDS = plan(vocabulary="subword")
QUICK = plan(preset="quick")

SPEECH = "First Citizen:\nBefore we proceed any further, hear me speak.\n\n"
DNA = "".join(random.Random(1).choices("ACGT", k=6000))  # noqa: S311 (no secret)
CHINESE = "天地玄黃宇宙洪荒日月盈昃辰宿列張" * 400
HINDI = "हिन्दी में लिखा हुआ पाठ।\n" * 200

WORK: list[tuple[str, bytes, list[Configuration]]] = [
    ("a mark inside", (SPEECH + "\ufeff" + SPEECH).encode() * 50, [WORDS, CHARACTERS, QUICK]),
    ("UTF-16", (SPEECH * 100).encode("utf-16"), [WORDS, CHARACTERS, QUICK]),
    ("Windows-1252", "“Être” ou ne pas être – voilà\n".encode("cp1252") * 200, [WORDS, CHARACTERS]),
    ("CRLF", (SPEECH * 100).replace("\n", "\r\n").encode(), [WORDS, CHARACTERS, QUICK]),
    ("one line without an end", b"to be or not to be " * 300, [WORDS, CHARACTERS]),
    ("= as the last tenth", SPEECH.encode() * 100 + b"=" * 800, [CHARACTERS]),
    ("ab", b"ab" * 3000, [CHARACTERS, QUICK]),
    ("DNA", DNA.encode(), [CHARACTERS, SUBWORDS, QUICK]),
    ("Chinese", CHINESE.encode(), [CHARACTERS, SUBWORDS, QUICK]),
    ("Hindi", HINDI.encode(), [WORDS, CHARACTERS, SUBWORDS]),
    ("decomposed accents", "e\u0301te\u0301 a\u0300 la mer\n".encode() * 300, [WORDS, CHARACTERS]),
    (
        "200 characters",
        (b"to be or not to be, that is the question " * 5)[:200],
        [WORDS, CHARACTERS, SUBWORDS],
    ),
]


def load(folder: Path, data: bytes) -> str:
    (folder / "own.txt").write_bytes(data)
    return corpus.load(str(folder / "own.txt")).text


@pytest.mark.parametrize(
    ("data", "configuration"),
    [
        pytest.param(data, each, id=f"{name}-{each.model.vocabulary}-{each.training.stateful}")
        for name, data, works in WORK
        for each in works
    ],
)
def test_what_people_have_can_be_learned(tmp_path: Path, data: bytes, configuration: Configuration) -> None:
    text = load(tmp_path, data)
    prepared = prepare(text, configuration)
    assert prepared.learned == prepared.parts.train
    assert prepared.parts.train + prepared.parts.validation + prepared.parts.held_out == text
    assert prepared.tokens == len(prepared.vocabulary.encode(prepared.learned))
    assert not set(prepared.vocabulary.tokens) & {"\ufeff", "\r", "\u0301"}


SENTENCES = {
    "words": r"Fewer than two words occur more than once.*--vocabulary char",
    "untested": r"The held-out part of the text, near its end, has no words",
    "streams": r"too short for 32 streams with windows of 64 characters: it has 162 .* 4,097 are needed",
    "pieces": r"fewer than two different pieces",
    "one": r"fewer than two different characters",
    "split": r"only 99 characters",
}


@pytest.mark.parametrize(
    ("data", "configuration", "sentence"),
    [
        (b"ab" * 3000, WORDS, "words"),
        (DNA.encode(), WORDS, "words"),
        (CHINESE.encode(), WORDS, "words"),
        (b"a" * 6000, WORDS, "words"),
        (b"a" * 6000, CHARACTERS, "one"),
        (b"a" * 6000, SUBWORDS, "pieces"),
        (b"a a\n" * 2000, CHARACTERS, "one"),
        (SPEECH.encode() * 100 + b"=" * 800, WORDS, "untested"),
        (
            b"to be or not to be, that is the question " * 4 + b"to be or not to be, that is the questi",
            QUICK,
            "streams",
        ),
        (b"to be or not to be " * 5 + b"to b", WORDS, "split"),
    ],
)
def test_what_cannot_work_is_refused_with_one_sentence(
    tmp_path: Path, data: bytes, configuration: Configuration, sentence: str
) -> None:
    text = load(tmp_path, data)
    with pytest.raises(ShakelmError, match=SENTENCES[sentence]) as refused:
        prepare(text, configuration)
    assert refused.value.key.startswith("refusal.corpus_")
    assert "\n" not in str(refused.value)


def test_a_validation_part_without_words_is_refused_even_if_it_is_learned_from() -> None:
    text = SPEECH * 81 + "=" * 9 * len(SPEECH) + SPEECH * 10
    for validation in (True, False):
        with pytest.raises(ShakelmError, match="The validation part of the text"):
            prepare(text, plan(vocabulary="word", validation=validation))


def test_without_validation_its_part_is_learned_from_too() -> None:
    text = SPEECH * 90 + "xyz" * 9 + SPEECH * 10
    prepared = prepare(text, plan(vocabulary="char", validation=False))
    assert prepared.learned == prepared.parts.train + prepared.parts.validation
    assert prepared.tokens == len(prepared.learned)


def test_what_a_corpus_holds_out_is_not_learned_from() -> None:
    text = SPEECH * 90 + "ΦΦΦ ΨΨΨ\n" * 9
    prepared = prepare(text, CHARACTERS, held_out=72)
    assert prepared.parts.held_out == "ΦΦΦ ΨΨΨ\n" * 9
    assert "Φ" not in prepared.vocabulary


@pytest.mark.parametrize(
    ("settings", "least"),
    [({"preset": "quick"}, 4097), ({"preset": "best"}, 8193), ({"preset": "quick", "batch_size": 4}, 513)],
)
def test_a_text_must_fill_two_windows_of_each_stream(settings: dict[str, Any], least: int) -> None:
    training = plan(**settings).training
    check_length(least, training, "characters")
    with pytest.raises(ShakelmError, match=f"{least:,} are needed"):
        check_length(least - 1, training, "characters")
    check_length(2, plan(preset="notebook").training, "words")


PIECES = st.one_of(
    st.sampled_from(["a", "b ", "\n", "= ", "天", "e\u0301", "\u200b", "hi "]), st.text(max_size=9)
)


@given(
    st.lists(st.tuples(PIECES, st.sampled_from((1, 7, 100, 2500))), max_size=6),
    st.sampled_from((WORDS, CHARACTERS, SUBWORDS, QUICK, plan(preset="best"))),
)
def test_any_text_can_be_learned_or_is_refused(
    pieces: list[tuple[str, int]], configuration: Configuration
) -> None:
    text = clean("".join(piece * times for piece, times in pieces))
    try:
        prepared = prepare(text, configuration)
    except ShakelmError as refused:
        assert refused.key.startswith("refusal.corpus_")
        return
    ids = prepared.vocabulary.encode(prepared.learned)
    settings = configuration.training
    random = np.random.default_rng(1)
    kind = Streams if settings.stateful else Windows
    assert len(kind(ids, settings.sequence_length, settings.batch_size, random)) > 0
    assert len(prepared.vocabulary.encode(prepared.parts.held_out)) >= 2


@pytest.mark.parametrize("kind", KINDS)
def test_20_mb_become_a_vocabulary_and_its_tokens(tmp_path: Path, kind: str) -> None:
    data = SPEECH.encode() * (20 * 10**6 // len(SPEECH))
    prepared = prepare(load(tmp_path, data), plan(vocabulary=kind))
    assert prepared.tokens > 3 * 10**6


def test_a_given_vocabulary_stays_and_what_it_lacks_is_told() -> None:
    known = prepare(SPEECH * 50, CHARACTERS).vocabulary
    prepared = prepare((SPEECH + "¿Qué? ñ\n") * 50, CHARACTERS, vocabulary=known)
    assert prepared.vocabulary is known
    assert prepared.unknown.keys() == set("¿Q?éñ")
    share = prepared.unknown.total() / prepared.tokens
    assert prepared.unknown_summary is not None
    assert prepared.unknown_summary.startswith(
        f"The version does not know {share:.2%} of the text's characters"
    )
    assert "'ñ'" in prepared.unknown_summary
    assert prepare(SPEECH * 60, CHARACTERS, vocabulary=known).unknown_summary is None


def test_a_long_unknown_word_is_cut_where_it_is_told() -> None:
    known = prepare(SPEECH * 50, plan(vocabulary="word")).vocabulary
    prepared = prepare(
        f"{SPEECH * 2}{'x' * 10_000}\n{SPEECH * 40}", plan(vocabulary="word"), vocabulary=known
    )
    assert prepared.most_unknown == ["x" * 30 + "…"]
    assert len(prepared.unknown_summary or "") < 150


def test_a_text_that_is_mostly_unknown_is_refused() -> None:
    known = prepare(SPEECH * 50, CHARACTERS).vocabulary
    with pytest.raises(ShakelmError, match="100% of this text: train a new model"):
        prepare(HINDI.replace(" ", "").replace("\n", ""), CHARACTERS, vocabulary=known)


@pytest.mark.parametrize("configuration", [WORDS, CHARACTERS])
def test_a_text_is_measured_as_it_is_prepared(configuration: Configuration) -> None:
    prepared = prepare(SPEECH * 100, configuration)
    size = measure(SPEECH * 100, configuration)
    assert (size.tokens, size.vocabulary) == (prepared.tokens, len(prepared.vocabulary))


def test_subwords_are_measured_where_they_cannot_be_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    size = measure(SPEECH * 100, plan(vocabulary="subword", pieces=600))
    characters = prepare(SPEECH * 100, CHARACTERS).tokens
    assert (size.tokens, size.vocabulary) == (round(characters / 2.5), 600)
    for text in ("a" * 6000, SPEECH, "to be or not to be " * 5, SPEECH * 100 + "\n" * 900):
        with pytest.raises(ShakelmError) as refused:
            measure(text, plan(vocabulary="subword", preset="quick"))
        assert refused.value.key.startswith("refusal.corpus_")
    with pytest.raises(ShakelmError, match="needs sentencepiece"):
        prepare(SPEECH * 100, SUBWORDS)
