"""Vocabularies of words: what is a word, and which words are kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shakelm.data.vocabulary import UNKNOWN, UNKNOWN_TOKEN
from shakelm.data.vocabulary_kinds import parse
from shakelm.data.word_vocabulary import WordVocabulary

TEXT = "To be, or not to be:\nThat is the question.\n\nOr not to be; the 'tis and o'er!\n"


def pieces(text: str, marks: bool = True) -> list[str]:
    return WordVocabulary(tokens=(UNKNOWN_TOKEN,), marks=marks).pieces(text)


def test_words_are_lower_case_without_punctuation_and_with_line_ends() -> None:
    assert pieces("'Tis o'er, -- He said: \"No\"!\n_x_") == ["'tis", "o'er", "he", "said", "no", "\n", "_x_"]


def test_typographic_apostrophes_make_the_same_word() -> None:
    assert pieces("o’er") == ["o'er"]


def test_known_words_come_back_with_their_lines() -> None:
    vocabulary = WordVocabulary.learn(TEXT * 2)
    assert vocabulary.decode(vocabulary.encode(TEXT)) == (
        "to be or not to be\nthat is the question\n\nor not to be the 'tis and o'er\n"
    )


def test_words_seen_once_become_the_unknown_token() -> None:
    vocabulary = WordVocabulary.learn("the king and the queen and the fool")
    assert set(vocabulary.tokens) == {UNKNOWN_TOKEN, "\n", "the", "and"}
    assert vocabulary.encode("the fool")[1] == UNKNOWN


def test_the_most_frequent_words_come_first() -> None:
    assert WordVocabulary.learn("b a b a b c c\n\n\n").tokens == (UNKNOWN_TOKEN, "\n", "b", "a", "c")


def test_a_text_that_names_the_unknown_token_is_unknown_itself() -> None:
    vocabulary = WordVocabulary(tokens=(UNKNOWN_TOKEN, "\n", "unk"))
    assert UNKNOWN_TOKEN not in vocabulary


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("हिन्दी में लिखा।", ["हिन्दी", "में", "लिखा"]),
        ("العَرَبِيَّةُ، لُغَةٌ", ["العَرَبِيَّةُ", "لُغَةٌ"]),
        ("שָׁלוֹם, עוֹלָם", ["שָׁלוֹם", "עוֹלָם"]),
        ("ภาษาไทย ดีที่สุด", ["ภาษาไทย", "ดีที่สุด"]),
        ("cafe\u0301 m\u0303a", ["cafe\u0301", "m\u0303a"]),
        ("می\u200cخواهم क्\u200dया", ["می\u200cخواهم", "क्\u200dया"]),
        ("\u0301 , \u0301\n", ["\n"]),
    ],
)
def test_words_keep_their_marks(text: str, words: list[str]) -> None:
    assert pieces(text) == words
    vocabulary = WordVocabulary.learn(f"{text}\n" * 2)
    assert vocabulary.marks
    assert set(vocabulary.pieces(text)) <= set(vocabulary.tokens)


def test_a_version_of_a_former_release_cuts_words_as_before() -> None:
    former = parse(b'{"kind": "word", "tokens": ["<unk>", "\\n", "\xe0\xa4\xb9"]}')
    assert former.pieces("हिन्दी में") == ["ह", "न", "द", "म"] == pieces("हिन्दी में", marks=False)
    again = parse(former.model_dump_json().encode())
    assert again.pieces("हिन्दी में") == former.pieces("हिन्दी में")


@given(
    st.text(st.characters(exclude_categories=("Mn", "Mc", "Me", "Cs"), exclude_characters="\u200c\u200dİ"))
)
def test_words_without_marks_are_cut_as_before(text: str) -> None:
    assert pieces(text) == pieces(text, marks=False)
