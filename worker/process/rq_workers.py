"""RQ's workers as they are needed here: jobs in the worker's own process, and quick recovery.

TensorFlow does not survive `fork`, so both are `SimpleWorker`s. RQ's own `SimpleWorker` sends no heartbeat
while a job runs, looks after abandoned jobs every ten minutes, and holds the lock for that for fifteen
minutes if it is killed meanwhile; here a thread sends heartbeats, and all these times are seconds.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import metadata
from typing import Any, ClassVar
from uuid import uuid4

import redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker, worker_registration
from rq.exceptions import DequeueTimeout, StopRequested
from rq.executions import Execution
from rq.intermediate_queue import IntermediateQueue
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import WorkerStatus

from worker.jobs import failures, model_publishing, training_job
from worker.jobs.loaded_models import settings, store
from worker.process import broken_jobs, devices
from worker.process.deliveries import Deliveries
from worker.process.idle_wait import idle_wait
from worker.process.redis_outage import outage
from worker.protocol import retention
from worker.queue import open_requests, pausing, rq_internals, snapshot
from worker.queue.rq_internals import TRAIN, VERSE, QueueName

HEARTBEAT_S = 3.0
"""Seconds between two heartbeats during a job."""

IDLE_S = 4
"""An idle worker sends a heartbeat and looks after abandoned jobs this often, in seconds."""

STUCK_S = 8
"""The worker of a job was killed if the job does not start within this many seconds of leaving the queue."""

PAUSED_S = 1.0
"""While the queue is paused, a worker checks this often whether it is resumed, in seconds."""

CLEANING_S = 10
"""The lifetime in seconds of the lock for the recovery of abandoned jobs, in case its holder is killed."""

DELIVERY_GRACE_S = 5.0
"""A worker that stops gives the deliveries under way this long, in seconds."""

SOCKET_TIMEOUT_S = 20.0
"""The time-out of a worker's connection: longer than its wait for a job."""

log = logging.getLogger(__name__)


class QuickIntermediateQueue(IntermediateQueue):  # type: ignore[misc]
    """Holds a job between queue and execution. RQ's own class notices a killed worker after a minute."""

    def should_be_cleaned_up(self, job_id: str) -> bool:
        """Whether the job was first seen here too long ago."""
        first_seen = self.get_first_seen(job_id)
        return first_seen is not None and datetime.now(UTC) - first_seen > timedelta(seconds=STUCK_S)


class QuickQueue(Queue):  # type: ignore[misc]
    """A queue that recovers the job of a killed worker in seconds."""

    @property
    def intermediate_queue(self) -> QuickIntermediateQueue:
        """Holds the jobs that were taken and have not started."""
        return QuickIntermediateQueue(self.key, connection=self.connection)

    def acquire_maintenance_lock(self) -> bool:
        """Whether this worker may now look after abandoned jobs."""
        return bool(self.connection.set(self.registry_cleaning_key, 1, nx=True, ex=CLEANING_S))

    @classmethod
    def lmove(
        cls, connection: "redis.Redis", queue_key: str, timeout: int | None
    ) -> tuple[str, bytes] | None:
        """Wait for the id of a job."""
        with idle_wait():
            taken: tuple[str, bytes] | None = super().lmove(connection, queue_key, timeout)
        return taken

    @classmethod
    def _fetch_dequeued_job(
        cls, connection: "redis.Redis", queue_key: str, job_id: str, **options: Any
    ) -> tuple[Job, Queue] | None:
        """The job that was taken out of the queue, unless its record is broken or it runs something else."""
        if broken_jobs.put_aside_if_broken(
            connection, queue_key.removeprefix(cls.redis_queue_namespace_prefix), job_id
        ):
            return None
        fetched: tuple[Job, Queue] | None = super()._fetch_dequeued_job(
            connection, queue_key, job_id, **options
        )
        return fetched


class PausableQueue(QuickQueue):
    """A queue that gives out no person's job while a teacher has paused it."""

    @classmethod
    def dequeue_any(
        cls, queues_: list[Queue], timeout: int | None, connection: "redis.Redis", **options: Any
    ) -> tuple[Job, Queue] | None:
        """The next job. While the queue is paused, only a job that goes before all others."""
        (queue,) = queues_
        if pausing.is_paused(connection) and not _goes_first(queue):
            with idle_wait():
                time.sleep(PAUSED_S)
            raise DequeueTimeout(timeout, [queue.key])
        taken: tuple[Job, Queue] | None = super().dequeue_any(
            queues_, timeout, connection=connection, **options
        )
        if taken is None or not taken[0].has_rate_limit or not pausing.is_paused(connection):
            return taken
        rq_internals.put_back(connection, queue, taken[0].id)  # paused during the wait for a job
        raise DequeueTimeout(timeout, [queue.key])


def _goes_first(queue: Queue) -> bool:
    """Whether the first job of the queue waits for no person's turn, such as a promotion."""
    first = queue.get_jobs(0, 1)
    return bool(first) and not first[0].has_rate_limit


class OwnProcessWorker(SimpleWorker):  # type: ignore[misc]
    """Runs each job in its own process, with heartbeats from a thread.

    Attributes:
        told_to_stop: is set by SIGTERM and Ctrl-C, for all workers of the process.
        redis_error: why the worker ended, if it lost the connection to Redis.
    """

    life_s: ClassVar[int] = retention.VERSE_WORKER_HEARTBEAT.seconds
    """Seconds without a heartbeat after which the worker counts as dead, and its job as abandoned."""

    told_to_stop: ClassVar[threading.Event] = threading.Event()

    log_result_lifespan = False
    max_connection_wait_time = 5.0
    queue_class = QuickQueue
    uses_tensorflow = True

    def __init__(self, queue: QueueName, connection: "redis.Redis") -> None:
        """A worker for one queue; `connection` must have the time-out `SOCKET_TIMEOUT_S`."""
        self.redis_error: RedisError | None = None
        super().__init__(
            [queue],
            name=f"{queue}-{socket.gethostname()}-{uuid4().hex[:8]}",
            connection=connection,
            queue_class=self.queue_class,
            serializer=JSONSerializer,
            worker_ttl=self.life_s,
            maintenance_interval=IDLE_S - 1,  # due after each wait without a job
            exception_handlers=[failures.after_failure],
            log_job_description=False,
        )

    def handle_warm_shutdown_request(self) -> None:
        """RQ calls this at the first SIGTERM or Ctrl-C."""
        super().handle_warm_shutdown_request()
        self.told_to_stop.set()

    def _shutdown(self) -> None:
        """Stop after the job under way, or the step. RQ's signal handler calls this."""
        self._stop_requested = True
        idle_wait.end()

    @property
    def dequeue_timeout(self) -> int:
        """Seconds to wait for a job before the maintenance."""
        return IDLE_S

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:  # noqa: ARG002
        """Say that the worker lives. RQ's own time-outs would count a killed worker for another minute."""
        with self._noting_redis_errors():
            super().heartbeat(self.life_s, pipeline)
        if pipeline is None:
            outage.end()

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:  # noqa: ARG002
        """Seconds after its last heartbeat until a job counts as abandoned."""
        return self.life_s

    def serialize(self) -> dict[str, Any]:
        """The worker's record in Redis: RQ's own fields, and two that `rq_internals` reads."""
        return {
            **super().serialize(),
            "device": devices.known(self.connection, self.uses_tensorflow),
            "shakelm_version": metadata.version("shakelm"),
        }

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[Job, Queue] | None:
        """Wait for a job."""
        with self._noting_redis_errors():
            taken: tuple[Job, Queue] | None = super().dequeue_job_and_maintain_ttl(timeout, max_idle_time)
        return taken

    @contextmanager
    def _noting_redis_errors(self) -> Iterator[None]:
        """RQ ends a worker at some errors of Redis, without a word, and waits for the end of others."""
        try:
            yield
        except RedisError as error:
            self.redis_error = error
            if self.told_to_stop.is_set():
                raise StopRequested from error
            raise

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run a job. Meanwhile, a thread says that the job and the worker live."""
        with self._noting_redis_errors():
            self._execute(job, queue)

    def _execute(self, job: Job, queue: Queue) -> None:
        execution = self.prepare_execution(job)
        done = threading.Event()
        beats = threading.Thread(target=self._beat, args=(job, execution, done), daemon=True)
        beats.start()
        try:
            self.perform_job(job, queue, execution)
        finally:
            done.set()
            beats.join()
        self.set_state(WorkerStatus.IDLE)

    def _beat(self, job: Job, execution: Execution, done: threading.Event) -> None:
        while not done.wait(HEARTBEAT_S):
            try:
                self.maintain_heartbeats(job, execution)
                self.connection.hset(self.key, "device", devices.known(self.connection, self.uses_tensorflow))
            except RedisError as error:
                log.warning("No heartbeat: %s", error)

    def run_maintenance_tasks(self) -> None:
        """Recover abandoned jobs, and renew the worker's record, which Redis may have lost."""
        try:
            with self._noting_redis_errors():
                super().run_maintenance_tasks()
        except RedisError:
            raise
        except Exception as error:  # a broken record stops all that follow it
            log.warning("Maintenance was not finished: %s", type(error).__name__)
            for queue in self.queues:
                broken_jobs.put_aside_all(self.connection, queue.name)
        self.connection.hset(self.key, mapping=self.serialize())
        worker_registration.register(self)


class VerseWorker(OwnProcessWorker):
    """Runs the jobs of people, and keeps the index of versions up to date."""

    queue_class = PausableQueue

    def __init__(self, connection: "redis.Redis") -> None:
        """A worker for the queue of verses."""
        super().__init__(VERSE, connection)
        self.deliveries = Deliveries(connection)
        self.uses_tensorflow = settings().engine == "keras"

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run a job. Record the duration of a person's job, for the expected waits, and that it has ended."""
        started = time.monotonic()
        super().execute_job(job, queue)
        self.deliveries.look()
        if job.has_rate_limit:
            try:
                snapshot.record_duration(self.connection, time.monotonic() - started)
                if job.get_status() not in rq_internals.BEFORE_THE_END:
                    open_requests.close(self.connection, job.id)
            except RedisError as error:
                log.warning("A job was not measured: %s", error)

    def work(self, *args: Any, **kwargs: Any) -> bool:
        """Work until told to stop. Meanwhile, threads deliver the answers."""
        self.deliveries.start()
        try:
            return bool(super().work(*args, **kwargs))
        finally:
            self.deliveries.stop(DELIVERY_GRACE_S)

    def run_maintenance_tasks(self) -> None:
        """Also publish what the store holds."""
        super().run_maintenance_tasks()
        model_publishing.publish(self.connection, store())


class TrainWorker(OwnProcessWorker):
    """Runs one training. Stops when its supervisor is gone."""

    life_s = retention.TRAINING_WORKER_HEARTBEAT.seconds

    def __init__(self, connection: "redis.Redis") -> None:
        """A worker for the queue of trainings."""
        super().__init__(TRAIN, connection)
        self._supervisor = os.getppid()

    def handle_warm_shutdown_request(self) -> None:
        """RQ calls this at the first SIGTERM or Ctrl-C. The training then stops at its next report."""
        super().handle_warm_shutdown_request()
        training_job.shutting_down.set()

    def run_maintenance_tasks(self) -> None:
        """Also stop if the supervisor is gone, because nothing would start the next worker."""
        if os.getppid() != self._supervisor:
            raise StopRequested
        super().run_maintenance_tasks()
