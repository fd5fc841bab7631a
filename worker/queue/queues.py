"""The client side of the queues: enqueue, ask for workers, progress and the index of versions.

Everything here is synchronous and quick; the bot calls it in a thread. No TensorFlow, no store.

Keys in Redis beside RQ's own: `shakelm:models` (index of versions), `shakelm:trainings` (sorted set of
training ids by the time of asking), `shakelm:trainings:watched` (hash from training id to channel message),
`shakelm:training:ID:request`, `:progress` and `:curves`, `shakelm:verses:paused` (there while they are).
`worker.trainings.training_records` has more of trainings.
"""

import time
from typing import Any, Literal, cast
from urllib.parse import urlsplit

import redis
from redis.exceptions import AuthenticationError, RedisError
from rq import Queue, RateLimit, Retry, worker_registration
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus
from rq.rate_limit import RateLimitRegistry
from rq.serializers import JSONSerializer

from shakelm.errors import ShakelmError
from worker.messages.catalog import DEFAULT, text
from worker.protocol.job_request import TOKEN_LIFETIME_S, JobRequest, ReplyTo
from worker.protocol.model_payloads import ModelIndex, PromoteRequest, RemoveRequest, RollBackRequest
from worker.protocol.payload import Payload
from worker.protocol.status_payloads import QueueStatus, WorkerStatus
from worker.protocol.training_payloads import (
    ENDED,
    MessageAt,
    TrainingState,
    TrainingStatus,
    TrainProgress,
    TrainRequest,
)

QueueName = Literal["verse", "train"]

VERSE: QueueName = "verse"
TRAIN: QueueName = "train"

VERSE_TIMEOUT_S = 120
"""An answer, its delivery included, may take this long; then RQ interrupts its job."""

TRAINING_TIMEOUT_S = 24 * 60 * 60

ATTEMPTS = 3
"""How often a job is tried that ends in an unexpected error or whose worker is killed; a training goes on."""

ENDED_TTL_S = 20
"""A job's record, its arguments and so its token, stays in Redis this long after its end.

Not 0: RQ then deletes the record at once and trips over the execution of a worker that was killed.
"""

TRAINING_TTL_S = 30 * 24 * 60 * 60
"""What is known of a training is kept this long after its last change."""

_OF_WORKER = ("hostname", "state", "death", "device", "shakelm_version")
"""What is read of a worker's record: RQ's own fields, and two that `worker.process.rq_workers` adds."""

_MODELS = "shakelm:models"
_PAUSED = "shakelm:verses:paused"
_TRAININGS = "shakelm:trainings"
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


def is_paused(connection: "redis.Redis") -> bool:
    """Whether what people asked for waits until an administrator lets it go on."""
    return bool(connection.exists(_PAUSED))


def pause(connection: "redis.Redis") -> None:
    """Let everything that people asked for wait; promotions, apologies and trainings go on.

    RQ's own suspension would stop the trainings too, and lets each idle worker take one more job.
    """
    connection.set(_PAUSED, 1)


def resume(connection: "redis.Redis") -> None:
    """Let everything go on; where nothing is paused that is no error."""
    connection.delete(_PAUSED)


def running(of: Queue) -> int:
    """How many jobs are in work. Not RQ's `count`, which would clean the registry: the workers' task."""
    return cast(int, of.started_job_registry.get_job_count(cleanup=False))


def workers(connection: "redis.Redis", name: QueueName) -> list[WorkerStatus]:
    """The live workers of a queue; a killed one disappears when its last heartbeat runs out.

    RQ's `Worker.all` is not used, since it changes the time-outs of the connection it is given.
    """
    keys = sorted(worker_registration.get_keys(queue=queue(connection, name)))
    with connection.pipeline(transaction=False) as pipeline:
        for key in keys:
            pipeline.hmget(key, *_OF_WORKER)
        records = pipeline.execute()
    return [
        WorkerStatus(
            name=key.rpartition(":")[2],
            host=host.decode(),
            queue=name,
            busy=state == b"busy",
            device=(device or b"").decode(),
            version=(version or b"").decode(),
        )
        for key, (host, state, death, device, version) in zip(keys, records, strict=True)
        if host and not death
    ]


def verse_workers(connection: "redis.Redis") -> int:
    """How many live workers do what people ask for."""
    return len(workers(connection, VERSE))


def train_workers(connection: "redis.Redis") -> int:
    """How many live workers train."""
    return len(workers(connection, TRAIN))


def enqueue_asked(connection: "redis.Redis", function: str, request: JobRequest) -> str:
    """Let a job of `worker.jobs` wait for its turn; returns its id, the request's.

    One job of each person is in the queue at a time. RQ puts the next one at its end when that one is done,
    withdrawn or lost (RQ's documentation: Rate Limiting): people take turns, however much each asks for.
    """
    turn = RateLimit(f"person:{request.author}", concurrency=1)
    return _enqueue_answer(connection, function, request, job_id=request.id, rate_limit=turn)


def enqueue_promotion(connection: "redis.Redis", request: PromoteRequest) -> str:
    """Put a promotion before all that waits, so that it holds for it; returns the job's id."""
    return _enqueue_answer(connection, "promote", request, at_front=True)


def enqueue_roll_back(connection: "redis.Redis", request: RollBackRequest) -> str:
    """Put a roll-back before all that waits; returns the job's id."""
    return _enqueue_answer(connection, "roll_back", request, at_front=True)


def enqueue_removal(connection: "redis.Redis", request: RemoveRequest) -> str:
    """Put the removal of a version before all that waits; returns the job's id."""
    return _enqueue_answer(connection, "remove", request, at_front=True)


def enqueue_apology(connection: "redis.Redis", reply_to: ReplyTo, reference: str) -> str:
    """Have a worker tell somebody that their job failed for good; returns the job's id."""
    return _enqueue_answer(connection, "apologise", reply_to, reference, at_front=True)


def _enqueue_answer(
    connection: "redis.Redis",
    function: str,
    payload: Payload,
    *more: str,
    at_front: bool = False,
    **options: Any,
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
        retry=Retry(max=ATTEMPTS - 1, enqueue_at_front=at_front),
        at_front=at_front,
        **options,
    )
    return cast(str, job.id)


def enqueue_training(
    connection: "redis.Redis", request: TrainRequest, message: MessageAt, training_id: str
) -> str:
    """Put a training at the end of its queue and remember the message that shows its progress.

    The job has the training's id, and nothing of who asked. Returns that id.
    """
    now = time.time()
    connection.zadd(_TRAININGS, {training_id: now})
    connection.zremrangebyscore(_TRAININGS, "-inf", now - TRAINING_TTL_S)
    connection.set(_key(training_id, "request"), request.model_dump_json(), ex=TRAINING_TTL_S)
    save_progress(connection, training_id, TrainProgress(state=TrainingState.QUEUED, epochs=request.epochs))
    watch(connection, training_id, message)
    queue(connection, TRAIN).enqueue_call(
        "worker.jobs.train",
        args=(training_id, request.model_copy(update={"requested_by": None}).model_dump(mode="json")),
        job_id=training_id,
        description="train",
        timeout=TRAINING_TIMEOUT_S,
        result_ttl=ENDED_TTL_S,
        failure_ttl=ENDED_TTL_S,
        retry=Retry(max=ATTEMPTS - 1, enqueue_at_front=True),
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


def watch(connection: "redis.Redis", training_id: str, message: MessageAt) -> None:
    """Keep that message of a training up to date from now on, and no other."""
    connection.hset(_WATCHED, training_id, message.model_dump_json())


def unwatch(connection: "redis.Redis", training_id: str) -> None:
    """Forget the message of a training; one that is not watched is no error."""
    connection.hdel(_WATCHED, training_id)


def training_request(connection: "redis.Redis", training_id: str) -> TrainRequest | None:
    """What was asked for; None where the training is unknown or long over."""
    record = cast("bytes | None", connection.get(_key(training_id, "request")))
    return None if record is None else TrainRequest.model_validate_json(record)


def trainings(connection: "redis.Redis") -> dict[str, float]:
    """When each training was asked for, in Unix seconds, by training id, the first one first."""
    entries = cast("list[tuple[bytes, float]]", connection.zrange(_TRAININGS, 0, -1, withscores=True))
    return {training_id.decode(): asked_at for training_id, asked_at in entries}


def forget_requester(connection: "redis.Redis", person: str) -> None:
    """Forget that somebody asked for trainings; the trainings stay."""
    for training_id in trainings(connection):
        request = training_request(connection, training_id)
        if request is not None and request.requested_by == person:
            nobody = request.model_copy(update={"requested_by": None})
            connection.set(_key(training_id, "request"), nobody.model_dump_json(), xx=True, keepttl=True)


def training_progress(connection: "redis.Redis", training_id: str) -> TrainProgress:
    """How far a training is: waiting again where it is to go on, failed where it ended without a word."""
    # The job is read first: whatever it says, the progress read after it is at least as new.
    stands = _state_of_job(connection, training_id)
    record = cast("bytes | None", connection.get(_key(training_id, "progress")))
    if record is None:
        return TrainProgress(
            state=TrainingState.FAILED, epochs=0, error=text(DEFAULT, "training.error.unknown")
        )
    progress = TrainProgress.model_validate_json(record)
    if progress.state in ENDED or stands is TrainingState.RUNNING:
        return progress
    if stands is TrainingState.QUEUED:
        return progress.model_copy(update={"state": stands, "seconds_left": None})
    request = training_request(connection, training_id)
    return failed(progress, text(request.locale if request else DEFAULT, "training.error.abandoned"))


def failed(progress: TrainProgress, sentence: str) -> TrainProgress:
    """The end of a training that got as far as `progress` says."""
    return progress.model_copy(
        update={"state": TrainingState.FAILED, "error": sentence, "seconds_left": None}
    )


def _state_of_job(connection: "redis.Redis", training_id: str) -> TrainingState | None:
    """Whether the job waits, be it that a worker has to notice first that another was killed, or runs."""
    try:
        job = Job.fetch(training_id, connection=connection, serializer=JSONSerializer)
    except NoSuchJobError:
        return None
    status = job.get_status(refresh=False)  # once: read again, it may have moved on
    if status == JobStatus.STARTED:
        if any(worker.name == job.worker_name for worker in workers(connection, TRAIN)):
            return TrainingState.RUNNING
        return TrainingState.QUEUED if job.should_retry else None
    return TrainingState.QUEUED if status == JobStatus.QUEUED else None


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
    held_back = sum(known.get_rate_limited_job_count() for known in RateLimitRegistry.all(connection))
    # Asked in the order in which a job goes through them, so that none is missed that moves meanwhile.
    waiting, taken = trainings.job_ids, trainings.intermediate_queue.get_job_ids()
    started = trainings.started_job_registry.get_job_ids(cleanup=False)
    return QueueStatus(
        workers=workers(connection, VERSE) + workers(connection, TRAIN),
        paused=is_paused(connection),
        verses_waiting=verses.count + held_back,
        verses_running=running(verses),
        trainings=[
            TrainingStatus(training_id=training_id, request=request, progress=progress)
            for training_id in dict.fromkeys([*started, *taken, *waiting])
            if (request := training_request(connection, training_id))
            and (progress := training_progress(connection, training_id)).state
            in (TrainingState.QUEUED, TrainingState.RUNNING)
        ],
    )
