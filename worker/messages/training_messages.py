"""Trainings as people read them: the question before, the message that follows one, and its end."""

from collections.abc import Iterable, Iterator

from worker.messages.catalog import DEFAULT, text
from worker.messages.discord_json import (
    AMBER,
    BLUE,
    DANGER,
    GREEN,
    GREY,
    MAX_FIELD,
    POSITIVE,
    PRIMARY,
    RED,
    Body,
    Component,
    about,
    bar,
    button,
    cut,
    duration,
    embed,
    escape,
    figures_of,
    rows,
)
from worker.protocol.training_payloads import (
    ENDED,
    Comparison,
    Specimen,
    TrainingState,
    TrainProgress,
    TrainRequest,
)
from worker.trainings.training_plans import Cost
from worker.trainings.training_records import Standing

COLOURS = {
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
    locale: str = DEFAULT,
) -> Body:
    """The question before a training, with what it costs and the buttons that start or drop it.

    Args:
        training_id: of the proposal.
        request: what was asked for.
        corpus: the name of the text to learn from; None where no training worker has told of it yet.
        cost: about what it costs, where the text's size is known.
        ahead: how many trainings run or wait.
        workers: how many live workers train.
        locale: the person's.
    """
    lines = [_settings(request, corpus, locale)]
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
        button(text(locale, "button.start"), f"start-training:{training_id}", POSITIVE),
        button(text(locale, "button.cancel"), f"drop-training:{training_id}"),
    ]
    return embed(title, "\n".join(lines), AMBER) | {"components": rows(buttons)}


def dropped(request: TrainRequest, locale: str = DEFAULT) -> Body:
    """The answer to whoever does not want that training after all."""
    return embed("", text(locale, "training.dropped", name=escape(request.name)), AMBER)


def enqueued(request: TrainRequest, url: str, locale: str = DEFAULT) -> Body:
    """The answer to whoever started a training: where its message is."""
    return embed("", text(locale, "training.enqueued", name=escape(request.name), url=url), GREEN)


def moved(request: TrainRequest, url: str) -> Body:
    """What stands in a training's message that has grown too old, with the address of the new one."""
    return embed("", text(request.locale, "training.moved", name=escape(request.name), url=url), BLUE)


def following(training: Standing) -> Body:
    """The message that follows a training."""
    request, progress = training.request, training.progress
    locale = request.locale
    title = text(locale, f"training.title.{progress.state}", name=escape(request.name))
    lines = [_settings(request, None, locale), *_lines(training)]
    footer = ""
    if progress.state is TrainingState.RUNNING and training.order is None:
        footer = text(locale, "training.footer")
    body = embed(title, cut("\n".join(lines), "…"), COLOURS[progress.state], footer)
    if progress.verses:
        body["embeds"][0]["fields"] = [_field(verse, locale) for verse in progress.verses]
    return body | {"components": rows(_buttons(training))}


def _settings(request: TrainRequest, corpus: str | None, locale: str) -> str:
    """What is trained, in one line."""
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
    if request.preset is not None:
        parts.append(text(locale, "training.with.preset", preset=request.preset))
    if request.layers is not None:
        parts.append(text(locale, "training.with.layers", count=request.layers))
    if request.units is not None:
        parts.append(text(locale, "training.with.units", units=request.units))
    if request.dropout is not None:
        parts.append(text(locale, "training.with.dropout", dropout=request.dropout))
    if request.learning_rate is not None:
        parts.append(text(locale, "training.with.learning_rate", rate=request.learning_rate))
    name = request.attached.name if request.attached else request.corpus or corpus
    if name is not None:
        parts.append(text(locale, "training.with.corpus", corpus=escape(name)))
    return ", ".join(parts)


def _lines(training: Standing) -> Iterable[str]:
    progress, locale = training.progress, training.request.locale
    match progress.state:
        case TrainingState.QUEUED:
            yield from _waiting(training)
        case TrainingState.RUNNING:
            yield from _running(progress, locale)
        case TrainingState.FINISHED:
            yield from _finished(progress, locale)
    if progress.error:
        yield escape(progress.error)
    if progress.state not in ENDED and training.order is not None:
        yield text(locale, f"training.told.{training.order}")


def _waiting(training: Standing) -> Iterator[str]:
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
    losses = text(locale, "training.loss", loss=progress.loss)
    if progress.validation_loss is not None:
        losses += ", " + text(locale, "training.validation_loss", loss=progress.validation_loss)
    yield losses
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
    """A verse as an embed's field: over the whole width, since lines of verse are long."""
    name = text(locale, "training.specimen", model=escape(verse.model), number=verse.random_seed)
    shown = cut(escape(verse.text), "…", MAX_FIELD) or text(locale, "verse.empty")
    return {"name": name, "value": shown, "inline": False}


def _buttons(training: Standing) -> list[Component]:
    locale, progress = training.request.locale, training.progress
    if progress.state is TrainingState.FINISHED and progress.model is not None:
        label = text(locale, "training.promote", model=progress.model)
        return [button(label, f"promote:{progress.model}", PRIMARY)]
    if progress.state in ENDED or training.order is not None:
        return []
    buttons = [button(text(locale, "button.cancel"), f"cancel-training:{training.training_id}", DANGER)]
    if progress.state is TrainingState.RUNNING:
        buttons.insert(0, button(text(locale, "button.stop"), f"stop-training:{training.training_id}", GREY))
    return buttons


def _rough(seconds: float, locale: str) -> str:
    return about(seconds, locale) if seconds < 3600 else duration(seconds, locale)
