"""The messages of a training: the proposal, the progress and the result."""

import hashlib
from collections.abc import Callable, Iterable, Iterator

from shakelm.data.text_reading import PLAIN, Reading
from shakelm.data.vocabulary_kinds import VocabularyKind
from worker.messages import model_messages
from worker.messages.catalog import DEFAULT, text
from worker.messages.discord_json import (
    AMBER,
    BLUE,
    DANGER,
    GREEN,
    MAX_FIELD,
    PRIMARY,
    RED,
    SECONDARY,
    SUCCESS,
    Body,
    Component,
    button,
    cut,
    embed,
    escape,
    plain,
    rows,
)
from worker.messages.formats import about, bar, duration, figures_of, loss_of, units
from worker.protocol import custom_ids
from worker.protocol.model_payloads import ModelSummary
from worker.protocol.training_payloads import (
    ALWAYS_CHOSEN,
    ENDED,
    Comparison,
    Cost,
    Specimen,
    Training,
    TrainingState,
    TrainProgress,
    TrainRequest,
    UnknownTokens,
)

SCORED_FROM = 0.99
"""A training with this share is scored."""

COLORS = {
    TrainingState.QUEUED: AMBER,
    TrainingState.RUNNING: BLUE,
    TrainingState.FINISHED: GREEN,
    TrainingState.FAILED: RED,
    TrainingState.CANCELLED: AMBER,
}


def proposal(
    training_id: str,
    request: TrainRequest,
    corpus: str | None,
    cost: Cost | None,
    ahead: int,
    workers: int,
    base: ModelSummary | None = None,
    reading: Reading | None = None,
    locale: str = DEFAULT,
) -> Body:
    """The proposal of a training: its settings, its cost, and the buttons that start or drop it.

    Args:
        training_id: the id of the proposal.
        request: the settings.
        corpus: the name of the training worker's corpus; None before a worker has reported it.
        cost: the estimated cost; None if the size of the corpus is unknown.
        ahead: the number of trainings that run or wait.
        workers: the number of live training workers.
        base: the version that the training goes on from; None without one.
        reading: how an attached text was read; None without one.
        locale: the reader's.
    """
    lines = [_settings(request, corpus, locale)]
    if base is not None:
        model, loss = escape(model_messages.named(base, locale)), loss_of(base.held_out, locale)
        lines.append(text(locale, "training.base", model=model, loss=loss))
    if reading is not None and (done := list(_readings(reading, locale))):
        lines.append(text(locale, "training.reading", done="; ".join(done)))
    if cost is None:
        lines.append(text(locale, "training.cost.unknown"))
    else:
        lines.append(text(locale, "training.cost.parameters", parameters=cost.parameters))
        lines.append(
            text(locale, "training.cost.unmeasured")
            if cost.seconds is None
            else text(locale, "training.cost.time", time=_rough(cost.seconds, locale))
        )
    if ahead:
        lines.append(text(locale, "training.ahead", count=ahead))
    if not workers:
        lines.append(text(locale, "training.no_worker"))
    title = text(locale, "training.title.proposed", name=escape(request.name))
    buttons = [
        button(text(locale, "button.start"), custom_ids.StartTraining(training_id), SUCCESS),
        button(text(locale, "button.cancel"), custom_ids.DropTraining(training_id)),
    ]
    return embed(title, "\n".join(lines), AMBER) | {"components": rows(buttons)}


def dropped(request: TrainRequest, locale: str = DEFAULT) -> Body:
    """The answer after a proposal is dropped."""
    return embed("", text(locale, "training.dropped", name=escape(request.name)), AMBER)


def ended(training: Training, author: str, url: str) -> Body:
    """A message for who started a training: how it ended, and the address of its message."""
    request = training.request
    title = text(request.locale, f"training.title.{training.progress.state}", name=escape(request.name))
    return plain(f"<@{author}> {title}: {url}")


def overview(trainings: list[Training], locale: str = DEFAULT) -> Body:
    """The trainings of a guild that run or wait, a line each."""
    lines = [f"• {choice(training, locale, escape)}" for training in trainings]
    return embed(text(locale, "training.overview"), "\n".join(lines) or text(locale, "training.none"), BLUE)


def choice(training: Training, locale: str = DEFAULT, escape: Callable[[str], str] = str) -> str:
    """One training in few words: its name and how far it is."""
    name, share = escape(training.request.name), training.progress.share
    if training.progress.state is TrainingState.RUNNING:
        return text(locale, "training.running_at", name=name, share=share)
    return text(locale, "training.waiting_at", name=name, position=training.place or 1)


def enqueued(request: TrainRequest, url: str | None, locale: str = DEFAULT) -> Body:
    """The answer after a training is started: the address of its message, if it is posted."""
    if url is None:
        return embed("", text(locale, "training.enqueued_later", name=escape(request.name)), GREEN)
    return embed("", text(locale, "training.enqueued", name=escape(request.name), url=url), GREEN)


def moved(request: TrainRequest, url: str) -> Body:
    """The last edit of a training's message that is too old: the address of the new message."""
    return embed("", text(request.locale, "training.moved", name=escape(request.name), url=url), BLUE)


def following(training: Training) -> Body:
    """The message that shows a training and its progress."""
    request, progress = training.request, training.progress
    locale = request.locale
    title = text(locale, f"training.title.{progress.state}", name=escape(request.name))
    lines = [_settings(request, None, locale), *_lines(training)]
    footer = ""
    if progress.state is TrainingState.RUNNING and training.order is None:
        footer = text(locale, "training.footer")
    verses = [_field(verse, locale) for verse in progress.verses]
    body = embed(title, cut("\n".join(lines), "…"), COLORS[progress.state], footer, verses)
    return body | {"components": rows(_buttons(training))}


def _settings(request: TrainRequest, corpus: str | None, locale: str) -> str:
    """The settings in one line."""
    parts = [
        text(
            locale,
            "training.of",
            architecture=request.architecture,
            vocabulary=request.vocabulary,
            count=request.epochs,
            number=request.random_seed,
        )
    ]
    parts += [
        text(locale, f"training.count.{name}", count=value)
        if isinstance(value, int)
        else text(locale, f"training.with.{name}", value=escape(value) if isinstance(value, str) else value)
        for name, value in request.chosen().items()
        if name not in ALWAYS_CHOSEN
    ]
    name = request.attached.name if request.attached else request.corpus or corpus
    if name is not None:
        parts.append(text(locale, "training.corpus", corpus=escape(name)))
    return ", ".join(parts)


def _readings(reading: Reading, locale: str) -> Iterator[str]:
    """What was done to an attached text, as in `Reading.summary`."""
    if reading.encodings != PLAIN:
        yield text(locale, "reading.encodings", encodings=list(reading.encodings))
    if reading.line_ends:
        yield text(locale, "reading.line_ends")
    if reading.invisible:
        yield text(locale, "reading.invisible", count=reading.invisible)
    if reading.composed:
        yield text(locale, "reading.composed")
    if reading.gutenberg:
        yield text(locale, "reading.gutenberg")


def _lines(training: Training) -> Iterable[str]:
    progress, locale = training.progress, training.request.locale
    match progress.state:
        case TrainingState.QUEUED:
            yield from _waiting(training)
        case TrainingState.RUNNING:
            yield from _running(progress, locale)
        case TrainingState.FINISHED:
            yield from _finished(progress, locale)
    if progress.unknown is not None and training.request.base is not None:
        yield _unknown(progress.unknown, training.request.base, training.request.vocabulary, locale)
    if progress.error:
        yield escape(progress.error)
    if progress.state not in ENDED and training.order is not None:
        first = training.order == "stop" and progress.epoch <= 1
        yield text(locale, "training.told.stop_first" if first else f"training.told.{training.order}")


def _unknown(unknown: UnknownTokens, base: str, kind: VocabularyKind, locale: str) -> str:
    pieces = [*map(repr, unknown.pieces), *(["…"] if unknown.more else [])]
    return text(
        locale,
        "training.unknown",
        model=escape(base),
        share=unknown.share,
        units=units(kind, locale),
        pieces=escape(", ".join(pieces)),
    )


def _waiting(training: Training) -> Iterator[str]:
    locale = training.request.locale
    if training.progress.share:
        yield text(locale, "training.interrupted", share=training.progress.share)
    if not training.workers:
        yield text(locale, "training.no_worker")
    elif training.place is not None and training.place > 1:
        yield text(locale, "training.place", position=training.place)
    else:
        yield text(locale, "training.next")


def _running(progress: TrainProgress, locale: str) -> Iterator[str]:
    yield text(
        locale,
        "training.bar",
        bar=bar(progress.share),
        share=progress.share,
        epoch=progress.epoch,
        epochs=progress.epochs,
    )
    if progress.loss is None:
        yield text(locale, "training.loading")
        return
    if progress.validation_loss is None:
        yield text(locale, "training.loss", loss=progress.loss)
    else:
        yield text(locale, "training.losses", loss=progress.loss, validation_loss=progress.validation_loss)
    if progress.share >= SCORED_FROM and progress.tokens_per_second is None:
        yield text(locale, "training.scoring")
    if progress.tokens_per_second is not None and progress.seconds_left is not None:
        left = duration(progress.seconds_left, locale)
        yield text(locale, "training.speed", tokens=progress.tokens_per_second, left=left)
    if progress.sample:
        yield text(locale, "training.sample", epoch=progress.epoch - 1, line=escape(progress.sample))


def _finished(progress: TrainProgress, locale: str) -> Iterator[str]:
    if progress.model is None or progress.held_out is None:
        return
    if progress.kept is not None:
        yield text(locale, "training.kept", kept=progress.kept, count=progress.epoch)
    figures = figures_of(progress.held_out, locale)
    yield text(locale, "training.result", model=escape(progress.model), figures=figures)
    if progress.live is not None:
        yield from _compared(progress.live, locale)


def _compared(live: Comparison, locale: str) -> Iterator[str]:
    figures = figures_of(live.held_out, locale)
    yield text(locale, "training.live", model=escape(live.model), figures=figures)
    yield text(locale, f"training.verdict.{live.verdict}")


def _field(verse: Specimen, locale: str) -> dict[str, object]:
    """A verse as an embed's field; not inline, because its lines are long."""
    name = text(locale, "training.specimen", model=escape(verse.model), number=verse.random_seed)
    blank = not verse.text.strip()
    shown = text(locale, "verse.empty") if blank else cut(escape(verse.text), "…", MAX_FIELD)
    return {"name": name, "value": shown, "inline": False}


def _buttons(training: Training) -> list[Component]:
    locale, progress = training.request.locale, training.progress
    if progress.state is TrainingState.FINISHED and progress.model is not None:
        label = text(locale, "training.promote", model=progress.model)
        return [button(label, custom_ids.Promote(progress.model), PRIMARY)]
    if progress.state in ENDED or training.order == "cancel":
        return []
    buttons = [button(text(locale, "button.cancel"), custom_ids.CancelTraining(training.id), DANGER)]
    if progress.state is TrainingState.RUNNING and training.order is None:
        buttons.insert(
            0, button(text(locale, "button.stop"), custom_ids.StopTraining(training.id), SECONDARY)
        )
    return buttons


def _rough(seconds: float, locale: str) -> str:
    return about(seconds, locale) if seconds < 3600 else duration(seconds, locale)


def nonce(training_id: str, replaced: str) -> str:
    """What names a training's message that replaces another one, at most 25 characters.

    Discord takes one message with it within some minutes (Create Message: enforce_nonce). So a bot that is
    killed before it has noted the message does not make the next one post a second.
    """
    return hashlib.blake2b(f"{training_id} {replaced}".encode(), digest_size=12).hexdigest()
