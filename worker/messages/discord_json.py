"""Discord messages as JSON: embeds, components, attachments, escaping and limits.

The limits are in Discord's API documentation (Message, Embed Limits, Component Reference). No message pings
anybody.
"""

import re
from dataclasses import dataclass
from typing import Any

from worker.protocol.custom_ids import CustomId

Body = dict[str, Any]
"""A message as JSON: `content`, `embeds` and `allowed_mentions`."""

MAX_CHOICE = 100
MAX_TITLE = 256
MAX_DESCRIPTION = 4096
MAX_FIELD = 1000
"""Fewer characters than Discord's 1,024: an embed with five fields has at most 6,000 in all."""

MAX_LABEL = 80
MAX_FOOTER = 1800
"""Fewer characters than Discord's 2,048: a whole embed has at most 6,000."""

Component = dict[str, Any]
"""A button or a row of buttons as JSON."""

PRIMARY, SECONDARY, SUCCESS, DANGER = 1, 2, 3, 4
"""Button styles by their names in Discord's documentation."""

BLUE, GREEN, RED, AMBER = 0x3B6EA5, 0x2E8B57, 0xB03A2E, 0xB9770E


@dataclass(frozen=True)
class Attachment:
    """A file of a message; `description` is the alternative text of a picture."""

    name: str
    content: bytes
    media_type: str = "text/plain; charset=utf-8"
    description: str = ""


@dataclass(frozen=True)
class Message:
    """A message with its file, if it has one."""

    body: Body
    attachment: Attachment | None = None


def escape(written: str) -> str:
    """Markdown that shows `written` unchanged: no markup, link, mention, emoji or timestamp."""
    written = re.sub(r"\r\n?", "\n", written)
    written = re.sub(r"[\\*_~`|\[\]()<@]|:(?=//|[\w+-]+:)", r"\\\g<0>", written)
    written = re.sub(r"^([^\S\n]*)([>#+-])", r"\1\\\2", written, flags=re.MULTILINE)
    return re.sub(r"^([^\S\n]*\d+)\.", r"\1\\.", written, flags=re.MULTILINE)


def unescape(shown: str) -> str:
    """The reverse of `escape`; bold is removed."""
    return re.sub(r"\\(.)|\*\*", r"\1", shown)


def button(label: str, custom_id: CustomId, style: int = SECONDARY, *, disabled: bool = False) -> Component:
    """A button. A long label is cut."""
    return {
        "type": 2,
        "style": style,
        "label": clip(label, MAX_LABEL),
        "custom_id": str(custom_id),
        "disabled": disabled,
    }


def rows(*components: list[Component]) -> list[Component]:
    """The `components` of a message: at most 5 rows of at most 5 buttons. Empty rows are left out."""
    return [{"type": 1, "components": row} for row in components if row]


def plain(content: str) -> Body:
    """A message of markdown alone."""
    return {"content": content, "allowed_mentions": {"parse": []}}


def embed(title: str, description: str, color: int, footer: str = "") -> Body:
    """A message of one embed. It replaces a waiting notice: content and buttons are empty.

    A title or footer that is too long is cut; `cut` shortens a description.
    """
    embed: dict[str, Any] = {"description": description, "color": color}
    if title:
        embed["title"] = clip(title, MAX_TITLE)
    if footer:
        embed["footer"] = {"text": clip(footer, MAX_FOOTER)}
    return {"content": "", "embeds": [embed], "components": [], "allowed_mentions": {"parse": []}}


def clip(line: str, limit: int) -> str:
    """The line, cut to `limit` characters."""
    return line if len(line) <= limit else line[: limit - 1] + "…"


def cut(escaped: str, note: str, limit: int = MAX_DESCRIPTION) -> str:
    """Escaped markdown of at most `limit` characters.

    Longer markdown keeps its first whole lines, or the start of a single long line, and ends with the note.
    """
    if len(escaped) <= limit:
        return escaped
    ending = f"\n{note}"
    room = limit - len(ending)
    line_end = escaped.rfind("\n", 0, room + 1)
    if line_end > 0:
        return escaped[:line_end] + ending
    head = escaped[:room]
    dangling = (len(head) - len(head.rstrip("\\"))) % 2  # half of an escaped character
    return head[: len(head) - dangling] + ending
