"""Vocabularies of subwords: without loss, within pre-tokens, and cut as sentencepiece cuts."""

import io
import random
import subprocess
import sys
from collections.abc import Callable

import pytest
import sentencepiece
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shakelm.data.subword_vocabulary import SubwordVocabulary, pre_tokens
from shakelm.data.vocabulary import UNKNOWN, UNKNOWN_TOKEN
from shakelm.data.vocabulary_kinds import parse

SPEECH = "ROMEO:\nO, she's fair: o'er all the stars -- the fairest!\n\n'Tis true;  the\tnight_is dark…\n"
DNA = "".join(random.Random(1).choices("ACGT", k=6000))  # noqa: S311 (no secret)
CHINESE = "天地玄黃,宇宙洪荒。日月盈昃,辰宿列張。" * 50
SPACES = "a ▁b  \u00a0\u3000c\n \n\n\t▁▁ d "

VOCABULARY = SubwordVocabulary.learn(SPEECH * 9 + SPACES * 9)


@given(st.text(st.sampled_from(sorted(set(SPEECH + SPACES))), max_size=90))
def test_every_text_of_known_characters_comes_back(text: str) -> None:
    pieces = VOCABULARY.pieces(text)
    assert "".join(pieces) == text
    assert VOCABULARY.decode(VOCABULARY.encode(text)) == text
    assert set(pieces) <= set(VOCABULARY.tokens)


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_every_text_can_be_learned_and_comes_back(text: str) -> None:
    vocabulary = SubwordVocabulary.learn(text)
    assert vocabulary.decode(vocabulary.encode(text)) == text
    assert "".join(pre_tokens(text)) == text
    assert set(text) <= set(vocabulary.tokens)
    assert SubwordVocabulary.learn(text) == vocabulary == parse(vocabulary.model_dump_json().encode())


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_only_unknown_characters_are_unknown(text: str) -> None:
    known = set(VOCABULARY.tokens)
    assert "".join(VOCABULARY.pieces(text)) == text
    assert VOCABULARY.unknown(text) == list(dict.fromkeys(each for each in text if each not in known))
    assert (VOCABULARY.encode(text) == UNKNOWN).sum() == sum(each not in known for each in text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("O, she's fair", ["O", ",", " she", "'s", " fair"]),
        ("o'er 'tis ’tis", ["o", "'er", " 'tis", " ’tis"]),
        ("stars -- the", ["stars", " --", " the"]),
        ("night_is 9am", ["night", "_", "is", " 9am"]),
        ("a:\n\nB", ["a", ":", "\n", "\n", "B"]),
        ("a   b \n c", ["a", "  ", " b", " ", "\n", " c"]),
        ("a\t\tb", ["a", "\t", "\t", "b"]),
        ("हिन्दी में।", ["हिन्दी", " में", "।"]),
        ("天地玄黃,宇宙", ["天地玄黃", ",", "宇宙"]),
        ("A" * 70, ["A" * 32, "A" * 32, "A" * 6]),
    ],
)
def test_texts_are_cut_into_words_punctuation_and_white_space(text: str, parts: list[str]) -> None:
    assert pre_tokens(text) == parts


@pytest.mark.parametrize("text", [SPEECH * 20, DNA, CHINESE, SPACES * 50])
def test_no_piece_crosses_pre_tokens(text: str) -> None:
    vocabulary = SubwordVocabulary.learn(text)
    assert max(map(len, vocabulary.tokens[1:])) > 1
    for piece in vocabulary.tokens[1:]:
        assert vocabulary.pieces(piece) == [piece]
        assert any(piece in part for part in pre_tokens(text))


@given(st.sampled_from(["the", "o'er", "she's", "fairest", "हिन्दी", "9"]), st.text(max_size=9))
def test_the_pieces_of_a_word_do_not_depend_on_what_follows_it(word: str, following: str) -> None:
    if following and VOCABULARY.grows_word(following[0]):
        following = f" {following}"
    pieces = VOCABULARY.pieces(word)
    assert VOCABULARY.pieces(word + following)[: len(pieces)] == pieces


def test_a_text_has_the_wished_number_of_pieces_or_as_many_as_it_can() -> None:
    assert len(SubwordVocabulary.learn_sized(DNA, 600)) == 600
    assert len(SubwordVocabulary.learn(DNA)) == SubwordVocabulary.default_pieces
    many = "".join(map(chr, range(0x4E00, 0x4E00 + 700)))
    assert SubwordVocabulary.learn_sized(many, 600).tokens == (UNKNOWN_TOKEN, *many)


@pytest.mark.parametrize(
    "text", ["", "a", "\n", "aaaa", "ab", " a", "<unk>" * 9, "\ue000\U000f0000\x00a" * 9]
)
def test_tiny_and_strange_texts_can_be_learned(text: str) -> None:
    vocabulary = SubwordVocabulary.learn(text)
    assert vocabulary.tokens[: len(set(text)) + 1] == (UNKNOWN_TOKEN, *sorted(set(text)))
    assert vocabulary.decode(vocabulary.encode(text)) == text


def test_frequent_neighbors_are_merged_first() -> None:
    vocabulary = SubwordVocabulary.learn("xyz " * 9 + "xy " * 9 + "zz " * 3)
    assert vocabulary.tokens[: len(" xyz") + 2] == (UNKNOWN_TOKEN, *" xyz", "xy")


def library(text: str, pieces: int) -> tuple[list[str], Callable[[str], list[str]]]:
    """What sentencepiece itself learns from a text, and how it cuts a pre-token, in Han characters."""
    characters = sorted(set(text))
    coded = {ord(character): chr(0x4E00 + place) for place, character in enumerate(characters)}
    plain = {ord(code): chr(character) for character, code in coded.items()}
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=(part.translate(coded) for part in pre_tokens(text)),
        model_writer=model,
        model_type="bpe",
        vocab_size=pieces,
        hard_vocab_limit=False,
        character_coverage=1.0,
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        split_by_unicode_script=False,
        split_by_number=False,
        unk_id=0,
        bos_id=-1,
        eos_id=-1,
        minloglevel=2,
    )
    learned = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    tokens = [learned.id_to_piece(number) for number in range(1, learned.get_piece_size())]

    def cut(pre_token: str) -> list[str]:
        return [piece.translate(plain) for piece in learned.encode(pre_token.translate(coded), out_type=str)]

    return [token.translate(plain) for token in tokens], cut


@pytest.mark.parametrize("text", [SPEECH * 20, DNA, CHINESE, SPACES * 50])
def test_a_text_is_cut_as_sentencepiece_cuts_it(text: str) -> None:
    vocabulary = SubwordVocabulary.learn_sized(text, 500)
    tokens, cut = library(text, 500)
    assert [token for token in vocabulary.tokens[1:] if len(token) > 1] == [t for t in tokens if len(t) > 1]
    for part in {*pre_tokens(text), *pre_tokens(text[1:] + text[::-1])}:
        assert vocabulary.pieces(part) == cut(part)


@pytest.mark.parametrize(
    ("tokens", "problem"),
    [
        ([], "the first token is not <unk>"),
        (["a", "b"], "the first token is not <unk>"),
        (["<unk>", "a", "b", "a"], "the piece 'a' occurs twice"),
        (["<unk>", "a", "b", "ab", "ab"], "the piece 'ab' occurs twice"),
        (["<unk>", "ab", " the"], "no two earlier pieces make the piece 'ab'"),
        (["<unk>", "a", "b", "abb", "bb"], "no two earlier pieces make the piece 'abb'"),
        (["<unk>", "a", "a" * 10**7], "a piece has 10,000,000 characters"),
        (["<unk>", "a", ""], "no two earlier pieces make the piece ''"),
    ],
)
def test_tokens_that_cannot_occur_are_damage(tokens: list[str], problem: str) -> None:
    with pytest.raises(ValidationError) as refused:
        SubwordVocabulary.model_validate({"tokens": tokens})
    assert refused.value.errors()[0]["msg"] == problem


def test_a_text_is_encoded_without_sentencepiece() -> None:
    script = (
        "import sys; sys.modules['sentencepiece'] = None\n"
        "from shakelm.data.vocabulary_kinds import parse\n"
        "vocabulary = parse(sys.stdin.buffer.read())\n"
        "assert vocabulary.decode(vocabulary.encode('the fairest')) == 'the fairest'\n"
    )
    data = VOCABULARY.model_dump_json().encode()
    subprocess.run([sys.executable, "-c", script], input=data, check=True)
