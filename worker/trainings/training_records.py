"""The one repository of trainings: what Redis keeps of each, from the proposal to the end.

Keys in Redis, beside RQ's own:

- `shakelm:trainings`: sorted set of training ids by the time of their start.
- `shakelm:training:ID:request`, `:progress`, `:curves`, `:order`: of a started training.
- `shakelm:training:ID:proposal`: of a proposed training.
- `shakelm:trainings:watched`: hash from training id to the channel message that shows it.
"""

import logging
import time
from typing import Literal, cast

import redis
from redis.client import Pipeline

from worker.messages.catalog import DEFAULT, text
from worker.protocol import retention
from worker.protocol.job_request import new_id
from worker.protocol.training_payloads import (
    ENDED,
    MessageAt,
    Order,
    Training,
    TrainingState,
    TrainProgress,
    TrainRequest,
)
from worker.queue import enqueueing, rq_internals
from worker.queue.rq_internals import TRAIN
from worker.records import readable
from worker.trainings import attached_texts, supervisors

log = logging.getLogger(__name__)

NOT_POSTED = "0"
"""In place of a message's id: the training's message is not posted yet, or is gone."""

_STARTED = "shakelm:trainings"
_WATCHED = "shakelm:trainings:watched"


# Proposals


def propose(connection: "redis.Redis", request: TrainRequest) -> str:
    """Store a proposed training. Returns its id."""
    training_id = new_id()
    key = _key(training_id, "proposal")
    connection.set(key, request.model_dump_json(), ex=retention.PROPOSAL.seconds)
    return training_id


def proposal(connection: "redis.Redis", training_id: str) -> TrainRequest | None:
    """A proposal. None if it was started or dropped already, or has expired."""
    record = cast("bytes | None", connection.get(_key(training_id, "proposal")))
    return readable.record(TrainRequest, record)


def drop_proposal(connection: "redis.Redis", training_id: str) -> TrainRequest | None:
    """Drop a proposal. None if it was started or dropped already, or has expired."""
    record = cast("bytes | None", connection.getdel(_key(training_id, "proposal")))
    return readable.record(TrainRequest, record)


# From the start to the end


def start_proposed(connection: "redis.Redis", training_id: str, channel: str) -> TrainRequest | None:
    """Start a proposed training whose message will be in that channel.

    Proposal and training change places in one step, so one of them is there whatever happens, and a second
    press starts nothing. None if the proposal is gone.
    """
    key = _key(training_id, "proposal")
    with connection.pipeline() as pipeline:
        try:
            pipeline.watch(key)  # type: ignore[no-untyped-call]
            request = proposal(connection, training_id)
            if request is None:
                return None
            if request.attached:  # first: a text that is kept for nothing does no harm
                attached_texts.need(connection, request.attached)
            _start(
                connection,
                pipeline,
                training_id,
                request,
                MessageAt(channel_id=channel, message_id=NOT_POSTED),
            )
            pipeline.delete(key)
            pipeline.execute()
        except redis.WatchError:
            return None
    return request


def start(connection: "redis.Redis", training_id: str, request: TrainRequest, message: MessageAt) -> None:
    """Start a training that nobody proposed, and store the message that shows it."""
    if request.attached:
        attached_texts.need(connection, request.attached)
    with connection.pipeline() as pipeline:
        _start(connection, pipeline, training_id, request, message)
        pipeline.execute()


def _start(
    connection: "redis.Redis",
    pipeline: Pipeline,
    training_id: str,
    request: TrainRequest,
    message: MessageAt,
) -> None:
    # First, because RQ begins the transaction.
    enqueueing.enqueue_training(connection, training_id, request, pipeline)
    now, lifetime_s = time.time(), retention.TRAINING.seconds
    waiting = TrainProgress(state=TrainingState.QUEUED, epochs=request.epochs)
    pipeline.zadd(_STARTED, {training_id: now})
    pipeline.zremrangebyscore(_STARTED, "-inf", now - lifetime_s)
    pipeline.set(_key(training_id, "request"), request.model_dump_json(), ex=lifetime_s)
    pipeline.set(_key(training_id, "progress"), waiting.model_dump_json(), ex=lifetime_s)
    pipeline.hset(_WATCHED, training_id, message.model_dump_json())


def find(connection: "redis.Redis", training_id: str) -> Training | None:
    """A training at this moment. None if Redis does not know it."""
    request = _request(connection, training_id)
    if request is None:
        return None
    queued = rq_internals.job_ids(connection, TRAIN).queued
    return Training(
        training_id,
        request,
        progress(connection, training_id),
        ordered(connection, training_id),
        queued.index(training_id) + 1 if training_id in queued else None,
        supervisors.workers(connection),
        connection.zscore(_STARTED, training_id) or 0.0,
    )


def open_trainings(connection: "redis.Redis") -> list[Training]:
    """The trainings that run or wait, in the order in which workers take them."""
    ids = rq_internals.job_ids(connection, TRAIN)
    found = [find(connection, training_id) for training_id in dict.fromkeys([*ids.started, *ids.queued])]
    return [training for training in found if training and training.progress.state not in ENDED]


def of_guild(connection: "redis.Redis", guild: str) -> list[Training]:
    """All trainings of a guild that Redis still has, oldest first."""
    found = [find(connection, training_id) for training_id in _started_ids(connection)]
    return [training for training in found if training and training.request.guild == guild]


def progress(connection: "redis.Redis", training_id: str) -> TrainProgress:
    """How far a training is. It is queued again if it will resume, failed if it ended without a report."""
    # The job is read first: the progress read after it is at least as new.
    job = rq_internals.state_of_training_job(connection, training_id)
    record = cast("bytes | None", connection.get(_key(training_id, "progress")))
    known = readable.record(TrainProgress, record)
    if known is None:
        return TrainProgress(
            state=TrainingState.FAILED, epochs=0, error=text(DEFAULT, "training.error.unknown")
        )
    if known.state in ENDED or job == "running":
        return known
    if job == "queued":
        return known.model_copy(update={"state": TrainingState.QUEUED, "seconds_left": None})
    request = _request(connection, training_id)
    return _failed(known, text(request.locale if request else DEFAULT, "training.error.abandoned"))


def save_progress(connection: "redis.Redis", training_id: str, progress: TrainProgress) -> None:
    """Publish how far a training is."""
    connection.set(_key(training_id, "progress"), progress.model_dump_json(), ex=retention.TRAINING.seconds)


def order(connection: "redis.Redis", training_id: str, wanted: Order) -> None:
    """Order a training to end at its next report. A `cancel` replaces a `stop`, never the reverse."""
    key = _key(training_id, "order")
    connection.set(key, wanted, ex=retention.TRAINING.seconds, nx=wanted == "stop")


def ordered(connection: "redis.Redis", training_id: str) -> Order | None:
    """The order to a training, if there is one."""
    wanted = cast("bytes | None", connection.get(_key(training_id, "order")))
    return None if wanted is None else cast(Order, wanted.decode())


def cancel(connection: "redis.Redis", training_id: str) -> None:
    """Remove a training from the queue. A training that has started discards what it learned."""
    order(connection, training_id, "cancel")  # first, because a worker may take the training at this moment
    if progress(connection, training_id).share:
        return  # only a worker can remove its checkpoint
    if rq_internals.remove_queued(connection, TRAIN, training_id):
        end_cancelled(connection, training_id)


def end_cancelled(connection: "redis.Redis", training_id: str) -> None:
    """Record that a training was canceled."""
    changes = {"state": TrainingState.CANCELLED, "error": None, "seconds_left": None}
    end(connection, training_id, progress(connection, training_id).model_copy(update=changes))


def end_failed(connection: "redis.Redis", training_id: str, sentence: str) -> None:
    """Record that a training failed, and why."""
    log.warning("%s: failed: %s", training_id, sentence)
    end(connection, training_id, _failed(progress(connection, training_id), sentence))


def end(connection: "redis.Redis", training_id: str, progress: TrainProgress) -> None:
    """Record how a training ended. Its attached text is no longer needed."""
    save_progress(connection, training_id, progress)
    request = _request(connection, training_id)
    if request is not None and request.attached:
        others = [training.request.attached for training in open_trainings(connection)]
        if request.attached.sha256 not in {other.sha256 for other in others if other}:
            attached_texts.release(connection, request.attached)


def curves(connection: "redis.Redis", training_id: str) -> bytes | None:
    """The loss and accuracy curves of a finished training, as PNG."""
    return cast("bytes | None", connection.get(_key(training_id, "curves")))


def save_curves(connection: "redis.Redis", training_id: str, png: bytes) -> None:
    """Publish the curves of a training."""
    connection.set(_key(training_id, "curves"), png, ex=retention.TRAINING.seconds)


def forget_person(connection: "redis.Redis", person: str) -> None:
    """Remove a person's id from the trainings that they started. The trainings stay."""
    for training_id in _started_ids(connection):
        request = _request(connection, training_id)
        if request is not None and request.requested_by == person:
            anonymous = request.model_copy(update={"requested_by": None})
            connection.set(_key(training_id, "request"), anonymous.model_dump_json(), xx=True, keepttl=True)


def forget(connection: "redis.Redis", training_id: str) -> None:
    """Remove a training of which nobody reads any more. One that runs goes on, and nobody follows it."""
    unwatch(connection, training_id)
    connection.zrem(_STARTED, training_id)
    connection.delete(*(_key(training_id, what) for what in ("request", "progress", "curves")))


# The messages that show trainings


def watched(connection: "redis.Redis") -> dict[str, MessageAt]:
    """The messages to keep up to date, by training id."""
    entries = cast("dict[bytes, bytes]", connection.hgetall(_WATCHED))
    found = {key.decode(errors="replace"): readable.record(MessageAt, at) for key, at in entries.items()}
    return {training_id: at for training_id, at in found.items() if at is not None}


def watch(connection: "redis.Redis", training_id: str, message: MessageAt) -> None:
    """Keep that message of a training up to date from now on, and no other."""
    connection.hset(_WATCHED, training_id, message.model_dump_json())


def watch_first(connection: "redis.Redis", training_id: str, message: MessageAt) -> bool:
    """Keep that message up to date, unless the training has a message already."""
    with connection.pipeline() as pipeline:
        try:
            pipeline.watch(_WATCHED)  # type: ignore[no-untyped-call]
            stored = cast("bytes | None", connection.hget(_WATCHED, training_id))
            if stored is None or MessageAt.model_validate_json(stored).message_id != NOT_POSTED:
                return False
            pipeline.multi()
            pipeline.hset(_WATCHED, training_id, message.model_dump_json())
            pipeline.execute()
        except redis.WatchError:
            return watch_first(connection, training_id, message)
    return True


def unwatch(connection: "redis.Redis", training_id: str) -> None:
    """Forget the message of a training, if one is watched."""
    connection.hdel(_WATCHED, training_id)


def _request(connection: "redis.Redis", training_id: str) -> TrainRequest | None:
    record = cast("bytes | None", connection.get(_key(training_id, "request")))
    return readable.record(TrainRequest, record)


def _started_ids(connection: "redis.Redis") -> list[str]:
    return [entry.decode() for entry in cast("list[bytes]", connection.zrange(_STARTED, 0, -1))]


def _failed(progress: TrainProgress, sentence: str) -> TrainProgress:
    return progress.model_copy(
        update={"state": TrainingState.FAILED, "error": sentence, "seconds_left": None}
    )


def _key(training_id: str, what: Literal["proposal", "request", "progress", "curves", "order"]) -> str:
    return f"shakelm:training:{training_id}:{what}"
