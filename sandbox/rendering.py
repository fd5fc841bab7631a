"""Messages as readable text for a terminal: what a person would see, without colours."""

import re
import textwrap
import time
from collections.abc import Callable

from sandbox.components import BUTTON, LINK, label
from sandbox.interactions import FIRST_ANSWER_S
from sandbox.modals import FieldOfModal, fields
from sandbox.world import MODAL_SUBMIT, SUPPRESS_EMBEDS, Interaction, Json, Message, World

_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~:@/])")
_CODE = re.compile(r"```(?:[a-zA-Z0-9_+-]+\n)?(.*?)```|`([^`\n]+)`", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_MARKS = [
    (re.compile(r"\*\*(.+?)\*\*", re.DOTALL), r"\1"),
    (re.compile(r"__(.+?)__", re.DOTALL), r"\1"),
    (re.compile(r"~~(.+?)~~", re.DOTALL), r"\1"),
    (re.compile(r"\|\|(.+?)\|\|", re.DOTALL), r"\1"),
    (re.compile(r"(?<![\w*])\*(?=\S)(.+?)(?<=\S)\*(?![\w*])", re.DOTALL), r"\1"),
    (re.compile(r"(?<!\w)_(?=\S)(.+?)(?<=\S)_(?!\w)", re.DOTALL), r"\1"),
    (re.compile(r"^(?:#{1,3}|-#|>>>|>) ", re.MULTILINE), ""),
    (re.compile(r"\[([^\]\n]+)\]\((https?://[^)\s]+)\)"), r"\1 (\2)"),
    (re.compile(r"</([^:>]+):\d+>"), r"/\1"),
]
_MENTION = re.compile(r"<(@!?|@&|#)(\d+)>|<t:(\d+)(?::([tTdDfFR]))?>")

NO_ANSWER = "The application did not respond"


Dim = Callable[[str], str]
"""Makes a text look faint."""


def render(world: World, message: Message, dim: Dim = str) -> str:
    """A message on as many lines as it needs: who wrote it, its text, embeds, attachments, notices, buttons.

    `dim` is applied to buttons and selects that are disabled; the word stands there in any case.
    """
    author = message.author.title + (" [APP]" if message.author.bot else "")
    if message.interaction and _is_first_answer(message, message.interaction):
        author = f"{_deed(message.interaction)}\n{author}"
    parts = [author]
    if message.loading:
        parts.append("… is thinking")
    if message.content:
        parts.append(readable(world, message.content))
    if not message.flags & SUPPRESS_EMBEDS:
        parts += [_embed(world, embed) for embed in message.embeds]
    for attachment in message.attachments:
        url = attachment.to_json(world.address)["url"]
        parts.append(f"[file {attachment.filename}, {_size(len(attachment.content))}: {url}]")
    if message.edited_at:
        parts.append("(edited)")
    if message.ephemeral:
        parts.append("(only you can see this)")
    parts += [" ".join(_component(item, dim) for item in row["components"]) for row in message.components]
    return "\n".join(parts)


def _is_first_answer(message: Message, interaction: Interaction) -> bool:
    return message.replies_to in (None, interaction.source and interaction.source.id)


def _deed(interaction: Interaction) -> str:
    verb = "filled in" if interaction.kind == MODAL_SUBMIT else "used"
    return f"{interaction.user.title} {verb} {plain(interaction.shown)}"


def _component(component: Json, dim: Dim) -> str:
    """A button as `[Again]`, a select as `[Pick a model: first, second]`."""
    text = label(component)
    if component["type"] != BUTTON:
        options = ", ".join(option["label"] for option in component["options"])
        text = f"{component.get('placeholder', 'Choose')}: {options}"
    elif component["style"] == LINK:
        text += f": {component['url']}"
    text = plain(text).replace("\n", " ")
    return dim(f"[{text}, disabled]") if component.get("disabled") else f"[{text}]"


def render_modal(modal: Json) -> str:
    """A modal on several lines: its title, and each field with what it offers and holds."""
    lines = [f"{render_field(field)} {plain(field.opened_with)}".rstrip() for field in fields(modal)]
    return "\n".join([f"[{plain(modal['title'])}]", *lines])


def render_field(field: FieldOfModal) -> str:
    """A field's label with what it offers, on one line that ends with a colon."""
    notes = [] if field.component.get("required", True) else ["may stay empty"]
    if field.is_select:
        notes.insert(0, "pick of " + ", ".join(option["label"] for option in field.component["options"]))
    note = f" ({'; '.join(notes)})" if notes else ""
    return plain(f"│ {field.label}{note}:").replace("\n", " ")


def plain(text: str) -> str:
    """A text without control characters."""
    return _CONTROL.sub("", text)


def no_answer(shown: str) -> str:
    """What stands where the bot stayed silent, after a use that stands as `shown` in the chat."""
    return f"{plain(shown)}: {NO_ANSWER} within {FIRST_ANSWER_S} seconds."


def readable(world: World, text: str) -> str:
    """Markdown as a person reads it: marks and escapes resolved, mentions by name, no control characters."""
    kept: list[str] = []

    def keep(literal: str) -> str:
        # A private-use character stands for what must not be read as markdown.
        kept.append(literal)
        return f"\ue000{len(kept) - 1}\ue001"

    text = plain(text).replace("\ue000", "").replace("\ue001", "")
    text = _ESCAPED.sub(lambda match: keep(match[1]), text)
    text = _CODE.sub(lambda match: keep((match[1] or match[2] or "").strip("\n")), text)
    text = _MENTION.sub(lambda match: keep(_named(world, match)), text)
    for pattern, bare in _MARKS:
        text = pattern.sub(bare, text)
    for _ in range(2):  # an escape may stand inside code
        text = re.sub("\ue000(\\d+)\ue001", lambda match: kept[int(match[1])], text)
    return text


def _named(world: World, match: re.Match[str]) -> str:
    kind, identity, moment, style = match.groups()
    if moment:
        return _moment(world, int(moment), style)
    if kind == "#":
        channel = world.channels.get(identity)
        return f"#{channel.name}" if channel else "#unknown"
    if kind == "@&":
        role = world.roles.get(identity)
        return f"@{role.name}" if role else "@unknown-role"
    member = world.members.get(identity)
    return f"@{member.user.title}" if member else "@unknown-user"


def _moment(world: World, seconds: int, style: str | None) -> str:
    if style == "R":
        away = seconds - world.clock.now()
        unit, length = next((u for u in (("hour", 3600), ("minute", 60)) if abs(away) >= u[1]), ("second", 1))
        count = round(abs(away) / length)
        words = f"{count} {unit}{'' if count == 1 else 's'}"
        return f"in {words}" if away > 0 else f"{words} ago"
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
    except (OverflowError, OSError, ValueError):
        return "Invalid Date"


def _embed(world: World, embed: Json) -> str:
    lines = []
    if "author" in embed:
        lines.append(readable(world, embed["author"]["name"]))
    if "title" in embed:
        lines.append(readable(world, embed["title"]))
    if "description" in embed:
        lines.append(readable(world, embed["description"]))
    for field in embed.get("fields", ()):
        value = readable(world, field["value"])
        between = "\n" if "\n" in value else ": "
        lines.append(f"{readable(world, field['name'])}{between}{value}")
    pictures = (embed[key]["url"] for key in ("image", "thumbnail") if key in embed)
    lines += [f"[picture {plain(url)}]" for url in pictures]
    if "footer" in embed:
        lines += ["", plain(embed["footer"]["text"])]
    return textwrap.indent("\n".join(lines), "│ ", lambda _: True)


def _size(count: int) -> str:
    return f"{count} B" if count < 1000 else f"{count / 1000:.1f} kB"
