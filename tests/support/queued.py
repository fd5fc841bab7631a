"""Requests on their way into the queue, as the bot puts them there."""

import redis

from worker.protocol.job_request import JobRequest, new_id
from worker.protocol.training_payloads import MessageAt, TrainRequest
from worker.queue import admission, enqueueing
from worker.trainings import training_records


def enqueue(connection: "redis.Redis", request: JobRequest) -> str:
    """Admit a request and release its job. Returns the id of both.

    Raises:
        Refusal: the guild's limits do not admit it.
    """
    admission.admit(connection, request)
    assert enqueueing.release(connection, request.id)
    return request.id


def start_training(connection: "redis.Redis", request: TrainRequest, message: MessageAt) -> str:
    """Start a training that nobody proposed. Returns its id."""
    training_id = new_id()
    training_records.start(connection, training_id, request, message)
    return training_id
