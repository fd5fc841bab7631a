"""Files as people have them: which are read and as what, and which are refused."""

import io
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shakelm.data.text_reading import Reading, combined, read
from shakelm.errors import ShakelmError

FRENCH = "Le cœur a ses raisons que la raison ne connaît point ; l’été à Paris, 5 €.\n"
SPANISH = "En un lugar de la Mancha, de cuyo nombre no quiero acordarme, vivía un hidalgo señor.\n"
CHINESE = "天地玄黃宇宙洪荒\n"
RUSSIAN = "Быть или не быть, вот в чём вопрос.\n"


@pytest.mark.parametrize("times", [1, 500])
@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        ("plain ASCII\n", "ascii", "UTF-8"),
        (FRENCH, "utf-8", "UTF-8"),
        (FRENCH, "utf-8-sig", "UTF-8 with BOM"),
        (CHINESE, "utf-8", "UTF-8"),
        (RUSSIAN, "utf-8", "UTF-8"),
        *((text, "utf-16-le", "UTF-16 LE") for text in (FRENCH, CHINESE, RUSSIAN, "plain ASCII\n")),
        *((text, "utf-16-be", "UTF-16 BE") for text in (FRENCH, CHINESE, RUSSIAN, "plain ASCII\n")),
        (SPANISH, "latin-1", "Latin-1"),
        (FRENCH, "windows-1252", "Windows-1252"),
        ("He said “don’t” — and left.\n", "windows-1252", "Windows-1252"),
        ("Über allen Gipfeln ist Ruh, in allen Wipfeln spürest du kaum einen Hauch.\n", "cp1252", "Latin-1"),
    ],
)
def test_an_encoding_is_told_in_small_and_in_large_files(
    text: str, codec: str, name: str, times: int
) -> None:
    assert read((text * times).encode(codec), "file") == (text * times, Reading((name,)))


@pytest.mark.parametrize(
    ("codec", "mark", "name"),
    [
        ("utf-16-le", b"\xff\xfe", "UTF-16 LE"),
        ("utf-16-be", b"\xfe\xff", "UTF-16 BE"),
        ("utf-32-le", b"\xff\xfe\0\0", "UTF-32 LE"),
        ("utf-32-be", b"\0\0\xfe\xff", "UTF-32 BE"),
    ],
)
def test_a_mark_decides(codec: str, mark: bytes, name: str) -> None:
    text = "天地玄黃宇宙洪荒"  # without a single zero byte in UTF-16
    assert read(mark + text.encode(codec), "file") == (text, Reading((name,)))


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Zl", "Zp"))))
def test_any_text_in_utf_8_comes_back(text: str) -> None:
    assume(text.strip() and not text.startswith(("%PDF-", "{\\rtf", "PK\x03", "<")))
    cleaned, reading = read(text.encode(), "file")
    assert reading.encodings == ("UTF-8",)
    assert read(cleaned.encode("utf-16"), "file")[0] == cleaned


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word/document.xml", "<w:p>Hello</w:p>")
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "part", "key"),
    [
        (b"", "is empty", "empty"),
        (b"\xef\xbb\xbf \r\n\x1a", "is empty", "empty"),
        (b"text\0text", "is a binary file", "binary"),
        (bytes(range(256)) * 20, "is a binary file", "binary"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is a binary file", "binary"),
        (bytes(range(1, 32)) * 20, "is a binary file", "binary"),
        (rb"{\rtf1\ansi Hello \'e9}", "is in the format RTF", "format"),
        (b"\xef\xbb\xbf<!DOCTYPE html>\n<p>Hello", "is in the format HTML", "format"),
        (b"<?xml version='1.0'?>\n<!-- page -->\n<HTML lang=en>", "is in the format HTML", "format"),
        (b"%PDF-1.7\n%\xe2\xe3", "is in the format PDF", "format"),
        (zipped(), "is in the format Word, OpenDocument or ZIP", "format"),
        (RUSSIAN.encode("koi8-r"), "encoding that cannot be told", "unknown_encoding"),
        ("Γνώθι σαυτόν.\n".encode("iso8859-7"), "encoding that cannot be told", "unknown_encoding"),
        (
            "いろはにほへと ちりぬるを\n".encode("shift-jis"),
            "encoding that cannot be told",
            "unknown_encoding",
        ),
        (RUSSIAN.encode("windows-1251"), "encoding that cannot be told", "unknown_encoding"),
        (CHINESE.encode("gb18030"), "encoding that cannot be told", "unknown_encoding"),
        (b"caf\x81 and more text", "encoding that cannot be told", "unknown_encoding"),
        (FRENCH.encode() + b"\xe9\n", r"not valid UTF-8 text \(byte 84 is wrong\)", "encoding"),
        ("cœœ".encode()[:-1], r"not valid UTF-8 text \(byte 3 is wrong\)", "encoding"),
        (b"\xff\xfe" + "ab".encode("utf-16-le") + b"c", r"not valid UTF-16 LE text \(byte 6 ", "encoding"),
    ],
)
def test_what_is_no_text_is_refused_with_a_sentence(data: bytes, part: str, key: str) -> None:
    with pytest.raises(ShakelmError, match=part) as refused:
        read(data, "notes.txt")
    assert str(refused.value).startswith("'notes.txt' is ")
    assert refused.value.key == f"refusal.corpus_{key}"


def test_tags_within_a_text_are_text() -> None:
    assert read(b"In HTML, <html> begins a page.\n", "file")[0] == "In HTML, <html> begins a page.\n"


def test_what_was_done_is_told_in_one_line() -> None:
    data = (
        "Produced for Project Gutenberg\r\n*** START OF THE PROJECT GUTENBERG EBOOK FAUST ***\r\n"
        "Habe nun, ach\u2026 e\u0301\r\n*** END OF THE PROJECT GUTENBERG EBOOK FAUST ***\r\nLicense\x1a"
    ).encode("utf-16")
    text, reading = read(data.replace("ach".encode("utf-16-le"), "a\ufeffch".encode("utf-16-le")), "file")
    assert text == "Habe nun, ach\u2026 \u00e9\n"
    assert reading.summary == (
        "read as UTF-16 LE; replaced line ends; removed 1 invisible character; composed accents; removed "
        "Project Gutenberg's header and license"
    )
    assert Reading().summary == ""
    both = combined([reading, Reading(invisible=2), Reading()])
    assert both == Reading(("UTF-16 LE", "UTF-8"), True, 3, True, True)


@pytest.mark.parametrize("codec", ["utf-8", "windows-1252", "utf-16-le"])
def test_20_mb_are_read_in_seconds(codec: str) -> None:
    data = (SPANISH.replace("\n", "\r\n") * 260_000).encode(codec)[: 20 * 10**6]
    started = time.monotonic()
    text, reading = read(data, "large.txt")
    assert time.monotonic() - started < 20
    assert text.count(SPANISH) == len(data) // len(SPANISH.replace("\n", "\r\n").encode(codec))
    assert reading.line_ends


def test_the_readme_is_plain_text() -> None:
    page = Path(__file__).parents[3] / "README.md"
    assert read(page.read_bytes(), "README.md") == (page.read_text(encoding="utf-8"), Reading())
