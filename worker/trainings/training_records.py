"""Trainings from the proposal to the end: what their messages need to know, and orders to those under way.

Keys in Redis beside those in `worker.queue.queues`: `shakelm:training:ID:proposal` and `:order`.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, cast

import redis
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer

from worker.protocol.job_request import new_id
from worker.protocol.training_payloads import MessageAt, TrainingState, TrainProgress, TrainRequest
from worker.queue import queues
from worker.queue.queues import TRAIN, TRAINING_TTL_S
from worker.trainings import attached_texts

log = logging.getLogger(__name__)

Order = Literal["stop", "cancel"]
"""What a training is told: to end and keep the best so far, or to throw everything away."""


@dataclass(frozen=True)
class Standing:
    """Where a training stands, as its message says it.

    `place` is that in the queue (1 is next), None where it is not in it; `workers` are those that train.
    """

    training_id: str
    request: TrainRequest
    progress: TrainProgress
    place: int | None = None
    order: Order | None = None
    workers: int = 1


def propose(connection: "redis.Redis", request: TrainRequest) -> str:
    """Keep a training that somebody still has to confirm; returns its id."""
    training_id = new_id()
    keep_proposal(connection, training_id, request)
    return training_id


def keep_proposal(connection: "redis.Redis", training_id: str, request: TrainRequest) -> None:
    """Keep a proposal under its id, also one that was taken off and could not be started."""
    connection.set(_key(training_id, "proposal"), request.model_dump_json(), ex=attached_texts.PROPOSED_S)


def take_proposal(connection: "redis.Redis", training_id: str) -> TrainRequest | None:
    """Take a proposal off; None where somebody else has, or where it has expired."""
    record = cast("bytes | None", connection.getdel(_key(training_id, "proposal")))
    return None if record is None else TrainRequest.model_validate_json(record)


def start(connection: "redis.Redis", training_id: str, request: TrainRequest, message: MessageAt) -> None:
    """Let a training that was confirmed wait for its turn, with the message that shows how far it is."""
    if request.attached:
        attached_texts.need(connection, request.attached)
    queues.enqueue_training(connection, request, message, training_id)


def ahead(connection: "redis.Redis") -> int:
    """How many trainings run or wait."""
    return len(queues.status(connection).trainings)


def look(connection: "redis.Redis", training_id: str) -> Standing | None:
    """Where a training stands; None where nothing is known of it."""
    request = queues.training_request(connection, training_id)
    if request is None:
        return None
    waiting = queues.queue(connection, TRAIN).job_ids
    return Standing(
        training_id,
        request,
        queues.training_progress(connection, training_id),
        waiting.index(training_id) + 1 if training_id in waiting else None,
        ordered(connection, training_id),
        queues.train_workers(connection),
    )


def order(connection: "redis.Redis", training_id: str, wanted: Order) -> None:
    """Tell a training to end, at its next report; who wants it thrown away is heard after a stop too."""
    connection.set(_key(training_id, "order"), wanted, ex=TRAINING_TTL_S, nx=wanted == "stop")


def ordered(connection: "redis.Redis", training_id: str) -> Order | None:
    """What a training was told, if anything."""
    wanted = cast("bytes | None", connection.get(_key(training_id, "order")))
    return None if wanted is None else cast(Order, wanted.decode())


def cancel(connection: "redis.Redis", training_id: str) -> None:
    """Take a training out of the queue, or have one that has begun throw away what it learned."""
    order(connection, training_id, "cancel")  # first, since a worker may take it at this moment
    if queues.training_progress(connection, training_id).share:
        return  # only a worker can remove its checkpoint
    queue = queues.queue(connection, TRAIN)
    if not connection.lrem(queue.key, 1, training_id):
        return
    end_cancelled(connection, training_id)
    with suppress(NoSuchJobError):
        Job.fetch(training_id, connection=connection, serializer=JSONSerializer).delete()


def end_cancelled(connection: "redis.Redis", training_id: str) -> None:
    """Note that a training ended by that order."""
    progress = queues.training_progress(connection, training_id)
    changes = {"state": TrainingState.CANCELLED, "error": None, "seconds_left": None}
    end(connection, training_id, progress.model_copy(update=changes))


def end_failed(connection: "redis.Redis", training_id: str, sentence: str) -> None:
    """Note that a training failed, and why."""
    log.warning("%s: failed: %s", training_id, sentence)
    progress = queues.training_progress(connection, training_id)
    end(connection, training_id, queues.failed(progress, sentence))


def end(connection: "redis.Redis", training_id: str, progress: TrainProgress) -> None:
    """Note how a training ended; its text is no longer needed."""
    queues.save_progress(connection, training_id, progress)
    request = queues.training_request(connection, training_id)
    if request is not None and request.attached:
        attached_texts.release(connection, request.attached)


def _key(training_id: str, what: Literal["proposal", "order"]) -> str:
    return f"shakelm:training:{training_id}:{what}"
