"""A training, from its turn in the queue to what its message says at the end."""

import logging
import threading
import time
from typing import TYPE_CHECKING

import redis
from redis.exceptions import RedisError

from shakelm import defaults
from shakelm.configuration import MAX_RANDOM_SEED
from shakelm.data.vocabulary import Vocabulary
from shakelm.decoding import generation
from shakelm.decoding.generation import LanguageModel, Length
from shakelm.decoding.sampling import Sampling
from shakelm.errors import ShakelmError
from shakelm.store.registry import Store, Version
from shakelm.training import checkpoints
from shakelm.training.progress import Discarded
from worker.jobs import model_publishing
from worker.jobs.attempts import once
from worker.lessons import curves
from worker.messages import catalog
from worker.protocol.training_payloads import (
    Comparison,
    Specimen,
    TrainingState,
    TrainProgress,
    TrainRequest,
    Verdict,
)
from worker.trainings import attached_texts, training_plans, training_records

if TYPE_CHECKING:
    from shakelm.training.progress import Progress

REPORT_EVERY_S = 1.0

SPECIMENS = 2
SPECIMEN_LINES = 4
"""The verses that are shown of a new version and of the live one."""

log = logging.getLogger(__name__)

shutting_down = threading.Event()
"""Set by the training worker when it is told to stop; a training then leaves its place to the next worker."""


class InterruptedTrainingError(Exception):
    """The worker was told to stop; the job is tried again, and the training goes on from its checkpoint."""


def run(connection: "redis.Redis", store: Store, source: str, training_id: str, wanted: TrainRequest) -> None:
    """Train, publish the version and what became of it; the progress goes to Redis all the while.

    Once the version is published, another attempt of the job only repeats what comes after it.

    Args:
        connection: to Redis.
        store: where the version goes.
        source: the text to learn from where the request names none.
        training_id: the training's id.
        wanted: what was asked for.

    Raises:
        InterruptedTrainingError: the worker was told to stop.
    """
    try:
        reference = once("trained", lambda: _train(connection, store, source, training_id, wanted))
        if (
            training_records.ordered(connection, training_id) == "cancel"
        ):  # too late to be heard while it trained
            once("removed", lambda: store.remove(reference))
            raise Discarded
        _finish(connection, store, training_id, store.find(reference), wanted)
    except Discarded:
        training_records.end_cancelled(connection, training_id)
        log.info("%s: thrown away", training_id)
    except ShakelmError as error:
        training_records.end_failed(connection, training_id, catalog.sentence(error, wanted.locale))


def _train(
    connection: "redis.Redis", store: Store, source: str, training_id: str, wanted: TrainRequest
) -> Version:
    before = training_records.progress(connection, training_id)
    training_records.save_progress(
        connection, training_id, before.model_copy(update={"state": TrainingState.RUNNING})
    )
    if wanted.attached:
        text = attached_texts.load(connection, wanted.attached)
        source = text.name
    else:
        from shakelm.data import corpus

        source = wanted.corpus or source
        text = corpus.load(source)
    configuration = training_plans.configuration(wanted)
    if training_records.ordered(connection, training_id) == "cancel":
        with checkpoints.claim(store.checkpoints, wanted.name, text.sha256, configuration):
            raise Discarded  # with what an earlier attempt may have left there
    command = training_plans.command(wanted, source)
    log.info("%s: %s", training_id, command)
    from shakelm.training.train import train  # after what may fail at once, since TensorFlow takes seconds

    reporter = _Reporter(connection, training_id)
    version = train(
        wanted.name,
        text,
        configuration,
        store,
        command,
        reporter,
        lambda sentence: log.info("%s: %s", training_id, sentence),
        reporter.stop,
    )
    if reporter.tokens_per_second is not None:
        vocabulary = version.read(version.vocabulary.name, Vocabulary)
        try:
            training_plans.measured(
                connection, version.configuration().model, len(vocabulary), reporter.tokens_per_second
            )
        except RedisError as error:  # the version is published, and must not be trained again
            log.warning("%s: pace not remembered: %s", training_id, error)
    return version


class _Reporter:
    """Publishes a training's progress, at most once in `REPORT_EVERY_S`, and hears what it is told.

    `stop` is set where the best so far is to be kept; `tokens_per_second` is what was learned from last.
    """

    def __init__(self, connection: "redis.Redis", training_id: str) -> None:
        self.stop = threading.Event()
        self.tokens_per_second: float | None = None
        self._connection = connection
        self._training_id = training_id
        self._next = 0.0

    def __call__(self, progress: "Progress") -> None:
        if shutting_down.is_set():
            raise InterruptedTrainingError
        self.tokens_per_second = progress.tokens_per_second or self.tokens_per_second
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + REPORT_EVERY_S
        running = TrainProgress(
            state=TrainingState.RUNNING,
            share=progress.share,
            epoch=progress.epoch,
            epochs=progress.epochs,
            loss=progress.loss,
            validation_loss=progress.validation_loss,
            tokens_per_second=progress.tokens_per_second,
            seconds_left=progress.seconds_left,
            sample=progress.sample,
        )
        try:
            training_records.save_progress(self._connection, self._training_id, running)
            order = training_records.ordered(self._connection, self._training_id)
        except RedisError as error:  # hours of training are worth more than one report
            log.warning("%s: progress not reported: %s", self._training_id, error)
            return
        if order == "cancel":
            raise Discarded
        if order == "stop":
            self.stop.set()


def _finish(
    connection: "redis.Redis", store: Store, training_id: str, version: Version, wanted: TrainRequest
) -> None:
    history, card = version.history(), version.card()
    picture = curves.message(history, version.reference, wanted.locale).attachment
    if picture:
        training_records.save_curves(connection, training_id, picture.content)
    live = _live(store)
    numbers = [(wanted.random_seed + step) % (MAX_RANDOM_SEED + 1) for step in range(SPECIMENS)]
    models = [generation.load(version), *([live[1]] if live else [])]
    model_publishing.publish(connection, store)
    training_records.end(
        connection,
        training_id,
        TrainProgress(
            state=TrainingState.FINISHED,
            share=1.0,
            epoch=card.epochs,
            epochs=wanted.epochs,
            model=version.reference,
            kept=history.best,
            held_out=model_publishing.held_out(card),
            live=_compare(version, live[0]) if live else None,
            verses=tuple(_specimen(model, number) for number in numbers for model in models),
            curves=picture.description if picture else "",
        ),
    )
    log.info("%s: trained %s", training_id, version.reference)


def _live(store: Store) -> tuple[Version, LanguageModel] | None:
    """The live version, where there is a whole one."""
    try:
        live = store.live()
        return live, generation.load(live)
    except ShakelmError as error:
        log.warning("Nothing to compare with: %s", error)
        return None


def _compare(version: Version, live: Version) -> Comparison:
    return Comparison(
        model=live.reference, held_out=model_publishing.held_out(live.card()), verdict=_verdict(version, live)
    )


def _verdict(version: Version, live: Version) -> Verdict:
    (model, training), (live_model, live_training) = (
        (known.configuration().model, known.configuration().training) for known in (version, live)
    )
    card, live_card = version.card(), live.card()
    if model.vocabulary != live_model.vocabulary:
        return "kinds"
    if (card.corpus.sha256, training.split) != (live_card.corpus.sha256, live_training.split):
        return "texts"
    words = [known.read(known.vocabulary.name, Vocabulary).tokens for known in (version, live)]
    if model.vocabulary == "word" and words[0] != words[1]:
        return "words"
    better = card.held_out.nats_per_token < live_card.held_out.nats_per_token
    return "better" if better else "worse"


def _specimen(model: LanguageModel, random_seed: int) -> Specimen:
    written = generation.write(
        model, "", Sampling(defaults.TEMPERATURE), Length(lines=SPECIMEN_LINES), random_seed
    )
    return Specimen(model=model.reference, random_seed=random_seed, text=written.text)
