"""Corpora: named ones, and text files and folders of one's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shakelm.data import corpus_downloads, text_reading
from shakelm.data.corpus_downloads import OnProgress, default_cache, sha256
from shakelm.data.named_corpora import NAMED, NamedCorpus
from shakelm.data.text_reading import Reading
from shakelm.errors import ShakelmError


@dataclass(frozen=True)
class Corpus:
    """A text to learn from.

    Attributes:
        name: what it is called.
        text: its text, clean as by `text_cleaning.clean`.
        sha256: the SHA-256 of the bytes that it was read from, one file after another.
        held_out: the number of characters at the end that are held out; 0 for the split's own share.
        reading: how its files were read; that of a named corpus is not told.
    """

    name: str
    text: str
    sha256: str
    held_out: int = 0
    reading: Reading = field(default_factory=Reading)


def load(
    source: str | Sequence[str],
    cache: Path | None = None,
    on_progress: OnProgress | None = None,
    named: Mapping[str, NamedCorpus] = NAMED,
) -> Corpus:
    """Load the corpus of that name, the text file at that path, or the text files of that folder.

    Several sources make one corpus, in their order. Only a named corpus alone says what is held out.

    A named corpus comes from the folder `cache` (by default `default_cache()`). It is downloaded to that
    folder if it is missing or damaged there.

    Raises:
        ShakelmError: a file is missing or unreadable, or its text cannot be read (`text_reading.read`); or
            the download fails or has the wrong checksum.
    """
    sources = [source] if isinstance(source, str) else list(source)
    loaded = [
        _named(each, named[each], cache or default_cache(), on_progress)
        if each in named
        else _local(Path(each), named)
        for each in sources
    ]
    return loaded[0][0] if len(loaded) == 1 else _joined(loaded)


def _joined(loaded: list[tuple[Corpus, bytes]]) -> Corpus:
    corpora = [corpus for corpus, _ in loaded]
    return Corpus(
        name="+".join(corpus.name for corpus in corpora),
        text=_join([corpus.text for corpus in corpora]),
        sha256=sha256(b"".join(data for _, data in loaded)),
        reading=text_reading.combined(corpus.reading for corpus in corpora),
    )


def _named(
    name: str, corpus: NamedCorpus, cache: Path, on_progress: OnProgress | None
) -> tuple[Corpus, bytes]:
    """A named corpus and its bytes."""
    files = corpus_downloads.files(name, corpus, cache, on_progress)
    texts = [corpus.form(text_reading.read(data, file.name)[0]) for file, data in files.items()]
    held_out = texts[len(corpus.files) :]
    data = b"".join(files.values())
    return Corpus(name, _join(texts), sha256(data), held_out=len(_join(held_out))), data


def _local(path: Path, named: Mapping[str, NamedCorpus]) -> tuple[Corpus, bytes]:
    """The text of a file or of a folder's text files, and its bytes."""
    files = _files(path, named)
    contents = [_bytes(file) for file in files]
    texts, readings = zip(
        *(text_reading.read(data, str(file)) for file, data in zip(files, contents, strict=True)), strict=True
    )
    data = b"".join(contents)
    name = path.name or path.resolve().name
    return Corpus(name, _join(texts), sha256(data), reading=text_reading.combined(readings)), data


def _files(path: Path, named: Mapping[str, NamedCorpus]) -> list[Path]:
    """The file at a path, or the text files of the folder there, by their names."""
    try:
        if path.is_file():
            return [path]
        if path.is_dir():
            texts = sorted(
                file for file in path.iterdir() if file.suffix.lower() == ".txt" and file.is_file()
            )
        else:
            raise _no_file(path, path.exists(), named)
    except OSError as error:
        raise _unreadable(path, error) from error
    if not texts:
        raise ShakelmError(f"The folder {str(path)!r} has no text file: put files there that end in .txt.")
    return texts


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def _no_file(path: Path, there: bool, named: Mapping[str, NamedCorpus]) -> ShakelmError:
    if there:
        return ShakelmError(f"{str(path)!r} is not a regular file: give a text file.")
    or_named = f", or a known name ({', '.join(sorted(named))})" if named else ""
    return ShakelmError(f"There is no file {str(path)!r}: give the path of a text file or folder{or_named}.")


def _unreadable(path: Path, error: OSError) -> ShakelmError:
    return ShakelmError(
        f"{str(path)!r} cannot be read ({error.strerror}): check its name and permissions, "
        "or give another text file."
    )


def _join(texts: Sequence[str]) -> str:
    """One text as it is; several with a blank line between them."""
    if len(texts) < 2:
        return "".join(texts)
    return "\n".join(text if text.endswith("\n") else f"{text}\n" for text in texts)
