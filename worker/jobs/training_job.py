"""The job behind `/admin train`: train, publish the version, and report the result."""

import logging
import threading
import time
from typing import TYPE_CHECKING

import redis
from redis.exceptions import RedisError

from shakelm.data import corpus
from shakelm.data.corpus import Corpus
from shakelm.decoding import language_model
from shakelm.decoding.language_model import LanguageModel
from shakelm.errors import ShakelmError
from shakelm.store.registry import ModelRegistry
from shakelm.store.version import Version
from shakelm.text_preparation import PreparedText, prepare
from shakelm.training import checkpoints
from shakelm.training.progress import Discarded
from worker.jobs import live_comparison, model_publishing
from worker.jobs.attempts import once
from worker.lessons import curves
from worker.messages import catalog
from worker.protocol.training_payloads import TrainingState, TrainProgress, TrainRequest, UnknownTokens
from worker.trainings import attached_texts, training_plans, training_records

if TYPE_CHECKING:
    from shakelm.training.progress import Progress

REPORT_EVERY_S = 1.0

log = logging.getLogger(__name__)

NEARLY = 0.99
"""The share of a training that has learned everything and is not scored yet."""

shutting_down = threading.Event()
"""Set when a signal stops the training worker. Another worker then resumes the training."""


class InterruptedTrainingError(Exception):
    """A signal stopped the worker. RQ retries the job, and the training resumes from its checkpoint."""


def run(
    connection: "redis.Redis",
    store: ModelRegistry,
    default_corpus: str,
    training_id: str,
    request: TrainRequest,
) -> None:
    """Train, publish the version, and note how the training ended. Progress goes to Redis all the time.

    After the version is published, another attempt of the job repeats only the steps that follow.

    Args:
        connection: to Redis.
        store: where the version goes.
        default_corpus: a known corpus or a file, for a request that names no text.
        training_id: the id of the training, which is also the id of the job.
        request: the options of the training.

    Raises:
        InterruptedTrainingError: a signal stopped the worker.
    """
    try:
        reference = once("trained", lambda: _train(connection, store, default_corpus, training_id, request))
        if training_records.ordered(connection, training_id) == "cancel":  # after the last report
            once("removed", lambda: store.remove(reference))
            raise Discarded
        _finish(connection, store, training_id, store.find(reference), request)
    except Discarded:
        training_records.end_cancelled(connection, training_id)
        log.info("%s: canceled", training_id)
    except ShakelmError as error:
        training_records.end_failed(connection, training_id, catalog.sentence(error, request.locale))


def _train(
    connection: "redis.Redis",
    store: ModelRegistry,
    default_corpus: str,
    training_id: str,
    request: TrainRequest,
) -> Version:
    """Train and publish the version.

    Raises:
        Discarded: the training was canceled.
        InterruptedTrainingError: a signal stopped the worker.
        ShakelmError: the text, the options or the store do not allow the training.
    """
    progress = training_records.progress(connection, training_id)
    running = progress.model_copy(update={"state": TrainingState.RUNNING})
    training_records.save_progress(connection, training_id, running)
    text, source = _load_text(connection, request, default_corpus)
    if text.reading.summary:
        log.info("%s: %s: %s", training_id, text.name, text.reading.summary)
    base = store.find(request.base) if request.base is not None else None
    configuration = training_plans.configuration(request, base.configuration().model if base else None)
    if training_records.ordered(connection, training_id) == "cancel":
        with checkpoints.claim(store.checkpoints, request.name, text.sha256, configuration):
            raise Discarded  # this removes the checkpoint of an earlier attempt
    # What cannot work is refused before TensorFlow is loaded.
    prepared = prepare(text.text, configuration, text.held_out, base.vocabulary() if base else None)
    unknown = _unknown(prepared)
    training_records.save_progress(connection, training_id, running.model_copy(update={"unknown": unknown}))
    command = training_plans.command(request, source)
    log.info("%s: %s", training_id, command)
    from shakelm.training.train import train  # last: TensorFlow takes seconds to load

    reporter = _ProgressReporter(connection, training_id, unknown)
    version = train(
        request.name,
        text,
        configuration,
        store,
        command,
        on_progress=reporter,
        on_notice=lambda sentence: log.info("%s: %s", training_id, sentence),
        stop=reporter.stop,
        base=base,
        prepared=prepared,
    )
    if reporter.tokens_per_second is not None:
        _record_speed(connection, version, reporter.tokens_per_second)
    return version


def _unknown(prepared: PreparedText) -> UnknownTokens | None:
    """What a given vocabulary does not know of a text. None if it knows all."""
    if not prepared.unknown:
        return None
    most = prepared.most_unknown
    return UnknownTokens(
        share=prepared.unknown_share, pieces=tuple(most), more=len(prepared.unknown) > len(most)
    )


def _load_text(connection: "redis.Redis", request: TrainRequest, default_corpus: str) -> tuple[Corpus, str]:
    """The text of the training, and its source for the command line.

    Raises:
        ShakelmError: the text cannot be loaded.
    """
    if request.attached:
        return attached_texts.load(connection, request.attached), request.attached.name
    source = request.corpus or default_corpus
    return corpus.load(source), source


def _record_speed(connection: "redis.Redis", version: Version, tokens_per_second: float) -> None:
    """Record the speed of the training. An error is only logged, because the version is published."""
    vocabulary = version.vocabulary()
    try:
        training_plans.record_speed(
            connection, version.configuration().model, len(vocabulary), tokens_per_second
        )
    except RedisError as error:
        log.warning("%s: speed not recorded: %s", version.reference, error)


class _ProgressReporter:
    """Publishes progress at most once in `REPORT_EVERY_S`, and obeys the orders to the training.

    Attributes:
        stop: is set by the order to stop and keep the best epoch.
        tokens_per_second: the latest speed of the training.
    """

    def __init__(self, connection: "redis.Redis", training_id: str, unknown: UnknownTokens | None) -> None:
        self.stop = threading.Event()
        self.tokens_per_second: float | None = None
        self._connection = connection
        self._training_id = training_id
        self._unknown = unknown
        self._next_report = 0.0

    def __call__(self, progress: "Progress") -> None:
        """Report, if it is time.

        Raises:
            Discarded: the training was canceled.
            InterruptedTrainingError: a signal stopped the worker.
        """
        if shutting_down.is_set():
            raise InterruptedTrainingError
        self.tokens_per_second = progress.tokens_per_second or self.tokens_per_second
        if time.monotonic() < self._next_report:
            return
        self._next_report = time.monotonic() + REPORT_EVERY_S
        running = TrainProgress(
            state=TrainingState.RUNNING,
            share=min(progress.share, NEARLY),
            epoch=progress.epoch,
            epochs=progress.epochs,
            loss=progress.loss,
            validation_loss=progress.validation_loss,
            tokens_per_second=progress.tokens_per_second,
            seconds_left=progress.seconds_left,
            sample=progress.sample,
            unknown=self._unknown,
        )
        try:
            training_records.save_progress(self._connection, self._training_id, running)
            order = training_records.ordered(self._connection, self._training_id)
        except RedisError as error:  # the training is worth more than a report
            log.warning("%s: progress not reported: %s", self._training_id, error)
            return
        if order == "cancel":
            raise Discarded
        if order == "stop" and progress.epoch > 1:  # before that, there is nothing to keep
            self.stop.set()


def _finish(
    connection: "redis.Redis", store: ModelRegistry, training_id: str, version: Version, request: TrainRequest
) -> None:
    """Publish the curves, the figures and the verses of a new version."""
    history, card = version.history(), version.card()
    picture = curves.message(history, version.reference, request.locale).attachment
    if picture:
        training_records.save_curves(connection, training_id, picture.content)
    live = _load_live(store)
    models = [language_model.load(version), *([live[1]] if live else [])]
    model_publishing.publish(connection, store)
    training_records.end(
        connection,
        training_id,
        TrainProgress(
            state=TrainingState.FINISHED,
            share=1.0,
            epoch=card.epochs,
            epochs=request.epochs,
            model=version.reference,
            kept=history.best,
            held_out=model_publishing.held_out(card),
            live=live_comparison.compare(version, live[0]) if live else None,
            verses=live_comparison.specimens(models, request.random_seed),
            curves=picture.description if picture else "",
            unknown=training_records.progress(connection, training_id).unknown,
        ),
    )
    log.info("%s: trained %s", training_id, version.reference)


def _load_live(store: ModelRegistry) -> tuple[Version, LanguageModel] | None:
    """The live version and its model. None if there is none, or if its files are damaged."""
    try:
        live = store.live()
        return live, language_model.load(live)
    except ShakelmError as error:
        log.warning("No live version to compare with: %s", error)
        return None
