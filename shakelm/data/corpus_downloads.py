"""The files of named corpora: downloaded once, kept in a folder, and verified by their checksums."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from shakelm.data.named_corpora import CorpusFile, NamedCorpus
from shakelm.errors import ShakelmError
from shakelm.files import write_atomically

if TYPE_CHECKING:
    import requests

OnProgress = Callable[[int, int | None], None]
"""Called with the bytes of a corpus downloaded so far, and their total, which is None if it is not known."""

ATTEMPTS = 4
CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 30
CHUNK_BYTES = 64 * 1024

_GIVE_A_FILE = "give a text file of your own with `--corpus FILE` or SHAKELM_CORPUS"


def default_cache() -> Path:
    """Return the user's cache folder for downloaded corpora. It may not exist yet."""
    from platformdirs import user_cache_path

    return user_cache_path("shakelm", appauthor=False)


def paths(name: str, corpus: NamedCorpus, cache: Path) -> dict[CorpusFile, Path]:
    """Return the path in the cache folder of each file of a corpus, the held-out ones last.

    A file exists once the corpus was downloaded. Several files share a folder.
    """
    files = (*corpus.files, *corpus.held_out)
    return {file: cache / f"{name}.txt" if len(files) == 1 else cache / name / file.name for file in files}


def is_intact(path: Path, file: CorpusFile) -> bool:
    """Return whether the file exists, can be read and has its checksum."""
    try:
        return sha256(path.read_bytes()) == file.sha256
    except OSError:
        return False


def files(
    name: str, corpus: NamedCorpus, cache: Path, on_progress: OnProgress | None
) -> dict[CorpusFile, bytes]:
    """Return the bytes of each file of a corpus. What is missing or damaged in the cache is downloaded.

    Raises:
        ShakelmError: a download fails or has the wrong checksum, or the cache folder cannot be written.
    """
    found: dict[CorpusFile, bytes] = {}
    done = 0
    for file, path in (kept := paths(name, corpus, cache)).items():
        if not is_intact(path, file):

            def report(
                of_file: int, total: int | None, before: int = done, alone: bool = len(kept) == 1
            ) -> None:
                if on_progress is not None:
                    on_progress(before + of_file, total if alone else None)

            data = _download(name, corpus, file, report)
            done += len(data)
            _keep(path, data, cache)
        found[file] = path.read_bytes()
    return found


def sha256(data: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def _keep(path: Path, data: bytes, cache: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data)
    except OSError as error:
        raise ShakelmError(
            f"The corpus cannot be kept in {cache} ({error.strerror}): make that folder writable, "
            f"or {_GIVE_A_FILE}."
        ) from error


def _download(name: str, corpus: NamedCorpus, file: CorpusFile, on_progress: OnProgress) -> bytes:
    """Download a file from the first address that has it, with its checksum."""
    problems = []
    for address in (each.replace("{file}", file.name) for each in corpus.addresses):
        data, problem = _try(address, file, on_progress)
        if data is not None:
            return data
        problems.append(f"{address}: {problem}")
    raise ShakelmError(
        f"The corpus {name!r} is not in the cache and could not be downloaded ({'; '.join(problems)}): check "
        f"the network connection, try again later, or {_GIVE_A_FILE}.",
        key="refusal.corpus_download",
        name=name,
    )


def _try(address: str, file: CorpusFile, on_progress: OnProgress) -> tuple[bytes | None, str]:
    """The bytes of a file, or None and the reason."""
    import requests
    from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

    attempts = Retrying(
        retry=retry_if_exception(_may_pass),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential(multiplier=0.5),
        reraise=True,
    )
    try:
        data = attempts(_fetch, address, on_progress)
    except requests.RequestException as error:
        return None, _cause(error)
    if sha256(data) != file.sha256:
        return None, f"its SHA-256 is {sha256(data)}, not {file.sha256}"
    return data, ""


def _fetch(address: str, on_progress: OnProgress) -> bytes:
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
