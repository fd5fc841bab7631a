"""Vocabularies of words: what is a word, and which words are kept."""

from shakelm.data.vocabulary import UNKNOWN, UNKNOWN_TOKEN
from shakelm.data.word_vocabulary import WordVocabulary

TEXT = "To be, or not to be:\nThat is the question.\n\nOr not to be; the 'tis and o'er!\n"


def pieces(text: str) -> list[str]:
    return WordVocabulary(tokens=(UNKNOWN_TOKEN,)).pieces(text)


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
