"""Discord's webhook endpoint, played by an HTTP server of this process."""

import json
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import quote

from tests.support.request_makers import TOKEN
from tests.support.waiting import DEADLINE_S


@dataclass(frozen=True)
class Answer:
    """What the endpoint answers to one request, once the event `held` is set where there is one."""

    status: int = 200
    body: dict[str, Any] = field(default_factory=dict)
    held: threading.Event | None = None


@dataclass(frozen=True)
class Received:
    """One request to the endpoint."""

    method: str
    path: str
    headers: dict[str, str]
    content: bytes

    def message(self) -> dict[str, Any]:
        """The message, whether it came as JSON or as the `payload_json` of a form."""
        parts = self.parts()
        return dict(json.loads(parts["payload_json"][1] if parts else self.content))

    def parts(self) -> dict[str, tuple[str | None, bytes]]:
        """The parts of a form by name: file name and content."""
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        form = message_from_bytes(head + self.content)
        if not form.is_multipart():
            return {}
        return {
            str(part.get_param("name", header="content-disposition")): (
                part.get_filename(),
                cast(bytes, part.get_payload(decode=True)),
            )
            for part in cast("list[Message]", form.get_payload())
        }


class Webhook:
    """Discord's webhook endpoint: gives the prepared answers in turn, and 200 after them.

    `connections` counts those that were ever opened.
    """

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.prepared: list[Answer] = []
        self.connections = 0
        self._open: set[socket.socket] = set()
        self._limit_s: float | None = None
        self._free_at = 0.0
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # connections stay open
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                endpoint.connections += 1
                endpoint._open.add(self.connection)

            def finish(self) -> None:
                endpoint._open.discard(self.connection)
                super().finish()

            def do_PATCH(self) -> None:
                content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                endpoint.received.append(Received(self.command, self.path, dict(self.headers), content))
                answer = endpoint._answer()
                if answer.held:
                    answer.held.wait(DEADLINE_S)
                # With a body, a 204 would spoil the connection for what comes next.
                body = b"" if answer.status == HTTPStatus.NO_CONTENT else json.dumps(answer.body).encode()
                self.send_response(answer.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                self.do_PATCH()

            def do_GET(self) -> None:
                if "/webhooks/" in self.path:
                    self.do_PATCH()
                else:
                    self.send_error(501)

            def do_DELETE(self) -> None:
                self.do_PATCH()

            def log_message(self, *_arguments: object) -> None:
                """Print nothing."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_arguments: object) -> None:
                """A client that was killed is no longer there for the answer."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.api_base = f"http://127.0.0.1:{self._server.server_port}/api/v10"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def prepare(self, status: int = 200, held: threading.Event | None = None, **body: Any) -> None:
        """Prepare the answer to one request, to be given once the event `held` is set where there is one."""
        self.prepared.append(Answer(status, body, held))

    def limit_for(self, seconds: float) -> None:
        """Refuse with 429 all requests in the given time from the first one on, as Discord does."""
        self._limit_s = seconds

    def _answer(self) -> Answer:
        if self.prepared:
            return self.prepared.pop(0)
        return self._limited() or Answer()

    def _limited(self) -> Answer | None:
        if self._limit_s is None:
            return None
        now = time.monotonic()
        self._free_at = self._free_at or now + self._limit_s
        left = self._free_at - now
        return Answer(429, {"retry_after": left, "global": False}) if left > 0 else None

    def messages(self, token: str = TOKEN) -> list[dict[str, Any]]:
        """The messages that came for one interaction, oldest first."""
        place = f"/{quote(token, safe='')}/"
        return [
            received.message()
            for received in list(self.received)
            if received.content and place in f"{received.path}/"
        ]

    def hang_up(self) -> None:
        """Close the open connections."""
        for connection in list(self._open):
            with suppress(OSError):  # the client was quicker
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop listening, and close the open connections."""
        self._server.shutdown()
        self._server.server_close()
        self.hang_up()
