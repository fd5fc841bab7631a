"""The lessons: temperatures side by side, next tokens, tokens of a text, training curves."""

from collections.abc import Iterator, Sequence

from shakelm.cli.display import after
from shakelm.configuration import VocabularyKind
from shakelm.data.vocabulary import Mapping
from shakelm.decoding.prediction import Prediction
from shakelm.evaluation import plots
from shakelm.store.card import Epoch, History
from worker.messages.catalog import DEFAULT, text
from worker.messages.discord_json import (
    AMBER,
    BLUE,
    MAX_DESCRIPTION,
    MAX_FIELD,
    PRIMARY,
    SECONDARY,
    Attachment,
    Component,
    Message,
    button,
    clip,
    cut,
    embed,
    escape,
    plain,
    rows,
)
from worker.protocol.lesson_payloads import SharedLine
from worker.protocol.payload import MAX_PROMPT_CHARACTERS

PNG = "image/png"

MAX_ALTERNATIVE = 1024
MAX_RECEIPT = 400
MAX_LINE = 1100
"""Characters of a shared line in markdown; the rest of a message's 2,000 is for the probabilities."""

MAX_TOKEN = 20
MAX_UNKNOWN = 140


def temperatures(
    written: Sequence[tuple[float, str, float]],
    *,
    kind: VocabularyKind,
    model: str,
    number: int,
    seconds: float,
    unknown: Sequence[str] = (),
    locale: str = DEFAULT,
) -> Message:
    """Verses side by side.

    `written` has the temperature, the text and the mean entropy in bits per token of each.
    """
    fields = [
        {
            "name": text(locale, f"temperatures.name.{kind}", temperature=temperature, bits=bits),
            "value": cut(escape(verse.strip("\n")), "…", MAX_FIELD) or text(locale, "verse.empty"),
            "inline": True,
        }
        for temperature, verse, bits in written
    ]
    receipt = text(locale, "temperatures.receipt", model=model, number=number, seconds=seconds)
    if unknown:
        receipt += " · " + text(locale, "verse.unknown", unknown=list(unknown))
    body = embed(
        text(locale, "temperatures.title"),
        text(locale, "temperatures.explained"),
        BLUE,
        clip(receipt, MAX_RECEIPT),
    )
    body["embeds"][0]["fields"] = fields
    return Message(body)


def shared_line(line: SharedLine, prediction: Prediction) -> Message:
    """The text so far, and its likely next tokens as a chart, in words and on buttons."""
    locale = line.locale
    names = {token: _token(token, locale) for token in prediction.tokens}
    chances = [
        text(
            locale,
            "next.chances",
            temperature=distribution.temperature,
            bits=distribution.entropy,
            chances="; ".join(
                text(locale, "next.chance", token=names[token], chance=chance)
                for token, chance in zip(prediction.tokens, distribution.probabilities, strict=True)
            ),
            rest=distribution.rest,
        )
        for distribution in prediction.distributions
    ]
    notes = [text(locale, "next.model", model=escape(line.model))]
    if prediction.unknown:
        unknown = text(locale, "verse.unknown", unknown=list(prediction.unknown))
        notes.append(escape(clip(unknown, MAX_UNKNOWN)))
    if _is_full(line):
        notes.append(text(locale, "next.full", longest=MAX_PROMPT_CHARACTERS))
    small = [f"-# {escape(chance)}" for chance in chances] + [f"-# {note}" for note in notes]
    title = after(line.model, prediction.seed)
    picture = Attachment(
        "next.png",
        plots.next_tokens(prediction, title, lambda token: names[token]),
        PNG,
        clip("\n".join([text(locale, "next.picture", title=title), *chances]), MAX_ALTERNATIVE),
    )
    body = plain("\n".join([_quoted(line), *small])) | {"embeds": [], "components": _steps(line, names)}
    return Message(body, picture)


def _quoted(line: SharedLine) -> str:
    """The text so far as a quotation; of a long text, its last lines."""
    if not line.text:
        return f"> *{text(line.locale, 'next.beginning')}*"
    kept: list[str] = []
    left = MAX_LINE
    for written in reversed([f"> {written}" for written in escape(line.text).split("\n")]):
        left -= len(written) + 1
        if left < 0:
            return "\n".join(["> …", *reversed(kept)])
        kept.append(written)
    return "\n".join(reversed(kept))


def _steps(line: SharedLine, names: dict[str, str]) -> list[Component]:
    of = f"{line.id}:{line.version}"
    choices = [
        button(name, f"append:{of}:{choice}", PRIMARY, disabled=not _has_room(line, piece))
        for choice, (name, piece) in enumerate(zip(names.values(), line.offered, strict=True))
    ]
    undo = button(text(line.locale, "button.undo"), f"undo:{of}", SECONDARY, disabled=not line.added)
    return rows(choices, [undo])


def _has_room(line: SharedLine, piece: str) -> bool:
    return len(line.text) + len(piece) <= MAX_PROMPT_CHARACTERS


def _is_full(line: SharedLine) -> bool:
    return not any(_has_room(line, piece) for piece in line.offered)


def _token(token: str, locale: str) -> str:
    """The token on a button, in a sentence or in a table: blanks have names."""
    blanks = {" ": text(locale, "token.space"), "\n": text(locale, "token.line_end")}
    return blanks.get(token) or clip(_visible(token), MAX_TOKEN)


def _visible(piece: str) -> str:
    """The piece, or its code points if it is not visible."""
    if piece.isprintable() and not piece.isspace():
        return piece
    return " ".join(f"U+{ord(character):04X}" for character in piece)


def tokens(mappings: Sequence[Mapping], kind: VocabularyKind, model: str, locale: str = DEFAULT) -> Message:
    """A table of a text's tokens, their ids and what these decode to. A long table is cut, and attached."""
    if not mappings:
        return Message(embed("", text(locale, "tokens.none"), AMBER))
    known = sum(mapping.known for mapping in mappings)
    title = text(locale, f"tokens.title.{kind}", model=model, known=known, count=len(mappings))
    table = list(_table(mappings, locale))
    whole, note = "\n".join(table), text(locale, "tokens.cut")
    block = f"```\n{whole}\n```"
    if len(block) <= MAX_DESCRIPTION:
        return Message(embed(escape(title), block, BLUE))
    shown = cut(whole, "```", MAX_DESCRIPTION - len(note) - len("```\n\n"))
    body = embed(escape(title), f"```\n{shown}\n{note}", BLUE)
    return Message(body, Attachment("tokens.txt", f"{title}\n\n{whole}\n".encode()))


def _table(mappings: Sequence[Mapping], locale: str) -> Iterator[str]:
    """A header and one line per token, in columns."""
    cells = [
        [text(locale, "tokens.token"), text(locale, "tokens.id"), text(locale, "tokens.back")],
        *(
            [
                _token(mapping.piece, locale),
                str(mapping.token),
                text(locale, "tokens.known", token=_token(mapping.recovered, locale))
                if mapping.known
                else text(locale, "tokens.unknown", token=_token(mapping.recovered, locale)),
            ]
            for mapping in mappings
        ),
    ]
    piece, number, _ = (max(map(len, column)) for column in zip(*cells, strict=True))
    for row in cells:
        yield f"{row[0]:<{piece}}  {row[1]:>{number}}  {row[2]}"


def curves(history: History, model: str, locale: str = DEFAULT) -> Message:
    """The curves of a training as a picture, and the figures of its first, best and last epoch."""
    epochs = history.epochs
    kept = next(epoch for epoch in epochs if epoch.epoch == history.best)
    figures = [
        text(locale, "curves.first", figures=_figures(epochs[0], locale)),
        text(locale, "curves.kept", epoch=kept.epoch, figures=_figures(kept, locale)),
        text(locale, "curves.last", epoch=epochs[-1].epoch, figures=_figures(epochs[-1], locale)),
    ]
    title = text(locale, "curves.title", model=model, count=len(epochs))
    picture = Attachment(
        "curves.png",
        plots.curves(history, model),
        PNG,
        clip(" ".join([text(locale, "curves.picture", title=title), *figures]), MAX_ALTERNATIVE),
    )
    content = "\n".join([f"**{escape(title)}**", *(f"-# {line}" for line in figures)])
    return Message(plain(content) | {"embeds": [], "components": []}, picture)


def _figures(epoch: Epoch, locale: str) -> str:
    figures = text(locale, "curves.training", loss=epoch.loss, accuracy=epoch.accuracy)
    if epoch.validation_loss is None or epoch.validation_accuracy is None:
        return figures
    validation = text(
        locale, "curves.validation", loss=epoch.validation_loss, accuracy=epoch.validation_accuracy
    )
    return f"{figures}; {validation}"
