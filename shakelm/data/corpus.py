"""Corpora: named ones, which are downloaded once and verified, and local text files."""

import codecs
import hashlib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shakelm.errors import ShakelmError
from shakelm.files import write_atomically

if TYPE_CHECKING:
    import requests

OnProgress = Callable[[int, int | None], None]
"""Called with the bytes downloaded so far and the total, which is None if the server does not say."""

ATTEMPTS = 4
CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 30
CHUNK_BYTES = 64 * 1024

_GIVE_A_FILE = "give a UTF-8 text file of your own with `--corpus FILE` or SHAKELM_CORPUS"


@dataclass(frozen=True)
class NamedCorpus:
    """A corpus with a name: its address, the SHA-256 of its bytes, its title and its length in characters."""

    address: str
    sha256: str
    title: str
    characters: int


NAMED: Mapping[str, NamedCorpus] = {
    "shakespeare": NamedCorpus(
        address="https://storage.googleapis.com/download.tensorflow.org/data/shakespeare.txt",
        sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        title="Speeches from the plays of William Shakespeare",
        characters=1_115_394,
    ),
}


@dataclass(frozen=True)
class Corpus:
    """A text to learn from, normalized, and the SHA-256 of the bytes that it was read from."""

    name: str
    text: str
    sha256: str


def load(
    source: str,
    cache: Path | None = None,
    on_progress: OnProgress | None = None,
    named: Mapping[str, NamedCorpus] = NAMED,
) -> Corpus:
    """Load the corpus of that name, or the UTF-8 text file at that path.

    A named corpus comes from the folder `cache` (by default `default_cache()`). It is downloaded to that
    folder if it is missing or damaged there.

    Raises:
        ShakelmError: the file is missing, empty, binary, not UTF-8 or unreadable; or the download fails or
            has the wrong checksum.
    """
    if source in named:
        data = _named(source, named[source], cache or default_cache(), on_progress)
        return Corpus(source, _decode(data, source), named[source].sha256)
    data = _local(Path(source), named)
    return Corpus(Path(source).name, _decode(data, source), _sha256(data))


def default_cache() -> Path:
    """Return the user's cache folder for downloaded corpora. It may not exist yet."""
    from platformdirs import user_cache_path

    return user_cache_path("shakelm", appauthor=False)


def cached(name: str, cache: Path) -> Path:
    """Return the path of a named corpus in the cache folder. It exists once the corpus was downloaded."""
    return cache / f"{name}.txt"


def is_intact(path: Path, corpus: NamedCorpus) -> bool:
    """Return whether the file exists, can be read and has the checksum of the corpus."""
    try:
        return _sha256(path.read_bytes()) == corpus.sha256
    except OSError:
        return False


def normalize(text: str) -> str:
    """Drop a byte order mark, turn every line end into a line feed, and compose letters (Unicode NFC)."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", text)


def _local(path: Path, named: Mapping[str, NamedCorpus]) -> bytes:
    try:
        if path.is_file():
            return path.read_bytes()
        there, folder = path.exists(), path.is_dir()
    except OSError as error:
        raise ShakelmError(
            f"{str(path)!r} cannot be read ({error.strerror}): check its name and permissions, "
            "or give another UTF-8 text file."
        ) from error
    if there:
        kind = "a folder" if folder else "not a regular file"
        raise ShakelmError(f"{str(path)!r} is {kind}: give a UTF-8 text file.")
    or_named = f", or a known name ({', '.join(sorted(named))})" if named else ""
    raise ShakelmError(f"There is no file {str(path)!r}: give the path of a UTF-8 text file{or_named}.")


def _decode(data: bytes, source: str) -> str:
    """Decode UTF-8, or UTF-16 with its mark at the start."""
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
    if b"\0" in data and encoding == "utf-8":
        raise ShakelmError(f"{source!r} is a binary file: give a UTF-8 text file.")
    try:
        text = normalize(data.decode(encoding))
    except UnicodeDecodeError as error:
        raise ShakelmError(
            f"{source!r} is not {encoding.upper()} text (byte {error.start} is invalid; perhaps it is "
            "Windows-1252 or Latin-1): save it as UTF-8, or give another text file."
        ) from error
    if not text.strip():
        raise ShakelmError(f"{source!r} is empty: give a UTF-8 text file with text to learn from.")
    return text


def _named(name: str, corpus: NamedCorpus, cache: Path, on_progress: OnProgress | None) -> bytes:
    path = cached(name, cache)
    if is_intact(path, corpus):
        return path.read_bytes()
    data = _download(name, corpus, on_progress)
    if _sha256(data) != corpus.sha256:
        raise ShakelmError(
            f"What {corpus.address} sent is not the corpus {name!r} (its SHA-256 is {_sha256(data)}, not "
            f"{corpus.sha256}) and was not kept: try again later, or {_GIVE_A_FILE}."
        )
    try:
        cache.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data)
    except OSError as error:
        raise ShakelmError(
            f"The corpus cannot be kept in {cache} ({error.strerror}): make that folder writable, "
            f"or {_GIVE_A_FILE}."
        ) from error
    return data


def _download(name: str, corpus: NamedCorpus, on_progress: OnProgress | None) -> bytes:
    import requests
    from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

    attempts = Retrying(
        retry=retry_if_exception(_may_pass),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential(multiplier=0.5),
        reraise=True,
    )
    try:
        return attempts(_fetch, corpus.address, on_progress)
    except requests.RequestException as error:
        raise ShakelmError(
            f"The corpus {name!r} is not in the cache and could not be downloaded from {corpus.address} "
            f"({_cause(error)}): check the network connection, or {_GIVE_A_FILE}."
        ) from error


def _fetch(address: str, on_progress: OnProgress | None) -> bytes:
    import requests

    # Without compression the stated length counts the bytes that arrive.
    headers = {"Accept-Encoding": "identity"}
    timeout = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
    with requests.get(address, headers=headers, timeout=timeout, stream=True) as response:
        response.raise_for_status()
        stated = response.headers.get("Content-Length", "")
        total = int(stated) if stated.isdecimal() else None
        data = bytearray()
        for chunk in response.iter_content(CHUNK_BYTES):
            data += chunk
            if on_progress is not None:
                on_progress(len(data), total)
    return bytes(data)


def _may_pass(error: BaseException) -> bool:
    """Return whether another attempt may help: after a lost connection, a timeout or a server error."""
    import requests

    if isinstance(error, requests.HTTPError):
        return error.response.status_code >= 500
    passing = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    return isinstance(error, passing)


def _cause(error: "requests.RequestException") -> str:
    import requests

    if error.response is not None:
        return f"the server answered {error.response.status_code} {error.response.reason}".rstrip()
    if isinstance(error, requests.Timeout):
        return "the server did not answer in time"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the transfer broke off"
    return "no connection"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
