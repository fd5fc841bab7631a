"""A record of the REST requests as JSON lines, to check against Discord's OpenAPI description."""

import json
from pathlib import Path

from aiohttp import hdrs, web

from sandbox.api.rest.request_bodies import Body
from sandbox.api.rest.request_context import path_in_api
from sandbox.sandbox_error import SandboxError


class Recorder:
    """Writes a JSON line for each request: method, path, query, content type, body, files and status.

    The word "token" replaces an interaction's token in the path, so that the file holds no secret.
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

    def write(self, request: web.Request, body: Body, status: int) -> None:
        """Record a request with the status of its answer."""
        path = path_in_api(request)
        if token := request.match_info.get("token"):
            path = path.replace(token, "token")
        line = {
            "method": request.method,
            "path": path,
            "query": dict(request.query),
            "content_type": request.content_type if hdrs.CONTENT_TYPE in request.headers else None,
            "body": body.value,
            "files": [upload.index for upload in body.uploads],
            "status": status,
        }
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
