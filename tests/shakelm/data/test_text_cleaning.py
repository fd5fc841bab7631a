"""What is removed from texts, and what stays."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shakelm.data.text_cleaning import clean, drop_gutenberg, drop_invisible, unify_line_ends

BOOK = "MOBY-DICK\n\nCall me Ishmael.\n"
HEADER = "The Project Gutenberg eBook of Moby Dick\n\nThis ebook is for the use of anyone.\n\n"
LICENSE = "\nUpdated editions will replace the previous one.\n"


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n", "\f", "\v", "\x85", "\u2028", "\u2029"])
def test_every_line_end_becomes_a_line_feed(end: str) -> None:
    assert unify_line_ends(f"a{end}{end}b{end}") == "a\n\nb\n"


@pytest.mark.parametrize(
    "character",
    ["\ufeff", "\u00ad", "\x1a", "\u200b", "\u2060", "\u200e", "\u202e", "\x00", "\x07", "\u200d"],
)
def test_what_nobody_sees_is_dropped_and_counted(character: str) -> None:
    assert drop_invisible(f"{character}so{character}ft{character}\n\t") == ("soft\n\t", 3)


@pytest.mark.parametrize("text", ["می\u200cخواهم", "क्\u200dया", "👩\u200d🚀", "👩🏽\u200d🚀", "a\u00a0b"])
def test_what_shapes_a_letter_stays(text: str) -> None:
    assert drop_invisible(text) == (text, 0)


def test_letters_and_their_accents_are_composed() -> None:
    assert clean("cafe\u0301 \u1112\u1161\u11ab") == "caf\u00e9 \ud55c"


@given(st.text())
def test_a_clean_text_stays_as_it_is(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not set(cleaned) & set("\r\ufeff\x1a\u00ad")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (
            "*** START OF THE PROJECT GUTENBERG EBOOK MOBY DICK ***",
            "*** END OF THE PROJECT GUTENBERG EBOOK MOBY DICK ***",
        ),
        (
            "***START OF THIS PROJECT GUTENBERG EBOOK MOBY\nDICK; OR, THE WHALE***",
            "End of the Project Gutenberg EBook of Moby Dick",
        ),
    ],
)
def test_project_gutenbergs_header_and_license_are_dropped(start: str, end: str) -> None:
    assert drop_gutenberg(f"{HEADER}{start}\n\n\n{BOOK}\n{end}\n{LICENSE}") == BOOK
    assert drop_gutenberg(f"{HEADER}{start}\n\n{BOOK}") == BOOK
    assert drop_gutenberg(f"{BOOK}\n{end}\n{LICENSE}") == BOOK


def test_a_text_that_only_mentions_project_gutenberg_stays() -> None:
    text = "I read it at Project Gutenberg.\n*** START OF THE RACE ***\nEND OF PROJECT\n"
    assert drop_gutenberg(text) == text
