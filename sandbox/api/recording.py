"""A record of requests, answers and events as JSON lines, to check against Discord's description."""

import json
from pathlib import Path

from sandbox.sandbox_error import SandboxError
from sandbox.schemas.fields import Json


class Recorder:
    """Writes a JSON line for each request with its answer, and for each event.

    A request has the keys method, path, query, content_type, body, files, status, answer and fault, an event
    the keys event and data. The word "token" stands for the tokens in paths and events, so that the file
    holds no secret unless the bot writes one into a message.
    """

    def __init__(self, path: Path) -> None:
        """Start an empty file.

        Raises:
            SandboxError: the file cannot be written.
        """
        try:
            self._file = path.open("w", encoding="utf-8")
        except OSError as error:
            raise SandboxError(f"Cannot record to {path}: {error.strerror}.") from None

    def write_request(self, request: Json) -> None:
        """Record a request, whose path has no token any more."""
        self._write(request)

    def write_event(self, name: str, data: Json) -> None:
        """Record an event."""
        self._write({"event": name, "data": data | ({"token": "token"} if "token" in data else {})})

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, line: Json) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
