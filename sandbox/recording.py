"""A record of the REST requests received, as JSON lines, to hold against Discord's description."""

import json
from pathlib import Path
from typing import Any

from aiohttp import hdrs, web

from sandbox.errors import SandboxError


class Recorder:
    """Appends one JSON line a request to a file: method, path, query, content type, body, files, status.

    An interaction's token in the path is replaced by a word, so that the file holds no secret.
    """

    def __init__(self, path: Path) -> None:
        """Start an empty file.

        Raises:
            SandboxError: it cannot be written.
        """
        try:
            self._file = path.open("w", encoding="utf-8")
        except OSError as error:
            raise SandboxError(f"Cannot record into {path}: {error.strerror}.") from None

    def write(self, request: web.Request, body: Any, files: list[str], status: int) -> None:
        """Record one request with the status of its answer."""
        path = request.path.removeprefix("/api/v10")
        if token := request.match_info.get("token"):
            path = path.replace(token, "token")
        line = {
            "method": request.method,
            "path": path,
            "query": dict(request.query),
            "content_type": request.content_type if hdrs.CONTENT_TYPE in request.headers else None,
            "body": body,
            "files": files,
            "status": status,
        }
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
