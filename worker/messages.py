"""From results to Discord messages, as the JSON that Discord's API takes.

The one place that knows the texts, Discord's limits (API documentation: Message, Embed Limits) and the
escaping of its markdown. Every message pings nobody. A final message always empties or replaces the
content, so that nothing of a waiting notice ("⏳ …") remains.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from worker.payloads import (
    HeldOut,
    ModelIndex,
    ModelSummary,
    QueueStatus,
    TrainingState,
    TrainProgress,
    TrainRequest,
    VerseResult,
)

Body = dict[str, Any]
"""A message as JSON: `content`, `embeds` and `allowed_mentions`."""

MAX_TITLE = 256
MAX_DESCRIPTION = 4096
MAX_FOOTER = 1800
"""Below Discord's 2,048, so that a whole embed stays under 6,000."""

WAITING = "⏳"
"""Every waiting notice starts with this sign, and no final message does."""

BLUE, GREEN, RED, AMBER = 0x3B6EA5, 0x2E8B57, 0xB03A2E, 0xB9770E

QUEUED_NEXT = "Your verse is next."
QUEUED_AT = "Your verse has place {position} in the queue."
QUEUED_NO_WORKER = "No worker is running at the moment; your verse is written as soon as one starts."

EMPTY_VERSE = "(The model wrote nothing but blanks.)"
CUT = "\n… (cut; the whole verse is in the attached file)"
CUT_LIST = "\n…"
VERSE_FILE = "verse.txt"
RECEIPT = "{model} · temperature {temperature:g} · number {number} · {seconds:.2f} s"
UNKNOWN = "Not in the model's vocabulary: {unknown}"

PROBLEM_TITLE = "⚠️ That did not work"
FAILED = "Something went wrong, reference {reference}. Please tell your teacher this reference."
EXPIRED = "Your verse waited too long: Discord takes an answer for 15 minutes only. Please ask again."

PROMOTED_TITLE = "✅ {model} is live now"
ROLLED_BACK_TITLE = "↩️ Back to {model}"
ANSWERS_NOW = "It answers from the next verse on. Held out: {figures}."

TRAINING_TITLES = {
    TrainingState.QUEUED: "🕓 Training {name} waits for the training worker",
    TrainingState.RUNNING: "🏋️ Training {name}",
    TrainingState.FINISHED: "✅ Training {name} is done",
    TrainingState.FAILED: "❌ Training {name} failed",
}
TRAINING_COLOURS = {
    TrainingState.QUEUED: AMBER,
    TrainingState.RUNNING: BLUE,
    TrainingState.FINISHED: GREEN,
    TrainingState.FAILED: RED,
}
TRAINING_OF = "{architecture}, {vocabulary} vocabulary, up to {epochs} epochs, number {number}"
TRAINING_BAR = "`{bar}` {share:.0%}, epoch {epoch} of {epochs}"
TRAINING_LOSSES = "Loss {loss:.3f} nats per token"
TRAINING_VALIDATION = "Validation loss {loss:.3f} nats per token"
TRAINING_LEFT = "About {left} left"
TRAINING_RESULT = "**{model}** on text it never saw: {figures}."
TRAINING_LIVE = "Live is {model}: {figures}."
TRAINING_PROMOTE = "To make the new one answer: `/admin promote model: {model}`"
TRAINING_ABANDONED = (
    "The training worker stopped before the training ended; start the training again once it runs."
)
TRAINING_UNKNOWN = "Nothing is known of this training any more."
TRAINING_INTERRUPTED = (
    "The training worker was shut down before the training ended; start the training again."
)
TRAINING_BROKE = "Something went wrong, reference {reference}; the training worker's log says more."

MODELS_TITLE = "Models"
MODELS_NONE = "No worker has published its models yet. Is a verse worker running?"
MODEL_LINE = "{sign} **{model}** ({architecture}, {vocabulary}): {figures}"
MODEL_LIVE = "★ live:"
MODEL_OTHER = "•"
MODELS_FOOTER = "Figures are on text that no training saw; lower nats and perplexity are better."

STATUS_TITLE = "Status"
STATUS_VERSES = "Verses: {waiting} waiting, {running} being written"
STATUS_WORKERS = "{kind}: {count} running, {busy} busy"
STATUS_NO_WORKER = "⚠️ {kind}: none is running; start one with `python -m worker {queue}`"
STATUS_KINDS = {"verse": "Verse workers", "train": "Training workers"}
STATUS_TRAINING = "Training {name}: {state}, {share:.0%}"
STATUS_STATES = {TrainingState.QUEUED: "waits", TrainingState.RUNNING: "runs"}
STATUS_NO_TRAINING = "No training is running or waiting"
STATUS_LIVE = "Live model: {model}"

PERPLEXITY = "perplexity {perplexity:.2f}"
NATS_PER_TOKEN = "{nats:.3f} nats per token"  # noqa: S105 (no password)
NATS_PER_CHAR = "{nats:.3f} nats per character"
ACCURACY = "accuracy {accuracy:.1%}"


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a message."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Message:
    """A message and the file that goes with it, if any."""

    body: Body
    attachment: Attachment | None = None


def escape(text: str) -> str:
    """The text so that Discord shows it letter by letter: no markup, link, mention, emoji or time."""
    text = re.sub(r"\r\n?", "\n", text)
    text = re.sub(r"[\\*_~`|\[\]()<@]|:(?=//|[\w+-]+:)", r"\\\g<0>", text)
    text = re.sub(r"^([^\S\n]*)([>#+-])", r"\1\\\2", text, flags=re.MULTILINE)
    return re.sub(r"^([^\S\n]*\d+)\.", r"\1\\.", text, flags=re.MULTILINE)


def queued(position: int, workers: int) -> Body:
    """The waiting notice of a verse at that place (1 is next), with that many live workers."""
    place = QUEUED_NEXT if position <= 1 else QUEUED_AT.format(position=position)
    return waiting(place if workers else f"{place} {QUEUED_NO_WORKER}")


def waiting(text: str) -> Body:
    """A notice, in markdown, that stands until the final answer takes its place."""
    return {"content": f"{WAITING} {text}", "allowed_mentions": {"parse": []}}


def verse(result: VerseResult) -> Message:
    """A verse with its receipt; one that is too long is cut at a line's end and attached as a whole."""
    footer = RECEIPT.format(**result.model_dump(include={"model", "temperature", "number", "seconds"}))
    if result.unknown:
        footer += "\n" + UNKNOWN.format(unknown=", ".join(result.unknown))
    escaped = escape(result.text) if result.text.strip() else EMPTY_VERSE
    whole = len(escaped) <= MAX_DESCRIPTION
    description = escaped if whole else _cut(escaped, CUT)
    attachment = None if whole else Attachment(VERSE_FILE, result.text.encode())
    return Message(_embed("", description, BLUE, footer), attachment)


def expired() -> Body:
    """The end of a verse that waited nearly as long as Discord takes an answer."""
    return problem(EXPIRED)


def failed(reference: str) -> Body:
    """The end of a job that failed for a reason that only the log can tell, under that reference."""
    return problem(FAILED.format(reference=reference))


def problem(sentence: str) -> Body:
    """An answer that says what is wrong and how to put it right."""
    return _embed(PROBLEM_TITLE, escape(sentence), RED)


def promoted(now_live: ModelSummary) -> Body:
    """The answer to a promotion."""
    return _new_live(PROMOTED_TITLE, now_live)


def rolled_back(now_live: ModelSummary) -> Body:
    """The answer to a roll-back."""
    return _new_live(ROLLED_BACK_TITLE, now_live)


def _new_live(title: str, now_live: ModelSummary) -> Body:
    return _embed(
        title.format(model=escape(now_live.reference)),
        ANSWERS_NOW.format(figures=_figures(now_live.held_out)),
        GREEN,
    )


def training(request: TrainRequest, progress: TrainProgress, live: ModelSummary | None) -> Body:
    """The message that follows a training; `live` is what a finished one is compared with."""
    lines = [TRAINING_OF.format(**request.model_dump())]
    if progress.state is TrainingState.RUNNING:
        lines += _running(progress)
    elif progress.state is TrainingState.FINISHED and progress.model and progress.held_out:
        lines.append(
            TRAINING_RESULT.format(model=escape(progress.model), figures=_figures(progress.held_out))
        )
        if live:
            lines.append(TRAINING_LIVE.format(model=escape(live.reference), figures=_figures(live.held_out)))
        lines.append(TRAINING_PROMOTE.format(model=progress.model))
    elif progress.error:
        lines.append(escape(progress.error))
    title = TRAINING_TITLES[progress.state].format(name=escape(request.name))
    return _embed(title, "\n".join(lines), TRAINING_COLOURS[progress.state])


def _running(progress: TrainProgress) -> Iterable[str]:
    yield TRAINING_BAR.format(
        bar=_bar(progress.share), share=progress.share, epoch=progress.epoch, epochs=progress.epochs
    )
    if progress.loss is not None:
        yield TRAINING_LOSSES.format(loss=progress.loss)
    if progress.validation_loss is not None:
        yield TRAINING_VALIDATION.format(loss=progress.validation_loss)
    if progress.seconds_left is not None:
        yield TRAINING_LEFT.format(left=_duration(progress.seconds_left))


def models(index: ModelIndex | None) -> Body:
    """All versions with their held-out figures, the live one marked."""
    if index is None:
        return problem(MODELS_NONE)
    lines = [
        MODEL_LINE.format(
            sign=MODEL_LIVE if summary.live else MODEL_OTHER,
            model=escape(summary.reference),
            architecture=summary.architecture,
            vocabulary=summary.vocabulary,
            figures=_figures(summary.held_out),
        )
        for summary in index.versions
    ]
    return _embed(MODELS_TITLE, _cut("\n".join(lines), CUT_LIST), BLUE, MODELS_FOOTER)


def status(queues: QueueStatus, index: ModelIndex | None) -> Body:
    """Workers, queues, trainings and the live model; amber where a kind of worker is missing."""
    lines = []
    missing = False
    for queue, kind in STATUS_KINDS.items():
        busy = [worker.busy for worker in queues.workers if worker.queue == queue]
        missing = missing or not busy
        text = STATUS_WORKERS if busy else STATUS_NO_WORKER
        lines.append(text.format(kind=kind, queue=queue, count=len(busy), busy=sum(busy)))
    lines.append(STATUS_VERSES.format(waiting=queues.verses_waiting, running=queues.verses_running))
    lines += [
        STATUS_TRAINING.format(
            name=escape(training.request.name),
            state=STATUS_STATES[training.progress.state],
            share=training.progress.share,
        )
        for training in queues.trainings
    ] or [STATUS_NO_TRAINING]
    live = index.live() if index else None
    if live:
        lines.append(STATUS_LIVE.format(model=escape(live.reference)))
    return _embed(STATUS_TITLE, _cut("\n".join(lines), CUT_LIST), AMBER if missing else GREEN)


def _embed(title: str, description: str, colour: int, footer: str = "") -> Body:
    """A message of one embed; title and footer are cut where they are too long."""
    embed: dict[str, Any] = {"description": description, "color": colour}
    if title:
        embed["title"] = _clip(title, MAX_TITLE)
    if footer:
        embed["footer"] = {"text": _clip(footer, MAX_FOOTER)}
    return {"content": "", "embeds": [embed], "allowed_mentions": {"parse": []}}


def _clip(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _cut(escaped: str, note: str) -> str:
    """Markdown short enough for a description: whole lines where possible, and a note if any are left out."""
    if len(escaped) <= MAX_DESCRIPTION:
        return escaped
    limit = MAX_DESCRIPTION - len(note)
    line_end = escaped.rfind("\n", 0, limit + 1)
    if line_end > 0:
        return escaped[:line_end] + note
    head = escaped[:limit]
    dangling = (len(head) - len(head.rstrip("\\"))) % 2  # half of an escaped character
    return head[: len(head) - dangling] + note


def _figures(held_out: HeldOut) -> str:
    figures = [
        NATS_PER_TOKEN.format(nats=held_out.nats_per_token)
        if held_out.nats_per_char is None
        else NATS_PER_CHAR.format(nats=held_out.nats_per_char),
        PERPLEXITY.format(perplexity=held_out.perplexity),
        ACCURACY.format(accuracy=held_out.accuracy),
    ]
    return ", ".join(figures)


def _bar(share: float, width: int = 20) -> str:
    full = round(share * width)
    return "█" * full + "░" * (width - full)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
