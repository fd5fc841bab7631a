"""Messages and modals as plain text for a terminal."""

import re
import textwrap
import time
from collections.abc import Callable

from sandbox.client.modal_filling import ModalField, modal_fields
from sandbox.schemas import components, layout
from sandbox.schemas.components import LINK, SELECTS, component_label
from sandbox.schemas.fields import Json
from sandbox.schemas.selects import DEFAULT_TYPES
from sandbox.world.message_objects import MODAL_SUBMIT, SUPPRESS_EMBEDS, THREAD_CREATED, Interaction, Message
from sandbox.world.state import World

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
_STYLES = {"d": "%Y-%m-%d", "D": "%Y-%m-%d", "t": "%H:%M", "T": "%H:%M:%S"}
"""How moments of some styles are shown (Discord: Timestamp Styles); the others have date and time."""

_MENTION = re.compile(r"<(@!?|@&|#)(\d+)>|<t:(\d+)(?::([tTdDfFR]))?>")


Dim = Callable[[str], str]
"""A function that dims a text."""


def render(world: World, message: Message, dim: Dim = str) -> str:
    """A message as lines of text: author, content, embeds, attachments, notes, buttons and selects.

    `dim` applies to disabled buttons and selects, which also say "disabled".
    """
    author = message.author.display_name + (" [APP]" if message.author.bot else "")
    if message.interaction and _is_first_answer(message, message.interaction):
        author = f"{_action(message.interaction)}\n{author}"
    parts = [author]
    if message.loading:
        parts.append("… is thinking")
    if message.content and message.kind != THREAD_CREATED:
        parts.append(readable(world, message.content))
    if message.snapshot:
        parts.append(f"[forwarded] {readable(world, message.snapshot['content'])}".rstrip())
    if message.thread:
        parts.append(f"[thread {plain(message.thread.name)}]")
    if not message.flags & SUPPRESS_EMBEDS:
        parts += [_embed(world, embed) for embed in message.embeds]
    for attachment in message.listed_attachments(world.address):
        url = attachment.to_json(world.address)["url"]
        parts.append(f"[file {attachment.filename}, {_size(len(attachment.content))}: {url}]")
    if message.edited_at:
        parts.append("(edited)")
    if message.ephemeral:
        parts.append("(only you can see this)")
    parts += [_layout(world, component, dim) for component in message.components]
    return "\n".join(parts)


def _is_first_answer(message: Message, interaction: Interaction) -> bool:
    return message.replies_to in (None, interaction.source, (interaction.trigger or interaction).target)


def _action(interaction: Interaction) -> str:
    verb = "filled in" if interaction.kind == MODAL_SUBMIT else "used"
    return f"{interaction.user.display_name} {verb} {plain(interaction.shown)}"


def _layout(world: World, component: Json, dim: Dim) -> str:
    """A row of buttons or selects as a line, another component as its texts, pictures and files."""
    within = component.get("components", ())
    match component["type"]:
        case layout.TEXT_DISPLAY:
            return readable(world, component["content"])
        case layout.SEPARATOR:
            return "─" * 20 if component["divider"] else ""
        case layout.FILE:
            return (
                f"[file {component['name']}, {_size(component['size'])}: {plain(component['file']['url'])}]"
            )
        case layout.THUMBNAIL | layout.MEDIA_GALLERY:
            return "\n".join(f"[picture {plain(media['url'])}]" for media in layout.media_of(component))
        case layout.CONTAINER:
            return textwrap.indent(
                "\n".join(_layout(world, one, dim) for one in within), "│ ", lambda _: True
            )
        case layout.SECTION:
            return "\n".join(_layout(world, one, dim) for one in (*within, component["accessory"]))
        case components.ACTION_ROW:
            return " ".join(_component(one, dim) for one in within)
        case _:
            return _component(component, dim)


def _component(component: Json, dim: Dim) -> str:
    """A button as `[Again]`, a select as `[Pick a model: first, second]`."""
    text = component_label(component)
    if component["type"] in SELECTS:
        offered = [option["label"] for option in component.get("options", ())]
        offered = offered or [f"any {kind}" for kind in DEFAULT_TYPES[component["type"]]]
        text = f"{component.get('placeholder', 'Choose')}: {', '.join(offered)}"
    elif component["style"] == LINK:
        text += f": {component['url']}"
    text = plain(text).replace("\n", " ")
    return dim(f"[{text}, disabled]") if component.get("disabled") else f"[{text}]"


def render_modal(modal: Json) -> str:
    """A modal as lines of text: its title, then each field with its options and its value."""
    texts = [part["content"] for part in modal["components"] if part["type"] == layout.TEXT_DISPLAY]
    lines = [plain(f"│ {line}") for text in texts for line in text.splitlines()]
    lines += [f"{render_field(field)} {plain(field.initial_value)}".rstrip() for field in modal_fields(modal)]
    return "\n".join([f"[{plain(modal['title'])}]", *lines])


def render_field(field: ModalField) -> str:
    """A field's label with its options, on one line that ends with a colon."""
    notes = [] if field.component.get("required", True) else ["optional"]
    if field.options:
        notes.insert(0, "options: " + ", ".join(field.options))
    note = f" ({'; '.join(notes)})" if notes else ""
    return plain(f"│ {field.label}{note}:").replace("\n", " ")


def plain(text: str) -> str:
    """A text without control characters."""
    return _CONTROL.sub("", text)


def readable(world: World, text: str) -> str:
    """Markdown as a person reads it: no marks, escapes or control characters, and names for mentions."""
    kept: list[str] = []

    def keep(literal: str) -> str:
        # Private-use characters stand in for text that is not markdown.
        kept.append(literal)
        return f"\ue000{len(kept) - 1}\ue001"

    text = plain(text).replace("\ue000", "").replace("\ue001", "")
    text = _ESCAPED.sub(lambda match: keep(match[1]), text)
    text = _CODE.sub(lambda match: keep((match[1] or match[2] or "").strip("\n")), text)
    text = _MENTION.sub(lambda match: keep(_named(world, match)), text)
    for pattern, bare in _MARKS:
        text = pattern.sub(bare, text)
    for _ in range(2):  # code may contain escapes
        text = re.sub("\ue000(\\d+)\ue001", lambda match: kept[int(match[1])], text)
    return text


def _named(world: World, match: re.Match[str]) -> str:
    kind, identity, timestamp, style = match.groups()
    if timestamp:
        return _time(world, int(timestamp), style)
    if kind == "#":
        channel = world.channels.get(identity)
        return f"#{channel.name}" if channel else "#unknown"
    if kind == "@&":
        role = world.roles.get(identity)
        return f"@{role.name}" if role else "@unknown-role"
    member = world.members.get(identity)
    return f"@{member.user.display_name}" if member else "@unknown-user"


def _time(world: World, seconds: int, style: str | None) -> str:
    if style == "R":
        away = seconds - world.clock.now()
        unit, length = next((u for u in (("hour", 3600), ("minute", 60)) if abs(away) >= u[1]), ("second", 1))
        count = round(abs(away) / length)
        words = f"{count} {unit}{'' if count == 1 else 's'}"
        return f"in {words}" if away > 0 else f"{words} ago"
    try:
        return time.strftime(_STYLES.get(style or "f", "%Y-%m-%d %H:%M"), time.localtime(seconds))
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
