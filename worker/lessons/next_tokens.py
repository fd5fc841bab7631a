"""`/next`: what is likely to come next. With the buttons, people write a line together."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from worker.lessons import shared_lines
from worker.lessons.shared_lines import SharedLine
from worker.lessons.token_names import token_name
from worker.lessons.tools import MAX_ALTERNATIVE, PNG, Tools
from worker.messages.catalog import Refusal, text
from worker.messages.discord_json import (
    PRIMARY,
    SECONDARY,
    Attachment,
    Component,
    Message,
    button,
    clip,
    escape,
    plain,
    rows,
)
from worker.messages.text_limits import length
from worker.protocol.custom_ids import Append, Draw, Undo
from worker.protocol.job_request import JobRequest
from worker.protocol.payload import MAX_PROMPT_CHARACTERS, ModelReference, RecordId

if TYPE_CHECKING:
    from shakelm.data.vocabulary import Vocabulary
    from shakelm.decoding.language_model import LanguageModel
    from shakelm.decoding.prediction import Prediction

OFFERED = 5
"""How many of the most likely tokens can be appended: one row of buttons."""

MAX_LINE = 1100
"""Characters of a shared line in markdown; the rest of a message's 2,000 is for the probabilities."""

MAX_UNKNOWN = 140


class NextRequest(JobRequest, job="next_tokens"):
    """What is likely to come next after a text that people then continue."""

    text: Annotated[str, Field(max_length=MAX_PROMPT_CHARACTERS)] = ""
    model: ModelReference | None = None


class StepRequest(JobRequest, job="next_step"):
    """A press under a `SharedLine`, as it stood in that version.

    `choice` is the one to append. Without it, the model draws one if `drawn`, and otherwise one is removed.
    """

    line: RecordId
    version: int
    choice: Annotated[int | None, Field(ge=0)] = None
    drawn: Annotated[bool, Field(exclude_if=lambda drawn: not drawn)] = False  # unknown to former workers


def begin(wanted: NextRequest, tools: Tools) -> Message:
    """What may come after a text, as a line that people can continue.

    Raises:
        ShakelmError: there is no such model, or it is damaged.
        redis.RedisError: the queue cannot be reached.
    """
    from shakelm.decoding.prediction import predict

    model = tools.load(wanted.model)
    prediction = predict(model, wanted.text, OFFERED)
    line = SharedLine(
        **wanted.model_dump(exclude={"text", "model", "reply_to"}),
        prompt=prediction.prompt,
        offered=_pieces(model.vocabulary, prediction),
        model=model.reference,
        changed_by=wanted.id,
        locale=wanted.reply_to.locale,
    )
    shared_lines.begin(tools.connection, line)
    return message(line, prediction)


def step(wanted: StepRequest, tools: Tools) -> Message:
    """The line after a press: with one more token, or without the last one.

    Raises:
        Refusal: the line has expired, is damaged, or belongs to another guild, or somebody else was faster.
        ShakelmError: the line's model is gone.
        redis.RedisError: the queue cannot be reached.
    """
    from shakelm.decoding.prediction import predict

    line = shared_lines.find(tools.connection, wanted.line)
    if line.guild != wanted.guild:
        raise Refusal("refusal.record_gone")
    if line.changed_by == wanted.id:  # by an earlier attempt, whose answer did not get through
        model = tools.load(line.model)
        prediction = predict(model, line.text, OFFERED)
        return message(_offering(line, model, prediction), prediction)
    before = shared_lines.at(tools.connection, wanted.line, wanted.version)
    model = tools.load(before.model)
    added = _added(before, wanted, model)
    changed = before.model_copy(
        update={"added": added, "version": before.version + 1, "changed_by": wanted.id}
    )
    prediction = predict(model, changed.text, OFFERED)
    after = _offering(changed, model, prediction)
    shared_lines.change(tools.connection, before, after)
    return message(after, prediction)


def _offering(line: SharedLine, model: "LanguageModel", prediction: "Prediction") -> SharedLine:
    """The line, with what may be appended to it now."""
    return line.model_copy(update={"offered": _pieces(model.vocabulary, prediction)})


def _added(line: SharedLine, wanted: StepRequest, model: "LanguageModel") -> tuple[str, ...]:
    """What was appended to the line's prompt, after the press."""
    from shakelm.decoding.prediction import draw
    from shakelm.decoding.sampling_settings import SamplingSettings

    if wanted.choice is not None:
        if wanted.choice >= len(line.offered):  # a damaged line
            raise Refusal("refusal.record_gone")
        return (*line.added, line.offered[wanted.choice])
    if not wanted.drawn:
        return line.added[:-1]
    piece = draw(model, line.text, SamplingSettings(), int(wanted.id, 16))
    return (*line.added, piece) if _has_room(line, piece) else line.added


def _pieces(vocabulary: "Vocabulary", prediction: "Prediction") -> tuple[str, ...]:
    """What each predicted token adds to the text."""
    return tuple(
        vocabulary.extend(prediction.prompt, vocabulary.tokens.index(token)) for token in prediction.tokens
    )


def message(line: SharedLine, prediction: "Prediction") -> Message:
    """The text so far, and its likely next tokens as a chart, in words and on buttons."""
    from shakelm.decoding.prediction import title_after
    from shakelm.evaluation import plots

    locale = line.locale
    names = {token: token_name(token, locale) for token in prediction.tokens}
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
    model = escape(line.model)
    notes = [
        text(locale, "next.model_alone", model=model)
        if line.private
        else text(locale, "next.model", model=model)
    ]
    if prediction.unknown:
        unknown = text(locale, "verse.unknown", unknown=list(prediction.unknown))
        notes.append(escape(clip(unknown, MAX_UNKNOWN)))
    if _is_full(line):
        notes.append(text(locale, "next.full", longest=MAX_PROMPT_CHARACTERS))
    small = [f"-# {escape(chance)}" for chance in chances] + [f"-# {note}" for note in notes]
    title = title_after(line.model, prediction.prompt)
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
        left -= length(written) + 1
        if left < 0:
            return "\n".join(["> …", *reversed(kept)])
        kept.append(written)
    return "\n".join(reversed(kept))


def _steps(line: SharedLine, names: dict[str, str]) -> list[Component]:
    choices = [
        button(name, Append(line.id, line.version, choice), PRIMARY, disabled=not _has_room(line, piece))
        for choice, (name, piece) in enumerate(zip(names.values(), line.offered, strict=True))
    ]
    draw, undo = Draw(line.id, line.version), Undo(line.id, line.version)
    return rows(
        choices,
        [
            button(text(line.locale, "button.model_chooses"), draw, SECONDARY, disabled=_is_full(line)),
            button(text(line.locale, "button.undo"), undo, SECONDARY, disabled=not line.added),
        ],
    )


def _has_room(line: SharedLine, piece: str) -> bool:
    return len(line.text) + len(piece) <= MAX_PROMPT_CHARACTERS


def _is_full(line: SharedLine) -> bool:
    return not any(_has_room(line, piece) for piece in line.offered)
