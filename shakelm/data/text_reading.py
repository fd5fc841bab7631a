"""Text files as people have them: which encoding they are in, and what is removed from them."""

import codecs
import re
import string
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from shakelm.data import text_cleaning
from shakelm.errors import ShakelmError

PLAIN = ("UTF-8",)
"""The encodings of texts that nobody needs to be told about."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8 with BOM"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32 LE"),  # before UTF-16 LE, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32 BE"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16 LE"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16 BE"),
)
_DOCUMENTS = (
    (b"{\\rtf", "RTF"),
    (b"%PDF-", "PDF"),
    (b"PK\x03\x04", "Word, OpenDocument or ZIP"),
    (b"\xd0\xcf\x11\xe0", "Word"),
)
"""How files of other programs begin, and what their formats are called."""

_HTML = re.compile(r"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)

_MAX_CONTROLS = 0.01
"""Text has hardly any control characters; a file with a larger share of them is binary."""

_MAX_HIGH = 0.45
"""In Western languages a smaller share of letters has an accent, even with many quotes among short words. In
Cyrillic, Greek or Chinese nearly all bytes are above 127."""

_HIGH = bytes(range(0x80, 0x100))
_OF_WINDOWS = bytes(range(0x80, 0xA0))
"""Letters and quotes in Windows-1252, control characters in Latin-1."""
_LETTERS = string.ascii_letters.encode()

_SAMPLE = 100_000
"""Characters that tell whether zero bytes are those of UTF-16."""


@dataclass(frozen=True)
class Reading:
    """How texts were read.

    Attributes:
        encodings: the encodings of the files, by name, each once; UTF-8 without a mark included.
        line_ends: whether line ends other than a line feed were replaced.
        invisible: the number of invisible characters that were removed.
        composed: whether letters and accents that stood apart were composed (Unicode NFC).
        gutenberg: whether Project Gutenberg's header or license was removed.
    """

    encodings: tuple[str, ...] = PLAIN
    line_ends: bool = False
    invisible: int = 0
    composed: bool = False
    gutenberg: bool = False

    @property
    def summary(self) -> str:
        """What was done, in one line without a period; empty for plain UTF-8 that stayed as it was."""
        done = []
        if self.encodings != PLAIN:
            done.append(f"read as {' and '.join(self.encodings)}")
        if self.line_ends:
            done.append("replaced line ends")
        if self.invisible:
            plural = "" if self.invisible == 1 else "s"
            done.append(f"removed {self.invisible:,} invisible character{plural}")
        if self.composed:
            done.append("composed accents")
        if self.gutenberg:
            done.append("removed Project Gutenberg's header and license")
        return "; ".join(done)


def combined(readings: Iterable[Reading]) -> Reading:
    """Several readings as one."""
    readings = list(readings)
    return Reading(
        encodings=tuple(dict.fromkeys(name for each in readings for name in each.encodings)),
        line_ends=any(each.line_ends for each in readings),
        invisible=sum(each.invisible for each in readings),
        composed=any(each.composed for each in readings),
        gutenberg=any(each.gutenberg for each in readings),
    )


def read(data: bytes, source: str) -> tuple[str, Reading]:
    """Read the bytes of a text file. `source` is what errors call it.

    The text is clean as by `text_cleaning.clean`, and without Project Gutenberg's header and license.

    Raises:
        ShakelmError: the file is binary, a document of another kind, in an unknown encoding, damaged, or
            empty.
    """
    for beginning, format_ in _DOCUMENTS:
        if data.startswith(beginning):
            raise _document(source, format_)
    text, encoding = _decode(data, source)
    if _HTML.match(text[:5000]):
        raise _document(source, "HTML")
    lines = text_cleaning.unify_line_ends(text)
    kept = text_cleaning.drop_gutenberg(lines)
    visible, invisible = text_cleaning.drop_invisible(kept)
    if _controls(kept) > _MAX_CONTROLS * len(kept):
        raise _binary(source)
    composed = unicodedata.normalize("NFC", visible)
    if not composed.strip():
        raise ShakelmError(
            f"{source!r} is empty: give a text file with text to learn from.",
            key="refusal.corpus_empty",
            name=source,
        )
    return composed, Reading(
        encodings=(encoding,),
        line_ends=lines != text,
        invisible=invisible,
        composed=composed != visible,
        gutenberg=kept != lines,
    )


def _decode(data: bytes, source: str) -> tuple[str, str]:
    """The text of a file, and the name of its encoding.

    A mark at the beginning decides. Without one, a file with zero bytes is UTF-16, or binary; what is valid
    UTF-8 is UTF-8; and another file is Windows-1252, or Latin-1 if it has no byte that they read differently.
    """
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            return _strictly(data, len(mark), codec, name, source), name
    if b"\0" in data:
        return _unmarked_utf_16(data, source)
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError as error:
        _refuse_damaged_utf_8(data, source, error)
    high, letters = _count(data, _HIGH), _count(data, _LETTERS)
    if high <= _MAX_HIGH * (high + letters):
        name = "Windows-1252" if _count(data, _OF_WINDOWS) else "Latin-1"
        try:
            return data.decode("windows-1252"), name
        except UnicodeDecodeError:  # a few bytes mean nothing in Windows-1252
            pass
    raise ShakelmError(
        f"{source!r} is in an encoding that cannot be told: save it as UTF-8, or give another text file.",
        key="refusal.corpus_unknown_encoding",
        name=source,
    )


def _strictly(data: bytes, start: int, codec: str, name: str, source: str) -> str:
    try:
        return data[start:].decode(codec)
    except UnicodeDecodeError as error:
        raise _damaged(source, name, start + error.start) from error


def _unmarked_utf_16(data: bytes, source: str) -> tuple[str, str]:
    """Blanks, line ends and ASCII letters have a zero byte, always on the same side."""
    even, odd = data[::2].count(0), data[1::2].count(0)
    codec, name = ("utf-16-le", "UTF-16 LE") if odd > even else ("utf-16-be", "UTF-16 BE")
    if min(even, odd) <= max(even, odd) // 100:
        sample = data[: 2 * _SAMPLE].decode(codec, "replace")
        unlikely = sum(
            unicodedata.category(each) in ("Cc", "Cn", "Co") or each == "\ufffd"
            for each in sample
            if each not in "\t\r\n"
        )
        if unlikely <= _MAX_CONTROLS * len(sample):
            return _strictly(data, 0, codec, name, source), name
    raise _binary(source)


def _refuse_damaged_utf_8(data: bytes, source: str, error: UnicodeDecodeError) -> None:
    """Refuse UTF-8 with a few wrong bytes: read as Windows-1252, it would be full of wrong letters."""
    text = data.decode("utf-8", "ignore")
    wrong = len(data) - len(text.encode())
    right = len(text) - len(text.encode("ascii", "ignore"))
    if right >= wrong:
        raise _damaged(source, "UTF-8", error.start) from error


def _count(data: bytes, wanted: bytes) -> int:
    return len(data) - len(data.translate(None, wanted))


def _controls(text: str) -> int:
    return sum(text.count(chr(code)) for code in range(0x20) if chr(code) not in "\t\n\x1a")


def _document(source: str, format_: str) -> ShakelmError:
    return ShakelmError(
        f"{source!r} is in the format {format_}: save it as plain text, or give another text file.",
        key="refusal.corpus_format",
        name=source,
        format=format_,
    )


def _binary(source: str) -> ShakelmError:
    return ShakelmError(
        f"{source!r} is a binary file: give a plain text file.", key="refusal.corpus_binary", name=source
    )


def _damaged(source: str, encoding: str, byte: int) -> ShakelmError:
    return ShakelmError(
        f"{source!r} is not valid {encoding} text (byte {byte} is wrong): save it as UTF-8, or give another "
        "text file.",
        key="refusal.corpus_encoding",
        name=source,
        encoding=encoding,
        byte=byte,
    )
