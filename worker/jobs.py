"""What RQ runs: one function a kind of job, with the payloads as JSON.

A mistake that a person can put right is an answer, not a failure. What is unexpected is left to RQ, which
tries again; `after_failure` then sees to it that nobody waits in vain. Exceptions hold no token, because RQ
logs them.
"""

import logging
import shlex
import threading
import time
from functools import cache, lru_cache
from types import TracebackType
from typing import TYPE_CHECKING, Any

import redis
from redis.exceptions import RedisError
from rq import get_current_job
from rq.exceptions import AbandonedJobError
from rq.job import Job

from shakelm import generation
from shakelm.configuration import plan
from shakelm.errors import ShakelmError
from shakelm.generation import LanguageModel, Length
from shakelm.network import Engine
from shakelm.sampling import Sampling
from shakelm.store import Store, Version
from worker import delivery, index, lease, messages, queues
from worker.messages import Message
from worker.payloads import (
    PromoteRequest,
    ReplyTo,
    RollBackRequest,
    TrainingState,
    TrainProgress,
    TrainRequest,
    VerseRequest,
    VerseResult,
)
from worker.settings import WorkerSettings, read

if TYPE_CHECKING:
    from shakelm.training import Progress

PROGRESS_EVERY_S = 1.0

log = logging.getLogger(__name__)

shutting_down = threading.Event()
"""Set by the training worker when it is told to stop; a training then ends soon, as failed."""


@cache
def settings() -> WorkerSettings:
    """The settings of this process; raises ShakelmError where they are wrong."""
    return read(WorkerSettings)


def store() -> Store:
    """The store of this process; its pointer and versions are read anew at each use."""
    return Store(settings().store)


def verse(request: dict[str, Any]) -> None:
    """Write a verse and make it the answer.

    Raises:
        DeliveryFailedError: Discord could not be reached.
    """
    wanted = VerseRequest.model_validate(request)
    if _is_late(wanted.reply_to):
        return
    try:
        message = messages.verse(_write(wanted))
    except ShakelmError as error:
        message = Message(messages.problem(str(error)))
    _answer(wanted.reply_to, message)


def _write(wanted: VerseRequest) -> VerseResult:
    started = time.perf_counter()
    # The version is looked up each time, so that a promotion holds from the next verse on.
    model = _model(store().find(wanted.model), settings().engine)
    written = generation.write(
        model,
        wanted.seed,
        Sampling(temperature=wanted.temperature),
        Length(lines=wanted.lines),
        wanted.number,
    )
    seconds = time.perf_counter() - started
    log.info("%s: %d tokens by %s in %.2f s", _job_id(), written.tokens, model.reference, seconds)
    return VerseResult(
        text=written.text,
        model=model.reference,
        temperature=wanted.temperature,
        number=wanted.number,
        seconds=seconds,
        unknown=written.unknown,
    )


@lru_cache(maxsize=4)
def _model(version: Version, engine: Engine) -> LanguageModel:
    """The loaded version; versions never change, so those in use stay in memory."""
    return generation.load(version, engine)


def promote(request: dict[str, Any]) -> None:
    """Make a version the live one, and say so."""
    wanted = PromoteRequest.model_validate(request)
    if _is_late(wanted.reply_to):
        return
    try:
        body = messages.promoted(index.summary(store().promote(wanted.model), live=True))
    except ShakelmError as error:
        body = messages.problem(str(error))
    index.publish(_connection(), store())
    _answer(wanted.reply_to, Message(body))


def roll_back(request: dict[str, Any]) -> None:
    """Make the formerly live version live again, and say so; a second attempt goes no further back."""
    wanted = RollBackRequest.model_validate(request)
    if _is_late(wanted.reply_to):
        return
    try:
        body = messages.rolled_back(index.summary(_roll_back_once(), live=True))
    except ShakelmError as error:
        body = messages.problem(str(error))
    index.publish(_connection(), store())
    _answer(wanted.reply_to, Message(body))


def _roll_back_once() -> Version:
    """Roll back, unless an earlier attempt of the same job has done it."""
    job = get_current_job()
    reference = job.get_meta(refresh=False).get("rolled_back_to")
    if reference is not None:
        return store().find(reference)
    version = store().roll_back()
    job.meta["rolled_back_to"] = version.reference
    job.save_meta()
    return version


def apologise(reply_to: dict[str, Any], reference: str) -> None:
    """Tell somebody that their job failed for good, under the reference that the log has."""
    to = ReplyTo.model_validate(reply_to)
    if not _is_late(to):
        _answer(to, Message(messages.failed(reference)))


def _is_late(reply_to: ReplyTo) -> bool:
    if reply_to.seconds_left() > 0:
        return False
    log.warning("%s: dropped, since its token has expired", _job_id())
    return True


def _answer(reply_to: ReplyTo, message: Message) -> None:
    """Claim the answer for good and deliver it; a refusal ends the job, since trying again is forbidden."""
    lease.claim(_connection(), reply_to)
    try:
        delivery.edit_original(settings().api_base, reply_to, message.body, message.attachment)
    except delivery.DeliveryRefusedError as error:
        log.warning("%s: answer not delivered: %s", _job_id(), error)


def train(training_id: str, request: dict[str, Any]) -> None:
    """Train, publish the version and what became of it; the progress goes to Redis all the while."""
    wanted = TrainRequest.model_validate(request)
    try:
        version = _train(training_id, wanted)
    except ShakelmError as error:
        _fail(_connection(), training_id, str(error))
        return
    from shakelm import plots

    queues.save_curves(_connection(), training_id, plots.curves(version.history(), version.reference))
    index.publish(_connection(), store())
    card = version.card()
    queues.save_progress(
        _connection(),
        training_id,
        queues.training_progress(_connection(), training_id).model_copy(
            update={
                "state": TrainingState.FINISHED,
                "share": 1.0,
                "epoch": card.epochs,
                "seconds_left": None,
                "error": None,
                "model": version.reference,
                "held_out": index.held_out(card),
            }
        ),
    )
    log.info("%s: trained %s", training_id, version.reference)


def _train(training_id: str, wanted: TrainRequest) -> Version:
    from shakelm import corpus

    queues.save_progress(
        _connection(), training_id, TrainProgress(state=TrainingState.RUNNING, epochs=wanted.epochs)
    )
    source = settings().corpus
    text = corpus.load(source)
    from shakelm import training  # after what may fail at once, since TensorFlow takes seconds

    command = ["shakelm", "train", wanted.name]
    command += ["--architecture", wanted.architecture, "--vocabulary", wanted.vocabulary, "--corpus", source]
    command += ["--epochs", str(wanted.epochs), "--number", str(wanted.number)]
    log.info("%s: %s", training_id, shlex.join(command))
    return training.train(
        wanted.name,
        text,
        plan(wanted.architecture, wanted.vocabulary, epochs=wanted.epochs, number=wanted.number),
        store(),
        shlex.join(command),
        _Reporter(_connection(), training_id),
    )


class _Reporter:
    """Publishes a training's progress, at most once in `PROGRESS_EVERY_S`, and ends it at a shutdown."""

    def __init__(self, connection: "redis.Redis", training_id: str) -> None:
        self._connection = connection
        self._training_id = training_id
        self._next = 0.0

    def __call__(self, progress: "Progress") -> None:
        if shutting_down.is_set():
            raise ShakelmError(messages.TRAINING_INTERRUPTED)
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + PROGRESS_EVERY_S
        running = TrainProgress(
            state=TrainingState.RUNNING,
            share=progress.share,
            epoch=progress.epoch,
            epochs=progress.epochs,
            loss=progress.loss,
            validation_loss=progress.validation_loss,
            seconds_left=progress.seconds_left,
        )
        try:
            queues.save_progress(self._connection, self._training_id, running)
        except RedisError as error:  # hours of training are worth more than one report
            log.warning("%s: progress not reported: %s", self._training_id, error)


def _fail(connection: "redis.Redis", training_id: str, sentence: str) -> None:
    log.warning("%s: failed: %s", training_id, sentence)
    progress = queues.training_progress(connection, training_id)
    queues.save_progress(connection, training_id, queues.failed(progress, sentence))


def after_failure(
    job: Job, kind: type[BaseException], error: BaseException, _traceback: TracebackType | None
) -> None:
    """Called by RQ for each unexpected exception of a job, and for each job whose worker was killed.

    While attempts are left there is nothing to say. After the last one, the person who asked is told, with a
    reference that stands in this log line too. Raises nothing, since that would end the worker.
    """
    if job.should_retry:
        log.warning("%s: %s, tried again", job.id, kind.__name__)
        return
    reference = job.id[:8]
    log.error("reference %s: job %s failed for good: %s", reference, job.id, kind.__name__)
    try:
        if job.func_name == "worker.jobs.train":
            abandoned = isinstance(error, AbandonedJobError)
            broke = messages.TRAINING_BROKE.format(reference=reference)
            _fail(job.connection, job.id, messages.TRAINING_ABANDONED if abandoned else broke)
        elif job.func_name != "worker.jobs.apologise":
            reply_to = ReplyTo.model_validate(job.args[0]["reply_to"])
            queues.enqueue_apology(job.connection, reply_to, reference)
    except Exception:
        log.exception("reference %s: nobody could be told", reference)


def _job_id() -> str:
    return str(get_current_job().id)


def _connection() -> "redis.Redis":
    """The worker's connection."""
    connection: redis.Redis = get_current_job().connection
    return connection
