"""What stands in a message of Discord, and who sees it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

EPHEMERAL = 1 << 6
"""Flag of a message that one person sees (Discord: Message Flags)."""


class HasEmbeds(Protocol):
    """A message as the sandbox keeps it."""

    @property
    def embeds(self) -> Sequence[Mapping[str, Any]]: ...


Message = Mapping[str, Any] | HasEmbeds
"""A message, as JSON or as the sandbox keeps it."""


def is_private(message: Mapping[str, Any]) -> bool:
    """Whether one person alone sees the message."""
    return bool(message["flags"] & EPHEMERAL)


def plain(markdown: str) -> str:
    """The text without Discord's escapes, bold, and italics."""
    return re.sub(r"\\(.)|\*", r"\1", markdown)


def embed(message: Message) -> Mapping[str, Any]:
    """The only embed of a message."""
    (only,) = _embeds(message)
    return only


def title(message: Message) -> str:
    """The title of a message's embed, without escapes; empty where there is none."""
    return _part(message, "title")


def description(message: Message) -> str:
    """The text of a message's embed, without escapes; empty where there is none."""
    return _part(message, "description")


def footer(message: Message) -> str:
    """The last line of a message's embed; empty where there is none."""
    return str(embed(message).get("footer", {}).get("text", "")) if _embeds(message) else ""


def buttons(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The buttons of a message, row by row."""
    return [button for row in message["components"] for button in row["components"]]


def labels(message: Mapping[str, Any]) -> list[str]:
    """The labels of a message's buttons."""
    return [str(button["label"]) for button in buttons(message)]


def _embeds(message: Message) -> Sequence[Mapping[str, Any]]:
    return message["embeds"] if isinstance(message, Mapping) else message.embeds


def _part(message: Message, name: str) -> str:
    return plain(str(embed(message).get(name, ""))) if _embeds(message) else ""
