"""How long an edit of a message takes over HTTPS: with a new connection each, and with one that stays open.

Run it with `.venv/bin/python benchmarks/delivery_times.py`. The server is this machine, with a certificate
that the command `openssl` makes. The round trips to Discord come on top: a new connection needs three of them
(TCP, TLS 1.3, HTTP) and an open one needs one.
"""

import os
import ssl
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests
from rich.console import Console
from rich.table import Table

from worker.delivery.http_session import open_session

EDITS = 500
BODY = {"content": "To be, or not to be: that is the question. " * 20}


class Handler(BaseHTTPRequestHandler):
    """Answers every edit with 200."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_PATCH(self) -> None:
        """Read the message."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Print nothing."""


def main() -> None:
    """Measure and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = Path(folder, "key.pem"), Path(folder, "certificate.pem")
        options = (
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost"
        )
        names = ["-addext", "subjectAltName=DNS:localhost"]
        subprocess.run(
            ["openssl", *options.split(), *names, "-keyout", key, "-out", certificate],  # noqa: S607
            check=True,
            capture_output=True,
        )
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"https://localhost:{server.server_port}/"
        session = open_session()
        taken = {
            "a new connection for each edit": _seconds(
                lambda: requests.patch(url, json=BODY, verify=str(certificate), timeout=10)
            ),
            "one connection that stays open": _seconds(
                lambda: session.patch(url, json=BODY, verify=str(certificate), timeout=10)
            ),
        }
        server.shutdown()
    table = Table(
        "edit", "median", "slowest tenth from", title=f"{EDITS} edits over TLS, {os.cpu_count()} cores"
    )
    for name, seconds in taken.items():
        tenth = statistics.quantiles(seconds, n=10)[-1]
        table.add_row(name, f"{statistics.median(seconds) * 1000:.2f} ms", f"{tenth * 1000:.2f} ms")
    Console().print(table)


def _seconds(edit: Callable[[], requests.Response]) -> list[float]:
    """How long each edit takes."""
    taken = []
    for _ in range(EDITS + 1):
        started = time.perf_counter()
        edit().raise_for_status()
        taken.append(time.perf_counter() - started)
    return taken[1:]


if __name__ == "__main__":
    main()
