"""The message of a verse: speakers in bold, receipt, buttons."""

import re
from collections.abc import Iterator

from worker.messages.catalog import text
from worker.messages.discord_json import (
    BLUE,
    DANGER,
    MAX_DESCRIPTION,
    PRIMARY,
    SECONDARY,
    Attachment,
    Component,
    Message,
    button,
    cut,
    embed,
    escape,
    rows,
)
from worker.messages.text_limits import length
from worker.protocol import custom_ids
from worker.protocol.styles import STYLES
from worker.protocol.verse_payloads import MAX_TEMPERATURE, VerseRequest, VerseResult

VERSE_FILE = "verse.txt"

_CAPITALS = re.compile(r"[A-Z][A-Z' .-]*[A-Z]:?")
_NAME = re.compile(r"[A-Z][\w'.-]*( ([A-Z0-9][\w'.-]*|of|the|and)){0,3}:")
"""One to four words that begin with capitals. A line that merely ends in a colon has others too."""


def verse(request: VerseRequest, result: VerseResult) -> Message:
    """A verse with its receipt and buttons. A verse over Discord's limit is cut, and attached in full."""
    locale = request.reply_to.locale
    shown = "\n".join(_lines(result.text)) if result.text.strip() else text(locale, "verse.empty")
    whole = length(shown) <= MAX_DESCRIPTION
    description = shown if whole else cut(shown, text(locale, "verse.cut"))
    body = embed("", description, BLUE, " · ".join(_receipt(request, result)))
    attachment = None if whole else Attachment(VERSE_FILE, result.text.encode())
    return Message(body | {"components": _buttons(request)}, attachment)


def _lines(verse: str) -> Iterator[str]:
    """The lines in markdown. Speakers are bold: a line in capitals, or `Name:` after a blank line."""
    before = ""
    for line in escape(verse.strip("\n")).split("\n"):
        speaks = _CAPITALS.fullmatch(line) or (not before.strip() and _NAME.fullmatch(line))
        yield f"**{line}**" if speaks else line
        before = line


def _receipt(request: VerseRequest, result: VerseResult) -> Iterator[str]:
    """Everything that repeats the verse, except the text before a continued one."""
    locale = request.reply_to.locale
    yield text(
        locale,
        "verse.receipt",
        model=result.model,
        temperature=result.temperature,
        number=result.random_seed,
        seconds=result.seconds,
    )
    if request.style in STYLES:  # a record of a former version may name another one
        yield text(locale, "verse.style", style=text(locale, f"style.{request.style}"))
    if request.top_k is not None:
        yield text(locale, "verse.top_k", top_k=request.top_k)
    if request.top_p is not None:
        yield text(locale, "verse.top_p", top_p=request.top_p)
    if request.min_p is not None:
        yield text(locale, "verse.min_p", min_p=request.min_p)
    if request.context:
        yield text(locale, "verse.continued")
    if result.unknown:
        yield text(locale, "verse.unknown", unknown=result.unknown)


def _buttons(request: VerseRequest) -> list[Component]:
    locale, of = request.reply_to.locale, request.id
    hottest, coldest = request.temperature >= MAX_TEMPERATURE, request.temperature <= 0
    return rows(
        [
            button(text(locale, "button.again"), custom_ids.Again(of), PRIMARY),
            button(text(locale, "button.continue"), custom_ids.Continue(of), PRIMARY),
            button(text(locale, "button.hotter"), custom_ids.Hotter(of), SECONDARY, disabled=hottest),
            button(text(locale, "button.colder"), custom_ids.Colder(of), SECONDARY, disabled=coldest),
            button(text(locale, "button.change"), custom_ids.Change(of), SECONDARY),
        ],
        [button(text(locale, "button.discard"), custom_ids.Discard(of), DANGER)],
    )
