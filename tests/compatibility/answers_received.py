"""A webhook endpoint for tokens that no sandbox has given out; it keeps what it receives."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """One request: how and where it came, its message, and the names of the files with it."""

    method: str
    path: str
    message: dict[str, Any]
    files: list[str]


@dataclass
class AnswersReceived:
    """The requests so far, and the address to be used as that of Discord's API."""

    api_base: str
    requests: list[Received] = field(default_factory=list)

    def to(self, token: str) -> list[Received]:
        """The requests for one interaction, by its token, oldest first."""
        return [request for request in list(self.requests) if f"/{token}/" in f"{request.path}/"]


@contextmanager
def receiving() -> Iterator[AnswersReceived]:
    """Answer every edit and every follow-up with 200 while the context lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    received = AnswersReceived(f"http://127.0.0.1:{server.server_port}/api/v10")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # connections stay open, as Discord's do

        def do_PATCH(self) -> None:
            self._take()

        def do_POST(self) -> None:
            self._take()

        def _take(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            message, files = _message(self.headers["Content-Type"], content)
            received.requests.append(Received(self.command, self.path, message, files))
            body = json.dumps({"id": "1", "channel_id": "2"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Print nothing."""

    server.RequestHandlerClass = Handler
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _message(content_type: str, content: bytes) -> tuple[dict[str, Any], list[str]]:
    """The message in a body of JSON or in a form's `payload_json`, and the names of the form's files."""
    if content_type == "application/json":
        return dict(json.loads(content)), []
    form = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + content)
    message: dict[str, Any] = {}
    files = []
    for part in form.walk():
        name, payload = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if name == "payload_json" and isinstance(payload, bytes):
            message = dict(json.loads(payload))
        elif file := part.get_filename():
            files.append(file)
    return message, files
