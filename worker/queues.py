"""The client side of the queues: enqueue, ask for places, workers, progress and the index of versions.

Everything here is synchronous and quick; the bot calls it in a thread. No TensorFlow, no store.

Keys in Redis beside RQ's own: `shakelm:models` (index of versions), `shakelm:trainings:watched` (hash from
training id to channel message), `shakelm:training:ID:request`, `:progress` and `:curves`.
"""

from typing import Literal, cast
from urllib.parse import urlsplit
from uuid import uuid4

import redis
from redis.exceptions import AuthenticationError, RedisError
from rq import Queue, Retry, worker_registration
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from shakelm.errors import ShakelmError
from worker import lease, messages
from worker.payloads import (
    TOKEN_LIFETIME_S,
    MessageAt,
    ModelIndex,
    Payload,
    PromoteRequest,
    QueueStatus,
    ReplyTo,
    RollBackRequest,
    TrainingState,
    TrainingStatus,
    TrainProgress,
    TrainRequest,
    VerseRequest,
    WorkerStatus,
)

QueueName = Literal["verse", "train"]

VERSE: QueueName = "verse"
TRAIN: QueueName = "train"

VERSE_TIMEOUT_S = 120
"""A verse, its delivery included, may take this long; then RQ interrupts it."""

TRAINING_TIMEOUT_S = 24 * 60 * 60

ATTEMPTS = 3
"""How often a job is tried that ends in an unexpected error or whose worker is killed; trainings: once."""

ENDED_TTL_S = 20
"""A job's record, its arguments and so its token, stays in Redis this long after its end.

Not 0: RQ then deletes the record at once and trips over the execution of a worker that was killed.
"""

TRAINING_TTL_S = 30 * 24 * 60 * 60
"""What is known of a training is kept this long after its last change."""

_MODELS = "shakelm:models"
_WATCHED = "shakelm:trainings:watched"


def connect(url: str, timeout_s: float = 5.0) -> "redis.Redis":
    """A tested connection; commands give up after `timeout_s` seconds.

    Raises:
        ShakelmError: nothing answers there, or the password is wrong. The address in the sentence
            carries no password.
    """
    try:
        connection = redis.Redis.from_url(url, socket_connect_timeout=3.0, socket_timeout=timeout_s)
        connection.ping()
    except AuthenticationError:
        raise ShakelmError(
            f"Redis at {_public(url)} refuses the password: correct it in SHAKELM_REDIS_URL."
        ) from None
    except (RedisError, ValueError) as error:
        raise ShakelmError(
            f"Redis does not answer at {_public(url)} ({type(error).__name__}): "
            "start it, or set SHAKELM_REDIS_URL to where it runs."
        ) from None
    return connection


def _public(url: str) -> str:
    """The address without user, password and query (which may hold a password too)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def queue(connection: "redis.Redis", name: QueueName) -> Queue:
    """One of the two queues, with the JSON serializer."""
    return Queue(name, connection=connection, serializer=JSONSerializer)


def verses_ahead(connection: "redis.Redis") -> int:
    """How many verses wait or are being written."""
    verses = queue(connection, VERSE)
    return cast(int, verses.count + _running(verses))


def _running(of: Queue) -> int:
    """Jobs in work. Not RQ's `count`, which would clean the registry: that is the workers' task."""
    return cast(int, of.started_job_registry.get_job_count(cleanup=False))


def workers(connection: "redis.Redis", name: QueueName) -> list[WorkerStatus]:
    """The live workers of a queue; a killed one disappears when its last heartbeat runs out.

    RQ's `Worker.all` is not used, since it changes the time-outs of the connection it is given.
    """
    keys = sorted(worker_registration.get_keys(queue=queue(connection, name)))
    with connection.pipeline(transaction=False) as pipeline:
        for key in keys:
            pipeline.hmget(key, "hostname", "state", "death")
        records = pipeline.execute()
    return [
        WorkerStatus(name=key.rpartition(":")[2], host=host.decode(), queue=name, busy=state == b"busy")
        for key, (host, state, death) in zip(keys, records, strict=True)
        if host and not death
    ]


def verse_workers(connection: "redis.Redis") -> int:
    """How many live workers write verses."""
    return len(workers(connection, VERSE))


def train_workers(connection: "redis.Redis") -> int:
    """How many live workers train."""
    return len(workers(connection, TRAIN))


def enqueue_verse(connection: "redis.Redis", request: VerseRequest) -> str:
    """Put a verse at the end of its queue; returns the job's id."""
    return _enqueue_answer(connection, "verse", request)


def enqueue_promotion(connection: "redis.Redis", request: PromoteRequest) -> str:
    """Put a promotion before all verses, so that it holds for them; returns the job's id."""
    return _enqueue_answer(connection, "promote", request, at_front=True)


def enqueue_roll_back(connection: "redis.Redis", request: RollBackRequest) -> str:
    """Put a roll-back before all verses; returns the job's id."""
    return _enqueue_answer(connection, "roll_back", request, at_front=True)


def enqueue_apology(connection: "redis.Redis", reply_to: ReplyTo, reference: str) -> str:
    """Have a worker tell somebody that their job failed for good; returns the job's id."""
    return _enqueue_answer(connection, "apologise", reply_to, reference, at_front=True)


def _enqueue_answer(
    connection: "redis.Redis", function: str, payload: Payload, *more: str, at_front: bool = False
) -> str:
    """Enqueue a job that answers an interaction; its record never outlives the token for long."""
    job = queue(connection, VERSE).enqueue_call(
        f"worker.jobs.{function}",
        args=(payload.model_dump(mode="json"), *more),
        description=function,  # RQ would write the arguments, and so the token, into it
        timeout=VERSE_TIMEOUT_S,
        ttl=TOKEN_LIFETIME_S,
        result_ttl=ENDED_TTL_S,
        failure_ttl=ENDED_TTL_S,
        retry=Retry(max=ATTEMPTS - 1),
        at_front=at_front,
    )
    return cast(str, job.id)


def withdraw_expiring(connection: "redis.Redis", seconds: float) -> list[VerseRequest]:
    """Take the verses out of the queue whose token dies within `seconds`, and claim their answers.

    Returns those whose token still lives, so that the students can be told; a verse that a worker takes
    at the same moment stays the worker's.
    """
    verses = queue(connection, VERSE)
    withdrawn = []
    for job in verses.get_jobs():
        if job.func_name != "worker.jobs.verse":
            continue
        request = VerseRequest.model_validate(job.args[0])
        if request.reply_to.seconds_left() > seconds or not verses.remove(job):
            continue
        job.delete(remove_from_queue=False)
        if request.reply_to.seconds_left() > 0:
            lease.claim(connection, request.reply_to)
            withdrawn.append(request)
    return withdrawn


def enqueue_training(connection: "redis.Redis", request: TrainRequest, message: MessageAt) -> str:
    """Put a training at the end of its queue and remember the message that shows its progress.

    Returns the training's id, which is the job's as well.
    """
    training_id = uuid4().hex
    connection.set(_key(training_id, "request"), request.model_dump_json(), ex=TRAINING_TTL_S)
    save_progress(connection, training_id, TrainProgress(state=TrainingState.QUEUED, epochs=request.epochs))
    connection.hset(_WATCHED, training_id, message.model_dump_json())
    queue(connection, TRAIN).enqueue_call(
        "worker.jobs.train",
        args=(training_id, request.model_dump(mode="json")),
        job_id=training_id,
        description="train",
        timeout=TRAINING_TIMEOUT_S,
        result_ttl=ENDED_TTL_S,
        failure_ttl=ENDED_TTL_S,
    )
    return training_id


def _key(training_id: str, what: Literal["request", "progress", "curves"]) -> str:
    return f"shakelm:training:{training_id}:{what}"


def watched_trainings(connection: "redis.Redis") -> dict[str, MessageAt]:
    """The trainings whose message is still to be kept up to date, by training id."""
    watched = cast("dict[bytes, bytes]", connection.hgetall(_WATCHED))
    return {
        training_id.decode(): MessageAt.model_validate_json(message)
        for training_id, message in watched.items()
    }


def unwatch(connection: "redis.Redis", training_id: str) -> None:
    """Forget the message of a training; one that is not watched is no error."""
    connection.hdel(_WATCHED, training_id)


def training_request(connection: "redis.Redis", training_id: str) -> TrainRequest | None:
    """What was asked for; None where the training is unknown or long over."""
    record = cast("bytes | None", connection.get(_key(training_id, "request")))
    return None if record is None else TrainRequest.model_validate_json(record)


def training_progress(connection: "redis.Redis", training_id: str) -> TrainProgress:
    """How far a training is; failed where its worker was killed, or where nothing is known of it."""
    # The job is read first: whatever it says, the progress read after it is at least as new.
    alive = _is_alive(connection, training_id)
    record = cast("bytes | None", connection.get(_key(training_id, "progress")))
    if record is None:
        return TrainProgress(state=TrainingState.FAILED, epochs=0, error=messages.TRAINING_UNKNOWN)
    progress = TrainProgress.model_validate_json(record)
    if alive or progress.state in (TrainingState.FINISHED, TrainingState.FAILED):
        return progress
    return failed(progress, messages.TRAINING_ABANDONED)


def failed(progress: TrainProgress, sentence: str) -> TrainProgress:
    """The end of a training that got as far as `progress` says."""
    return progress.model_copy(
        update={"state": TrainingState.FAILED, "error": sentence, "seconds_left": None}
    )


def _is_alive(connection: "redis.Redis", training_id: str) -> bool:
    """Whether the job waits, or runs in a worker whose last heartbeat has not run out."""
    try:
        job = Job.fetch(training_id, connection=connection, serializer=JSONSerializer)
    except NoSuchJobError:
        return False
    status = job.get_status(refresh=False)  # once: read again, it may have moved on
    if status == JobStatus.STARTED:
        return any(worker.name == job.worker_name for worker in workers(connection, TRAIN))
    return bool(status == JobStatus.QUEUED)


def save_progress(connection: "redis.Redis", training_id: str, progress: TrainProgress) -> None:
    """Publish how far a training is."""
    connection.set(_key(training_id, "progress"), progress.model_dump_json(), ex=TRAINING_TTL_S)


def training_curves(connection: "redis.Redis", training_id: str) -> bytes | None:
    """The loss and accuracy curves of a finished training as PNG."""
    return cast("bytes | None", connection.get(_key(training_id, "curves")))


def save_curves(connection: "redis.Redis", training_id: str, png: bytes) -> None:
    """Publish the curves of a training."""
    connection.set(_key(training_id, "curves"), png, ex=TRAINING_TTL_S)


def model_index(connection: "redis.Redis") -> ModelIndex | None:
    """The versions that the workers' store holds; None where no worker has ever published them."""
    record = cast("bytes | None", connection.get(_MODELS))
    return None if record is None else ModelIndex.model_validate_json(record)


def save_model_index(connection: "redis.Redis", index: ModelIndex) -> bool:
    """Publish the versions of the store; returns whether that changed anything."""
    record = index.model_dump_json().encode()
    return connection.set(_MODELS, record, get=True) != record


def status(connection: "redis.Redis") -> QueueStatus:
    """Workers, queues and trainings at this moment."""
    verses, trainings = queue(connection, VERSE), queue(connection, TRAIN)
    unended = trainings.started_job_registry.get_job_ids(cleanup=False) + trainings.job_ids
    return QueueStatus(
        workers=workers(connection, VERSE) + workers(connection, TRAIN),
        verses_waiting=verses.count,
        verses_running=_running(verses),
        trainings=[
            TrainingStatus(training_id=training_id, request=request, progress=progress)
            for training_id in unended
            if (request := training_request(connection, training_id))
            and (progress := training_progress(connection, training_id)).state
            in (TrainingState.QUEUED, TrainingState.RUNNING)
        ],
    )
