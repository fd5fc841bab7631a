"""From results to Discord messages, as the JSON that Discord's API takes.

The one place that knows Discord's limits (API documentation: Message, Embed Limits) and the escaping of its
markdown; the texts come from the catalogue, in the language of `locale`. Every message pings nobody. A final
message always empties or replaces the content, so that nothing of a waiting notice ("⏳ …") remains.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

from shakelm.errors import ShakelmError
from worker.messages.catalog import DEFAULT, Refusal, sentence, text
from worker.protocol.model_payloads import HeldOut, ModelSummary

Body = dict[str, Any]
"""A message as JSON: `content`, `embeds` and `allowed_mentions`."""

MAX_CHOICE = 100
MAX_TITLE = 256
MAX_DESCRIPTION = 4096
MAX_FIELD = 1000
"""Below Discord's 1,024, so that five fields and all else stay under the 6,000 of a whole embed."""

MAX_LABEL = 80
MAX_FOOTER = 1800
"""Below Discord's 2,048, so that a whole embed stays under 6,000."""

WAITING = "⏳"
"""Every waiting notice starts with this sign, and no final message does."""

Component = dict[str, Any]
"""A button, a select or a row of them as JSON (Discord: Component Reference)."""

PRIMARY, GREY, POSITIVE, DANGER = 1, 2, 3, 4
"""Styles of buttons."""

BLUE, GREEN, RED, AMBER = 0x3B6EA5, 0x2E8B57, 0xB03A2E, 0xB9770E


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a message; `description` is for those who cannot see a picture."""

    name: str
    content: bytes
    media_type: str = "text/plain; charset=utf-8"
    description: str = ""


@dataclass(frozen=True)
class Message:
    """A message and the file that goes with it, if any."""

    body: Body
    attachment: Attachment | None = None


def escape(written: str) -> str:
    """What somebody wrote, so that Discord shows every letter: no markup, link, mention, emoji or time."""
    written = re.sub(r"\r\n?", "\n", written)
    written = re.sub(r"[\\*_~`|\[\]()<@]|:(?=//|[\w+-]+:)", r"\\\g<0>", written)
    written = re.sub(r"^([^\S\n]*)([>#+-])", r"\1\\\2", written, flags=re.MULTILINE)
    return re.sub(r"^([^\S\n]*\d+)\.", r"\1\\.", written, flags=re.MULTILINE)


def unescape(shown: str) -> str:
    """What was written, from markdown that `escape` made, without what was made bold in it."""
    return re.sub(r"\\(.)|\*\*", r"\1", shown)


def button(label: str, custom_id: str, style: int = GREY, *, disabled: bool = False) -> Component:
    """A button; a long label is cut, and the custom id, `ACTION:ID`, has at most 100 characters."""
    return {
        "type": 2,
        "style": style,
        "label": clip(label, MAX_LABEL),
        "custom_id": custom_id,
        "disabled": disabled,
    }


def rows(*components: list[Component]) -> list[Component]:
    """The `components` of a message, at most 5 rows of up to 5 buttons; empty ones go."""
    return [{"type": 1, "components": row} for row in components if row]


def queued(
    position: int,
    workers: int,
    locale: str = DEFAULT,
    *,
    wait_s: float | None = None,
    paused: bool = False,
    cancel: str | None = None,
) -> Body:
    """The waiting notice of a job at that place (1 is next), with that many live workers.

    `wait_s` are the seconds to its answer, where they can be told; `cancel` is the id of the job that the
    button takes out of the queue, None for no button.
    """
    notice = text(locale, "verse.next") if position <= 1 else text(locale, "verse.place", position=position)
    if paused:
        notice += " " + text(locale, "verse.paused")
    elif not workers:
        notice += " " + text(locale, "verse.no_worker")
    elif wait_s is not None:
        notice += " " + text(locale, "verse.wait", wait=about(wait_s, locale))
    buttons = rows([button(text(locale, "button.cancel"), f"cancel:{cancel}")] if cancel else [])
    return waiting_notice(notice) | ({"components": buttons} if buttons else {})


def waiting_notice(notice: str) -> Body:
    """A notice, in markdown, that stands until the final answer takes its place."""
    return plain(f"{WAITING} {notice}")


def expired(locale: str = DEFAULT) -> Body:
    """The end of a job that waited nearly as long as Discord takes an answer."""
    return problem(Refusal("refusal.expired"), locale)


def cancelled(locale: str = DEFAULT) -> Body:
    """The end of a job that its author, or an administrator, took out of the queue."""
    return embed("", text(locale, "verse.cancelled"), AMBER)


def cleared(locale: str = DEFAULT) -> Body:
    """The end of a job that went when an administrator cleared the queue."""
    return embed("", text(locale, "verse.cleared"), AMBER)


def failed(reference: str, locale: str = DEFAULT) -> Body:
    """The end of a job that failed for a reason that only the log can tell, under that reference."""
    return problem(Refusal("refusal.unexpected", reference=reference), locale)


def problem(error: ShakelmError, locale: str = DEFAULT) -> Body:
    """An answer that says what is wrong and how to put it right."""
    return embed(text(locale, "refusal.title"), sentence(error, locale, escape), RED)


def model_choice(model: ModelSummary, locale: str = DEFAULT) -> str:
    """A version in one line without markup, as a choice that Discord offers."""
    loss = loss_of(model.held_out, locale)
    choice = (
        text(locale, "models.live_choice", model=model.reference, loss=loss)
        if model.live
        else text(locale, "models.choice", model=model.reference, loss=loss)
    )
    return clip(choice, MAX_CHOICE)


def plain(content: str) -> Body:
    """A message of text alone, in markdown."""
    return {"content": content, "allowed_mentions": {"parse": []}}


def embed(title: str, description: str, colour: int, footer: str = "") -> Body:
    """A message of one embed; title and footer are cut where they are too long."""
    embed: dict[str, Any] = {"description": description, "color": colour}
    if title:
        embed["title"] = clip(title, MAX_TITLE)
    if footer:
        embed["footer"] = {"text": clip(footer, MAX_FOOTER)}
    return {"content": "", "embeds": [embed], "components": [], "allowed_mentions": {"parse": []}}


def clip(line: str, limit: int) -> str:
    """The line, cut where it is too long for Discord."""
    return line if len(line) <= limit else line[: limit - 1] + "…"


def cut(escaped: str, note: str, limit: int = MAX_DESCRIPTION) -> str:
    """Markdown short enough for a description: whole lines where possible, and a note if any are left out."""
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


def loss_of(held_out: HeldOut, locale: str) -> str:
    """The loss a character where the vocabulary allows to tell it, otherwise a token."""
    if held_out.nats_per_char is None:
        return text(locale, "figures.nats_per_token", nats=held_out.nats_per_token)
    return text(locale, "figures.nats_per_char", nats=held_out.nats_per_char)


def figures_of(held_out: HeldOut, locale: str) -> str:
    """The figures on held-out text in one line."""
    figures = [
        loss_of(held_out, locale),
        text(locale, "figures.perplexity", perplexity=held_out.perplexity),
        text(locale, "figures.accuracy", accuracy=held_out.accuracy),
    ]
    return ", ".join(figures)


def bar(share: float, width: int = 20) -> str:
    """A bar of so many characters, full to that share."""
    full = round(share * width)
    return "█" * full + "░" * (width - full)


def about(seconds: float, locale: str) -> str:
    """Roughly how long, so that it seldom changes: up to a minute in steps of 5 seconds, then in minutes."""
    steps = max(math.ceil(seconds / 5), 1)
    if steps < 12:
        return text(locale, "duration.seconds", seconds=5 * steps)
    return text(locale, "duration.whole_minutes", minutes=round(steps / 12))


def duration(seconds: float, locale: str) -> str:
    """How long, to the second below an hour."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return text(locale, "duration.hours", hours=hours, minutes=minutes)
    if minutes:
        return text(locale, "duration.minutes", minutes=minutes, seconds=rest)
    return text(locale, "duration.seconds", seconds=rest)
