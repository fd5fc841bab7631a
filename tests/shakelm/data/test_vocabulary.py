import numpy as np
import pytest

from shakelm.data.vocabulary import UNKNOWN, UNKNOWN_TOKEN, Vocabulary, check_mapping, fit, pieces
from shakelm.errors import ShakelmError

TEXT = "To be, or not to be:\nThat is the question.\n\nOr not to be; the 'tis and o'er!\n"


def test_words_are_lower_case_without_punctuation_and_with_line_ends() -> None:
    assert pieces("'Tis o'er, -- He said: \"No\"!\n_x_", "word") == [
        "'tis",
        "o'er",
        "he",
        "said",
        "no",
        "\n",
        "_x_",
    ]


def test_typographic_apostrophes_make_the_same_word() -> None:
    assert pieces("o’er", "word") == ["o'er"]


def test_characters_come_back_exactly() -> None:
    vocabulary = fit(TEXT, "char")
    assert vocabulary.lossless
    assert vocabulary.decode(vocabulary.encode(TEXT)) == TEXT


def test_known_words_come_back_with_their_lines() -> None:
    vocabulary = fit(TEXT * 2, "word")
    assert not vocabulary.lossless
    assert vocabulary.decode(vocabulary.encode(TEXT)) == (
        "to be or not to be\nthat is the question\n\nor not to be the 'tis and o'er\n"
    )


def test_words_seen_once_become_the_unknown_token() -> None:
    vocabulary = fit("the king and the queen and the fool", "word")
    assert set(vocabulary.tokens) == {UNKNOWN_TOKEN, "\n", "the", "and"}
    assert vocabulary.encode("the fool")[1] == UNKNOWN


def test_the_most_frequent_words_come_first() -> None:
    assert fit("b a b a b c c\n\n\n", "word").tokens == (UNKNOWN_TOKEN, "\n", "b", "a", "c")


def test_unknown_pieces_are_named_once_in_order() -> None:
    vocabulary = fit("abc\n", "char")
    assert vocabulary.unknown("azbzy") == ["z", "y"]
    assert vocabulary.encode("azb").tolist() == [2, UNKNOWN, 3]


def test_a_text_that_names_the_unknown_token_is_unknown_itself() -> None:
    vocabulary = Vocabulary(kind="word", tokens=(UNKNOWN_TOKEN, "\n", "unk"))
    assert UNKNOWN_TOKEN not in vocabulary


def test_the_mapping_check_shows_each_piece() -> None:
    vocabulary = fit(TEXT * 2, "word")
    rows = check_mapping("To be or zounds", vocabulary)
    assert [(row.piece, row.recovered, row.known) for row in rows] == [
        ("to", "to", True),
        ("be", "be", True),
        ("or", "or", True),
        ("zounds", UNKNOWN_TOKEN, False),
    ]
    assert [vocabulary.tokens[row.token] for row in rows] == [row.recovered for row in rows]


def test_a_vocabulary_survives_json() -> None:
    vocabulary = fit(TEXT, "char")
    again = Vocabulary.model_validate_json(vocabulary.model_dump_json())
    assert again == vocabulary
    assert np.array_equal(again.encode(TEXT), vocabulary.encode(TEXT))


@pytest.mark.parametrize(("text", "kind"), [("one two three", "word"), ("aaaa", "char")])
def test_too_few_tokens_are_refused(text: str, kind: str) -> None:
    with pytest.raises(ShakelmError, match="too few"):
        fit(text, kind)  # type: ignore[arg-type]
