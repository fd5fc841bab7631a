"""Vocabularies of characters."""

from shakelm.data.char_vocabulary import CharVocabulary
from shakelm.data.vocabulary import UNKNOWN, UNKNOWN_TOKEN


def test_characters_are_ordered_by_code_point() -> None:
    assert CharVocabulary.learn("béa\nB").tokens == (UNKNOWN_TOKEN, "\n", "B", "a", "b", "é")


def test_every_character_counts_and_comes_back_as_it_was() -> None:
    text = "To be, or not to be:\n\n 'tis  The\tquestion…\n"
    vocabulary = CharVocabulary.learn(text)
    assert vocabulary.decode(vocabulary.encode(text)) == text


def test_unknown_characters_are_named_once_in_order() -> None:
    vocabulary = CharVocabulary.learn("abc\n")
    assert vocabulary.unknown("azbzy") == ["z", "y"]
    assert vocabulary.encode("azb").tolist() == [2, UNKNOWN, 3]
