"""How Discord counts the characters of a text, and where a text may be cut.

Discord's documentation counts characters; its parts count code points or UTF-16 units. A text never has more
code points than UTF-16 units, so the units are the stricter count, and everything here counts them.
"""

import re

from wcwidth import grapheme_boundary_before

LONGEST_GRAPHEME = 64
"""Code points to look back for the start of a grapheme. A longer pile of accents is cut in its middle."""

_UNSHOWN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Control characters but tab and line feed, separators of lines and paragraphs, and lone surrogates."""

_TURNING = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Invisible characters that change the direction of the text around them (Unicode Annex 9)."""

_ESCAPED = re.compile(r"\\.", re.DOTALL)


def length(written: str) -> int:
    """The number of UTF-16 units of a text."""
    return len(written) + sum(character > "\uffff" for character in written)


def shown(written: str) -> str:
    """The text with U+FFFD for each character that Discord refuses or that a terminal obeys."""
    return _UNSHOWN.sub("\ufffd", re.sub(r"\r\n?", "\n", written))


def line(written: str) -> str:
    """The text as one line, in which nothing turns the direction of what follows."""
    return _TURNING.sub("", shown(written)).replace("\n", " ")


def visible(piece: str) -> str:
    """The piece, with the code point of each character that nobody sees, such as U+200B."""
    return "".join(one if one.isprintable() and not one.isspace() else f"U+{ord(one):04X}" for one in piece)


def head(written: str, limit: int) -> str:
    """The longest start of at most `limit` units that ends between two graphemes (Unicode Annex 29)."""
    if length(written) <= limit:
        return written
    end = units = 0
    for character in written:
        units += 1 + (character > "\uffff")
        if units > limit:
            break
        end += 1
    start = max(end - LONGEST_GRAPHEME, 0)
    # With one character after the end, the function knows whether there is a boundary.
    window = written[start : end + 1]
    boundary = grapheme_boundary_before(window, len(window))
    return written[: start + boundary] if boundary else written[:end]


def head_of_markdown(escaped: str, limit: int) -> str:
    """As `head`, but no escape sequence is cut, and bold that began ends."""
    start = _whole(head(escaped, limit))
    if not _in_bold(start):
        return start
    start = _whole(head(escaped, limit - 2))
    return start + "**" if _in_bold(start) else start


def _whole(start: str) -> str:
    """The start without half an escape sequence or half of `**` at its end."""
    dangling = (len(start) - len(start.rstrip("\\"))) % 2
    start = start[: len(start) - dangling]
    return start[:-1] if _ESCAPED.sub("", start).count("*") % 2 else start


def _in_bold(start: str) -> bool:
    return _ESCAPED.sub("", start).count("**") % 2 == 1
