"""What is done to every text that a model reads, be it a corpus or a seed."""

import re
import unicodedata

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # control characters; 1A ends files of old systems
    "\u00ad"  # soft hyphen
    "\u200b\u2060\ufeff"  # zero width space, word joiner, byte order mark
    "\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069"  # directions of writing
    "]"
)
_JOINERS = re.compile("[\u200c\u200d]+")
_JOINED = {"Lo", "Mn", "Mc", "Me", "So", "Sk"}
"""Categories of characters whose shape a joiner after them decides: Persian and Indian letters, emoji."""

_START = re.compile(
    r"^\*\*\* ?START OF (?:THE|THIS) PROJECT GUTENBERG[^*]{0,300}\*\*\*.*$", re.IGNORECASE | re.MULTILINE
)
_END = re.compile(
    r"^(?:\*\*\* ?END OF (?:THE|THIS) PROJECT GUTENBERG|End of (?:the )?Project Gutenberg).*$",
    re.IGNORECASE | re.MULTILINE,
)


def clean(text: str) -> str:
    """Turn every line end into a line feed, drop invisible characters, and compose letters (Unicode NFC)."""
    return unicodedata.normalize("NFC", drop_invisible(unify_line_ends(text))[0])


def unify_line_ends(text: str) -> str:
    """Turn every line end (CRLF, CR, form feed, Unicode's separators) into a line feed."""
    return _LINE_ENDS.sub("\n", text)


def drop_invisible(text: str) -> tuple[str, int]:
    """Drop characters that nobody sees. Returns the text and the number of characters that were dropped.

    A zero width joiner or non-joiner stays where it decides the shape of what is before it.
    """
    text, dropped = _INVISIBLE.subn("", text)
    if "\u200c" in text or "\u200d" in text:
        before = len(text)
        text = _JOINERS.sub(_joiner, text)
        dropped += before - len(text)
    return text, dropped


def drop_gutenberg(text: str) -> str:
    """Drop Project Gutenberg's header and license, if the text has the lines that bound them."""
    start = _START.search(text)
    if start is not None:
        text = text[start.end() :]
    end = _END.search(text)
    if end is not None:
        text = text[: end.start()]
    return text.strip("\n") + "\n" if start is not None or end is not None else text


def _joiner(found: re.Match[str]) -> str:
    before = found.string[found.start() - 1 : found.start()]
    return found[0] if before and unicodedata.category(before) in _JOINED else ""
