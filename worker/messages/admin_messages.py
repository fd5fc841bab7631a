"""The messages of `/admin`, except those of trainings."""

from collections.abc import Iterator, Sequence

from worker.messages import model_messages
from worker.messages.catalog import DEFAULT, escaped, text
from worker.messages.discord_json import (
    AMBER,
    BLUE,
    DANGER,
    GREEN,
    Body,
    button,
    cut,
    embed,
    escape,
    plain,
    rows,
)
from worker.messages.formats import about, figures_of
from worker.messages.notices import waiting_notice
from worker.protocol import custom_ids
from worker.protocol.guild_payloads import GuildSettings
from worker.protocol.model_payloads import ModelIndex, ModelSummary
from worker.protocol.status_payloads import Incident, OpenJob, QueueStatus, WorkerStatus
from worker.protocol.training_payloads import Training


def promoting(model: str, locale: str = DEFAULT) -> Body:
    """The waiting notice of a promotion."""
    return waiting_notice(text(locale, "live.promoting", model=escape(model)))


def rolling_back(locale: str = DEFAULT) -> Body:
    """The waiting notice of a roll-back."""
    return waiting_notice(text(locale, "live.rolling_back"))


def promoted(now_live: ModelSummary, locale: str = DEFAULT) -> Body:
    """The answer to a promotion."""
    return _new_live(text(locale, "live.promoted", model=escape(now_live.reference)), now_live, locale)


def rolled_back(now_live: ModelSummary, locale: str = DEFAULT) -> Body:
    """The answer to a roll-back."""
    return _new_live(text(locale, "live.rolled_back", model=escape(now_live.reference)), now_live, locale)


def _new_live(title: str, now_live: ModelSummary, locale: str) -> Body:
    figures = figures_of(now_live.held_out, locale)
    return embed(title, text(locale, "live.answers_now", figures=figures), GREEN)


def confirm_removal(model: str, locale: str = DEFAULT) -> Body:
    """The question before a version (NAME@VERSION) is removed, with the button that does it."""
    label = text(locale, "removal.button", model=model)
    question = embed("", text(locale, "removal.question", model=escape(model)), AMBER)
    return question | {"components": rows([button(label, custom_ids.Remove(model), DANGER)])}


def removing(model: str, locale: str = DEFAULT) -> Body:
    """The waiting notice of a removal, without the button."""
    return waiting_notice(text(locale, "removal.under_way", model=escape(model))) | {"components": []}


def removed(model: str, locale: str = DEFAULT) -> Body:
    """The answer to a removal."""
    return embed("", text(locale, "removal.done", model=escape(model)), GREEN)


def queue(jobs: Sequence[OpenJob], paused: bool, locale: str = DEFAULT) -> Body:
    """The open requests of one guild by their place in the queue of all guilds."""
    lines = [text(locale, "queue.paused")] if paused else []
    lines += [_open_job(job, locale) for job in jobs] or [text(locale, "queue.empty")]
    return embed(text(locale, "queue.title"), cut("\n".join(lines), "…"), AMBER if paused else BLUE)


def _open_job(job: OpenJob, locale: str) -> str:
    person, kind = f"<@{job.request.author}>", text(locale, f"queue.kind.{job.kind}")
    if not job.place:
        return text(locale, "queue.started", person=person, kind=kind)
    line = text(locale, "queue.waiting", place=job.place, person=person, kind=kind)
    return line if job.wait_s is None else f"{line} · {about(job.wait_s, locale)}"


def queue_cleared(withdrawn: int, locale: str = DEFAULT) -> Body:
    """The answer after the queue was cleared of `withdrawn` requests."""
    return embed("", text(locale, "queue.cleared", count=withdrawn), GREEN)


def paused(locale: str = DEFAULT) -> Body:
    """The answer after the queue was paused."""
    return embed("", text(locale, "queue.now_paused"), AMBER)


def resumed(locale: str = DEFAULT) -> Body:
    """The answer after the queue was resumed."""
    return embed("", text(locale, "queue.now_resumed"), GREEN)


def limits(settings: GuildSettings, locale: str = DEFAULT) -> Body:
    """The limits of a guild."""
    lines = [
        text(locale, "limits.per_minute", number=settings.per_minute),
        text(locale, "limits.open_per_person", number=settings.open_per_person),
        text(locale, "limits.open_per_server", number=settings.open_per_server),
        text(locale, "limits.teacher_factor", number=settings.teacher_factor),
        text(locale, "limits.longest_verse", number=settings.longest_verse),
    ]
    return embed(text(locale, "limits.title"), "\n".join(lines), BLUE, text(locale, "limits.footer"))


def retention(settings: GuildSettings, locale: str = DEFAULT) -> Body:
    """How long the verses of a guild are kept."""
    return embed("", text(locale, "retention.days", count=settings.retention_days), BLUE)


def exported(locale: str = DEFAULT) -> Body:
    """The text beside the exported table."""
    return embed("", text(locale, "export.table"), BLUE)


def log_channel(settings: GuildSettings, locale: str = DEFAULT) -> Body:
    """The channel that announces what teachers do."""
    if settings.log_channel is None:
        return embed("", text(locale, "log.nowhere"), BLUE)
    return embed("", text(locale, "log.there", channel=f"<#{settings.log_channel}>"), BLUE)


def announcement(person: str, key: str, locale: str = DEFAULT, **values: object) -> Body:
    """The line in the log channel that says what a person did: the text with that key.

    Strings among the values are escaped.
    """
    what = text(locale, key, **escaped(values, escape))
    return plain(text(locale, "announcement.line", person=f"<@{person}>", what=what))


def live_announcement(model: str, locale: str = DEFAULT) -> Body:
    """The line in the log channel that says which version is live now."""
    return plain(text(locale, "announcement.live", model=escape(model)))


def status(
    queues: QueueStatus,
    trainings: Sequence[Training],
    index: ModelIndex | None,
    incidents: Sequence[Incident] = (),
    locale: str = DEFAULT,
) -> Body:
    """Workers, queues, trainings, models and recent errors; amber if a kind of worker is missing."""
    missing = {"verse", "train"} - {worker.queue for worker in queues.workers}
    if queues.training_starts:
        missing.discard("train")
    lines = [*_workers(queues, locale), *_work(queues, trainings, locale), *_models(index, locale)]
    lines += [
        text(
            locale,
            "status.incident",
            reference=incident.reference,
            at=int(incident.at),
            sentence=escape(incident.sentence),
        )
        for incident in incidents
    ] or [text(locale, "status.no_incident")]
    color = AMBER if missing or queues.paused else GREEN
    return embed(text(locale, "status.title"), cut("\n".join(lines), "…"), color)


def _workers(queues: QueueStatus, locale: str) -> Iterator[str]:
    for queue in ("verse", "train"):
        kind = text(locale, f"status.kind.{queue}")
        workers = [worker for worker in queues.workers if worker.queue == queue]
        if not workers and queue == "train" and queues.training_starts:
            yield text(locale, "status.starts", kind=kind)
            continue
        if not workers:
            yield text(locale, "status.no_worker", kind=kind, queue=queue)
            continue
        busy = sum(worker.busy for worker in workers)
        yield text(locale, "status.workers", kind=kind, running=len(workers), busy=busy)
        for worker in workers:
            yield _worker(worker, locale)


def _worker(worker: WorkerStatus, locale: str) -> str:
    return text(
        locale,
        "status.worker",
        host=escape(worker.host),
        device=escape(worker.device) or text(locale, "status.device_unknown"),
        version=worker.version,
    )


def _work(queues: QueueStatus, trainings: Sequence[Training], locale: str) -> Iterator[str]:
    if queues.paused:
        yield text(locale, "queue.paused")
    yield text(locale, "status.verses", waiting=queues.verses_waiting, running=queues.verses_running)
    for training in trainings:
        yield text(
            locale,
            "status.training",
            name=escape(training.request.name),
            state=text(locale, f"status.state.{training.progress.state}"),
            share=training.progress.share,
        )
    if not trainings:
        yield text(locale, "status.no_training")


def _models(index: ModelIndex | None, locale: str) -> Iterator[str]:
    if index is None:
        return
    live = index.live()
    if live:
        yield text(locale, "status.live", model=escape(model_messages.named(live, locale)))
    yield text(locale, "status.versions", number=len(index.versions))
