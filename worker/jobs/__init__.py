"""What RQ runs: one function a kind of job, with the payloads as JSON.

A mistake that a person can put right is an answer, not a failure. What is unexpected is left to RQ, which
tries again; `after_failure` then sees to it that nobody waits in vain. Exceptions hold no token, because RQ
logs them.
"""

import logging
import time
from collections.abc import Callable
from functools import cache, lru_cache
from types import TracebackType
from typing import Any, ParamSpec

import redis
from rq import get_current_job
from rq.exceptions import AbandonedJobError
from rq.job import Job

from shakelm.decoding import generation
from shakelm.decoding.generation import LanguageModel, Length
from shakelm.decoding.sampling import Sampling
from shakelm.errors import ShakelmError
from shakelm.networks.network import Engine
from shakelm.store.registry import Store, Version
from worker.delivery import answer_lock, webhook_client
from worker.jobs import lessons, training_job
from worker.jobs.attempts import once
from worker.messages import admin_messages, catalog, discord_json, verse_messages
from worker.messages.discord_json import Body, Message
from worker.protocol.job_request import JobRequest, ReplyTo
from worker.protocol.lesson_payloads import (
    CurvesRequest,
    NextRequest,
    StepRequest,
    TemperaturesRequest,
    TokensRequest,
)
from worker.protocol.model_payloads import PromoteRequest, RemoveRequest, RollBackRequest
from worker.protocol.training_payloads import TrainRequest
from worker.protocol.verse_payloads import VerseRequest, VerseResult
from worker.queue import queues
from worker.records import incidents, model_index, verse_records
from worker.settings import WorkerSettings, read
from worker.trainings import training_records

P = ParamSpec("P")

log = logging.getLogger(__name__)


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
    _reply(wanted, lambda: _verse(wanted))


def _verse(wanted: VerseRequest) -> Message:
    result = _write(wanted)
    verse_records.complete(_connection(), wanted.id, result)
    return verse_messages.verse(wanted, result)


def _write(wanted: VerseRequest) -> VerseResult:
    started = time.perf_counter()
    model = _load(wanted.model)
    written = generation.write(
        model,
        wanted.context + wanted.prompt,
        Sampling(wanted.temperature, wanted.top_k, wanted.top_p, wanted.min_p),
        Length(lines=wanted.lines),
        wanted.random_seed,
    )
    seconds = time.perf_counter() - started
    log.info("%s: %d tokens by %s in %.2f s", _job_id(), written.tokens, model.reference, seconds)
    return VerseResult(
        text=written.text[len(wanted.context) :],
        model=model.reference,
        temperature=wanted.temperature,
        random_seed=wanted.random_seed,
        seconds=seconds,
        unknown=[piece for piece in written.unknown if piece in wanted.prompt],
    )


def temperatures(request: dict[str, Any]) -> None:
    """Write one seed and number at several temperatures, and make that the answer; raises like `verse`."""
    wanted = TemperaturesRequest.model_validate(request)
    _reply(wanted, lambda: lessons.temperatures(wanted, _load(wanted.model)))


def next_tokens(request: dict[str, Any]) -> None:
    """Make what may come after a text the answer; raises like `verse`."""
    wanted = NextRequest.model_validate(request)
    _reply(wanted, lambda: lessons.begin_line(_connection(), wanted, _load(wanted.model)))


def next_step(request: dict[str, Any]) -> None:
    """Change the line under which a button was pressed; raises like `verse`."""
    wanted = StepRequest.model_validate(request)
    _reply(wanted, lambda: lessons.step(_connection(), wanted, _load))


def tokens(request: dict[str, Any]) -> None:
    """Make how a model sees a text the answer; raises like `verse`."""
    wanted = TokensRequest.model_validate(request)
    _reply(wanted, lambda: lessons.tokens(wanted, store().find(wanted.model)))


def curves(request: dict[str, Any]) -> None:
    """Make the curves of a version's training the answer; raises like `verse`."""
    wanted = CurvesRequest.model_validate(request)
    _reply(wanted, lambda: lessons.curves(store().find(wanted.model), wanted.reply_to.locale))


def _reply(wanted: JobRequest, make: Callable[[], Message]) -> None:
    """Deliver what `make` returns, or what it is that does not let it."""
    if _is_late(wanted.reply_to):
        return
    try:
        message = make()
    except ShakelmError as error:
        _say_instead(wanted.reply_to, discord_json.problem(error, wanted.reply_to.locale))
    else:
        _answer(wanted.reply_to, message)


def _load(reference: str | None) -> LanguageModel:
    """The model of that reference, looked up each time, so that a promotion holds from the next job on."""
    return _model(store().find(reference), settings().engine)


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
        now_live = model_index.summary(store().promote(wanted.model), live=True)
        body = admin_messages.promoted(now_live, wanted.reply_to.locale)
    except ShakelmError as error:
        body = discord_json.problem(error, wanted.reply_to.locale)
    model_index.publish(_connection(), store())
    _answer(wanted.reply_to, Message(body))


def roll_back(request: dict[str, Any]) -> None:
    """Make the formerly live version live again, and say so; a second attempt goes no further back."""
    wanted = RollBackRequest.model_validate(request)
    if _is_late(wanted.reply_to):
        return
    try:
        reference = once("rolled_back", store().roll_back)
        now_live = model_index.summary(store().find(reference), live=True)
        body = admin_messages.rolled_back(now_live, wanted.reply_to.locale)
    except ShakelmError as error:
        body = discord_json.problem(error, wanted.reply_to.locale)
    model_index.publish(_connection(), store())
    _answer(wanted.reply_to, Message(body))


def remove(request: dict[str, Any]) -> None:
    """Delete a version for good, and say so; a second attempt of the same job does not miss it."""
    wanted = RemoveRequest.model_validate(request)
    if _is_late(wanted.reply_to):
        return
    try:
        once("removed", lambda: store().remove(wanted.model))
        body = admin_messages.removed(wanted.model, wanted.reply_to.locale)
    except ShakelmError as error:
        body = discord_json.problem(error, wanted.reply_to.locale)
    model_index.publish(_connection(), store())
    _answer(wanted.reply_to, Message(body))


def apologise(reply_to: dict[str, Any], reference: str) -> None:
    """Tell somebody that their job failed for good, under the reference that the log has."""
    to = ReplyTo.model_validate(reply_to)
    if not _is_late(to):
        _say_instead(to, discord_json.failed(reference, to.locale))


def _is_late(reply_to: ReplyTo) -> bool:
    if reply_to.seconds_left() > 0:
        return False
    log.warning("%s: dropped, since its token has expired", _job_id())
    return True


def _answer(reply_to: ReplyTo, message: Message) -> None:
    """Claim the answer for good and deliver it.

    Raises:
        DeliveryFailedError: Discord could not be reached.
    """
    answer_lock.claim(_connection(), reply_to)
    _deliver(webhook_client.edit_original, settings().api_base, reply_to, message.body, message.attachment)


def _say_instead(reply_to: ReplyTo, body: Body) -> None:
    """Claim the answer for good and say why there is none; raises like `_answer`."""
    answer_lock.claim(_connection(), reply_to)
    _deliver(webhook_client.say_instead, settings().api_base, reply_to, body)


def _deliver(send: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
    """Send; a refusal ends the job, since trying again is forbidden."""
    try:
        send(*args, **kwargs)
    except webhook_client.DeliveryRefusedError as error:
        log.warning("%s: answer not delivered: %s", _job_id(), error)


def train(training_id: str, request: dict[str, Any]) -> None:
    """Train, and note all the while how far it is, and at the end what became of it.

    Raises:
        InterruptedTrainingError: the worker was told to stop; another one goes on.
    """
    wanted = TrainRequest.model_validate(request)
    training_job.run(_connection(), store(), settings().corpus, training_id, wanted)


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
    reference = job.id[-8:]
    log.error("reference %s: job %s failed for good: %s", reference, job.id, kind.__name__)
    try:
        incidents.note(job.connection, reference, f"{job.description}: {kind.__name__}")
        if job.func_name == "worker.jobs.train":
            locale = TrainRequest.model_validate(job.args[1]).locale
            if isinstance(error, AbandonedJobError):
                sentence = catalog.text(locale, "training.error.abandoned")
            else:
                sentence = catalog.text(locale, "training.error.unexpected", reference=reference)
            training_records.end_failed(job.connection, job.id, sentence)
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
