"""What all vocabularies share: the check of a mapping, and how a piece is shown."""

import pytest

from shakelm.data.vocabulary import UNKNOWN_TOKEN, check_mapping, visible
from shakelm.data.vocabulary_kinds import fit


def test_the_mapping_check_shows_each_piece() -> None:
    vocabulary = fit("To be, or not to be: or not to be\n" * 2, "word")
    rows = check_mapping("To be or zounds", vocabulary)
    assert [(row.piece, row.recovered, row.known) for row in rows] == [
        ("to", "to", True),
        ("be", "be", True),
        ("or", "or", True),
        ("zounds", UNKNOWN_TOKEN, False),
    ]
    assert [vocabulary.tokens[row.token] for row in rows] == [row.recovered for row in rows]


def test_a_text_is_composed_and_cleaned_before_it_is_mapped() -> None:
    vocabulary = fit("caf\u00e9\n" * 9, "char")
    rows = check_mapping("caf\ufeffe\u0301", vocabulary)
    assert [(row.piece, row.known) for row in rows] == [(each, True) for each in "caf\u00e9"]


@pytest.mark.parametrize(
    ("piece", "shown"),
    [("to", "to"), ("☃", "☃"), (" ", "' '"), ("\n", "'\\n'"), (" to", "' to'"), ("\x07", "'\\x07'")],
)
def test_a_piece_that_cannot_be_seen_is_shown_by_its_escape(piece: str, shown: str) -> None:
    assert visible(piece) == shown
