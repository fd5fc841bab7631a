"""Corpora from files and folders."""

import hashlib
from pathlib import Path

import pytest

from shakelm.data import corpus
from shakelm.data.text_reading import Reading
from shakelm.errors import ShakelmError


def test_a_local_file_is_cleaned_and_hashed_as_it_lies_there(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbf" + "To be,\r\nor not\rto be\ne\u0301\n".encode()
    (tmp_path / "hamlet.txt").write_bytes(data)
    loaded = corpus.load(str(tmp_path / "hamlet.txt"))
    assert loaded.name == "hamlet.txt"
    assert loaded.text == "To be,\nor not\nto be\n\u00e9\n"
    assert loaded.sha256 == hashlib.sha256(data).hexdigest()
    assert loaded.held_out == 0
    assert loaded.reading == Reading(("UTF-8 with BOM",), line_ends=True, composed=True)


def write_poems(folder: Path) -> None:
    folder.mkdir()
    (folder / "b.txt").write_bytes("caf\u00e9\n".encode("latin-1"))
    (folder / "a.TXT").write_bytes(b"no end")
    (folder / "c.txt").write_bytes(b"dog\r\n")
    (folder / "picture.png").write_bytes(bytes(range(256)))


def test_a_folder_is_one_corpus_of_its_text_files(tmp_path: Path) -> None:
    write_poems(tmp_path / "poems")
    loaded = corpus.load(str(tmp_path / "poems"))
    assert loaded.name == "poems"
    assert loaded.text == "no end\n\ncaf\u00e9\n\ndog\n"
    assert loaded.sha256 == hashlib.sha256(b"no endcaf\xe9\ndog\r\n").hexdigest()
    assert loaded.reading == Reading(("UTF-8", "Latin-1"), line_ends=True)


def test_several_sources_are_one_corpus_in_their_order(tmp_path: Path) -> None:
    write_poems(tmp_path / "poems")
    (tmp_path / "own.txt").write_text("own\n")
    loaded = corpus.load([str(tmp_path / "own.txt"), str(tmp_path / "poems" / "b.txt")])
    assert loaded.name == "own.txt+b.txt"
    assert loaded.text == "own\n\ncaf\u00e9\n"
    assert loaded.sha256 == hashlib.sha256(b"own\ncaf\xe9\n").hexdigest()
    assert loaded.reading.encodings == ("UTF-8", "Latin-1")


def test_one_bad_file_of_a_folder_is_named(tmp_path: Path) -> None:
    write_poems(tmp_path / "poems")
    (tmp_path / "poems" / "d.txt").write_bytes(b"{\\rtf1 hello}")
    with pytest.raises(ShakelmError, match=r"d\.txt' is in the format RTF"):
        corpus.load(str(tmp_path / "poems"))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ShakelmError, match="has no text file"):
        corpus.load(str(tmp_path))
    with pytest.raises(ShakelmError, match="not a regular file"):
        corpus.load("/dev/null")
    with pytest.raises(ShakelmError, match="cannot be read"):
        corpus.load("long" * 1000)
    known = "quijote, shakespeare, shakespeare-plays"
    with pytest.raises(ShakelmError, match=rf"no file 'shakespear': .*known name \({known}\)"):
        corpus.load("shakespear")
