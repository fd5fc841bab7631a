"""Corpora: local files, and downloads from a real server on loopback that misbehaves on request."""

import hashlib
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from shakelm.data import corpus
from shakelm.data.corpus import ATTEMPTS, NamedCorpus
from shakelm.errors import ShakelmError

TEXT = "First Citizen:\nBefore we proceed any further, hear me speak.\n" * 5000
DATA = TEXT.encode()


class Server:
    """Serves `DATA` at `/`; `answers` says how the next requests are answered, the last one for ever."""

    def __init__(self) -> None:
        self.answers = ["good"]
        self.requests = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.requests += 1
                answer = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
                body = DATA.replace(b"we", b"us") if answer == "changed" else DATA
                status = int(answer) if answer.isdecimal() else 200
                self.send_response(status)
                self.send_header("Content-Length", str(len(body) if status == 200 else 0))
                self.end_headers()
                if status == 200:
                    self.wfile.write(body[: len(body) // 2] if answer == "truncated" else body)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def named(self, path: str = "/") -> dict[str, NamedCorpus]:
        address = f"http://127.0.0.1:{self.http.server_port}{path}"
        return {"citizens": NamedCorpus(address, hashlib.sha256(DATA).hexdigest(), "Citizens", len(TEXT))}


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[Server]:
    served = Server()
    thread = Thread(target=served.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    served.http.shutdown()
    thread.join()
    served.http.server_close()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "shakelm"


def test_a_named_corpus_is_downloaded_once_with_progress(server: Server, cache: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    first = corpus.load("citizens", cache, lambda done, total: seen.append((done, total)), server.named())
    assert (first.name, first.text) == ("citizens", TEXT)
    assert first.sha256 == hashlib.sha256(DATA).hexdigest()
    assert len(seen) > 1
    assert seen == sorted(seen)
    assert seen[-1] == (len(DATA), len(DATA))
    assert corpus.load("citizens", cache, named=server.named()) == first
    assert server.requests == 1
    assert [path.name for path in cache.iterdir()] == ["citizens.txt"]


def test_a_cached_corpus_needs_no_server(server: Server, cache: Path) -> None:
    cache.mkdir(parents=True)
    corpus.cached("citizens", cache).write_bytes(DATA)
    assert corpus.load("citizens", cache, named=server.named()).text == TEXT
    assert server.requests == 0


def test_a_damaged_cache_is_replaced(server: Server, cache: Path) -> None:
    cache.mkdir(parents=True)
    corpus.cached("citizens", cache).write_bytes(DATA[:-1])
    assert corpus.load("citizens", cache, named=server.named()).text == TEXT
    assert corpus.cached("citizens", cache).read_bytes() == DATA


@pytest.mark.parametrize("fault", ["503", "truncated"])
def test_a_passing_fault_is_tried_again(server: Server, cache: Path, fault: str) -> None:
    server.answers = [fault, "good"]
    assert corpus.load("citizens", cache, named=server.named()).text == TEXT
    assert server.requests == 2


@pytest.mark.parametrize(
    ("fault", "requests", "cause"),
    [
        ("503", ATTEMPTS, "the server answered 503"),
        ("truncated", ATTEMPTS, "the transfer broke off"),
        ("404", 1, "the server answered 404"),
        ("changed", 1, "is not the corpus 'citizens'"),
    ],
)
def test_a_lasting_fault_is_told_and_nothing_is_kept(
    server: Server, cache: Path, fault: str, requests: int, cause: str
) -> None:
    server.answers = [fault]
    with pytest.raises(ShakelmError, match=cause) as raised:
        corpus.load("citizens", cache, named=server.named())
    assert "--corpus FILE" in str(raised.value)
    assert server.requests == requests
    assert not cache.exists()


def test_offline_without_a_cache_says_how_to_give_a_file(cache: Path) -> None:
    with socket.socket() as bound:  # bound but not listening: connections are refused
        bound.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{bound.getsockname()[1]}/"
        with pytest.raises(ShakelmError, match=r"no connection.*--corpus FILE.*SHAKELM_CORPUS"):
            corpus.load("citizens", cache, named={"citizens": NamedCorpus(address, "0" * 64, "Citizens", 1)})


def test_a_cache_that_cannot_be_written_is_told(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ShakelmError, match="cannot be kept in"):
        corpus.load("citizens", tmp_path / "file" / "cache", named=server.named())


def test_a_local_file_is_normalized_and_hashed_as_it_lies_there(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbf" + "To be,\r\nor not\rto be\ne\u0301\n".encode()
    (tmp_path / "hamlet.txt").write_bytes(data)
    loaded = corpus.load(str(tmp_path / "hamlet.txt"))
    assert loaded.name == "hamlet.txt"
    assert loaded.text == "To be,\nor not\nto be\n\u00e9\n"
    assert loaded.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n", "is empty"),
        (b"text\0text", "is a binary file"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is a binary file"),
        ("caf\u00e9".encode("latin-1"), r"is not UTF-8 text \(byte 3 "),
    ],
)
def test_a_file_without_text_is_refused(tmp_path: Path, data: bytes, cause: str) -> None:
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(ShakelmError, match=cause):
        corpus.load(str(tmp_path / "file"))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ShakelmError, match="is a folder"):
        corpus.load(str(tmp_path))
    with pytest.raises(ShakelmError, match="not a regular file"):
        corpus.load("/dev/null")
    with pytest.raises(ShakelmError, match="cannot be read"):
        corpus.load("long" * 1000)
    with pytest.raises(ShakelmError, match=r"no file 'shakespear': .*known name \(shakespeare\)"):
        corpus.load("shakespear")
