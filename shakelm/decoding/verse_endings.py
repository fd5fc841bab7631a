"""How a verse ends: with a whole sentence where one ends nearby, and never on a speaker's name.

A model that chooses each token by itself writes longer sentences than its text has. So after `PATIENCE` lines
without the end of a sentence, a comma, semicolon, or colon is excluded where a sentence is about as likely to
end. These rules do not depend on the length of a verse: a longer one begins with the same text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

TOLERANCE = 1
"""A verse may have this many lines more or fewer than were wished for, if a sentence ends there."""

_CAPITALS = re.compile(r"[A-Z][A-Z' .-]*[A-Z]:?")
_NAME = re.compile(r"[A-Z][\w'.-]*( ([A-Z0-9][\w'.-]*|of|the|and)){0,3}:")
"""One to four words that begin with capitals. A line that merely ends in a colon has others too."""

_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*(?=\s|$)")
_ENDS_SENTENCE = re.compile(r"[.!?…][\"'”’»)\]]*$")


PATIENCE = 2
"""Lines in which no sentence ends before ends are preferred."""

LIKELY = 2.5
"""The end of a sentence is preferred if its logit is at most this far below that of the likeliest token."""


def has_end(line: str) -> bool:
    """Whether a sentence ends within a line."""
    return _SENTENCE_END.search(line) is not None


def is_speaker(line: str, before: str) -> bool:
    """Whether a line names who speaks: a line in capitals, or `Name:` after a blank line, `before`."""
    return bool(_CAPITALS.fullmatch(line) or (not before.strip() and _NAME.fullmatch(line)))


def ends_sentence(text: str) -> bool:
    """Whether a text ends with the end of a sentence."""
    return _ENDS_SENTENCE.search(text.rstrip()) is not None


def says_nothing(beginning: str) -> bool:
    """Whether a speaker says nothing whose speech begins so: it is blank, or only names a speaker again."""
    line, ended, _ = beginning.partition("\n")
    return bool(_CAPITALS.fullmatch(line.rstrip())) or (bool(ended) and not line.strip())


def is_under_speaker(text: str) -> bool:
    """Whether the last line of a text stands directly under a speaker's name."""
    *_, before, line, _ = ("", "", *text.rsplit("\n", 2))
    return is_speaker(line, before.rpartition("\n")[2])


@dataclass(frozen=True)
class _Line:
    """A line of a text, from `start` to `end`. `speaks` tells whether it is, or may be, a speaker's name."""

    start: int
    end: int
    speaks: bool


def verse_end(text: str, start: int, lines: int, *, sentences: bool, over: bool) -> int | None:
    """Find where a verse ends.

    The wished number of lines may be missed by `TOLERANCE`. A verse ends, in this order: after as many lines
    as wished if a sentence ends there; after one line more; after one line less; at the last end of a
    sentence within these lines; after as many lines as wished. It never ends on a speaker's name. In a text
    without capitals and marks, a line after a blank one may be a name, so a line less is better.

    Args:
        text: the prompt, and what was written so far.
        start: the place in it where the new text begins. The line that holds this place is the first that is
            counted. Blank lines are not counted.
        lines: wished for, at least 1.
        sentences: whether the text marks the ends of sentences.
        over: whether nothing more can be written. The end of the text is then the end of a line.

    Returns:
        A place in the text, behind `start`; None if more has to be written first.
    """
    found = list(_lines(text, start, over, sentences))
    if not over and len(found) < lines:
        return None
    by_preference = [index for index in (lines - 1, lines, lines - 2) if 0 <= index < len(found)]
    near = [found[index] for index in by_preference] or found[-2:]
    new = [line for line in near if line.end > start]
    whole = [line for line in new if not line.speaks] or ([] if sentences else new)
    for line in whole:
        if not sentences or ends_sentence(text[: line.end]):
            return line.end
        if not over and len(found) == lines:
            return None  # the next line may end better
    for line in sorted(whole, key=lambda line: line.end, reverse=True):
        ends = [end.end() for end in _SENTENCE_END.finditer(text, max(line.start, start), line.end)]
        if ends and ends[-1] > start:
            return ends[-1]
    if whole:
        return whole[0].end
    return len(text) if over else None


def _lines(text: str, start: int, over: bool, sentences: bool) -> Iterator[_Line]:
    """The lines to count: those that are not blank, from the one that holds `start`."""

    def speaks(line: str) -> bool:
        return is_speaker(line, before) or (not sentences and place > 0 and not before.strip())

    place = text.rfind("\n", 0, start) + 1
    before = text[:place].removesuffix("\n").rpartition("\n")[2]
    while (end := text.find("\n", place)) >= 0:
        line = text[place:end]
        if line.strip():
            yield _Line(place, end, speaks(line))
        before, place = line, end + 1
    line = text[place:]
    if over and line.strip():
        # The end may be within a word, which is left out.
        last_blank = max(place + len(line) - len(line.split()[-1]) - 1, place)
        yield _Line(place, last_blank if last_blank > max(place, start) else len(text), speaks(line))
