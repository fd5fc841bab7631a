"""Where a verse ends, given what was written."""

import pytest

from shakelm.decoding.verse_endings import (
    ends_sentence,
    has_end,
    is_speaker,
    is_under_speaker,
    says_nothing,
    verse_end,
)


def ended(text: str, lines: int, start: int = 0, *, over: bool = False) -> str | None:
    """The text up to the end of the verse, or None."""
    end = verse_end(text, start, lines, sentences=True, over=over)
    return None if end is None else text[:end]


@pytest.mark.parametrize(
    ("text", "verse"),
    [
        ("Go,\nmy lord", None),  # too short
        ("Go,\nmy lord.\n", "Go,\nmy lord."),  # a sentence ends where it was wished
        ("Go,\nmy lord.'\n", "Go,\nmy lord.'"),
        ("Go,\nmy lord\n", None),  # the next line may end better
        ("Go,\nmy lord\nof York.\n", "Go,\nmy lord\nof York."),  # a line more
        ("Go.\nMy lord\nof York,\n", "Go."),  # a line less
        ("Go,\nmy lord. Thou\nof York,\n", "Go,\nmy lord."),  # within a line
        ("Go,\nmy lord? Thou\nof York! And\n", "Go,\nmy lord? Thou\nof York!"),  # the last of them
        ("Go,\nmy lord\nof York,\n", "Go,\nmy lord"),  # no sentence ends here
        ("Go,\n\nmy lord.\n", "Go,\n\nmy lord."),  # blank lines do not count
        ("Go,\n\nKING:\n", None),  # never on a speaker's name
        ("Go,\n\nKING:\nMy lord.\n", "Go,\n\nKING:\nMy lord."),
        ("Go.\n\nKING:\nMy lord,\n", "Go."),
        ("Go,\n\nKING:\nMy lord,\n", "Go,\n\nKING:\nMy lord,"),
        ("Go,\nmy lord\n\nKING:\n", "Go,\nmy lord"),
        ("Go,\nmy lord...\n", "Go,\nmy lord..."),
    ],
)
def test_a_verse_of_two_lines_ends_where_a_sentence_does(text: str, verse: str | None) -> None:
    assert ended(text, 2) == verse


def test_a_verse_of_one_line_has_one_or_two() -> None:
    assert ended("Go,\n", 1) is None
    assert ended("Go,\nmy lord.\n", 1) == "Go,\nmy lord."
    assert ended("Go.\n", 1) == "Go."


def test_a_verse_has_more_than_its_seed() -> None:
    assert ended("To be.\n", 1, start=6) is None
    assert ended("To be.\nOr not.\n", 1, start=6) == "To be.\nOr not."
    assert ended("To be. Or\nnot,\n", 1, start=7) == "To be. Or"


def test_a_text_that_is_over_is_cut_at_a_word() -> None:
    assert ended("Go, my lord of Yo", 2, over=True) == "Go, my lord of"
    assert ended("Go, my lord. Of Yo", 2, over=True) == "Go, my lord."
    assert ended("Gogogo", 2, over=True) == "Gogogo"
    assert ended("to be gogogo", 2, start=6, over=True) == "to be gogogo"
    assert ended("Go.\n\nKING:\n", 9, over=True) == "Go."


def test_without_marks_every_line_end_is_as_good() -> None:
    assert verse_end("go\nmy lord\n", 0, 2, sentences=False, over=False) == 10


@pytest.mark.parametrize(
    ("text", "verse"),
    [
        ("go\nmy lord\n\nking henry\n", "go\nmy lord"),  # a line less than on what may be a name
        ("go\n\nmy lord\n\nking henry\n", "go\n\nmy lord\n\nking henry"),  # all may be names
        ("go\n\nmy lord\nof york\n", "go\n\nmy lord\nof york"),
    ],
)
def test_without_marks_a_line_after_a_blank_one_may_be_a_name(text: str, verse: str) -> None:
    end = verse_end(text, 2, 3, sentences=False, over=False)
    assert text[:end] == verse


@pytest.mark.parametrize("line", ["KING RICHARD III:", "ROMEO", "First Citizen:", "Duke of York:"])
def test_names_of_speakers(line: str) -> None:
    assert is_speaker(line, before="")
    assert is_under_speaker(f"\n\n{line}\nI")


@pytest.mark.parametrize(("line", "before"), [("My lord, hear:", ""), ("Romeo:", "He said"), ("O", "")])
def test_other_lines_name_no_speaker(line: str, before: str) -> None:
    assert not is_speaker(line, before)
    assert not is_under_speaker(f"{before}\n{line}\n")


@pytest.mark.parametrize("beginning", ["\n", " \n", "ROMEO:", "ROMEO\n", "KING HENRY:\nI"])
def test_blank_speeches_and_further_names_say_nothing(beginning: str) -> None:
    assert says_nothing(beginning)


@pytest.mark.parametrize("beginning", ["", "I\n", "O:", "Romeo:", "ROMEO, come:", "Hear:\n"])
def test_other_speeches_say_something(beginning: str) -> None:
    assert not says_nothing(beginning)


@pytest.mark.parametrize("text", ["Go.", "Go?'", "Go!)", "Go… \n", "—dijo Sancho.»"])
def test_ends_of_sentences(text: str) -> None:
    assert ends_sentence(text)


@pytest.mark.parametrize("text", ["", "Go,", "Go--", "Go. And"])
def test_other_texts_end_no_sentence(text: str) -> None:
    assert not ends_sentence(text)


def test_a_sentence_may_end_within_a_line() -> None:
    assert has_end("Go. And come,")
    assert has_end("Go!' he said")
    assert not has_end("Go, and 3.5 come")
