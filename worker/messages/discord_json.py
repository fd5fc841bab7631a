"""Discord messages as JSON: embeds, components, attachments, escaping and limits.

The limits are in Discord's API documentation (Message, Embed Limits, Component Reference). No message pings
anybody.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from worker.messages.text_limits import head, head_of_markdown, length, line, shown
from worker.protocol.custom_ids import CustomId

Body = dict[str, Any]
"""A message as JSON: `content`, `embeds` and `allowed_mentions`."""

MAX_CONTENT = 2000
MAX_CHOICE = 100
MAX_TITLE = 256
MAX_DESCRIPTION = 4096
MAX_FIELD = 1000
"""Fewer characters than Discord's 1,024: an embed with five fields has at most 6,000 in all."""

MAX_EMBED = 6000
"""The title, description, footer, and fields of all embeds of a message."""

MAX_LABEL = 80
MAX_FOOTER = 1800
"""Fewer characters than Discord's 2,048: a whole embed has at most 6,000."""

Field = dict[str, Any]
"""A field of an embed as JSON: `name`, `value`, and `inline`."""

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
    written = shown(written)
    written = re.sub(r"[\\*_~`|\[\]()<@]|:(?=//|[\w+-]+:)", r"\\\g<0>", written)
    written = re.sub(r"^([^\S\n]*)([>#+-])", r"\1\\\2", written, flags=re.MULTILINE)
    return re.sub(r"^([^\S\n]*\d+)\.", r"\1\\.", written, flags=re.MULTILINE)


def unescape(shown: str) -> str:
    """The reverse of `escape`; bold and italics are removed."""
    return re.sub(r"\\(.)|\*", r"\1", shown)


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
    """A message of markdown alone. Markdown that is too long is cut."""
    return {"content": cut(shown(content), "…", MAX_CONTENT), "allowed_mentions": {"parse": []}}


def embed(title: str, description: str, color: int, footer: str = "", fields: Iterable[Field] = ()) -> Body:
    """A message of one embed. It replaces a waiting notice: content and buttons are empty.

    All parts are cut to Discord's limits: the longest one first if the parts together are too long. `cut`
    shortens a description with a note.
    """
    embed: dict[str, Any] = {"description": cut(shown(description), "…"), "color": color}
    if title:
        embed["title"] = clip_markdown(title, MAX_TITLE)
    if footer:
        embed["footer"] = {"text": clip(footer, MAX_FOOTER)}
    if fitted := [_fitted(field) for field in fields]:
        embed["fields"] = fitted
    _shorten(embed)
    return {"content": "", "embeds": [embed], "components": [], "allowed_mentions": {"parse": []}}


def _fitted(field: Field) -> Field:
    return field | {
        "name": clip_markdown(field["name"], MAX_TITLE),
        "value": cut(shown(field["value"]), "…", MAX_FIELD),
    }


def _shorten(embed: dict[str, Any]) -> None:
    """Cut the longest text of an embed that is too long in all, until it fits."""
    texts = [(embed, "description"), *((field, "value") for field in embed.get("fields", ()))]
    while (excess := size(embed) - MAX_EMBED) > 0:
        part, name = max(texts, key=lambda text: length(text[0][text[1]]))
        part[name] = cut(part[name], "…", max(length(part[name]) - excess, length(part[name]) // 2))


def size(embed: Mapping[str, Any]) -> int:
    """The characters of an embed that count toward `MAX_EMBED`."""
    parts = [embed.get("title", ""), embed.get("description", ""), embed.get("footer", {}).get("text", "")]
    for field in embed.get("fields", ()):
        parts += [field["name"], field["value"]]
    return sum(map(length, parts))


def clip(written: str, limit: int) -> str:
    """The text as one line of at most `limit` characters."""
    written = line(written)
    return written if length(written) <= limit else head(written, limit - 1) + "…"


def clip_markdown(escaped: str, limit: int) -> str:
    """Escaped markdown as one line of at most `limit` characters."""
    escaped = line(escaped)
    return escaped if length(escaped) <= limit else head_of_markdown(escaped, limit - 1) + "…"


def cut(escaped: str, note: str, limit: int = MAX_DESCRIPTION) -> str:
    """Escaped markdown of at most `limit` characters.

    Longer markdown keeps its first whole lines, or the start of a single long line, and ends with the note.
    """
    if length(escaped) <= limit:
        return escaped
    ending = f"\n{note}"
    room = limit - length(ending)
    start = head(escaped, room + 1)
    line_end = start.rfind("\n")
    if line_end > 0:
        return start[:line_end] + ending
    return head_of_markdown(escaped, room) + ending
