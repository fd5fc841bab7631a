"""Files of messages."""

import mimetypes
import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath

from sandbox.schemas.message_form import MessageForm
from sandbox.schemas.refusals import Code, Refusal
from sandbox.schemas.validation import invalid_form
from sandbox.world.message_objects import ATTACHMENT_LIMIT_BYTES, Attachment, Message
from sandbox.world.state import World


@dataclass(frozen=True)
class Upload:
    """A file of a multipart request, from its part `files[INDEX]`."""

    index: str
    filename: str
    content: bytes


def new_attachment(
    world: World, name: str, content: bytes, *, description: str | None = None, ephemeral: bool
) -> Attachment:
    """An attachment with a name that is safe in a URL, and the content type that the name suggests."""
    filename = _safe_name(name)
    return Attachment(
        id=world.snowflakes.next(),
        filename=filename,
        content_type=_content_type(filename),
        content=content,
        description=description,
        ephemeral=ephemeral,
        size=_picture_size(content),
    )


def attachments_after(
    world: World, message: Message, form: MessageForm, uploads: list[Upload]
) -> list[Attachment]:
    """The attachments that a message has once a form is applied: those that it keeps, then the new ones.

    Raises:
        Refusal: a file is larger than 10 MiB (40005), or the form names an unknown file (50035).
    """
    if any(len(upload.content) > ATTACHMENT_LIMIT_BYTES for upload in uploads):
        raise Refusal.of(Code.ENTITY_TOO_LARGE)
    entries = {entry.id: entry for entry in form.attachments or ()}
    keeps_all = "attachments" not in form.model_fields_set
    kept = [attachment for attachment in message.attachments if keeps_all or attachment.id in entries]
    known = {upload.index for upload in uploads} | {attachment.id for attachment in kept}
    missing = [entry.id for entry in entries.values() if entry.id not in known]
    if missing:
        positions = {entry.id: str(at) for at, entry in enumerate(form.attachments or ())}
        raise invalid_form(
            (
                ("attachments", positions[identity], "id"),
                "ATTACHMENT_NOT_FOUND",
                f"No file and no attachment has the id {identity}.",
            )
            for identity in missing
        )
    for upload in uploads:
        entry = entries.get(upload.index)
        name = (entry and entry.filename) or upload.filename
        description = entry.description if entry else None
        kept.append(
            new_attachment(world, name, upload.content, description=description, ephemeral=message.ephemeral)
        )
    return kept


def _picture_size(content: bytes) -> tuple[int, int] | None:
    """The width and height of a picture in pixels; None for everything else. Only its header is read."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(BytesIO(content), formats=("PNG", "JPEG", "GIF", "WEBP")) as picture:
            return picture.size
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        return None


def _safe_name(filename: str) -> str:
    name = re.sub(r"[^A-Za-z0-9._-]", "_", PurePath(filename).name)
    return name if name.strip(".") else "unknown"  # a browser takes dots alone for another path


def _content_type(filename: str) -> str:
    kind = mimetypes.guess_type(filename)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
