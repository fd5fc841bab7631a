"""The message of a verse: speakers in bold, receipt, buttons."""

from collections.abc import Iterator

from shakelm.decoding.styles import abbreviate
from shakelm.decoding.verse_endings import is_speaker
from worker.messages.catalog import text
from worker.messages.discord_json import (
    BLUE,
    DANGER,
    MAX_DESCRIPTION,
    PRIMARY,
    SECONDARY,
    Attachment,
    Body,
    Component,
    Message,
    button,
    cut,
    embed,
    escape,
    rows,
)
from worker.messages.text_limits import length, visible
from worker.protocol import custom_ids, poems
from worker.protocol.verse_payloads import MAX_TEMPERATURE, VerseRecord, VerseRequest, VerseResult

VERSE_FILE = "verse.txt"

MAX_POEM = 3500
"""Characters of a whole poem, which has few that markdown must escape."""


def verse(request: VerseRequest, result: VerseResult, prompt: str = "", *, exact: bool = True) -> Message:
    """A verse with its receipt and buttons. A verse over Discord's limit is cut, and attached in full.

    It begins with `prompt`, which is the request's as the model reads it. If it is not `exact`, the receipt
    does not promise the same text on another machine.
    """
    locale = request.reply_to.locale
    # What continues a verse begins with the blank or the line end after it.
    shown = "\n".join(_lines(result.text.lstrip() if request.written else result.text, prompt))
    if not result.text.strip():
        shown = text(locale, "verse.empty")
    whole = length(shown) <= MAX_DESCRIPTION
    description = shown if whole else cut(shown, text(locale, "verse.cut"))
    body = embed("", description, BLUE, " · ".join(_receipt(request, result, exact)))
    attachment = None if whole else Attachment(VERSE_FILE, result.text.encode())
    return Message(body | {"components": _buttons(request)}, attachment)


def _lines(verse: str, prompt: str = "") -> Iterator[str]:
    """The lines in markdown. What the person wrote is in italics, and speakers are bold."""
    written = prompt.strip("\n").split("\n")
    before = ""
    for number, line in enumerate(verse.strip("\n").split("\n")):
        speaks = is_speaker(line, before)
        own = written[number] if number < len(written) else ""
        shown = _italic(own) + escape(line[len(own) :]) if line.startswith(own) else escape(line)
        yield f"**{shown}**" if speaks else shown
        before = line


def _italic(written: str) -> str:
    """The text in italics, with the blanks around it outside: markdown has none within."""
    inner = written.strip()
    return written.replace(inner, f"*{escape(inner)}*") if inner else written


def _receipt(request: VerseRequest, result: VerseResult, exact: bool) -> Iterator[str]:
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
    style, truncations = abbreviate(request.style, request.sampling)
    if style is not None:
        yield text(locale, "verse.style", style=text(locale, f"style.{style}"))
    if "top_k" in truncations:
        yield text(locale, "verse.top_k", top_k=truncations["top_k"])
    if "top_p" in truncations:
        yield text(locale, "verse.top_p", top_p=truncations["top_p"])
    if "min_p" in truncations:
        yield text(locale, "verse.min_p", min_p=truncations["min_p"])
    if request.context or request.written:
        yield text(locale, "verse.continued")
    if not exact:
        yield text(locale, "verse.inexact")
    if result.unknown:
        yield text(locale, "verse.unknown", unknown=[visible(piece) for piece in result.unknown])


def _buttons(request: VerseRequest) -> list[Component]:
    locale, of = request.reply_to.locale, request.id
    continued = bool(request.context or request.written)
    hottest, coldest = request.temperature >= MAX_TEMPERATURE, request.temperature <= 0
    return rows(
        [
            button(text(locale, "button.again"), custom_ids.Again(of), PRIMARY),
            button(text(locale, "button.continue"), custom_ids.Continue(of), PRIMARY),
            button(text(locale, "button.hotter"), custom_ids.Hotter(of), SECONDARY, disabled=hottest),
            button(text(locale, "button.colder"), custom_ids.Colder(of), SECONDARY, disabled=coldest),
            button(text(locale, "button.change"), custom_ids.Change(of), SECONDARY),
        ],
        [
            *([button(text(locale, "button.poem"), custom_ids.WholePoem(of))] if continued else []),
            button(text(locale, "button.discard"), custom_ids.Discard(of), DANGER),
        ],
    )


def poem(record: VerseRecord, locale: str) -> Body:
    """A verse with all that it continues, as far as it is kept."""
    whole = poems.whole(record)
    kept = whole[-MAX_POEM:]
    if len(kept) < len(whole):
        kept = kept.partition("\n")[2]
    shown = "\n".join(_lines(kept))
    return embed(text(locale, "verse.poem"), cut(shown, text(locale, "verse.poem_cut")), BLUE)
