"""Reads the bodies of requests: JSON, forms and files (Discord documentation, "Reference").

A body that cannot be read is no error until a handler asks for it: Discord checks tokens, rate limits and
access first.
"""

import zlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from sandbox.schemas.message_form import MAX_FILES
from sandbox.schemas.refusals import Code, Refusal
from sandbox.schemas.validation import invalid_form, parse_json
from sandbox.world.attachments import Upload

MAX_BODY_BYTES = 110 * 2**20

JSON_BODY, URLENCODED, MULTIPART = (
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
)
_BROKEN_MULTIPART = (ValueError, LookupError, RuntimeError, AssertionError, HttpProcessingError)
"""What aiohttp raises for parts that are cut off or malformed."""


@dataclass(frozen=True)
class Body:
    """The body of a request: the value of its JSON or of its fields, and its files.

    `problem` is the refusal of a body that cannot be read.
    """

    value: Any = None
    uploads: list[Upload] = field(default_factory=list)
    problem: Refusal | None = None


async def read_body(request: web.Request, content_types: tuple[str, ...]) -> Body:
    """Read the body of a request whose operation takes these content types."""
    try:
        if request.content_type == MULTIPART and MULTIPART in content_types:
            return await _multipart(request)
        raw = _decompressed(await request.read(), request.headers.get(hdrs.CONTENT_ENCODING, "identity"))
        if not raw:
            return Body()
        _check_content_type(request, content_types)
        if request.content_type == URLENCODED:
            return Body(_of_fields(dict(parse_qsl(raw.decode(), keep_blank_values=True))))
        return Body(_json(raw))
    except Refusal as problem:
        return Body(problem=problem)
    except web.HTTPRequestEntityTooLarge:
        return Body(problem=Refusal.of(Code.ENTITY_TOO_LARGE))
    except UnicodeDecodeError:
        return Body(problem=_unreadable("The body is not UTF-8."))


def _check_content_type(request: web.Request, content_types: tuple[str, ...]) -> None:
    # Without the header, aiohttp reports `application/octet-stream`.
    if hdrs.CONTENT_TYPE not in request.headers or request.content_type not in content_types:
        known = ", ".join(f"'{kind}'" for kind in content_types)
        text = f'Expected "Content-Type" header to be one of {{{known}}}.'
        raise invalid_form([((), "CONTENT_TYPE_INVALID", text)])


def _decompressed(raw: bytes, encoding: str) -> bytes:
    if encoding == "identity" or not raw:
        return raw
    if encoding not in ("gzip", "deflate"):
        raise _unreadable(f"The content encoding {encoding[:20]!r} is unknown.")
    decompressor = zlib.decompressobj(wbits=47 if encoding == "gzip" else 15)
    try:
        content = decompressor.decompress(raw, MAX_BODY_BYTES)
    except zlib.error:
        raise _unreadable(f"The body is not {encoding}.") from None
    if decompressor.unconsumed_tail:
        raise Refusal.of(Code.ENTITY_TOO_LARGE)
    if not decompressor.eof:
        raise _unreadable(f"The {encoding} of the body is cut off.")
    return content


async def _multipart(request: web.Request) -> Body:
    """The fields and files of a form (documentation, "Uploading Files")."""
    fields: dict[str, Any] = {}
    uploads: list[Upload] = []
    size = 0
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                raise ValueError("a part is a multipart itself")
            content, name = bytes(await part.read(decode=True)), part.name or ""
            size += len(content)
            if size > MAX_BODY_BYTES:
                raise Refusal.of(Code.ENTITY_TOO_LARGE)
            if name.startswith("files[") and name.endswith("]"):
                uploads.append(Upload(name[6:-1], part.filename or "unknown", content))
            elif part.filename is not None and name != "payload_json":
                uploads.append(Upload(str(len(uploads)), part.filename, content))
            else:
                fields[name] = content.decode()
    except UnicodeDecodeError:
        raise _unreadable("A field of the form is not UTF-8.") from None
    except _BROKEN_MULTIPART:
        raise _unreadable("The parts of the form are malformed or cut off.") from None
    if len(uploads) > MAX_FILES:
        raise invalid_form([(("files",), "BASE_TYPE_MAX_LENGTH", f"Must be {MAX_FILES} or fewer in length.")])
    return Body(_of_fields(fields), uploads)


def _of_fields(fields: dict[str, Any]) -> Any:
    """The value of a form: that of its field `payload_json`, which comes before its plain fields."""
    for name in fields:
        if "[" in name:
            raise Refusal.unsupported(f"fields such as {name[:40]!r} in a form; put them into payload_json")
    if "payload_json" not in fields:
        return fields
    payload = _json(fields.pop("payload_json").encode())
    return fields | payload if isinstance(payload, dict) else payload


def _json(raw: bytes) -> Any:
    try:
        return parse_json(raw)
    except ValueError:
        raise Refusal.of(Code.INVALID_JSON) from None


def _unreadable(text: str) -> Refusal:
    return invalid_form([((), "BODY_UNREADABLE", text)])
