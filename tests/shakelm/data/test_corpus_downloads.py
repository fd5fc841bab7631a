"""Downloads of named corpora, from a real server on loopback that misbehaves on request."""

import hashlib
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from shakelm.data import corpus
from shakelm.data.corpus_downloads import ATTEMPTS
from shakelm.data.named_corpora import CorpusFile, NamedCorpus
from shakelm.errors import ShakelmError

TEXT = "First Citizen:\nBefore we proceed any further, hear me speak.\n" * 5000
DATA = TEXT.encode()


class Server:
    """Serves `DATA`; `answers` says how the next requests are answered, the last one for ever.

    Below `/other/` it serves the path itself, whatever `answers` says.
    """

    def __init__(self) -> None:
        self.answers = ["good"]
        self.requests = 0
        self.paths: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.requests += 1
                server.paths.append(self.path)
                answer = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
                body = DATA.replace(b"we", b"us") if answer == "changed" else DATA
                if self.path.startswith("/other/"):
                    answer, body = "good", self.path.encode()
                status = int(answer) if answer.isdecimal() else 200
                self.send_response(status)
                self.send_header("Content-Length", str(len(body) if status == 200 else 0))
                self.end_headers()
                if status == 200:
                    self.wfile.write(body[: len(body) // 2] if answer == "truncated" else body)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def address(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.http.server_port}{path}"

    def named(self, *addresses: str) -> dict[str, NamedCorpus]:
        return {"citizens": citizens(*(addresses or [self.address()]))}


def citizens(*addresses: str) -> NamedCorpus:
    file = CorpusFile("citizens.txt", hashlib.sha256(DATA).hexdigest())
    return NamedCorpus(addresses, (file,), "Citizens", len(TEXT), "English")


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
    (cache / "citizens.txt").write_bytes(DATA)
    assert corpus.load("citizens", cache, named=server.named()).text == TEXT
    assert server.requests == 0


def test_a_damaged_cache_is_replaced(server: Server, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / "citizens.txt").write_bytes(DATA[:-1])
    assert corpus.load("citizens", cache, named=server.named()).text == TEXT
    assert (cache / "citizens.txt").read_bytes() == DATA


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
        ("changed", 1, "its SHA-256 is"),
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
            corpus.load("citizens", cache, named={"citizens": citizens(address)})


def test_a_cache_that_cannot_be_written_is_told(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ShakelmError, match="cannot be kept in"):
        corpus.load("citizens", tmp_path / "file" / "cache", named=server.named())


@pytest.mark.parametrize("fault", ["404", "changed"])
def test_the_next_address_is_tried_when_one_fails(server: Server, cache: Path, fault: str) -> None:
    server.answers = [fault, "good"]
    named = server.named(server.address("/first/{file}"), server.address("/second/{file}"))
    assert corpus.load("citizens", cache, named=named).text == TEXT
    assert server.paths == ["/first/citizens.txt", "/second/citizens.txt"]


def test_when_no_address_has_the_file_all_are_told(server: Server, cache: Path) -> None:
    server.answers = ["404", "changed"]
    named = server.named(server.address("/first"), server.address("/second"))
    with pytest.raises(ShakelmError, match=r"/first: the server answered 404.*; .*/second: its SHA-256 is"):
        corpus.load("citizens", cache, named=named)


def test_several_files_make_one_corpus_with_the_held_out_ones_last(server: Server, cache: Path) -> None:
    def file(name: str) -> CorpusFile:
        return CorpusFile(name, hashlib.sha256(f"/other/{name}".encode()).hexdigest())

    play = NamedCorpus(
        (server.address("/other/{file}"),),
        (file("one"), file("two")),
        "Plays",
        10,
        "English",
        held_out=(file("three"),),
        form=lambda text: f"{text.rpartition('/')[2].upper()}\n",
    )
    seen: list[tuple[int, int | None]] = []
    loaded = corpus.load("plays", cache, lambda done, total: seen.append((done, total)), {"plays": play})
    assert loaded.text == "ONE\n\nTWO\n\nTHREE\n"
    assert loaded.text[-loaded.held_out :] == "THREE\n"
    assert loaded.sha256 == hashlib.sha256(b"/other/one/other/two/other/three").hexdigest()
    assert seen == [(10, None), (20, None), (32, None)]
    assert sorted(path.name for path in (cache / "plays").iterdir()) == ["one", "three", "two"]

    (cache / "plays" / "two").write_bytes(b"damaged")
    assert corpus.load("plays", cache, named={"plays": play}) == loaded
    assert server.paths[3:] == ["/other/two"]
